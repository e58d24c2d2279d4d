"""A broker open to the network speaks TLS; the service on the same machine reaches it all the same, and only it."""

import shutil
import subprocess
import time

import pytest

from events.keepers import make_database
from ingest.addressing import Patience
from ingest.broker import Broker, Tls
from ingest.service import Ingest
from tests.ports import free_port

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate"),
]


def certificate(folder, name):
    folder.mkdir(exist_ok=True)
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return Tls(certificate=cert, key=key)


def connects(tmp_path, url, within_s):
    database = make_database(tmp_path / "shouwang.db")
    database.create()
    door = Ingest(
        database, mqtt_url=url, now=lambda: time.time_ns() // 1000, patience=Patience(ack_wait_s=0.5, ping_every_s=0.5)
    )
    door.start()
    until = time.monotonic() + within_s
    while time.monotonic() < until and not door.stats().caught_up_at:
        time.sleep(0.05)
    heard = door.stats().caught_up_at > 0
    door.stop()
    database.close()
    return heard


def test_the_service_reaches_its_own_broker_whose_certificate_names_the_town(tmp_path):
    broker = Broker(tmp_path / "broker", port=free_port(), tls=certificate(tmp_path / "tls", "broker.town.example"))
    broker.start()
    broker.wait_ready()
    try:
        assert connects(tmp_path, broker.service_url, 20)
    finally:
        broker.stop()


def test_another_certificate_is_not_believed(tmp_path):
    broker = Broker(tmp_path / "broker", port=free_port(), tls=certificate(tmp_path / "tls", "broker.town.example"))
    other = certificate(tmp_path / "other", "broker.town.example")
    broker.start()
    broker.wait_ready()
    try:
        url, _, _ = broker.service_url.partition("?")
        assert not connects(tmp_path, f"{url}?cafile={other.certificate}", 4)
    finally:
        broker.stop()
