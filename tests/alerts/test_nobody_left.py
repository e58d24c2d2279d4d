"""A chain that can tell nobody any more does not wait in silence for the next round: desk and administrators hear at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.auditing import left, paging
from alerts.auditing.promises import Promises
from alerts.commands import alerts as commands
from alerts.commands.declaring import declare_channels
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.fact import DAY
from events.types.home import ChainExhausted
from events.types.message import PersonLost
from events.types.system import PromiseBroken
from tests.house import SMS, TOWN, House

CHAIN = ["w1", "w2", "g1", "v1", "t1", "a9"]
ADMINISTRATOR = (
    "  - {id: a9, name: 吴九九, role: town_officer, phones: [{number: '+8612000000009', verified: 2026-01-05}]}\n"
)


@pytest.fixture
def spent(tmp_path: Path) -> Iterator[House]:
    """The carrier gives a phone as many texts a day as are kept for class 1, so that class 2 may have none."""
    house = House(tmp_path, TOWN.replace("villages:", f"{ADMINISTRATOR}villages:"))
    house.phones.capabilities = replace(SMS, daily_budget=2)
    declare_channels(house.database, house.channels, at=house.at)
    house.set(administrators=["a9"])
    yield house
    again = verify(DatabaseLog(house.database))
    assert (again.differences, again.waiting) == ([], 0)
    house.close()


def audits(house: House, promises: Promises) -> list[str]:
    """As the service does each half minute."""
    found = promises.look(house.at)
    left.record(house.database, promises.exhausted, house.at)
    paging.page(house.database, found, house.at)
    house.settles()
    return [each.name for each in found]


def falls_silent(house: House) -> Promises:
    house.lives()
    house.waits(hours=12, minutes=10)
    house.settles()
    return Promises(house.database)


def test_a_chain_without_budget_is_told_to_the_desk_and_the_administrators_within_a_look(spent: House) -> None:
    promises = falls_silent(spent)
    alert = spent.alert("no_activity")
    assert [(lost.person, lost.why) for lost in spent.said(PersonLost)] == [(name, "budget") for name in CHAIN]
    assert alert.status == "raised"
    assert not alert.due, "each who is lost pulled the next: nobody waits for a place in the table"
    raised_at = spent.at
    spent.waits(seconds=30)
    assert audits(spent, promises) == ["nobody_left"]
    (exhausted,) = spent.said(ChainExhausted)
    assert exhausted.lost == dict.fromkeys(CHAIN, "budget")
    desk = spent.alert("nobody_left")
    assert (desk.status, desk.alert_class, desk.home) == ("raised", 1, "dp03-12")
    assert (desk.reason["alert"], desk.reason["lost"]["w1"]) == (alert.id, "budget")
    assert "系统自查" in spent.phone(9).last, "class 1 is never held back, so the administrator's text goes"
    assert spent.at - raised_at <= 60 * 1_000_000
    assert [fact.what for fact in spent.said(PromiseBroken)] == ["nobody_left"]
    for _ in range(3):
        spent.waits(seconds=30)
        audits(spent, promises)
    assert len(spent.said(ChainExhausted)) == 1
    assert [a.danger for a in spent.said(facts.AlertRaised)].count("nobody_left") == 1


def test_it_closes_with_the_alert_it_is_about_and_a_new_round_says_it_again(spent: House) -> None:
    promises = falls_silent(spent)
    spent.waits(seconds=30)
    audits(spent, promises)
    spent.waits(minutes=31)
    audits(spent, promises)
    assert [fact.round for fact in spent.said(ChainExhausted)] == [1, 2]
    assert spent.said(facts.AlertRefired)[-1].alert == spent.alert("nobody_left").id
    spent.operator_closes("no_activity", "safe_at_home")
    desk = spent.alert("nobody_left")
    assert (desk.status, desk.outcome, desk.closed_by) == ("closed", "safe_at_home", "user:zhang")
    assert audits(spent, promises) == []


def test_somebody_who_goes_or_a_desk_that_has_seen_it_is_somebody(spent: House) -> None:
    promises = falls_silent(spent)
    alert = spent.alert("no_activity")
    commands.acknowledge(spent.database, alert.id, by="user:zhang", via="console", at=spent.at)
    spent.settles()
    spent.waits(seconds=30)
    assert audits(spent, promises) == []
    assert not spent.said(ChainExhausted)


def test_whoever_can_still_be_told_keeps_the_chain_going(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.phones.capabilities = replace(SMS, daily_budget=4)
    declare_channels(house.database, house.channels, at=house.at)
    promises = falls_silent(house)
    house.waits(minutes=31)
    assert audits(house, promises) == []
    assert house.at < house.alert("no_activity").raised_at + DAY  # type: ignore[operator]
    house.close()
