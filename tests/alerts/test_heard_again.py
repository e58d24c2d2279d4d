"""What was silent or dark is over with the first word that is heard, not with the next sign of life."""

from pathlib import Path

from events.types.system import IngestCaughtUp
from tests.house import TOWN, House

QUIET_ONES = ("co-2", "smoke-1", "sos-1")
SMALL_TOWN = "".join(
    line for line in TOWN.splitlines(keepends=True) if not any(f"id: {d}," in line for d in QUIET_ONES)
)


def co_beats(house: House) -> None:
    house.hears("co-1", "heartbeat", {"interval_s": 900})


def test_a_silent_device_is_no_task_any_more_when_it_is_heard(tmp_path: Path) -> None:
    house = House(tmp_path, SMALL_TOWN)
    house.lives()
    co_beats(house)
    house.waits(minutes=46)
    assert house.alert("device_silent").reason["devices"] == ["dp03/co-1"]
    co_beats(house)
    closed = house.alert("device_silent")
    assert (closed.status, closed.outcome, closed.closed_at) == ("closed", "resolved_itself", house.at)
    house.waits(minutes=46)
    assert len([a for a in house.alerts() if a.danger == "device_silent"]) == 2, "and it is watched as before"
    house.close()


def test_the_first_device_heard_after_our_outage_does_not_make_the_others_silent(tmp_path: Path) -> None:
    house = House(tmp_path, SMALL_TOWN)
    house.lives()
    co_beats(house)
    deaf_since = house.at
    house.waits(hours=30, beating=False, hearing=False)
    co_beats(house)  # the others' words still lie in the broker
    assert house.alerts() == []
    house.beats()
    house.records(IngestCaughtUp(since=deaf_since), "ingest", "all")
    house.waits(minutes=10)
    assert [a for a in house.alerts() if a.danger == "device_silent"] == []
    house.close()


def test_a_dark_home_is_not_visited_any_more_when_a_sensor_is_heard(house: House) -> None:
    house.lives()
    house.waits(hours=24, beating=False)
    assert house.alert("dark_and_quiet").status == "raised"
    house.hears("hall-1", "heartbeat", {"interval_s": 3600})
    assert house.alert("dark_and_quiet").outcome == "resolved_itself"
