"""A file is taken whole or not at all, and a second time nothing happens."""

import pytest
from small_town import DAY, FEBRUARY_1, JANUARY_5, LATER, MODELS, NOW, TOWN, everything, facts, take
from sqlalchemy import text

from alerts.registry import importing
from events.lanes import lane_of
from events.types.home import (
    ChainSet,
    DeviceAssigned,
    HomeEnrolled,
    PhoneVerified,
    SiteRegistered,
)


def test_a_first_import_records_ids_only_and_in_the_order_that_protects(database):
    report = take(database)
    recorded = facts(database)
    assert report.recorded == {
        "PhoneVerified": 5, "SiteRegistered": 1, "HomeEnrolled": 2, "ChainSet": 2, "DeviceAssigned": 5,
    }  # fmt: skip
    said = "".join(str(r.event) for r in recorded)
    assert not any(secret in said for secret in ("王", "李桂兰", "86120", "号", "煤炉", "耳背"))
    assert [type(r.event) for r in recorded[:5]] == [PhoneVerified] * 5  # people can be told before a home is watched
    assert all(r.version and r.key is None for r in recorded)
    assert all(r.recorded_at == NOW for r in recorded)


def test_facts_lie_in_the_streams_and_lanes_that_readers_look_in(taken):
    for r in facts(taken):
        match r.event:
            case PhoneVerified(person=person):
                assert (r.stream, r.lane) == (f"person-{person}", lane_of(person))
            case SiteRegistered():
                assert (r.stream, r.lane) == ("site-dp03", lane_of("dp03"))
            case HomeEnrolled(home=home) | ChainSet(home=home):
                assert (r.stream, r.lane) == (f"home-{home}", lane_of("dp03"))
            case DeviceAssigned(device=device):
                assert (r.stream, r.lane) == (f"device-{device}", lane_of("dp03"))


def test_what_happened_on_a_day_is_recorded_for_that_day(taken):
    at = {str(getattr(r.event, "device", r.event)): r.at for r in facts(taken)}
    assert at["dp03/hall-12"] == FEBRUARY_1  # came with its home
    assert at["dp03/hall-7"] == NOW  # its home says no date
    assert {r.at for r in facts(taken, "PhoneVerified")} == {JANUARY_5}
    assert [r.at for r in facts(taken, "SiteRegistered")] == [FEBRUARY_1]


def test_homes_without_a_date_begin_when_the_caller_says(database):
    take(database, since=NOW - 3 * DAY)
    at = {r.event.home: r.at for r in facts(database, "HomeEnrolled")}
    assert at == {"dp03-12": FEBRUARY_1, "dp03-7": NOW - 3 * DAY}
    assert take(database, now=LATER, since=LATER - 3 * DAY).nothing_new


def test_a_second_import_of_the_same_file_records_nothing_and_writes_nothing(taken):
    before = everything(taken)
    assert take(taken, now=LATER).nothing_new
    assert everything(taken) == before


@pytest.mark.parametrize("table", ["events", "registry_devices", "registry_chains"])
def test_a_failure_in_the_middle_leaves_nothing(database, table):
    """The database itself breaks off, on a row that comes after many others."""
    condition = {
        "events": "NEW.stream = 'device-dp03/hall-7'",
        "registry_devices": "NEW.id = 'dp03/hall-7'",
        "registry_chains": "NEW.home = 'dp03-7'",
    }[table]
    trigger = (
        f"CREATE TRIGGER breaks BEFORE INSERT ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    database.write(lambda db: db.execute(text(trigger)))
    with pytest.raises(Exception, match="broken"):
        take(database)
    assert not any(everything(database))
    database.write(lambda db: db.execute(text("DROP TRIGGER breaks")))
    assert take(database).recorded["DeviceAssigned"] == 5


def test_a_caller_who_gives_up_while_it_runs_leaves_nothing(database):
    def give_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(database, progress=give_up)
    assert not any(everything(database))


def test_progress_is_told_up_to_the_end(database):
    told: list[tuple[int, int]] = []
    take(database, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (15, 15)


def test_a_town_of_many_homes_is_taken_in_steps_and_all_at_once(database):
    home = TOWN[TOWN.index("  - id: dp03-7\n") :]
    words = TOWN.replace(home, "") + "".join(
        home.replace("dp03-7", f"dp03-{n}").replace("number: 7", f"number: {n}").replace("hall-7", f"hall-{n}")
        for n in range(100, 400)
    )
    told: list[int] = []
    report = importing.apply(
        database, importing.check(words, MODELS), NOW, progress=lambda done, _total: told.append(done)
    )
    assert report.recorded["HomeEnrolled"] == 301
    assert told == sorted(told) and len(told) > 1 and told[-1] == sum(report.recorded.values())
    assert take(database, words, LATER).nothing_new
