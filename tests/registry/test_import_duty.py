"""Rotas, leave, holidays and chains that differ by class, from the file."""

import pytest
from small_town import LATER, MODELS, NOW, TOWN, changed, facts, line_of, take
from test_import_faults import faults_of, the_fault

from alerts.core.roster import Roster
from alerts.registry import chains, importing, rosters
from events.lanes import ALL
from events.types.fact import DAY, HOUR
from events.types.home import ChainSet
from events.types.roster import HolidayCoverSet, HolidaysSet, LeaveSet, RotaSet

EIGHT = 1_793_577_600_000_000
"""2026-11-02 08:00 in the town, a Monday."""

DUTY = """\
rotas:
  - {id: r-dp, name: 东坪值班, turn: weekly, begins: 2026-11-02, turns: [p-w01, [p-w02, p-g01]], holiday_cover: p-v01}
  - {id: r-night, name: 昼夜班, turn: daily, begins: 2026-11-02, handover: ["08:00", "20:00"], turns: [p-t01, p-v01]}
leave:
  - {person: p-g01, from: 2026-11-20, to: 2026-11-22, cover: r-dp}
  - {person: p-v01, from: 2026-11-20 12:00, to: 2026-11-20 18:00}
holidays:
  - {from: 2027-02-05, to: 2027-02-11, name: 春节}
villages:
"""


def with_duty(*pairs):
    return changed(("villages:\n", DUTY), *pairs)


def test_a_rota_stands_wherever_a_person_may(database):
    take(
        database, with_duty(("    watcher: p-w01\n", "    watcher: [r-dp, p-w01]\n"), ("head: p-v01", "head: r-night"))
    )
    said = {r.event.home: r.event for r in facts(database, "ChainSet")}
    assert said["dp03-12"].watcher == ["@r-dp", "p-w01"]
    assert said["dp03-7"].village == ["@r-night"]
    with database.read() as db:
        assert chains.may_be_told(db, "dp03-12", ("watcher",), NOW) == {"@r-dp", "p-w01", "p-w02", "p-g01", "p-v01"}
        now = chains.told_now(db, chains.chain_of(db, "dp03-12"), EIGHT + 7 * DAY)
        assert (now["watcher"], now["village"]) == (["p-w02", "p-g01", "p-w01"], ["p-t01"])
        assert chains.homes_of(db, "p-w01", NOW) == ["dp03-12", "dp03-7"], "of the other one as a stand-in by turn"


def test_turns_leave_and_holidays_are_facts_that_everybody_reads(database):
    take(database, with_duty())
    said = [r for r in facts(database) if r.stream == "roster"]
    assert {r.lane for r in said} == {ALL}
    assert [r.event for r in said] == [
        RotaSet(rota="r-dp", begins=EIGHT, turns=[["p-w01"], ["p-w02", "p-g01"]], lengths_s=[604_800]),
        RotaSet(rota="r-night", begins=EIGHT, turns=[["p-t01"], ["p-v01"]], lengths_s=[43_200, 43_200]),
        LeaveSet(person="p-g01", since=EIGHT + 18 * DAY - 8 * HOUR, until=EIGHT + 21 * DAY - 8 * HOUR, cover="@r-dp", by="import"),
        LeaveSet(person="p-v01", since=EIGHT + 18 * DAY + 4 * HOUR, until=EIGHT + 18 * DAY + 10 * HOUR, by="import"),
        HolidaysSet(spans=[[EIGHT + 95 * DAY - 8 * HOUR, EIGHT + 102 * DAY - 8 * HOUR]]),
        HolidayCoverSet(entry="@r-dp", cover="p-v01"),
    ]  # fmt: skip
    assert take(database, with_duty(), now=LATER).nothing_new


def test_what_is_registered_says_the_same_as_the_log(database):
    take(database, with_duty())
    folded = Roster()
    for r in facts(database):
        folded.fold(r.event, r.at)
    with database.read() as db:
        assert rosters.roster(db, 0) == folded
        assert [rota.name for rota in rosters.rotas(db)] == ["东坪值班", "昼夜班"]


def test_leave_that_the_file_does_not_name_stays(database):
    take(database, with_duty())
    report = take(database, TOWN, now=LATER)
    assert report.nothing_new
    assert "rota r-dp" in report.not_in_file
    with database.read() as db:
        assert len(rosters.absences(db, 0)) == 2


def test_levels_of_one_home_may_be_others_for_all_alerts_or_for_one_class(database):
    own = '    chain: {all: {town: [p-t01, p-v01]}, "1": {watcher: [p-w01, p-g01], village: p-t01}}\n'
    text = changed(("    watcher: p-w01\n", f"    watcher: p-w01\n{own}"))
    take(database, text)
    said = {r.event.home: r.event for r in facts(database, "ChainSet")}["dp03-12"]
    assert said == ChainSet(
        home="dp03-12", watcher=["p-w01"], second_watcher=["p-w02"], grid_member=["p-g01"], village=["p-v01"],
        town=["p-t01", "p-v01"], by_class={"1": {"watcher": ["p-w01", "p-g01"], "village": ["p-t01"]}},
    )  # fmt: skip
    assert take(database, text, now=LATER).nothing_new
    whole = text.index("  - id: dp03-12\n")
    without = text[:whole] + text[text.index("  - id: dp03-7\n") :]
    assert take(database, without, now=LATER).nothing_new, "a home that the file leaves out keeps what is its own"
    take(database, TOWN, now=LATER)
    assert facts(database, "ChainSet")[-1].event.by_class == {}


def test_a_party_household_may_stand_on_any_level(database):
    take(database, changed(("name: 廖荷花, role: village_head", "name: 廖荷花, role: party_household")))
    assert facts(database, "ChainSet")


FAULTY = [
    ("turn: weekly", "turn: monthly", "id: r-dp", "rotas[0].turn", "daily"),
    ("begins: 2026-11-02, turns", "turns", "id: r-dp", "rotas[0].begins", "missing"),
    ("turns: [p-w01, [", "turns: [p-w99, [", "id: r-dp", "rotas[0].turns", "not in the file"),
    (", turns: [p-t01, p-v01]", ", turns: []", "id: r-night", "rotas[1].turns", "may not be empty"),
    ('["08:00", "20:00"]', '["20:00", "08:00"]', "id: r-night", "rotas[1].handover", "from early to late"),
    ('["08:00", "20:00"]', "24:00", "id: r-night", "rotas[1].handover", "time of day"),
    ("turn: weekly", 'turn: weekly, handover: ["08:00", "20:00"]', "id: r-dp", "rotas[0].handover", "once"),
    ("id: r-night", "id: r-dp", "name: 昼夜班", "rotas[1].id", "already"),
    ("id: r-night", "id: p-w01", "name: 昼夜班", "rotas[1].id", "is the id of a person"),
    ("holiday_cover: p-v01", "holiday_cover: p-x01", "id: r-dp", "rotas[0].holiday_cover", "not in the file"),
    ("{person: p-g01", "{person: p-g99", "p-g99", "leave[0].person", "not in the file"),
    ("cover: r-dp", "cover: r-xx", "r-xx", "leave[0].cover", "not in the file"),
    ("cover: r-dp", "cover: p-g01", "cover: p-g01", "leave[0].cover", "stand in for themselves"),
    ("to: 2026-11-22", "to: 2026-11-19", "to: 2026-11-19", "leave[0].to", "before it begins"),
    ("to: 2026-11-22", "to: 2028-11-22", "to: 2028-11-22", "leave[0].to", "400 days"),
    ("from: 2026-11-20, to", "to", "person: p-g01", "leave[0].from", "missing"),
    ("from: 2027-02-05", "from: soon", "from: soon", "holidays[0].from", "date"),
    ("holidays:\n", "holidays:\n  - {from: 2027-02-11, to: 2027-02-12}\n", "to: 2027-02-12", "holidays[0].from", "overlaps"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "field", "word"), FAULTY)
def test_each_fault_is_named_by_line_and_field(old, new, line, field, word):
    assert old in DUTY
    text = changed(("villages:\n", DUTY.replace(old, new, 1)))
    found = [fault for fault in faults_of(text) if fault.field == field]
    assert len(found) == 1, faults_of(text)
    assert found[0].line == line_of(text, line)
    assert word in found[0].message_en


def test_a_level_of_a_home_names_its_faults_too():
    text = changed(
        ("    watcher: p-w01\n", '    watcher: p-w01\n    chain: {"5": {}, all: {boss: p-w01, town: p-x}}\n')
    )
    fields = {fault.field for fault in faults_of(text)}
    assert fields == {"homes[0].chain.5", "homes[0].chain.all.boss", "homes[0].chain.all.town"}
    assert importing.check(TOWN, MODELS).homes[0].chain == []


def test_a_list_of_watchers_is_looked_at_one_by_one():
    text = changed(("    watcher: p-w01\n", "    watcher: [p-w01, {x: 1}]\n"))
    assert the_fault(text).field == "homes[0].watcher"
