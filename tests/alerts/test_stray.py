"""The stray filter, held against its one sentence in the design, read word by word."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household, Sensor
from alerts.core.policy import Policy
from alerts.core.stray import applies, counted
from events.types.fact import HOUR, MINUTE, SECOND
from tests.house import House

START = 1_800_000_000 * SECOND
SENSORS = {"m1": "motion", "m2": "motion", "m3": "motion", "door": "contact"}
Edge = tuple[int, str]


def home_of(*, motion: int = 3, **over: Any) -> Household:
    home = Household("h", "s", 1, 3600)
    for name, kind in SENSORS.items():
        if name == "door" or int(name[1:]) <= motion:
            home.sensors[name] = Sensor(name, kind, since=0, **over)
    return home


def fires(home: Household, at: int, device: str) -> list[Edge]:
    kind = SENSORS[device]
    return counted(home, SignOfLifeSeen(device=device, kind=kind, at=at), Policy())


def a_person(edges: list[Edge], n: int) -> bool:
    """Is edge `n` somebody, as far as these edges tell?"""
    at, device = edges[n]
    near = [other for i, (when, other) in enumerate(edges) if i != n and abs(when - at) <= 10 * MINUTE]
    return device == "door" or any(other != device for other in near) or near.count(device) >= 2


def edges_of(steps: list[tuple[int, str]], unit: int) -> list[Edge]:
    at, found = START, []
    for wait, device in steps:
        at += wait * unit
        found.append((at, device))
    return found


STEPS = st.lists(st.tuples(st.integers(0, 14), st.sampled_from(list(SENSORS))), max_size=40)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.sampled_from([MINUTE, 2 * MINUTE, 20 * SECOND]))
def test_each_edge_counts_when_and_as_soon_as_the_sentence_says_so(steps: list[tuple[int, str]], unit: int) -> None:
    home, edges = home_of(), edges_of(steps, unit)
    known: set[int] = set()
    for n, (at, device) in enumerate(edges):
        so_far = edges[: n + 1]
        now = {i for i in range(n + 1) if a_person(so_far, i)}
        assert sorted(fires(home, at, device)) == sorted(edges[i] for i in now - known)
        known |= now


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.just("m1")), min_size=100, max_size=160))
def test_a_chatty_sensor_counts_the_same_however_long_it_goes_on(steps: list[tuple[int, str]]) -> None:
    home, edges = home_of(), edges_of(steps, 5 * SECOND)
    found = [edge for at, device in edges for edge in fires(home, at, device)]
    assert sorted(found) == sorted(edge for n, edge in enumerate(edges) if a_person(edges, n))
    assert len(home.fired) <= 64, "and is not remembered for ever"


def test_ten_minutes_are_ten_minutes_to_the_second() -> None:
    home = home_of()
    fires(home, START, "m1")
    assert fires(home, START + 10 * MINUTE, "m2") == [(START, "m1"), (START + 10 * MINUTE, "m2")]
    home = home_of()
    fires(home, START, "m1")
    assert fires(home, START + 10 * MINUTE + 1, "m2") == []


def test_twice_is_not_yet_somebody_and_a_third_time_makes_all_three_count() -> None:
    home = home_of()
    assert fires(home, START, "m1") == []
    assert fires(home, START + MINUTE, "m1") == []
    assert [at for at, _ in fires(home, START + 2 * MINUTE, "m1")] == [START, START + MINUTE, START + 2 * MINUTE]


def test_where_there_are_too_few_or_too_slow_sensors_every_edge_counts() -> None:
    for home in (home_of(motion=1), home_of(retrigger_s=181.0)):
        assert not applies(home, Policy(), 0)
        assert fires(home, START, "m1") == [(START, "m1")]
    assert applies(home_of(retrigger_s=180.0), Policy(), 0)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from([MINUTE, 5 * SECOND]), st.data())
def test_edges_that_arrive_late_count_all_the_same(
    steps: list[tuple[int, str]], unit: int, data: st.DataObject
) -> None:
    """Somebody known to have been there is forgotten after a while, so that one more edge beside them may not count."""
    edges = edges_of([(wait, device) for wait, device in steps if device != "door"][:20], unit)
    home = home_of()
    found = {edge for at, device in data.draw(st.permutations(edges)) for edge in fires(home, at, device)}
    people = {edge for n, edge in enumerate(edges) if a_person(edges, n)}
    assert found <= people
    assert all(any(abs(then - at) <= 10 * MINUTE for then, _ in found) for at, _ in people)
    if edges and edges[-1][0] - edges[0][0] <= 20 * MINUTE:
        assert found == people


def test_two_edges_out_of_a_devices_memory_find_each_other_behind_a_newer_stray_one() -> None:
    home = home_of()
    fires(home, START + 5 * HOUR, "m1")
    assert fires(home, START, "m1") == []
    assert fires(home, START + MINUTE, "m2") == [(START, "m1"), (START + MINUTE, "m2")]


def test_life_that_was_buffered_is_seen_though_a_stray_trigger_came_first(house: House) -> None:
    house.lives()
    house.waits(hours=4)
    kept: dict[str, list[dict[str, Any]]] = {"hall-1": [], "bed-1": []}
    for device, items in kept.items():  # somebody moves about; the reports stay in the devices
        for occupied in (True, False):
            house.at += 20 * SECOND
            said = house.says(device, "motion", {"occupied": occupied})
            items.append({k: said[k] for k in ("id", "seq", "type", "time", "data")})
    house.waits(hours=4)
    house.moves("hall-1")
    for device, items in kept.items():
        envelope = house.says(device, "backfill", {"items": items})
        del envelope["seq"]
        house._seq[device] -= 1
        envelope["id"] = f"{device}-memory"
        house.arrives(f"shouwang/v1/dp03/{device}/event", envelope)
    house.waits(hours=7)
    assert [a for a in house.alerts() if a.danger == "no_activity"] == [], "the limit counts from what was buffered"
