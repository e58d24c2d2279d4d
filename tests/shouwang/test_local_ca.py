"""The office's own certificates: a browser's library trusts them for local names and addresses, and for nothing else."""

import socket
import ssl
import threading

import pytest

from shouwang.exits import Refused
from shouwang.operations import local_ca


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ca")
    local_ca.create_authority(folder, "Shili Town")
    return folder


def shakes_hands(folder, issued, name):
    """A real handshake, as a PC that has the authority installed would have it."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(issued.cert, issued.key)
    asking = ssl.create_default_context(cafile=str(local_ca.authority(folder)[0]))
    ours, theirs = socket.socketpair()

    def serve():
        try:
            serving.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with asking.wrap_socket(ours, server_hostname=name):
            return True
    finally:
        ours.close()
        thread.join(5)


def test_console_and_broker_are_trusted_by_name_and_by_address(folder):
    issued = local_ca.issue(folder, ("watch.lan", "192.168.1.10"))
    assert shakes_hands(folder, issued, "watch.lan")
    assert shakes_hands(folder, issued, "192.168.1.10")
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands(folder, issued, "other.lan")


def test_it_vouches_for_no_name_of_the_outside(folder):
    for strange in ("bank.example.com", "8.8.8.8", "notlan"):
        with pytest.raises(Refused):
            local_ca.issue(folder, (strange,))


def test_even_with_its_key_no_outside_name_is_believed(folder, monkeypatch):
    monkeypatch.setattr(local_ca, "_within", lambda *_: True)  # a thief does not ask
    issued = local_ca.issue(folder, ("bank.example.com",))
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands(folder, issued, "bank.example.com")


def test_a_domain_of_ones_own_is_added_when_it_is_made(tmp_path):
    local_ca.create_authority(tmp_path, "", names=("shili.example",))
    assert shakes_hands(tmp_path, local_ca.issue(tmp_path, ("watch.shili.example",)), "watch.shili.example")


def test_keys_are_for_their_owner_and_there_is_one_authority(folder):
    for key in folder.glob("*.key"):
        assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(Refused):
        local_ca.create_authority(folder, "again")
