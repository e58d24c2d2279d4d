"""Poison of every kind, on both databases: kept byte for byte under its word, acknowledged, and in nobody's way."""

import json

import pytest
from door import NOON, Clock, Door, backfill, decide, enrol, item, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.engine import Engine
from events.store import head
from events.types import device as facts
from events.types.alert import AlertRaised
from events.types.home import HomePaused, HomeRetired
from events.types.system import ReadingQuarantined
from ingest import quarantine
from tests.faults.poisons import POISONS, WELL_TAKEN, good, mutant

DEVICE = "dp03/hall-1"


@pytest.fixture
def busy(any_database):
    """A door that is open, over each database; a home is enrolled."""
    enrol(any_database)
    door = Door(any_database, Clock())
    door.intake.start()
    yield door
    door.intake.stop()
    door.known.close()


def kept(door):
    with door.database.read() as db:
        rows = quarantine.newest(db, limit=10_000)[::-1]
    return {row.payload: row for row in rows}


def test_every_kind_is_kept_under_its_word_and_the_good_between_land(busy):
    sent = []
    for n, poison in enumerate(POISONS):
        payload = poison.payload(DEVICE, f"{n + 10}")
        busy.arrives(payload, topic=poison.topic.format(device=DEVICE))
        busy.arrives(said(seq=n + 1))
        sent.append((poison, payload))
    busy.settled()
    assert len(busy.acked) == 2 * len(POISONS)
    there = kept(busy)
    for poison, payload in sent:
        alone = next((row for row in there.values() if poison.name.startswith("a backfill")), None)
        row = there.get(payload[: 64 * 1024]) or alone
        assert row is not None, poison.name
        if not poison.name.startswith("a backfill"):
            assert (row.reason, row.size) == (poison.reason, len(payload)), poison.name
    words = [(r.event.reason, r.event.danger) for r in busy.facts(ReadingQuarantined)]
    assert sorted(words) == sorted((poison.reason, poison.danger) for poison in POISONS)  # alarms go first
    landed = [r.event.seq for r in busy.facts(facts.OccupancyReported)]
    assert landed == list(range(1, len(POISONS) + 1))


@pytest.mark.parametrize("name", [name for name, _ in WELL_TAKEN])
def test_what_is_only_strange_lands(busy, name):
    over = dict(WELL_TAKEN)[name]
    payload = json.dumps({k: v for k, v in good(DEVICE, "1", **over).items() if v is not None}).encode()
    busy.hears(payload)
    (fact,) = busy.facts(facts.OccupancyReported)
    assert fact.event.bootid == over.get("bootid", "x")
    assert kept(busy) == {}


def test_two_hundred_items_land_and_one_more_lands_nothing(busy):
    items = [item(n, NOON) for n in range(1, 202)]
    busy.hears(backfill(items, n=1))
    assert busy.facts(facts.OccupancyReported) == []
    busy.hears(backfill(items[:200], n=2))
    assert len(busy.facts(facts.OccupancyReported)) == 200


@pytest.mark.parametrize("state", ["unknown", "paused", "retired"])
def test_an_alarm_of_whom_we_do_not_listen_to_is_the_operators_at_once(busy, state):
    device = "stranger-1" if state == "unknown" else "co-1"
    if state != "unknown":
        what = HomePaused if state == "paused" else HomeRetired
        decide(busy.database, what(home="dp03-12", by="user:wei"))
    busy.hears(said(device, type="shouwang.co.v1", data={"alarm": True, "ppm": 300}), device=device)
    engine = Engine(busy.database, busy.clock)
    while engine.step(0):
        pass
    engine.commit()
    (raised,) = [r.event for r in busy.facts(AlertRaised)]
    assert (raised.danger, raised.site, raised.home) == ("unknown_device_alarm", "dp03", "")
    assert raised.reason["danger"] == "carbon_monoxide"


def told_apart(door, payloads):
    """Send them with good ones in between; each is in the log or in quarantine, and all are acknowledged."""
    with door.database.read() as db:
        before, start = len(door.acked), head(db)
    good_seqs = []
    for payload in payloads:
        door.arrives(payload)
        good_seqs.append(door._mid)
        door.arrives(said("door-1", door._mid, "shouwang.contact.v1", {"open": True}), device="door-1")
    door.settled()
    assert len(door.acked) == before + 2 * len(payloads)
    new = door.facts(after=start)
    assert [r.event.seq for r in new if isinstance(r.event, facts.ContactReported)] == good_seqs
    return new


FEW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@FEW
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=10, unique=True))
def test_any_bytes_at_all(busy, payloads):
    told_apart(busy, payloads)
    there = kept(busy)
    assert all(payload in there for payload in payloads)


TYPES = st.sampled_from(["motion", "contact", "button", "co", "climate", "use", "heartbeat", "device", "backfill"])


@FEW
@given(
    st.lists(st.tuples(TYPES, json_values, st.dictionaries(st.text(max_size=9), json_values, max_size=3)), max_size=8)
)
def test_any_json_at_all(busy, messages):
    payloads = [
        json.dumps({**good(DEVICE, f"{n}"), "type": f"shouwang.{kind}.v1", "data": about} | more).encode()
        for n, (kind, about, more) in enumerate(messages)
    ]
    told_apart(busy, list(dict.fromkeys(payloads)))


@FEW
@given(st.randoms(use_true_random=False), st.integers(0, 10**9))
def test_good_messages_gone_bad(busy, chance, nonce):
    payloads = list(dict.fromkeys(mutant(chance, DEVICE, f"{nonce}-{n}") for n in range(12)))
    told_apart(busy, payloads)
    there = kept(busy)
    landed = {r.key for r in busy.facts(facts.OccupancyReported)}
    for payload in payloads:
        assert payload in there or json.loads(payload)["id"] in landed


def test_twins_of_one_name_each_give_their_alarm_in_whichever_order(busy):
    """Two devices with one source, the same number in turn: nothing is lost, and neither silences the other."""
    for seq in (1, 2, 3):
        for alarm in (seq == 2, seq != 2):
            data = {"alarm": alarm, "ppm": 90.0 if alarm else 0.0, "test": False}
            busy.arrives(said("co-1", seq, "shouwang.co.v1", data), device="co-1")
    busy.settled()
    found = [r.event.seq for r in busy.facts(facts.CarbonMonoxideReported) if r.event.alarm]
    assert sorted(found) == [1, 2, 3], "one alarm a number, from whichever of the two"
    assert len(busy.facts(facts.CarbonMonoxideReported)) + len(busy.facts(ReadingQuarantined)) >= 6
    assert len(busy.facts(facts.ReadingConflicted)) == 3
