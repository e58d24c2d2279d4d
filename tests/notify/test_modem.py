"""A modem of our own: texts in parts, answers that survive a crash, reports, noise, and a plug pulled out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from gsmmodem.pdu import decodeSmsPdu
from hypothesis import given
from hypothesis import strategies as st
from sending_room import until

from alerts.notify.channel import Outgoing, SendFailed
from alerts.notify.channels.modem.pdu import Incoming, NotAPdu, Reported, read, submit
from alerts.notify.channels.modem.sms import ModemSms
from simulators.modem import SimulatedModem, air

WANG = "+8613800000001"
TEXT = "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39"


class Heard:
    """What the channel brought, and whether the database takes it."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str, str]] = []
        self.reports: list[tuple[str, str]] = []
        self.full = False

    def text(self, provider_id: str, number: str, text: str) -> None:
        if self.full:
            raise OSError("no space left")
        self.texts.append((provider_id, number, text))

    def report(self, message: str, _provider_id: str, word: str) -> None:
        self.reports.append((message, word))


@contextmanager
def listening(modem: SimulatedModem, heard: Heard, **more) -> Iterator[ModemSms]:
    channel = ModemSms(modem.device, **{"timeout_s": 2.0, **more})
    channel.start(take_text=heard.text, take_report=heard.report)
    try:
        yield channel
    finally:
        channel.stop()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[SimulatedModem]:
    with SimulatedModem(tmp_path) as running:
        yield running


@pytest.fixture
def channel(modem: SimulatedModem, heard: Heard) -> Iterator[ModemSms]:
    with listening(modem, heard) as made:
        until(lambda: made.there)
        yield made


def out(message: str = "m1", text: str = TEXT) -> Outgoing:
    return Outgoing(message, WANG, text, 1, 120)


def test_a_text_goes_out_and_its_report_comes_back(modem, channel, heard):
    sent = channel.send(out())
    assert [(one.number, one.text) for one in modem.submitted] == [(WANG, TEXT)]
    assert until(lambda: heard.reports) == [("m1", "delivered")]
    assert channel.fetch(sent.provider_id).status == "delivered"
    assert WANG.removeprefix("+") not in sent.provider_id


def test_a_long_text_goes_in_parts_and_is_delivered_when_all_are(modem, channel, heard):
    text = TEXT + "😀" * 40
    channel.send(out(text=text))
    assert "".join(one.text for one in modem.submitted) == text
    assert [one.part[1:] for one in modem.submitted] == [(2, 1), (2, 2)]
    assert until(lambda: heard.reports) == [("m1", "delivered")]


def test_a_phone_that_is_off_is_still_tried_by_the_network_and_one_that_is_gone_is_lost(modem, channel, heard):
    modem.statuses[WANG] = 0x30
    channel.send(out("m1"))
    modem.statuses[WANG] = 0x41
    channel.send(out("m2"))
    assert until(lambda: heard.reports) == [("m2", "undelivered")]


@pytest.mark.parametrize("basic", [False, True])
def test_an_answer_is_taken_and_cleared_from_the_sim(modem, channel, heard, basic):
    modem.text_comes(WANG, "31", basic=basic)
    until(lambda: heard.texts and not modem.sim)
    assert [(number, text) for _, number, text in heard.texts] == [(WANG, "31")]


def test_an_answer_in_parts_is_one_answer(modem, channel, heard):
    modem.text_comes(WANG, "我去" * 60)
    until(lambda: heard.texts and not modem.sim)
    assert [text for _, _, text in heard.texts] == ["我去" * 60]


def test_an_answer_the_database_did_not_take_stays_on_the_sim_under_the_same_id(modem, heard):
    heard.full = True
    with listening(modem, heard) as channel:
        until(lambda: channel.there)
        modem.text_comes(WANG, "32")
        modem.wait(lambda: modem.commands[-1:] == ["AT+CMGL=4"])
        time.sleep(0.1)
        assert list(modem.sim) == [1]
    heard.full = False
    with listening(modem, heard):
        until(lambda: not modem.sim)
    pdu = air.deliver(WANG, "32")
    assert len(heard.texts) == 1
    assert read(pdu).digest == read(pdu).digest


def test_what_came_while_we_were_not_there_is_taken_at_the_start(modem, heard):
    modem.text_comes(WANG, "39", announced=False)
    with listening(modem, heard):
        until(lambda: heard.texts)


def test_a_modem_that_hands_texts_on_without_storing_them_is_understood(tmp_path, heard):
    with SimulatedModem(tmp_path, direct=True) as modem, listening(modem, heard) as channel:
        until(lambda: channel.there)
        modem.text_comes(WANG, "31")
        modem.text_comes("13800000002", "好的" * 50)
        until(lambda: len(heard.texts) == 2)
        assert [number for _, number, _ in heard.texts] == [WANG, "+8613800000002"]


def test_noise_and_things_that_are_no_messages_harm_nothing(modem, channel, heard):
    modem.trouble = "noise"
    for noise in (b"\xff\xfe\x00" * 50, b"\r\n\r\n+CMTI\r\n", b"+CDS: 9\r\nnot hex\r\n", b"x" * 9000, b"> > OK\r\n"):
        modem.noise(noise)
    for pdu in ("", "00", "zz", "07" * 20, "0006" + "FF" * 30):
        modem.pdu_comes(pdu)
    modem.text_comes(WANG, "31")
    until(lambda: heard.texts and not modem.sim)
    assert [text for _, _, text in heard.texts] == ["31"]
    assert channel.send(out()).state == "sent"


def test_pulled_out_and_plugged_in_again_it_goes_on(modem, channel, heard):
    modem.unplug()
    until(lambda: not channel.there)
    with pytest.raises(SendFailed) as refused:
        channel.send(out())
    assert (refused.value.permanent, refused.value.ambiguous) == (False, False)
    modem.plug_in()
    modem.text_comes(WANG, "31")
    until(lambda: channel.there)
    channel.send(out())
    until(lambda: heard.texts)


def test_pulled_out_in_the_middle_of_a_message_nobody_knows_whether_it_went(modem, channel):
    modem.trouble = "unplug_after"
    with pytest.raises(SendFailed) as unclear:
        channel.send(out())
    assert (unclear.value.permanent, unclear.value.ambiguous) == (False, True)


def test_a_pin_is_given_once_and_a_wrong_one_never_again(tmp_path, heard):
    with SimulatedModem(tmp_path, pin="1234") as modem:
        with listening(modem, heard, pin="1234") as channel:
            until(lambda: channel.there)
            channel.send(out())
        modem.unplug()
        modem.plug_in()
        with listening(modem, heard, pin="9999") as channel:
            until(lambda: "9999" in modem.pins)
            until(lambda: modem.commands.count("AT+CPIN?") >= 4)
            assert not channel.there
        assert modem.pins == ["1234", "9999"]


def test_what_the_network_refuses_for_good_is_final_and_the_rest_is_not(modem, channel):
    for code, permanent in ((1, True), (21, True), (42, False), (500, False), (332, False)):
        modem.trouble, modem.cms_error = "refuse", code
        with pytest.raises(SendFailed) as refused:
            channel.send(out())
        assert (refused.value.code, refused.value.permanent, refused.value.ambiguous) == (
            f"cms_{code}",
            permanent,
            False,
        )


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300), st.integers(0, 255))
def test_what_we_write_somebody_elses_code_reads(text: str, ref: int):
    parts = [decodeSmsPdu(pdu) for pdu, _ in submit(WANG, text, ref=ref, valid_s=300)]
    assert air.whole("".join(one["text"] for one in parts)) == text
    assert {one["number"] for one in parts} == {WANG}
    assert all(len(pdu) // 2 - 1 == length for pdu, length in submit(WANG, text, ref=ref, valid_s=300))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=67))
def test_what_comes_from_the_air_is_read_as_it_was_written(text: str):
    said = read(air.deliver("+8613800000009", text))
    assert isinstance(said, Incoming)
    assert (said.sender, said.text, said.part) == ("+8613800000009", text, None)


@given(st.text("abcXYZ 0123@£€[]{}~äöü!?", max_size=100), st.booleans())
def test_the_seven_bit_alphabet_is_read_too(text: str, in_parts: bool):
    said = read(air.deliver("10086", text, basic=True, part=(9, 2, 1) if in_parts else None))
    assert isinstance(said, Incoming)
    assert (said.sender, said.text) == ("10086", text)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes):
    with suppress(NotAPdu):
        assert isinstance(read(data.hex()), Incoming | Reported)
