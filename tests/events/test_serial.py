"""What is stored can be read for ever: every fact comes back as it was, old names and shapes are lifted, none vanishes."""

import json
import math
import types
import typing
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import serial
from events.database import Database
from events.serial import UPGRADES, NotANumber, UnknownFact, dump, dump_meta, load, load_meta, name_of
from events.types import REGISTER
from events.types.alert import AlertRefired
from events.types.device import ButtonPressed, ClimateReported, UseReported
from events.types.fact import Event, fact
from tests.events.saying import fact as said
from tests.events.saying import tell, whole

KNOWN = Path(__file__).with_name("known_types.txt")
"""One line a type: its stored name, and an example in which every field has a value of its own."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """All values an annotation allows."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*[values(one) for one in args])
    if origin is list:
        return st.lists(values(args[0]), max_size=4)
    if origin is dict:
        return st.dictionaries(values(args[0]), values(args[1]), max_size=3)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return facts(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT, bool: st.booleans(), int: st.integers(-(2**62), 2**62), type(None): st.none(), Any: JSON,
        float: st.floats(allow_nan=False, allow_infinity=False), msgspec.UnsetType: st.just(msgspec.UNSET),
    }  # fmt: skip
    return plain[kind]


def facts(cls: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{field.name: values(field.type) for field in msgspec.structs.fields(cls)})


def known() -> dict[str, dict[str, Any]]:
    return {
        name: json.loads(example)
        for name, _, example in (x.partition(" ") for x in KNOWN.read_text("utf-8").splitlines())
    }


def in_full(event: Event) -> dict[str, Any]:
    """All fields, also those that are not stored because they have their default value."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.structs.asdict(event)))
    return found


@pytest.mark.parametrize("name", sorted(REGISTER))
def test_every_fact_comes_back_as_it_was(name: str) -> None:
    @settings(max_examples=40)  # of a hundred types by the same few lines: four thousand facts in all
    @given(facts(REGISTER[name]))
    def comes_back(event: Event) -> None:
        assert name_of(event) == name
        again = load(name, dump(event))
        assert type(again) is type(event)
        assert again == event
        assert in_full(again) == in_full(event)

    comes_back()


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_meta_comes_back_as_it_was(meta: dict[str, Any]) -> None:
    assert load_meta(dump_meta(meta)) == meta


def test_stored_names_never_vanish_and_new_ones_are_entered_in_the_list() -> None:
    names = [line.partition(" ")[0] for line in KNOWN.read_text("utf-8").splitlines()]
    assert len(names) == len(set(names))
    vanished = [name for name in names if name not in REGISTER and name not in UPGRADES]
    assert vanished == [], "the log holds facts of these names; give each an upgrade in events/serial.py"
    unlisted = sorted(set(REGISTER) - set(names))
    assert unlisted == [], "enter new types in known_types.txt, each with an example that sets every field"


@pytest.mark.parametrize("name", list(known()))
def test_what_was_stored_in_a_shape_is_still_read_with_nothing_lost(name: str) -> None:
    example = known()[name]
    event = load(name, json.dumps(example))
    if name in REGISTER:
        read = in_full(event)
        assert {field: read.get(field, "lost") for field in example} == example


@pytest.mark.parametrize("name", sorted(REGISTER))
def test_every_field_of_today_is_in_the_example(name: str) -> None:
    fields = {field.name for field in msgspec.structs.fields(REGISTER[name])}
    assert fields == set(known().get(name, {})), (
        "a changed shape is a new class V2; a new field is added to the example"
    )


@pytest.mark.parametrize("name", sorted(REGISTER))
def test_equal_facts_are_stored_as_equal_text(name: str) -> None:
    """Also when one of them has its default values from elsewhere: a replay writes what was written, byte for byte."""
    cls = REGISTER[name]
    needed = {field.name for field in msgspec.structs.fields(cls) if field.required}
    event = load(name, json.dumps({field: value for field, value in known()[name].items() if field in needed}))
    same = msgspec.json.decode(json.dumps(in_full(event)), type=cls)
    assert same == event
    assert dump(same) == dump(event)
    assert set(json.loads(dump(same))) == needed


def test_keys_unknown_to_this_version_are_passed_over() -> None:
    event = load("ButtonPressed", '{"device":"dp03/sos-1","action":"sos","from_the_future":1}')
    assert event == ButtonPressed(device="dp03/sos-1", action="sos")


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnknownFact, match="NeverHeardOf"):
        load("NeverHeardOf", "{}")


@pytest.fixture
def old_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A button that was once called a knob, and before that a bell."""

    def bell(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "KnobTurned", {"knob": fields["bell"], "how": "help"}

    def knob(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "ButtonPressed", {"device": fields["knob"], "action": fields["how"]}

    monkeypatch.setitem(UPGRADES, "BellRung", bell)
    monkeypatch.setitem(UPGRADES, "KnobTurned", knob)


@pytest.mark.usefixtures("old_names")
def test_old_shapes_are_lifted_step_by_step() -> None:
    today = ButtonPressed(device="dp03/sos-1", action="help")
    assert load("KnobTurned", '{"knob":"dp03/sos-1","how":"help"}') == today
    assert load("BellRung", '{"bell":"dp03/sos-1"}') == today


def test_upgrades_that_go_in_a_circle_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UPGRADES, "Here", lambda fields: ("There", fields))
    monkeypatch.setitem(UPGRADES, "There", lambda fields: ("Here", fields))
    with pytest.raises(UnknownFact, match="circle"):
        load("Here", "{}")


def test_an_old_shape_in_the_log_is_read_as_todays_and_not_rewritten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(database, said("a"))
    monkeypatch.setitem(REGISTER, "MotionSeenV2", REGISTER.pop("OccupancyReported"))
    monkeypatch.setattr(serial, "_decoders", {})
    monkeypatch.setitem(UPGRADES, "OccupancyReported", lambda fields: ("MotionSeenV2", {**fields, "seq": 7}))
    try:
        assert [r.event.seq for r in whole(database)] == [7]  # type: ignore[attr-defined]
        with database.read() as db:
            assert db.exec_driver_sql("SELECT type FROM events").scalars().all() == ["OccupancyReported"]
    finally:
        REGISTER["OccupancyReported"] = REGISTER["MotionSeenV2"]


def test_two_facts_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="ButtonPressed"):
        fact(type("ButtonPressed", (Event,), {}, frozen=True, kw_only=True))  # type: ignore[call-overload]


NO_NUMBERS = st.sampled_from([math.nan, math.inf, -math.inf])


@given(NO_NUMBERS, st.lists(st.sampled_from(["list", "dict"]), max_size=4))
def test_what_is_no_number_never_becomes_null_in_the_log(number: float, around: list[str]) -> None:
    deep: Any = number
    for each in around:
        deep = [1.0, deep] if each == "list" else {"a": "b", "c": deep}
    for event in (
        ClimateReported(device="dp03/k", celsius=20.0, humidity_pct=number),
        UseReported(device="dp03/u", kind="power", amount=number),
        AlertRefired(alert="a", device="dp03/co-1", reason={"ppm": deep}),
    ):
        with pytest.raises(NotANumber):
            dump(event)
    with pytest.raises(NotANumber):
        dump_meta({"cause": deep})


def test_a_fact_that_is_no_number_takes_nothing_with_it_into_the_log(any_database: Database) -> None:
    tell(any_database, said("a"))
    wrong = msgspec.structs.replace(said("b"), event=ClimateReported(device="dp03/k", celsius=math.nan))
    with pytest.raises(NotANumber):
        tell(any_database, said("c"), wrong)
    tell(any_database, said("d"))
    assert [r.key for r in whole(any_database)] == ["a", "d"]
