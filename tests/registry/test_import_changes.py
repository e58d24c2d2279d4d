"""A file is taken whole, a second time nothing happens, and a changed one records only what is different."""

from typing import Any

import pytest
from small_town import DAY, FEBRUARY_1, JANUARY_5, MODELS, NOW, TOWN, changed, facts, line_of, take
from sqlalchemy import select, text

from alerts.registry import chains, devices, homes, importing, people, phones, tables
from alerts.registry.importing import ImportRefused
from events.lanes import lane_of
from events.store import New, append, version_of
from events.types.home import (
    ChainSet,
    DeviceAssigned,
    DeviceRemoved,
    HomeEnrolled,
    HomePaused,
    HomeRetired,
    PhoneVerified,
    PhoneWithdrawn,
    SiteRegistered,
)

LATER = NOW + 3 * DAY


def news(database, words: str, *, now: int = LATER, **also: Any) -> list:
    """What a second import of this text records."""
    before = len(facts(database))
    take(database, words, now, **also)
    return facts(database)[before:]


def the_new(database, words: str, **also):
    found = news(database, words, **also)
    assert len(found) == 1, found
    return found[0]


def everything(database) -> list:
    """Every row of every table, to see that nothing moved."""
    with database.read() as db:
        return [list(db.execute(select(table))) for table in tables.metadata.sorted_tables]


@pytest.fixture
def taken(database):
    take(database)
    return database


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


def test_a_changed_limit_enrolls_the_home_again_from_now(taken):
    new = the_new(taken, changed(("no_activity_hours: 12\n", "no_activity_hours: 10\n")))
    assert (new.event, new.at) == (HomeEnrolled(home="dp03-12", site="dp03", no_activity_s=36_000), LATER)
    with taken.read() as db:
        assert homes.home(db, "dp03-12").enrolled_at == FEBRUARY_1  # its history stays its own


def test_a_corrected_date_of_enrolment_is_recorded_for_that_date(taken):
    words = changed(("since: 2026-02-01", "since: 2026-02-03"))
    assert the_new(taken, words).at == FEBRUARY_1 + 2 * DAY
    assert news(taken, words) == []


def test_another_watcher_is_another_chain(taken):
    words = changed(("    second_watcher: p-w02\n", ""))
    new = the_new(taken, words)
    assert new.event == ChainSet(
        home="dp03-12", watcher=["p-w01"], second_watcher=[], grid_member=["p-g01"], village=["p-v01"], town=["p-t01"]
    )
    assert new.at == LATER
    assert news(taken, words) == []


def test_a_new_grid_member_answers_for_all_homes_of_the_grid_those_left_out_of_the_file_too(taken):
    seven = TOWN[TOWN.index("  - id: dp03-7\n") :]
    fresh = (
        '  - {id: p-g02, name: 沈细妹, role: grid_member, phones: [{number: "+8612000000006", verified: 2026-01-05}]}\n'
    )
    words = changed((seven, ""), ("member: p-g01", "member: p-g02"), ("villages:\n", fresh + "villages:\n"))
    told = {r.event.home: r.event.grid_member for r in news(taken, words) if isinstance(r.event, ChainSet)}
    assert told == {"dp03-12": ["p-g02"], "dp03-7": ["p-g02"]}
    with taken.read() as db:
        assert chains.chain_of(db, "dp03-7")["watcher"] == ["p-w02"]


def test_a_moved_device_leaves_one_home_and_enters_the_other_from_now(taken):
    plug = "      - {id: plug-12, model: power-plug, use_floor: 15}\n"
    words = changed((plug, "")) + plug
    gone, come = news(taken, words)
    assert (gone.event, gone.at) == (DeviceRemoved(device="dp03/plug-12", home="dp03-12"), LATER)
    assert (come.event.home, come.event.since, come.at) == ("dp03-7", LATER, LATER)
    assert news(taken, words, now=LATER + DAY) == []


def test_a_moved_device_may_say_when_but_not_take_its_old_homes_readings_along(taken):
    plug = "      - {id: plug-12, model: power-plug, use_floor: 15}\n"
    early = changed((plug, "")) + plug.replace("use_floor", "since: 2026-02-01, use_floor")
    with pytest.raises(ImportRefused) as refused:
        take(taken, early, LATER)
    assert [f.line for f in refused.value.faults] == [line_of(early, "id: plug-12")]
    words = early.replace("since: 2026-02-01, use_floor", "since: 2026-02-05, use_floor")
    assert news(taken, words)[1].event.since == FEBRUARY_1 + 4 * DAY
    assert news(taken, words, now=LATER + DAY) == []


def test_a_device_with_other_values_is_assigned_again_without_losing_its_date(taken):
    new = the_new(taken, changed(("use_floor: 15", "use_floor: 20")))
    assert (new.event.use_floor, new.event.since, new.at) == (20.0, FEBRUARY_1, LATER)


def test_a_device_left_out_goes_on_protecting_and_is_reported(taken):
    words = changed(("      - {id: co-12, model: co-alarm, room: 卧室}\n", ""))
    report = take(taken, words, LATER)
    assert report.nothing_new
    assert report.not_in_file == ["device dp03/co-12"]


def test_a_device_is_taken_down_only_by_saying_so_and_can_come_back(taken):
    words = changed(("model: co-alarm,", "model: co-alarm, removed: true,"))
    assert the_new(taken, words).event == DeviceRemoved(device="dp03/co-12", home="dp03-12")
    assert news(taken, words, now=LATER + DAY) == []
    with taken.read() as db:
        assert devices.device(db, "dp03/co-12").home is None
    back = the_new(taken, TOWN, now=LATER + 2 * DAY)
    assert (back.event.home, back.event.since) == ("dp03-12", LATER + 2 * DAY)


def test_a_withdrawn_phone_is_not_believed_any_more_but_its_id_still_says_what_it_was(taken):
    words = changed(('"+8612000000001"', '"+8612000000011"'))
    gone, come = news(taken, words)
    assert (gone.event, gone.at) == (PhoneWithdrawn(person="p-w01", phone="ph-p-w01-1"), LATER)
    assert (come.event, come.at) == (PhoneVerified(person="p-w01", phone="ph-p-w01-2"), JANUARY_5)
    with taken.read() as db:
        assert phones.person_by_number(db, "+8612000000001") is None
        assert phones.phone(db, "ph-p-w01-1").number == "+8612000000001"
        assert [p.id for p in phones.phones_of(db, "p-w01")] == ["ph-p-w01-2"]
    assert [type(r.event) for r in news(taken, TOWN, now=LATER + DAY)] == [PhoneVerified, PhoneWithdrawn][::-1]
    with taken.read() as db:
        assert [p.id for p in phones.phones_of(db, "p-w01")] == ["ph-p-w01-1"]  # the same number, the same id


def test_two_people_may_swap_their_phones_and_two_homes_their_numbers_in_one_file(taken):
    words = changed(
        ('"+8612000000001"', "ONE"), ('"+8612000000002"', '"+8612000000001"'), ("ONE", '"+8612000000002"'),
        ("number: 12\n", "number: SEVEN\n"), ("number: 7\n", "number: 12\n"), ("SEVEN", "7"),
    )  # fmt: skip
    assert sorted(type(r.event).__name__ for r in news(taken, words)) == ["PhoneVerified"] * 2 + ["PhoneWithdrawn"] * 2
    with taken.read() as db:
        assert phones.person_by_number(db, "+8612000000001").id == "p-w02"
        assert phones.person_by_number(db, "+8612000000002").id == "p-w01"
        assert [(h.number, h.id) for h in homes.homes(db)] == [(7, "dp03-12"), (12, "dp03-7")]


def test_another_language_is_told_to_the_planner(taken):
    new = the_new(taken, changed(("role: watcher, language: en", "role: watcher")))
    assert (new.event, new.at) == (PhoneVerified(person="p-w02", phone="ph-p-w02-1", language="zh"), LATER)


def test_names_and_notes_change_without_a_word_in_the_log(taken):
    report = take(taken, changed(("王秋禾", "王春耕"), ("煤炉取暖", "换了空调"), ("耳背", "戴助听器")), LATER)
    assert (report.recorded, report.updated) == ({}, {"people": 1, "homes": 1, "residents": 1})
    with taken.read() as db:
        assert (people.person(db, "p-w01").name, homes.home(db, "dp03-12").notes) == ("王春耕", "换了空调")
        assert homes.home(db, "dp03-12").residents[0].notes == "戴助听器"


def test_a_site_in_another_grid_is_registered_again_and_its_homes_get_its_people(taken):
    words = changed(
        ("grid: dp-g1}", "grid: dp-g2}"),
        ("sites:\n", "  - {id: dp-g2, village: dp, name: 东坪二网格, member: p-g02}\nsites:\n"),
        ("villages:\n", '  - {id: p-g02, name: 沈细妹, role: grid_member, phones: [{number: "+8612000000006", verified: 2026-01-05}]}\nvillages:\n'),
    )  # fmt: skip
    found = [r.event for r in news(taken, words)]
    assert SiteRegistered(site="dp03", village="dp", grid="dp-g2") in found
    assert [e.grid_member for e in found if isinstance(e, ChainSet)] == [["p-g02"], ["p-g02"]]


@pytest.mark.parametrize("end", [HomeRetired(home="dp03-7", by="user:a"), HomePaused(home="dp03-7", by="user:a")])
def test_a_new_limit_does_not_bring_back_a_home_that_was_paused_or_retired(taken, end):
    taken.write(
        lambda db: append(
            db,
            [New("home-dp03-7", "dp03", end, NOW)],
            recorded_at=NOW,
            after={"home-dp03-7": version_of(db, "home-dp03-7")},
        )
    )
    before = len(facts(taken))
    report = take(taken, changed(("no_activity_hours: 1.5", "no_activity_hours: 2")), LATER)
    assert report.left_alone == ["dp03-7"]
    assert len(facts(taken)) == before


def test_what_contradicts_the_registry_is_refused_with_its_line(taken):
    before = everything(taken)
    words = changed(
        ("  - id: dp03-12\n", "  - id: dp03-99\n"), ("id: p-w01,", "id: p-w91,"), ("watcher: p-w01", "watcher: p-w91"),
        ("-12,", "-99,"), ("number: 7\n", "number: 9\n"),
    )  # fmt: skip
    with pytest.raises(ImportRefused) as refused:
        take(taken, words, LATER)
    assert [(f.line, f.field) for f in refused.value.faults] == [
        (4, "people[0].phones[0].number"), (line_of(words, "number: 12"), "homes[0].number"),
    ]  # fmt: skip
    assert everything(taken) == before


def test_a_home_stays_on_its_site_for_ever(taken):
    words = changed(
        ("id: dp03, name: 东坪三组, name_en: Dongpo Group 3", "id: dp04, name: 东坪四组"),
        ("site: dp03\n", "site: dp04\n"),
    )
    with pytest.raises(ImportRefused) as refused:
        take(taken, words, LATER)
    assert [f.field for f in refused.value.faults] == ["homes[0].site", "homes[1].site"]


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
