"""The channel to Twilio, with Twilio's own client: what goes over the wire, and how each failure is sorted."""

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sending_room import NUMBERS, SENDER, text_of, twilio, until

from alerts.notify.channel import Outgoing, SendFailed
from alerts.notify.channels.twilio_sms import NotOnThisComputer, TwilioSms
from events.types.fact import SECOND
from simulators.twilio import SimulatedTwilio

WANG = NUMBERS["ph-wang"]
PUBLIC = "http://127.0.0.1:9/"


def outgoing(message: str = "m1", *, to: str = WANG, valid_s: int = 120) -> Outgoing:
    return Outgoing(message, to, text_of(message), 1, valid_s)


def failure(channel: TwilioSms, **more) -> SendFailed:
    with pytest.raises(SendFailed) as raised:
        channel.send(outgoing(**more))
    return raised.value


def test_number_text_validity_and_our_id_go_over_the_wire(provider: SimulatedTwilio):
    sent = twilio(provider, public_base_url=PUBLIC).send(outgoing("m/1 a"))
    (one,) = provider.messages
    assert (one.sid, one.recipient, one.sender) == (sent.provider_id, WANG, SENDER)
    assert one.body == text_of("m/1 a")
    assert one.status_callback == "http://127.0.0.1:9/hooks/twilio/status/m%2F1%20a"
    assert one.validity_s == 120


@pytest.mark.parametrize(("valid_s", "told"), [(-5, 60), (0, 60), (600, 600), (90_000, 36_000)])
def test_validity_stays_within_what_twilio_takes(provider: SimulatedTwilio, valid_s, told):
    twilio(provider).send(outgoing(valid_s=valid_s))
    assert provider.messages[0].validity_s == told


def test_a_messaging_service_may_choose_the_sender(provider: SimulatedTwilio):
    service = "MG" + "a" * 32
    twilio(provider, sender="", messaging_service_sid=service).send(outgoing())
    assert provider.messages[0].service_sid == service


@pytest.mark.parametrize(
    ("mode", "code", "permanent", "ambiguous"),
    [
        ("429", "20429", False, False),
        ("500_before", "20500", False, True),
        ("500_after", "20500", False, True),
        ("opted_out", "21610", True, False),
        ("landline", "21614", True, False),
    ],
)
def test_failures_the_provider_answers_are_sorted(provider: SimulatedTwilio, mode, code, permanent, ambiguous):
    provider.fault(mode)
    found = failure(twilio(provider))
    assert (found.code, found.permanent, found.ambiguous) == (code, permanent, ambiguous)


@pytest.mark.parametrize(("code", "permanent"), [(21211, True), (20003, False), (30001, False), (30008, False)])
def test_a_wrong_number_is_for_ever_and_a_wrong_account_is_not(provider: SimulatedTwilio, code, permanent):
    provider.fault("refuse", code=code)
    found = failure(twilio(provider))
    assert (found.code, found.permanent, found.ambiguous) == (str(code), permanent, False)


def test_a_time_out_while_reading_is_ambiguous(provider: SimulatedTwilio):
    provider.fault("hang_after", seconds=2)
    found = failure(twilio(provider, timeout_s=0.3))
    assert (found.permanent, found.ambiguous) == (False, True)
    assert len(provider.messages) == 1


def test_a_refused_connection_and_an_unknown_name_are_safe_to_repeat(provider: SimulatedTwilio, monkeypatch):
    channel = twilio(provider)
    provider.__exit__(None, None, None)
    found = failure(channel)
    assert (found.permanent, found.ambiguous) == (False, False)

    def unknown(*_args, **_more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = failure(channel)
    assert (found.permanent, found.ambiguous) == (False, False)


def test_a_connection_closed_after_the_request_is_ambiguous():
    door = socket.create_server(("127.0.0.1", 0))

    def take_and_close() -> None:
        line, _ = door.accept()
        line.recv(65536)
        line.close()

    thread = threading.Thread(target=take_and_close)
    thread.start()
    channel = TwilioSms(
        account_sid="AC1", auth_token="x", sender=SENDER, api_base=f"http://127.0.0.1:{door.getsockname()[1]}"
    )
    found = failure(channel)
    thread.join()
    door.close()
    assert (found.permanent, found.ambiguous) == (False, True)


@pytest.mark.parametrize("answer", [b"<html>please log in</html>", b"[]", b"{}"])
def test_an_answer_that_is_not_twilios_is_ambiguous(answer):
    door = socket.create_server(("127.0.0.1", 0))

    def answer_once() -> None:
        line, _ = door.accept()
        line.recv(65536)
        line.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        line.close()

    thread = threading.Thread(target=answer_once)
    thread.start()
    channel = TwilioSms(
        account_sid="AC1", auth_token="x", sender=SENDER, api_base=f"http://127.0.0.1:{door.getsockname()[1]}"
    )
    found = failure(channel)
    thread.join()
    door.close()
    assert (found.permanent, found.ambiguous) == (False, True)


def test_a_busy_provider_says_how_long_to_wait():
    door = socket.create_server(("127.0.0.1", 0))

    def answer_once() -> None:
        line, _ = door.accept()
        line.recv(65536)
        line.sendall(b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n{}")
        line.close()

    thread = threading.Thread(target=answer_once)
    thread.start()
    channel = TwilioSms(
        account_sid="AC1", auth_token="x", sender=SENDER, api_base=f"http://127.0.0.1:{door.getsockname()[1]}"
    )
    found = failure(channel)
    thread.join()
    door.close()
    assert (found.retry_after_s, found.permanent, found.ambiguous) == (3.0, False, False)


@pytest.mark.parametrize(
    "before", [b"HTTP/1.1 201 Created\r\nX-Long: ", b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{"]
)
def test_a_provider_that_answers_byte_by_byte_is_cut_off_when_the_call_has_lasted_long_enough(before):
    door, cut = socket.create_server(("127.0.0.1", 0)), []

    def drip() -> None:
        line, _ = door.accept()
        line.recv(65536)
        try:
            line.sendall(before)
            for _ in range(300):
                line.sendall(b"x")
                threading.Event().wait(0.1)
        except OSError as ended:
            cut.append(ended)
        line.close()

    thread = threading.Thread(target=drip)
    thread.start()
    channel = TwilioSms(
        account_sid="AC1", auth_token="x", sender=SENDER, timeout_s=0.5,
        api_base=f"http://127.0.0.1:{door.getsockname()[1]}",
    )  # fmt: skip
    found = failure(channel)
    thread.join()
    door.close()
    assert cut, "it went on to its last byte"
    assert (found.permanent, found.ambiguous) == (False, True)


def test_a_lost_message_is_found_by_number_text_and_time(provider: SimulatedTwilio, room):
    channel = twilio(provider)
    sid = channel.send(outgoing()).provider_id
    channel.send(outgoing("other"))
    text = text_of("m1")
    found = channel.find(WANG, text, since=room.time, known=(), within_s=8)
    assert found is not None
    assert found.provider_id == sid
    assert channel.find(NUMBERS["ph-li"], text, since=room.time, known=(), within_s=8) is None
    assert channel.find(WANG, text_of("m2"), since=room.time, known=(), within_s=8) is None
    assert channel.find(WANG, text, since=room.time + 60 * SECOND, known=(), within_s=8) is None
    assert channel.find(WANG, text, since=room.time, known={sid}, within_s=8) is None


def test_what_became_of_a_message_can_be_asked(provider: SimulatedTwilio):
    provider.fault("undelivered", WANG, code=30008)
    channel = twilio(provider)
    sid = channel.send(outgoing()).provider_id
    until(lambda: provider.messages[0].settled)
    report = channel.fetch(sid)
    assert (report.status, report.error_code) == ("undelivered", "30008")
    with pytest.raises(SendFailed):
        channel.fetch("SM" + "0" * 32)


def test_threads_that_share_the_channel_get_their_own_answers(provider: SimulatedTwilio):
    channel = twilio(provider)
    with ThreadPoolExecutor(8) as pool:
        sids = list(pool.map(lambda number: channel.send(outgoing(f"m{number}")).provider_id, range(64)))
    texts = {one.sid: one.body for one in provider.messages}
    assert [texts[sid] for sid in sids] == [text_of(f"m{number}") for number in range(64)]


def test_no_number_and_no_text_reaches_a_log_or_an_error(provider: SimulatedTwilio, caplog):
    caplog.set_level(logging.DEBUG)
    channel = twilio(provider)
    channel.send(outgoing())
    channel.find(WANG, text_of("m1"), since=0, known=(), within_s=8)
    found = failure(channel, to="+861200000")
    told = caplog.text + found.reason + str(found) + str(found.__cause__)
    for secret in (WANG.removeprefix("+"), "861200000", "12号家", provider.auth_token):
        assert secret not in told


def test_regions_in_the_environment_do_not_bend_the_address(provider: SimulatedTwilio, monkeypatch):
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    twilio(provider).send(outgoing())
    assert len(provider.messages) == 1


@pytest.mark.parametrize(
    "address", ["http://192.168.1.5:80", "https://example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1"]
)
def test_another_provider_than_twilio_must_be_on_this_computer(address):
    with pytest.raises(NotOnThisComputer):
        TwilioSms(account_sid="AC1", auth_token="x", sender=SENDER, api_base=address)


@pytest.mark.parametrize("who", [{}, {"sender": SENDER, "messaging_service_sid": "MG1"}])
def test_exactly_one_of_sender_and_service_is_needed(who):
    with pytest.raises(ValueError, match="either"):
        TwilioSms(account_sid="AC1", auth_token="x", **who)


@pytest.mark.parametrize(
    ("public", "told"),
    [
        ("https://shouwang.example.org", "https://shouwang.example.org/hooks/twilio/status/m1"),
        ("http://127.0.0.1:8000", ""),
        ("http://192.168.1.5:8000", ""),
        ("http://localhost:8000", ""),
        ("", ""),
    ],
)
def test_the_real_twilio_is_given_only_an_address_it_can_reach(public, told):
    channel = TwilioSms(account_sid="AC1", auth_token="x", sender=SENDER, public_base_url=public)
    assert channel.callback_of("m1") == told
