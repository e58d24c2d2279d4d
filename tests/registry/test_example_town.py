"""The example town is what the demo and the handbook say it is."""

from pathlib import Path

import pytest
import yaml
from small_town import MODELS, NOW

from alerts.core.wording import utf16_units
from alerts.registry import chains, homes, importing, people

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def example():
    return (EXAMPLES / "town.yaml").read_text(encoding="utf-8")


def test_the_example_town_says_first_that_it_is_invented_and_has_what_it_promises(example):
    first = example.splitlines()[0]
    assert first.startswith("#")
    assert "虚构" in first
    assert "invented" in first
    plan = importing.check(example, MODELS)
    roles = [person.role for person in plan.people]
    counts = [roles.count(role) for role in ("watcher", "grid_member", "village_head", "town_officer")]
    assert counts == [45, 12, 4, 2]
    assert (len(plan.homes), len(plan.villages), len(plan.grids), len(plan.sites)) == (20, 4, 12, 8)
    assert plan.warnings == []
    numbers = [phone.number for person in plan.people for phone in person.phones]
    assert all(number.startswith("+861200000") and len(number) == 14 for number in numbers)


def test_every_home_of_the_example_has_what_it_takes_to_be_watched(example):
    for home in importing.check(example, MODELS).homes:
        kinds = [device.kind for device in home.devices]
        assert kinds.count("motion") >= 2, home.id
        assert {"button", "co"} <= set(kinds), home.id
        assert [d.role for d in home.devices if d.kind == "contact"] == ["front_door"]
        assert all(d.use_floor for d in home.devices if d.kind == "power")
        assert 12 <= home.no_activity_s / 3600 <= 24


def test_in_the_example_one_phone_answers_by_itself_and_not_the_quiet_elders(example):
    town = yaml.safe_load(example)
    answering = [p["id"] for p in town["people"] if "demo" in p]
    leak = next(h for h in town["homes"] if h.get("demo") == "co_leak")
    quiet = next(h for h in town["homes"] if h.get("demo") == "quiet_elder")
    assert leak["number"] == 12
    assert answering == [leak["watcher"]]
    assert not {quiet["watcher"], quiet["second_watcher"]} & set(answering)
    assert quiet["no_activity_hours"] == 12


@pytest.mark.parametrize("name", ["town.yaml", "recorded-week.yaml"])
def test_the_examples_are_taken_without_a_fault_and_a_second_time_without_a_change(database, name):
    plan = importing.check(EXAMPLES / name, MODELS)
    assert not importing.apply(database, plan, NOW).nothing_new
    assert importing.apply(database, plan, NOW + 1).nothing_new
    with database.read() as db:
        for person in people.people(db):
            assert 1 <= utf16_units(people.short_name(person)) <= 5
        for home in homes.homes(db):
            assert all(chains.chain_of(db, home.id)[level] for level in ("watcher", "grid_member", "village", "town"))
