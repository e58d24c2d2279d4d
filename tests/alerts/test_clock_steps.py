"""Somebody sets the machine's clock: steps of alerts keep their distances, and the step is on record and shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from alerts.timers import Timer, mark_of, ring, set_timers
from events.keepers import make_database
from events.store import New, append, read
from events.types.fact import HOUR, MINUTE, SECOND, Event
from events.types.system import ClockFollowed, ClockStepped, DeadlinePassed, IngestDisconnected
from ingest.caught_up import move_mark
from shouwang.clock_watch import ClockWatch
from shouwang.steady import SteadyClock, origin_for
from tests.house import START
from tests.wire import until

pytestmark = pytest.mark.both
UP = 5 * HOUR


class Machine:
    """Its uptime and its wall clock in one hand, its service in the other."""

    def __init__(self, address: str | Path) -> None:
        self.address, self.up, self.ahead, self.boot = address, UP, 0, "boot-1"
        self.database = make_database(address)
        self.database.create()
        self.starts()

    def starts(self) -> None:
        """The service; what it knew is in the database."""
        origin = self.database.write(lambda db: origin_for(db, self.boot, wall=self.wall, uptime=self.uptime))
        self.clock = SteadyClock(origin, uptime=self.uptime)
        self.watch = self.another_watch(self.clock)

    def another_watch(self, clock: SteadyClock) -> ClockWatch:
        return ClockWatch(self.database, clock, self.boot, wall=self.wall, on_fatal=_raise)

    def uptime(self) -> int:
        return self.up

    def wall(self) -> int:
        return START - UP + self.up + self.ahead

    def is_set(self, by: int) -> None:
        self.ahead += by

    def runs(self, seconds: float, *, every_s: float = 1.0) -> None:
        """Time passes, with a look each second and every timer rung that is due."""
        for _ in range(int(seconds / every_s)):
            self.up += int(every_s * SECOND)
            self.watch.look()
            self.database.write(lambda db: ring(db, self.clock.now()))

    def stands_still(self, seconds: float, *, wall_too: bool = False) -> None:
        """Nothing of it runs; `wall_too`: its uptime did not count it, only the wall clock knows, from elsewhere."""
        if wall_too:
            self.ahead += int((seconds - 5) * SECOND)
            seconds = 5
        self.up += int(seconds * SECOND)

    def sets_timer(self, in_s: float, name: str = "alert:co-1", *, waits: bool = False) -> int:
        due = self.clock.now() + int(in_s * SECOND)
        self.database.write(lambda db: set_timers(db, {("h1", name): Timer("s1", due, waits)}))
        return due

    def said(self, kind: type) -> list[object]:
        with self.database.read() as db:
            return [r.event for r in read(db, 0, limit=1000) if isinstance(r.event, kind)]

    def rang_at(self) -> list[int]:
        """On the machine's uptime."""
        with self.database.read() as db:
            rung = [r for r in read(db, 0, limit=1000) if isinstance(r.event, DeadlinePassed)]
        return [r.recorded_at for r in rung]


def _is_away(*_: object, **__: object) -> None:
    raise OperationalError("", {}, Exception("the database is away"))


def _raise(failure: BaseException) -> None:
    raise failure


@pytest.fixture
def machine(address: str | Path) -> Iterator[Machine]:
    made = Machine(address)
    yield made
    made.database.close()


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_step_of_four_minutes_takes_four_minutes_though_the_clock_is_set(machine: Machine, by: int) -> None:
    due = machine.sets_timer(240)
    machine.runs(60)
    machine.is_set(by)
    machine.runs(179)
    assert machine.rang_at() == []
    machine.runs(2)
    assert machine.rang_at() == [due]
    machine.runs(60)
    assert len(machine.rang_at()) == 1


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_step_is_recorded_once_with_what_the_clock_should_have_shown(machine: Machine, by: int) -> None:
    machine.sets_timer(240)
    machine.runs(5)
    machine.is_set(by)
    machine.runs(5)
    (stepped,) = machine.said(ClockStepped)
    assert isinstance(stepped, ClockStepped)
    assert (stepped.by_s, stepped.after - stepped.before) == (by / SECOND, by)
    assert stepped.after == START + 6 * SECOND + by
    assert machine.watch.off_s == by / SECOND


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_the_service_follows_when_no_alert_counts(machine: Machine, by: int) -> None:
    machine.sets_timer(60)
    machine.is_set(by)
    machine.runs(55)
    assert machine.clock.now() == machine.wall() - by
    machine.runs(10)
    assert machine.clock.now() == machine.wall()
    (followed,) = machine.said(ClockFollowed)
    assert isinstance(followed, ClockFollowed)
    assert followed.after - followed.before == by
    assert (machine.watch.off_s, machine.watch.by) == (0, by)


def test_timers_of_silence_do_not_keep_the_service_from_following(machine: Machine) -> None:
    machine.sets_timer(60, "rule:no_activity", waits=True)
    machine.is_set(HOUR)
    machine.runs(12)
    assert machine.clock.now() == machine.wall()


def test_a_clock_that_is_set_and_set_back_leaves_our_time_alone(machine: Machine) -> None:
    machine.is_set(HOUR)
    machine.runs(5)
    machine.is_set(-HOUR)
    machine.runs(30)
    assert [event.by_s for event in machine.said(ClockStepped) if isinstance(event, ClockStepped)] == [3600, -3600]
    assert machine.said(ClockFollowed) == []
    assert machine.clock.now() == machine.wall()


def test_a_restart_in_the_middle_of_an_alert_keeps_its_time(machine: Machine) -> None:
    due = machine.sets_timer(240)
    machine.runs(30)
    machine.is_set(HOUR)
    machine.runs(2)
    machine.stands_still(20)
    machine.starts()
    assert machine.clock.now() == START + 52 * SECOND
    machine.runs(187)
    assert machine.rang_at() == []
    machine.runs(2)
    assert machine.rang_at() == [due]
    assert len(machine.said(ClockStepped)) == 1, "a step that is known is no news"


def test_a_step_that_happens_while_the_service_is_down_is_noticed(machine: Machine) -> None:
    machine.sets_timer(240)
    machine.is_set(-HOUR)
    machine.stands_still(30)
    machine.starts()
    machine.runs(2)
    (stepped,) = machine.said(ClockStepped)
    assert isinstance(stepped, ClockStepped)
    assert stepped.by_s == -3600


def test_ten_minutes_of_standstill_are_no_step_and_ring_what_is_due_at_once(machine: Machine) -> None:
    machine.sets_timer(120)
    machine.stands_still(600)
    machine.runs(1)
    assert machine.rang_at() == [START + 601 * SECOND]
    assert machine.said(ClockStepped) == []


def test_a_standstill_that_only_the_wall_clock_knows_of_counts(machine: Machine) -> None:
    """A virtual machine that was paused: its uptime stood, a time server tells it what time it is."""
    machine.sets_timer(120)
    machine.stands_still(600, wall_too=True)
    machine.runs(1)
    assert machine.rang_at() == [START + 601 * SECOND]
    assert len(machine.said(ClockStepped)) == len(machine.said(ClockFollowed)) == 1


def test_it_is_looked_at_each_second_and_at_once_where_a_clock_was_set(machine: Machine) -> None:
    machine.runs(1)
    machine.up += SECOND // 5
    assert not machine.watch.due()
    machine.is_set(-HOUR)
    assert machine.watch.due()
    machine.watch.look()
    assert not machine.watch.due(), "a step that is known is looked after each second"
    machine.up += SECOND
    assert machine.watch.due()


def test_a_standstill_after_which_the_database_is_away_at_first_counts_all_the_same(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sets_timer(120)
    machine.stands_still(600, wall_too=True)
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(machine.database, "write", _is_away)
        machine.runs(1)
    machine.runs(1)
    assert machine.rang_at() == [START + 602 * SECOND]


def test_a_database_that_is_away_is_no_standstill(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.sets_timer(240)
    machine.is_set(HOUR)
    for _ in range(5):
        with monkeypatch.context() as away, pytest.raises(OperationalError):
            away.setattr(machine.database, "read", _is_away)
            machine.runs(1)
    machine.runs(2)
    assert len(machine.said(ClockStepped)) == 1
    assert machine.rang_at() == machine.said(ClockFollowed) == []


def test_a_database_that_is_away_while_the_clock_is_wrong_is_said_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []

    def is_away() -> None:
        asked.append(1)
        _is_away()

    machine.is_set(HOUR)
    with monkeypatch.context() as away:
        away.setattr(machine.database, "read", is_away)
        machine.watch.start()
        until(lambda: len(asked) >= 3)
    until(lambda: len(machine.said(ClockStepped)) == 1)
    machine.watch.stop()
    assert caplog.text.count("the clock cannot be compared") == 1


def test_after_a_standstill_the_step_is_on_record_only_with_what_follows_from_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append_all_but_that(self: ClockWatch, db: Connection, event: Event, at: int) -> None:
        if isinstance(event, ClockFollowed):
            _is_away()
        append_(self, db, event, at)

    append_ = ClockWatch._append
    machine.stands_still(600, wall_too=True)
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(ClockWatch, "_append", append_all_but_that)
        machine.runs(1)
    assert machine.said(ClockStepped) == []
    machine.runs(1)
    assert len(machine.said(ClockStepped)) == len(machine.said(ClockFollowed)) == 1


def test_a_standstill_counts_though_the_clock_is_wrong_already(machine: Machine) -> None:
    machine.sets_timer(120)
    machine.is_set(-HOUR)
    machine.runs(5)
    machine.stands_still(600, wall_too=True)
    machine.runs(1)
    assert machine.rang_at() == [START + 606 * SECOND]
    assert machine.watch.off_s == -3600


def test_an_old_machine_that_begins_in_1970_is_not_believed(machine: Machine) -> None:
    fact = New("ingest", "all", IngestDisconnected(), START, "here", 0)
    machine.database.write(lambda db: append(db, [fact], recorded_at=START))
    machine.boot, machine.up, machine.ahead = "boot-2", 0, -START + UP
    assert machine.wall() == 0
    machine.starts()
    assert machine.clock.now() == START
    machine.sets_timer(240)
    machine.runs(30)
    machine.is_set(START + HOUR)  # the time server answers
    machine.runs(20)
    assert machine.clock.now() == START + 50 * SECOND
    machine.runs(200)
    assert machine.clock.now() == machine.wall() == START + HOUR + 250 * SECOND


def test_less_than_two_seconds_is_followed_without_a_word(machine: Machine) -> None:
    machine.is_set(3 * SECOND // 2)
    machine.runs(1)
    assert machine.clock.now() == machine.wall()
    assert machine.said(ClockStepped) == machine.said(ClockFollowed) == []


def test_set_back_takes_back_what_was_proved_to_be_heard(machine: Machine) -> None:
    machine.database.write(lambda db: move_mark(db, machine.clock.now()))
    machine.is_set(-HOUR)
    machine.runs(15)
    with machine.database.read() as db:
        assert mark_of(db) <= machine.clock.now() < START


def test_all_processes_of_a_machine_keep_one_time(machine: Machine) -> None:
    other = SteadyClock(machine.clock.origin, uptime=machine.uptime)
    beside = machine.another_watch(other)
    machine.is_set(HOUR)
    for _ in range(15):
        machine.runs(1)
        beside.look()
    assert other.now() == machine.clock.now() == machine.wall()
    assert len(machine.said(ClockStepped)) == len(machine.said(ClockFollowed)) == 1


def test_the_longest_step_by_the_default_terms_is_waited_for(machine: Machine) -> None:
    machine.sets_timer(29 * 60)
    machine.is_set(-HOUR)
    machine.runs(60)
    assert machine.clock.now() == START + MINUTE
