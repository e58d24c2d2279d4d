"""The carrier's budget: counted for each phone over 24 hours, some of it kept for class 1, and no text twice."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.commands.declaring import declare_channels
from alerts.core.budget import Spent, copies, exhausted, recent
from alerts.core.wording import KINDS, TEMPLATES, Kind
from alerts.letters import Wording, text_of
from alerts.replay.again import PlannerAgain
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.serial import Recorded
from events.types.channel import ChannelsDeclared, DeclaredChannel
from events.types.fact import DAY, SECOND, Event
from events.types.home import PhoneVerified
from events.types.message import MessageOvertaken, MessagePlanned, PersonLost, ReplyReceived, TellRequested
from tests.house import SMS, TOWN, VOICE, House, Phones

AT = 1_800_000_000 * SECOND


def house_with(tmp_path: Path, *also: Phones, budget: int | None = None, identical: int | None = 2) -> House:
    house = House(tmp_path, TOWN, also=also)
    house.phones.capabilities = replace(SMS, daily_budget=budget, identical_a_day=identical)
    house.still_wanted = lambda _db, _row: ""  # the alerts that are told of here are none of the engine's
    declare_channels(house.database, house.channels, at=house.at)
    return house


@pytest.fixture
def poor(tmp_path: Path) -> Iterator[House]:
    """A carrier that gives a phone four texts a day."""
    made = house_with(tmp_path, budget=4)
    yield made
    again = verify(DatabaseLog(made.database))
    assert (again.differences, again.waiting) == ([], 0)
    made.close()


def asks(house: House, number: int, *, why: str = "step", alert_class: int = 2, person: str = "w1") -> None:
    """The engine wants this person told of something of its own."""
    tell = TellRequested(
        alert=f"no_activity-{number}", home="dp03-12", site="dp03", danger="no_activity", alert_class=alert_class,
        round=1, step=1, person=person, why=why, template="again", words={"clock": str(house.at), "round": str(number)},
    )  # fmt: skip
    house.records(tell, f"person-{person}", person, key=f"tell-{number}")


def planned(house: House, person: str = "w1") -> list[MessagePlanned]:
    return [m for m in house.said(MessagePlanned) if m.person == person]


def test_two_of_a_phones_texts_are_kept_for_class_1(poor: House) -> None:
    for number in range(2, 6):
        asks(poor, number)
    assert [m.because for m in planned(poor)] == ["first_choice", "first_choice"]
    assert [(lost.alert, lost.why) for lost in poor.said(PersonLost)] == [
        ("no_activity-4", "budget"), ("no_activity-5", "budget"),
    ]  # fmt: skip
    poor.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    poor.waits(minutes=20)
    assert len([m for m in planned(poor) if m.alert_class == 1]) >= 3, "class 1 is never held back by us"


def test_a_day_later_the_phone_may_be_written_to_again(poor: House) -> None:
    for number in range(2, 5):
        asks(poor, number)
    poor.waits(hours=24, beating=False)
    asks(poor, 9)
    assert [m.words["round"] for m in planned(poor)] == ["2", "3", "9"]


def test_who_may_get_no_more_texts_is_called(tmp_path: Path) -> None:
    house = house_with(tmp_path, Phones(VOICE), budget=3)
    for number in range(2, 4):
        asks(house, number)
    assert [(m.channel, m.because) for m in planned(house)] == [
        ("twilio_sms", "first_choice"),
        ("twilio_voice", "budget"),
    ]
    house.close()


def test_answers_leave_what_is_kept_for_class_1(poor: House) -> None:
    poor.hears("sos-1", "button", {"action": "help"})
    for _ in range(6):
        poor.phone(1).replies("帮助")
    assert len(poor.said(ReplyReceived)) == 6
    assert len(planned(poor)) == 2


def test_what_was_never_submitted_does_not_count(poor: House) -> None:
    asks(poor, 2)
    name = planned(poor)[0].message
    poor.records(MessageOvertaken(message=name, why="closed"), "person-w1", "w1", key=f"overtaken-{name}")
    for number in range(3, 5):
        asks(poor, number)
    assert len(planned(poor)) == 3


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_template_is_ever_sent_to_a_phone_in_the_same_words_again(language: str, tmp_path: Path) -> None:
    """Each told five times in one minute with the very same words, as the phone reads them."""
    house, planner = House(tmp_path), PlannerAgain()
    words = {name: _any(kind) for name, kind in KINDS.items() if name != "copy"}
    words |= {"clock": str(AT), "round": "2", "hours": "3", "minutes": "8", "days": "2", "person": "w2"}
    words |= {"slots": "1=dp03-12", "slot": "1"}
    positions = itertools.count(1)

    def hears(event: Event) -> list[MessagePlanned]:
        made = planner.hear(Recorded(next(positions), 1, "person-w1", None, "k", AT, AT, event, {}))
        return [one.new.event for one in made if isinstance(one.new.event, MessagePlanned)]

    hears(ChannelsDeclared(channels=[DeclaredChannel(name="c", two_way=True, receipts=True)]))
    hears(PhoneVerified(person="w1", phone="ph-w1-1", language=language))
    for template in [name for name in TEMPLATES if not name.endswith("_again")]:
        tell = TellRequested(
            alert="sos-1", home="dp03-12", site="dp03", danger="sos", alert_class=1, round=1, step=1, person="w1",
            why="step", template=template, words=words, asks=not template.endswith("_call"),
        )  # fmt: skip
        told = [m for _ in range(5) for m in hears(tell)]
        with house.database.read() as db:
            texts = [text_of(db, Wording(m.template, m.words, m.language, m.slot)) for m in told]
        assert len(texts) == len(set(texts)) == 5, texts
    house.close()


def _any(kind: Kind) -> str:
    return "7" if re.fullmatch(kind.form_zh, "7") else kind.form_zh.partition("|")[0]


CHANNEL = DeclaredChannel(name="c", daily_budget=5)
SPENT = st.lists(
    st.builds(
        Spent,
        at=st.integers(AT - 2 * DAY, AT),
        message=st.just("m1.1"),
        phone=st.sampled_from(["p", "q"]),
        channel=st.sampled_from(["c", "d"]),
        text=st.sampled_from(["a", "b"]),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(SPENT, st.integers(0, 5))
def test_the_count_is_of_this_phone_this_channel_and_24_hours(spent: list[Spent], reserve: int) -> None:
    mine = [s for s in spent if s.at > AT - DAY and s.phone == "p"]
    here = [s for s in mine if s.channel == "c"]
    assert exhausted(spent, "p", CHANNEL, at=AT, reserve=reserve) == (len(here) >= 5 - reserve)
    assert not exhausted(spent, "p", replace_budget(None), at=AT, reserve=reserve)
    assert copies(spent, "p", "a", at=AT) == len([s for s in mine if s.text == "a"])
    assert exhausted(recent(spent, AT), "p", CHANNEL, at=AT, reserve=reserve) == (len(here) >= 5 - reserve)


def replace_budget(budget: int | None) -> DeclaredChannel:
    return DeclaredChannel(name="c", daily_budget=budget)
