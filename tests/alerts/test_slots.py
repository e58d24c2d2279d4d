"""Reply slots: each digit names one open alert of a person, the smallest free one first, and nine at most."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.commands import alerts as commands
from alerts.core.person import Person, fold
from events.types import alert as facts
from events.types.fact import DAY, HOUR, MINUTE, SECOND
from events.types.home import AwaySet, PhoneVerified, PhoneWithdrawn
from events.types.message import AlertOpenAgain, MessagePlanned, SlotFreed
from tests.house import TOWN, House

AT = 1_800_000_000 * SECOND
HOUSES = range(21, 32)
MORE = "".join(
    f"""
  - id: dp03-{n}
    site: dp03
    number: {n}
    address: 东坪村三组{n}号
    residents: [{{name: 周某某, born: 1941}}]
    watcher: w1
    no_activity_hours: 12
    since: 2026-12-01
    devices:
      - {{id: sos-{n}, model: sos-button, room: 床头}}"""
    for n in HOUSES
)


@pytest.fixture
def row(tmp_path: Path) -> Iterator[House]:
    """A row of eleven houses, all of one watcher."""
    made = House(tmp_path, f"{TOWN.rstrip()}{MORE}\n")
    yield made
    made.close()


def sos(house: House, number: int) -> str:
    """The button is pressed; returns what the watcher reads."""
    house.hears(f"sos-{number}", "button", {"action": "sos"})
    assert f"{number}号家" in house.phone(1).last
    return house.phone(1).last


def closes(house: House, number: int) -> None:
    alert = next(a for a in house.alerts() if a.home == f"dp03-{number}" and a.danger == "sos" and a.open)
    commands.close(
        house.database, alert.id, outcome="safe_at_home", by="user:zhang", via="console", seen_version=None, at=house.at
    )
    house.settles()


def test_nine_open_alerts_have_nine_slots_and_the_tenth_asks_to_call(row: House) -> None:
    for slot, number in enumerate(HOUSES[:9], 1):
        assert f"回{slot}1" in sos(row, number)
    tenth = sos(row, 30)
    assert "回" not in tenth
    assert "打电话" in tenth
    planned = [m for m in row.said(MessagePlanned) if m.person == "w1"][-1]
    assert (planned.slot, planned.template) == (0, "first_sos_call")
    assert row.phone(1).replies("91") == "going", "the ninth still answers"
    assert row.said(facts.ResponderEnRoute)[0].alert == next(
        a.id for a in row.alerts() if a.home == "dp03-29" and a.danger == "sos"
    )


def test_with_ten_open_a_bare_answer_lists_the_nine_and_changes_nothing(row: House) -> None:
    for number in HOUSES[:10]:
        sos(row, number)
    assert row.phone(1).replies("1") == "which_slot"
    assert "1,2,3,4,5,6,7,8,9" in row.phone(1).last, "their houses have no room in one SMS"
    assert row.phone(1).replies("帮助") == "help"
    assert row.phone(1).replies("01") == "not_understood"
    assert not row.said(facts.ResponderEnRoute)
    assert row.phone(1).replies("51") == "going"
    assert [a.home for a in row.alerts() if a.responders] == ["dp03-25"]


def test_who_answers_for_many_houses_names_the_one_that_is_away(row: House) -> None:
    assert row.phone(1).replies("外出3") == "refused"
    assert "外出 门牌号 天数" in row.phone(1).last
    assert row.phone(1).replies("外出25 3") == "away"
    assert [a.home for a in row.said(AwaySet)] == ["dp03-25"]


def test_a_slot_is_free_a_day_after_closing_and_not_before(row: House) -> None:
    sos(row, 21)
    sos(row, 22)
    closes(row, 21)
    row.at += DAY - MINUTE
    assert "回31" in sos(row, 23)
    row.at += MINUTE
    assert "回11" in sos(row, 24), "the smallest free one"
    assert row.phone(1).replies("11") == "going"
    assert [a.responders[0].who for a in row.alerts() if a.home == "dp03-24" and a.danger == "sos"] == ["w1"]


def test_an_alert_that_opens_again_keeps_its_slot_for_good(row: House) -> None:
    sos(row, 21)
    sos(row, 22)
    closes(row, 21)
    row.at += 20 * MINUTE
    assert "回11" in sos(row, 21)
    row.at += 25 * HOUR
    assert "回31" in sos(row, 23), "the first slot is in use, however long ago its alert was closed once"


def test_every_message_about_an_alert_names_the_same_slot(row: House) -> None:
    sos(row, 21)
    sos(row, 22)
    row.waits(minutes=30, beating=False)
    slots = {(m.alert, m.slot) for m in row.said(MessagePlanned) if m.person == "w1" and m.slot}
    assert sorted(slot for _, slot in slots) == [1, 2]


def test_people_have_slots_of_their_own(row: House) -> None:
    sos(row, 21)
    closes(row, 21)
    row.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert {m.person: m.slot for m in row.said(MessagePlanned) if m.slot and "12号" not in m.template} == {
        "w1": 2,
        "g1": 2,
    }
    row.hears("sos-1", "button", {"action": "help"})
    assert "回31" in row.phone(1).last


def planned(alert: str, slot: int) -> MessagePlanned:
    return MessagePlanned(
        message=f"m-{alert}", tell=1, alert=alert, site="dp03", alert_class=1, round=1, step=1, person="w1", phone="p1",
        channel="sms", template="first_sos", slot=slot,
    )  # fmt: skip


def test_a_message_tried_on_the_next_phone_after_closing_takes_no_slot_for_ever() -> None:
    person = Person("w1")
    fold(person, planned("a", 1), AT)
    fold(person, SlotFreed(person="w1", alert="a", closed_at=AT), AT)
    fold(person, planned("a", 1), AT + HOUR)
    assert person.slot_for("b", AT + DAY, DAY) == 1


def test_a_slot_taken_by_another_alert_is_not_freed_by_the_former_one() -> None:
    person = Person("w1")
    fold(person, planned("a", 1), AT)
    fold(person, SlotFreed(person="w1", alert="a", closed_at=AT), AT)
    fold(person, planned("b", 1), AT + DAY)
    fold(person, SlotFreed(person="w1", alert="a", closed_at=AT), AT + DAY)
    assert person.slot_for("c", AT + 9 * DAY, DAY) == 2


def test_phones_come_and_go_and_are_known_once() -> None:
    person = Person("w1")
    for phone in ("p1", "p2", "p1"):
        fold(person, PhoneVerified(person="w1", phone=phone, language="en"), AT)
    assert (person.phones, person.language) == (["p1", "p2"], "en")
    fold(person, PhoneWithdrawn(person="w1", phone="p1"), AT)
    assert person.phones == ["p2"]


MOVES = st.lists(
    st.tuples(st.sampled_from(["tell", "tell", "close", "again", "wait"]), st.integers(0, 13), st.integers(0, 30)),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(MOVES)
def test_no_digit_ever_names_two_alerts_and_the_smallest_free_one_is_given(moves: list[tuple[str, int, int]]) -> None:
    person, at = Person("w1"), AT
    held: dict[int, tuple[str, int | None]] = {}  # slot -> alert, closed at
    for move, which, hours in moves:
        alert = f"a{which}"
        mine = next((slot for slot, (name, _) in held.items() if name == alert), 0)
        match move:
            case "tell":
                free = [n for n in range(1, 10) if n not in held or at >= (held[n][1] or at) + DAY]
                expected = mine or min(free, default=0)
                assert person.slot_for(alert, at, DAY) == expected
                if expected:
                    fold(person, planned(alert, expected), at)
                    held[expected] = (alert, held[expected][1] if mine else None)
            case "close" if mine and held[mine][1] is None:
                fold(person, SlotFreed(person="w1", alert=alert, closed_at=at), at)
                held[mine] = (alert, at)
            case "again" if mine:
                fold(person, AlertOpenAgain(person="w1", alert=alert), at)
                held[mine] = (alert, None)
            case "wait":
                at += hours * HOUR
