"""People who act in the same moment, and a wire that breaks while they do: each act counts once, and none is lost."""

import threading
from collections.abc import Callable, Iterator
from typing import Self

import pytest
from sqlalchemy import Connection, make_url

from alerts.commands import alerts as commands
from events.database import CommitUnclear, Database
from events.keepers import make_database
from events.store import append
from events.types.alert import AlertAcknowledged, AlertClosed, AlertNoted, ResponderEnRoute, StepTaken
from events.types.system import SecurityNoted
from tests.events.saying import New
from tests.house import House
from tests.postgres import Databases, waiting_to_number
from tests.shouwang.running import until
from tests.wire import Wire


@pytest.fixture
def leaking(postgresql: Databases) -> Iterator[House]:
    """A house with a CO alert."""
    with postgresql.fresh() as url:
        house = House(url)
        house.hears("co-1", "co", {"alarm": False, "ppm": 3, "test": False})
        house.hears("co-1", "co", {"alarm": True, "ppm": 300, "test": False})
        yield house
        house.close()


def in_the_same_moment(house: House, *acts: Callable[[Database], object]) -> list[BaseException]:
    """All of them have looked and decided before the first of them may number what it decided."""
    others = [make_database(house.address) for _ in acts]
    holding, go_on = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def holds(db: Connection) -> None:
        append(db, [New("security", "all", SecurityNoted(what="busy"), house.at, key="busy")], recorded_at=house.at)
        holding.set()
        assert go_on.wait(20)

    def does(act: Callable[[Database], object], database: Database) -> None:
        try:
            act(database)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=house.database.write, args=(holds,))]
    threads += [threading.Thread(target=does, args=pair) for pair in zip(acts, others, strict=True)]
    threads[0].start()
    assert holding.wait(20)
    for thread in threads[1:]:
        thread.start()
    until(lambda: waiting_to_number(house.database) >= len(acts), "all wait for their numbers")
    go_on.set()
    for thread in threads:
        thread.join(30)
    for other in others:
        other.close()
    house.settles()
    return failures


def test_three_who_go_at_once_are_all_going(leaking: House) -> None:
    alert = leaking.alert("carbon_monoxide").id

    def goes(who: str) -> Callable[[Database], object]:
        return lambda db: commands.en_route(db, alert, who=who, by=who, via="sms", at=leaking.at)

    assert in_the_same_moment(leaking, goes("w1"), goes("g1"), goes("v1")) == []
    assert sorted(fact.who for fact in leaking.said(ResponderEnRoute)) == ["g1", "v1", "w1"]
    assert len(leaking.alert("carbon_monoxide").going(leaking.at)) == 3


def test_of_two_who_close_differently_one_is_told_who_was_first(leaking: House) -> None:
    leaking.hears("co-1", "co", {"alarm": False, "ppm": 3, "test": False})
    alert = leaking.alert("carbon_monoxide")

    def closes(outcome: str) -> Callable[[Database], object]:
        return lambda db: commands.close(
            db,
            alert.id,
            outcome=outcome,
            by=f"user:{outcome}",
            via="console",
            seen_version=alert.version,
            at=leaking.at,
        )

    (refused,) = in_the_same_moment(leaking, closes("rescued"), closes("hospital"))
    (closed,) = leaking.said(AlertClosed)
    assert type(refused).__name__ == "AlertAlreadyClosed"
    assert closed.outcome in str(vars(refused)), "it names the outcome that stands"


def test_the_same_person_twice_in_the_same_moment_is_once(leaking: House) -> None:
    alert = leaking.alert("carbon_monoxide").id

    def sees(db: Database) -> object:
        return commands.acknowledge(db, alert, by="user:zhang", via="console", at=leaking.at)

    assert in_the_same_moment(leaking, sees, sees) == []
    assert len(leaking.said(AlertAcknowledged)) == 1


@pytest.mark.parametrize("fate", ["cut", "deaf"])
def test_a_step_asked_for_over_a_wire_that_breaks_is_taken_once(leaking: House, fate: str) -> None:
    """Nothing tells a second escalation from the first but the log itself."""
    alert = leaking.alert("carbon_monoxide").id
    before = len(leaking.said(StepTaken))
    with BrokenOnce(str(leaking.address), fate) as far:
        database = make_database(far.address)
        commands.escalate_now(database, alert, by="user:zhang", at=leaking.at)
        database.close()
    leaking.settles()
    assert len(leaking.said(StepTaken)) == before + 1


@pytest.mark.parametrize(("fate", "notes"), [("cut", 0), ("deaf", 1)])
def test_what_cannot_be_looked_for_is_said_to_be_unclear(leaking: House, fate: str, notes: int) -> None:
    alert = leaking.alert("carbon_monoxide").id
    with BrokenOnce(str(leaking.address), fate) as far:
        database = make_database(far.address)
        with pytest.raises(CommitUnclear):
            commands.note(database, alert, text="门锁着", by="user:zhang", at=leaking.at)
        database.close()
    assert len(leaking.said(AlertNoted)) == notes


@pytest.mark.parametrize("fate", ["cut", "deaf"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_wire_that_breaks_while_the_engine_or_planner_commits_costs_nothing_but_a_restart(
    postgresql: Databases, nth: int, fate: str
) -> None:
    """First the device's fact is committed, then what the engine decides, then what the planner plans."""
    with postgresql.fresh() as url, BrokenOnce(url, fate) as far:
        fates, far.fates = far.fates, []
        house = House(far.address)
        house.expects(1, 3, contains="一氧化碳超标")
        house.hears("co-1", "co", {"alarm": False, "ppm": 3, "test": False})
        alarm = house.says("co-1", "co", {"alarm": True, "ppm": 300, "test": False})
        far.fates = [""] * (nth - 1) + fates
        with pytest.raises(CommitUnclear):
            house.arrives("shouwang/v1/dp03/co-1/event", alarm)
        house.restarts()
        house.arrives("shouwang/v1/dp03/co-1/event", alarm)  # the broker gives it again, for it was not acknowledged
        assert [alert.danger for alert in house.alerts()] == ["carbon_monoxide"]
        house.close()


class BrokenOnce:
    """A wire to a database that breaks at the COMMIT whose turn it is in `fates`; "" lets one through."""

    def __init__(self, address: str, fate: str) -> None:
        url = make_url(address)
        self.fates = [fate]
        self._wire = Wire(url.port or 5432, self._on_asked)
        over = url.set(port=self._wire.port, query={"sslmode": "disable"})
        self.address = over.render_as_string(hide_password=False)

    def _on_asked(self, asked: bytes) -> str:
        return self.fates.pop(0) if self.fates and b"COMMIT\0" in asked else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert not self.fates, "it never broke"
        self._wire.close()
