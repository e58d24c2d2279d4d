"""What every channel promises, told over all of them: each failure is sorted alike, and none says a number or a secret."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ways import EVERY, LIMIT_S, SPOKEN, TEXT, TO, Way, outgoing

from alerts.notify.channel import Channel, KnowsOurIds, SendFailed, Sent
from alerts.notify.channels.twilio_client import NotOnThisComputer
from shouwang.providers import CHANNELS

REAL = [name for name in EVERY if name != "logbook"]


@pytest.fixture
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    with EVERY[request.param](tmp_path) as made:
        yield made


every = pytest.mark.parametrize("way", EVERY, indirect=True)
over_http = pytest.mark.parametrize("way", [name for name in REAL if name != "modem_sms"], indirect=True)
real = pytest.mark.parametrize("way", REAL, indirect=True)


def failure(channel: Channel, way: Way) -> SendFailed:
    began = time.monotonic()
    with pytest.raises(SendFailed) as failed:
        channel.send(outgoing(way))
    assert time.monotonic() - began < LIMIT_S + 2.5
    return failed.value


def looked_for(way: Way, message: str = "m1", since_s: float = 60) -> Sent | None:
    since = int((time.time() - since_s) * 1_000_000)
    if isinstance(way.channel, KnowsOurIds):
        return way.channel.find_ours(message, TO, since=since, within_s=5)
    return way.channel.find(TO, TEXT, since=since, known=(), within_s=5)


def test_there_are_as_many_as_the_settings_know() -> None:
    assert set(EVERY) == set(CHANNELS)
    documents = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in EVERY if f"`{name}`" not in documents] == []


@every
def test_each_says_what_it_can_do_and_takes_a_message(way: Way, request: pytest.FixtureRequest) -> None:
    can = way.channel.capabilities
    assert way.channel.name == request.node.callspec.params["way"]
    assert can.medium == {"voice": "voice", "group": "group"}.get(way.channel.name.rpartition("_")[2], "sms")
    assert not (can.keypad and can.medium != "voice")
    assert way.channel.really_sends == (way.channel.name != "logbook")
    sent = way.channel.send(outgoing(way))
    assert sent.provider_id
    assert way.accepted() == int(way.channel.really_sends)


@real
def test_what_is_refused_is_final_and_what_is_busy_is_not(way: Way) -> None:
    for trouble, permanent in (("refuse", True), ("busy", False)):
        way.trouble(trouble)
        failed = failure(way.channel, way)
        assert (failed.permanent, failed.ambiguous) == (permanent, False), trouble
        assert failed.code
    assert way.accepted() == 0


@real
def test_where_nobody_listens_nothing_can_have_gone(way: Way) -> None:
    assert way.nobody is not None
    failed = failure(way.nobody, way)
    assert (failed.permanent, failed.ambiguous) == (False, False)


@real
def test_no_answer_in_time_is_an_end_and_nobody_knows_how(way: Way) -> None:
    way.trouble("hang_before")
    failed = failure(way.channel, way)
    assert (failed.permanent, failed.ambiguous) == (False, True)


@real
def test_an_answer_that_was_lost_is_looked_for(way: Way) -> None:
    for trouble in ("500_after", "malformed", "cut_after"):
        way.trouble(trouble)
        failed = failure(way.channel, way)
        assert (failed.permanent, failed.ambiguous) == (False, True), trouble
        way.trouble("ok")
        assert (looked_for(way) is not None) == way.finds, trouble
    if isinstance(way.channel, KnowsOurIds):
        assert looked_for(way, "m2") is None


@real
def test_after_its_trouble_it_works_again(way: Way) -> None:
    way.trouble("busy")
    failure(way.channel, way)
    way.trouble("ok")
    before = way.accepted()
    way.channel.send(outgoing(way, "m2"))
    assert way.accepted() == before + 1


@every
def test_no_number_no_secret_and_no_text_reaches_a_log_or_an_error(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = ""
    way.channel.send(outgoing(way))
    looked_for(way)
    for trouble in ("refuse", "busy", "500_after", "malformed", "cut_after") if way.nobody else ():
        way.trouble(trouble)
        failed = failure(way.channel, way)
        told += f"{failed} {failed!r} {failed.reason} {failed.code} {failed.__cause__}"
    if way.nobody is not None:
        failed = failure(way.nobody, way)
        told += f"{failed} {failed.reason} {failed.__cause__}"
    told += caplog.text + repr(way.channel)
    for secret in (TO.removeprefix("+86"), "一氧化碳", "12号家", TEXT[:12], SPOKEN[:9], *way.secrets):
        assert secret not in told


@over_http
def test_another_address_than_the_providers_own_must_be_on_this_computer(way: Way) -> None:
    assert way.elsewhere is not None
    for address in ("http://192.168.1.5:80", "https://example.com", "http://127.0.0.1.example.com"):
        with pytest.raises(NotOnThisComputer):
            way.elsewhere(address)


@over_http
def test_an_answer_that_drips_for_ever_is_cut_off(way: Way) -> None:
    assert way.elsewhere is not None
    with dripping() as address:
        failed = failure(way.elsewhere(address), way)
    assert (failed.permanent, failed.ambiguous) == (False, True)


@contextmanager
def dripping() -> Iterator[str]:
    """A server that never ends its answer: each byte begins a socket's time-out anew."""
    door, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        line, _ = door.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.1):
                line.sendall(b"X")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        over.set()
        thread.join(5)
        door.close()
