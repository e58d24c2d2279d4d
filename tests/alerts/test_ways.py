"""By which phone and channel people are told, and what follows when word does not come: told with phones in the hand."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.commands.declaring import declare_channels
from alerts.core.person import TELLINGS, TELLINGS_MOST, Going, Person, Telling, fold
from alerts.core.ways import Way
from alerts.notify.channel import Capabilities
from alerts.planning import Planning
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.channel import ChannelsDeclared, PersonPreferencesSet
from events.types.fact import DAY, SECOND
from events.types.home import PhoneVerified
from events.types.message import (
    MessageDelivered,
    MessageFailed,
    MessageOvertaken,
    MessagePlanned,
    MessageSent,
    PersonLost,
    PersonTold,
    TellRequested,
)
from events.types.system import DeadlinePassed
from tests.house import TOWN, VOICE, House, Phones

TWO_PHONES = TOWN.replace(
    '[{number: "+8612000000001", verified: 2026-01-05}]',
    '[{number: "+8612000000001", verified: 2026-01-05}, {number: "+8612000000011", verified: 2026-01-05}]',
)


@pytest.fixture
def called(tmp_path: Path) -> Iterator[House]:
    """A house that texts and calls."""
    made = House(tmp_path, TWO_PHONES, also=[Phones(VOICE)])
    yield made
    decides_the_same_again(made)
    made.close()


@pytest.fixture
def doubled(tmp_path: Path) -> Iterator[House]:
    """A house with two providers of texts and one of calls."""
    made = House(tmp_path, also=[Phones(name="modem_sms"), Phones(VOICE)])
    yield made
    decides_the_same_again(made)
    made.close()


TELL = TellRequested(
    alert="a", home="h", site="s", danger="carbon_monoxide", alert_class=1, round=1, step=1, person="g1", why="due",
    template="first_carbon_monoxide",
)  # fmt: skip


def decides_the_same_again(house: House) -> None:
    """What all of these stories must also be: a pure function of the log."""
    again = verify(DatabaseLog(house.database))
    assert (again.differences, again.waiting) == ([], 0)
    assert again.messages == len(house.said(MessagePlanned))


def co(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})


def quiet(house: House) -> None:
    """Silence beyond the limit, and ten minutes in which nobody cancels: the watcher is asked to look."""
    house.lives()
    house.waits(hours=12, minutes=10, seconds=10)
    assert "没动静" in house.phone(1).last


def told(house: House, person: str) -> list[tuple[str, str, str]]:
    """Phone, channel and why, in order."""
    return [(m.phone, m.channel, m.because) for m in house.said(MessagePlanned) if m.person == person]


def test_class_1_goes_by_text_and_call_at_once_on_all_phones(called: House) -> None:
    co(called)
    assert Counter(told(called, "w1")) == Counter(
        (phone, channel, "all_at_once")
        for phone in ("ph-w1-1", "ph-w1-2")
        for channel in ("twilio_sms", "twilio_voice")
    )
    for phone in (1, 11, 3):
        assert "一氧化碳" in called.phone(phone).last
        assert "一氧化碳" in called.phone(phone).calls[-1]


def test_a_key_pressed_in_the_call_is_an_answer(called: House) -> None:
    co(called)
    assert called.phone(1).presses("1") == "going"
    assert [r.who for r in called.alert("carbon_monoxide").responders] == ["w1"]


def test_only_who_is_asked_to_go_is_called_the_others_are_informed_by_text(called: House) -> None:
    co(called)
    called.phone(1).replies("11")
    calls = len(called.phone(3).calls)
    called.operator_closes("carbon_monoxide", "device_fault")
    assert "了结" in called.phone(3).last
    assert len(called.phone(3).calls) == calls


def test_a_text_of_class_2_goes_to_one_phone_and_a_minute_without_a_receipt_brings_a_call_beside_it(
    called: House,
) -> None:
    quiet(called)
    assert told(called, "w1") == [("ph-w1-1", "twilio_sms", "first_choice")]
    called.waits(seconds=49)
    assert not called.phone(1).calls
    called.waits(seconds=2)
    assert told(called, "w1")[1:] == [("ph-w1-1", "twilio_voice", "receipt_missing")]
    assert "没动静" in called.phone(1).calls[-1]
    assert [d.owner for d in called.said(DeadlinePassed) if d.owner.startswith("person:")] == ["person:w1"]


def test_a_receipt_in_time_brings_no_call(called: House) -> None:
    quiet(called)
    called.phone(1).gets_the_last()
    called.waits(minutes=4)
    assert not called.phone(1).calls
    assert not [d for d in called.said(DeadlinePassed) if d.owner.startswith("person:")], "the timer is forgotten"


@pytest.mark.parametrize("late", [MessageSent, MessageFailed])
def test_of_two_words_on_a_message_the_better_one_counts_in_whichever_order_they_come(late: type) -> None:
    words = {
        MessageSent: MessageSent(message="m7.1", channel="twilio_sms", provider_id="SM1"),
        MessageFailed: MessageFailed(message="m7.1", channel="twilio_sms", code="30003", permanent=True),
    }
    person = Person("g1", tellings={7: Telling(TELL, 7, messages={"m7.1": Going(Way("p", "twilio_sms"), 1)})})
    fold(person, MessageDelivered(message="m7.1", provider_id="SM1"), 2)
    fold(person, words[late], 3)
    assert person.tellings[7].messages["m7.1"].state == "delivered"


def test_a_late_receipt_neither_cancels_the_call_nor_brings_another(called: House) -> None:
    quiet(called)
    called.waits(seconds=61)
    called.phone(1).gets_the_last()
    called.waits(minutes=3)
    assert len(called.phone(1).calls) == 1
    states = [t.state for t in called.said(PersonTold) if t.person == "w1" and t.channel == "twilio_sms"]
    assert states == ["planned", "sent", "delivered"]


def test_a_channel_that_knows_no_receipts_is_not_waited_for_once_it_has_taken_the_text(tmp_path: Path) -> None:
    house = House(tmp_path, also=[Phones(VOICE)])
    house.phones.capabilities = Capabilities(two_way=True, links=False, receipts=False, keypad=False)
    declare_channels(house.database, house.channels, at=house.at)
    quiet(house)
    house.waits(minutes=4)
    assert not house.phone(1).calls
    house.close()


def test_nobody_is_called_for_class_3_at_night(called: House) -> None:
    called.waits(hours=3, minutes=59, seconds=30, beating=False)  # 19:59:30 in the town
    called.hears("sos-1", "button", {"action": "help"})
    assert "求助" in called.phone(1).last
    called.waits(hours=11, minutes=59, beating=False)
    assert not called.phone(1).calls
    called.waits(minutes=2, beating=False)
    assert "求助" in called.phone(1).calls[-1], "at eight in the morning"


def test_what_is_not_delivered_goes_to_the_next_phone_then_by_call_then_the_person_is_lost(called: House) -> None:
    quiet(called)
    called.phone(1).never_gets_the_last()
    called.phone(11).never_gets_the_last()
    called.phone(1).does_not_answer()
    called.phone(11).does_not_answer()
    assert told(called, "w1") == [
        ("ph-w1-1", "twilio_sms", "first_choice"),
        ("ph-w1-2", "twilio_sms", "failed_before"),
        ("ph-w1-1", "twilio_voice", "failed_before"),
        ("ph-w1-2", "twilio_voice", "failed_before"),
    ]
    assert [(lost.person, lost.why) for lost in called.said(PersonLost)] == [("w1", "failed")]
    assert "没动静" in called.phone(2).last, "the next step is pulled at once"


def test_class_1_is_not_lost_while_one_of_its_ways_is_alive(called: House) -> None:
    co(called)
    for phone in (1, 11):
        called.phone(phone).does_not_answer()
    called.phone(1).never_gets_the_last(call=False)
    assert not called.said(PersonLost)
    called.phone(11).never_gets_the_last(call=False)
    assert [(lost.person, lost.why) for lost in called.said(PersonLost)] == [("w1", "failed")]
    assert called.phone(4).inbox, "the village is told now and not in two minutes"


def test_a_provider_that_does_not_take_class_1_in_15_seconds_is_joined_by_the_next(doubled: House) -> None:
    doubled.phones.down = True
    co(doubled)
    assert ("ph-w1-1", "modem_sms", "provider_slow") not in told(doubled, "w1")
    doubled.waits(seconds=16)
    assert told(doubled, "w1").count(("ph-w1-1", "modem_sms", "provider_slow")) == 1
    assert "一氧化碳" in doubled.channels[1].inboxes["+8612000000001"][-1]
    doubled.phones.down = False
    doubled.waits(seconds=30)
    doubled.rows_go_out()
    copies = [*doubled.phone(1).inbox, *doubled.channels[1].inboxes["+8612000000001"]]
    assert len(copies) == len(set(copies)) == 2, "at most one more, and it says that it is a copy"


def test_a_provider_that_took_class_1_is_joined_by_nobody(doubled: House) -> None:
    co(doubled)
    doubled.waits(seconds=40)
    assert "modem_sms" not in {channel for _, channel, _ in told(doubled, "w1")}
    assert not [d for d in doubled.said(DeadlinePassed) if d.owner.startswith("person:")]


def test_a_provider_that_refuses_is_followed_by_the_next_at_once(doubled: House) -> None:
    doubled.phones.refuses.add(doubled.phone(1).number)
    co(doubled)
    assert told(doubled, "w1")[-1] == ("ph-w1-1", "modem_sms", "failed_before")
    assert not doubled.said(PersonLost)


def test_who_would_rather_be_called_is_called_first_and_texted_when_nobody_answers(called: House) -> None:
    called.records(PersonPreferencesSet(person="w1", voice_first=True, slow_speech=True), "person-w1", "w1")
    called.lives()
    called.waits(hours=12, minutes=10, seconds=10)
    assert told(called, "w1") == [("ph-w1-1", "twilio_voice", "voice_first")]
    assert [m.words.get("slow_speech") for m in called.said(MessagePlanned) if m.person == "w1"] == ["1"]
    called.phone(1).does_not_answer()
    called.phone(11).does_not_answer()
    assert told(called, "w1")[-1] == ("ph-w1-1", "twilio_sms", "failed_before")


def test_who_is_called_first_and_presses_no_key_is_texted_a_minute_later(called: House) -> None:
    called.records(PersonPreferencesSet(person="w1", voice_first=True), "person-w1", "w1")
    called.lives()
    called.waits(hours=12, minutes=10, seconds=10)
    assert not called.phone(1).inbox
    called.waits(seconds=61)
    assert told(called, "w1") == [
        ("ph-w1-1", "twilio_voice", "voice_first"),
        ("ph-w1-1", "twilio_sms", "receipt_missing"),
    ]


def test_a_landline_is_called_and_never_texted(called: House) -> None:
    called.records(PhoneVerified(person="g1", phone="ph-g1-1", sms=False), "person-g1", "g1")
    co(called)
    assert told(called, "g1") == [("ph-g1-1", "twilio_voice", "all_at_once")]


def test_where_no_answer_comes_back_the_text_asks_for_a_call_and_takes_no_slot(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.phones.capabilities = Capabilities(two_way=False, links=False, receipts=True, keypad=False)
    declare_channels(house.database, house.channels, at=house.at)
    co(house)
    assert "打电话给值班员" in house.phone(1).last
    assert {m.slot for m in house.said(MessagePlanned)} == {0}
    house.close()


def test_channels_are_put_on_record_once_and_again_when_they_differ(called: House) -> None:
    assert not declare_channels(called.database, called.channels, at=called.at)
    assert declare_channels(called.database, called.channels[:1], at=called.at)
    assert [[c.name for c in d.channels] for d in called.said(ChannelsDeclared)] == [
        ["twilio_sms", "twilio_voice"], ["twilio_sms"],
    ]  # fmt: skip
    co(called)
    assert not called.phone(1).calls


def test_a_restart_remembers_channels_ways_and_what_is_awaited(called: House) -> None:
    quiet(called)
    called.restarts()
    called.waits(seconds=61)
    assert len(called.phone(1).calls) == 1
    called.restarts()
    called.phone(1).never_gets_the_last()
    called.phone(1).does_not_answer()
    assert told(called, "w1")[-1] == ("ph-w1-2", "twilio_sms", "failed_before")


def test_what_one_provider_did_not_take_goes_by_another_before_the_next_phone(tmp_path: Path) -> None:
    house = House(tmp_path, TWO_PHONES, also=[Phones(name="modem_sms")])
    house.phones.down = True
    quietly = house.phones.inboxes
    house.lives()
    house.waits(hours=12, minutes=10, seconds=10)
    for _ in range(40):
        house.waits(seconds=9)
    assert quietly == {}
    assert told(house, "w1")[:2] == [
        ("ph-w1-1", "twilio_sms", "first_choice"),
        ("ph-w1-1", "modem_sms", "failed_before"),
    ]
    decides_the_same_again(house)
    house.close()


def test_nothing_is_awaited_any_more_when_the_alert_has_ended(called: House) -> None:
    quiet(called)
    called.operator_closes("no_activity", "safe_at_home")
    called.waits(minutes=3)
    assert not called.phone(1).calls
    assert called.said(facts.AlertClosed)


def test_who_has_answered_by_text_is_not_called_because_the_receipt_is_missing(called: House) -> None:
    quiet(called)
    called.waits(seconds=30)
    called.phone(1).replies("11")
    called.waits(minutes=2)
    assert called.phone(1).calls == []
    assert [channel for _, channel, _ in told(called, "w1")].count("twilio_voice") == 0


def test_a_late_failure_of_what_was_read_and_answered_moves_nobody(called: House) -> None:
    quiet(called)
    called.phone(1).replies("收到")
    called.phone(1).never_gets_the_last()
    called.waits(minutes=4)
    assert called.phone(1).calls == []
    assert not called.said(PersonLost)
    assert "没动静" not in "".join(called.phone(2).inbox), "the next step keeps its time"


def test_a_call_that_waits_for_its_turn_is_not_made_to_who_has_answered_by_text(called: House) -> None:
    called.set(class2__receipt_within_s=5)
    called.calls.down = True  # the call waits for its next try
    quiet(called)
    called.waits(seconds=6)
    assert ("ph-w1-1", "twilio_voice", "receipt_missing") in told(called, "w1")
    called.phone(1).replies("11")
    called.calls.down = False
    called.rows_go_out()
    assert called.phone(1).calls == []
    assert [fact.why for fact in called.said(MessageOvertaken)] == ["answered"]


def test_class_1_goes_on_asking_by_every_way_whatever_was_answered(called: House) -> None:
    called.calls.down = True
    co(called)
    called.phone(1).replies("11")
    called.calls.down = False
    called.rows_go_out()
    assert "一氧化碳" in called.phone(1).calls[-1]


def test_a_planner_that_fails_over_a_failure_still_says_that_nobody_was_reached(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trips(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Planning, "_failed", trips)
    house.phone(1).refuses()
    house.lives()
    house.waits(hours=12, minutes=10, seconds=10)
    assert [lost.why for lost in house.said(PersonLost) if lost.person == "w1"] == ["failed"]
    assert "没动静" in house.phone(2).last, "the next step was pulled"


def test_in_a_storm_what_still_waits_for_word_is_not_forgotten_for_what_came_later() -> None:
    at, person = 1_800_000_000 * SECOND, Person("g1")
    for position in range(1, 200):
        telling = Telling(TELL, position, alive=[f"m{position}.1"])
        state = "planned" if position == 1 else "delivered" if position % 2 else "sent"
        telling.messages[f"m{position}.1"] = Going(Way("ph-1", "twilio_sms"), at, state)
        person.forget_tellings(at)
        person.tellings[position] = telling
    assert 1 in person.tellings
    assert set(range(2, 199, 2)) <= set(person.tellings), "a receipt may still say undelivered"
    assert sum(each.settled(at) for each in person.tellings.values()) < 5
    person.forget_tellings(at + 2 * DAY)
    assert len(person.tellings) == TELLINGS
    for position in range(200, 900):
        person.forget_tellings(at)
        person.tellings[position] = Telling(TELL, position, alive=["m"], messages={"m": Going(Way("p", "c"), at)})
    assert len(person.tellings) <= TELLINGS_MOST + 1
