"""An alarm among reports is on disk before them, by itself; told at the door."""

import pytest
from door import NOON, Door, enrol, fresh, said, until

from events.database import StorageFull
from events.keepers.sqlite import SqliteDatabase
from events.types.device import CarbonMonoxideReported, DeviceFact, ReadingsGapOpened
from ingest import inbox as inbox_module
from ingest import intake as intake_module
from ingest.ahead import urgent
from ingest.inbox import Connected, Raw
from tests.right_of_way import StandingWay


class Waiting(SqliteDatabase):
    """Counts the transactions; may be full."""

    asked, full = 0, False

    def write(self, work):
        self.asked += 1
        if self.full:
            raise StorageFull("database or disk is full")
        return super().write(work)


@pytest.fixture
def way(monkeypatch):
    standing = StandingWay()
    monkeypatch.setattr(inbox_module, "WAY", standing)
    monkeypatch.setattr(intake_module, "WAY", standing)
    return standing


@pytest.fixture
def door(tmp_path, clock):
    """Nobody has taken anything yet."""
    database = fresh(tmp_path / "log.sqlite", Waiting)
    enrol(database)
    found = Door(database, clock)
    yield found
    found.intake.stop()
    found.known.close()
    database.close()


def alarm(seq=1, flag=True):
    return said("co-1", seq, type="shouwang.co.v1", data={"alarm": flag})


def landed(door):
    return [(r.event.device.partition("/")[2], r.event.seq) for r in door.facts(DeviceFact)]


def gives_alarm(door, seq=1, flag=True):
    return door.arrives(alarm(seq, flag), device="co-1")


def test_an_alarm_is_on_disk_before_what_came_with_it_and_acknowledged_in_its_turn(door, way):
    for seq in (1, 2, 3):
        door.arrives(said(seq=seq))
    gives_alarm(door)
    door.arrives(said(seq=4))
    door.intake.start()
    until(lambda: landed(door) == [("co-1", 1)])
    assert (door.database.asked, door.acked) == (2, [])  # one of them laid the homes
    until(lambda: not door.inbox.pressing.is_set())  # or it would look again and again
    way.has_gone()
    door.settled()
    assert landed(door) == [("co-1", 1), *(("hall-1", seq) for seq in (1, 2, 3, 4))]
    assert door.acked == [(1, mid) for mid in range(1, 6)]
    assert door.intake.counts.messages == 5


def test_what_its_device_said_before_goes_along_in_its_order(door, way):
    gives_alarm(door, 1, flag=False)
    door.arrives(said(seq=1))
    gives_alarm(door, 2)
    gives_alarm(door, 3, flag=False)
    door.intake.start()
    until(lambda: landed(door) == [("co-1", 1), ("co-1", 2)])
    way.has_gone()
    door.settled()
    assert landed(door)[2:] == [("hall-1", 1), ("co-1", 3)]
    assert door.facts(ReadingsGapOpened) == []


def test_an_alarm_that_comes_while_another_passes_overtakes_the_rest_as_well(door, way):
    door.arrives(said(seq=1))
    gives_alarm(door)
    door.intake.start()
    until(lambda: landed(door) == [("co-1", 1)])
    door.arrives(said(seq=2))
    gives_alarm(door, 2)
    until(lambda: landed(door) == [("co-1", 1), ("co-1", 2)])
    way.has_gone()
    door.settled()
    assert landed(door)[2:] == [("hall-1", 1), ("hall-1", 2)]
    assert door.acked == [(1, mid) for mid in range(1, 5)]


def test_where_alarms_have_no_right_of_way_any_more_all_goes_in_the_order_it_came(door, way):
    door.arrives(said(seq=1))
    gives_alarm(door)
    way.has_gone()
    door.intake.start()
    door.settled()
    assert landed(door) == [("hall-1", 1), ("co-1", 1)]
    assert door.database.asked == 2


def test_what_is_on_disk_is_not_acknowledged_before_what_came_earlier(door, way):
    door.arrives(said(seq=1))
    gives_alarm(door)
    door.intake.start()
    until(lambda: landed(door) == [("co-1", 1)])
    door.database.full = True
    way.has_gone()
    until(lambda: door.intake.storage_full)
    assert (landed(door), door.acked) == ([("co-1", 1)], [])
    door.database.full = False
    door.settled()
    assert (landed(door), door.acked) == ([("co-1", 1), ("hall-1", 1)], [(1, 1), (1, 2)])


def test_an_alarm_alone_is_committed_and_acknowledged_at_once(door, way):
    gives_alarm(door)
    door.intake.start()
    door.settled()
    assert way.taken
    assert [r.event.alarm for r in door.facts(CarbonMonoxideReported)] == [True]


def test_it_is_acknowledged_also_where_only_word_about_the_line_is_behind_it(door, way):
    gives_alarm(door)
    door.inbox.put(Connected(1, True, NOON))
    door.intake.start()
    until(lambda: landed(door) == [("co-1", 1)])
    way.has_gone()
    door.settled()


def test_nothing_goes_before_word_about_the_line():
    def raw(device, payload):
        return Raw(1, 1, 1, f"shouwang/v1/dp03/{device}/event", payload, False, NOON)

    report, call = raw("hall-1", said()), raw("co-1", alarm())
    assert urgent([report, call], set()) == {1: call}
    assert urgent([report, call], {1}) == {}
    assert urgent([report, Connected(1, True, NOON), call], set()) == {}
    assert urgent([report, call, Connected(2, True, NOON), call], set()) == {1: call}
