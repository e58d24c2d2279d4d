"""Facts to stored text and back; old shapes are lifted to today's here, so that the log is never rewritten. Pure."""

import math
from collections.abc import Callable
from typing import Any

import msgspec

from events.types.fact import REGISTER, Event, type_name

Upgrade = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

UPGRADES: dict[str, Upgrade] = {}
"""Stored type name -> (newer name, newer data). Applied until a name is found that a class reads."""


class UnknownFact(Exception):
    """The log holds a type that this version of the program cannot read."""


class NotANumber(ValueError):
    """NaN and infinity have no place in the log: JSON knows neither, and null would be another fact."""


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A fact with its place in the log. Times are microseconds UTC; `version` for decisions, `key` for facts."""

    position: int
    lane: int
    stream: str
    version: int | None
    key: str | None
    at: int
    recorded_at: int
    event: Event
    meta: dict[str, Any]


_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Event]] = {}
_defaults: dict[type[Event], list[tuple[str, Any]]] = {}
_meta = msgspec.json.Decoder(dict[str, Any])
_NO_META: dict[str, Any] = {}
_anything = msgspec.json.Decoder(dict[str, Any])
_WITHOUT_FLOATS = (
    msgspec.inspect.StrType | msgspec.inspect.IntType | msgspec.inspect.BoolType | msgspec.inspect.LiteralType
)
_may_be_floats: dict[type[Event], tuple[str, ...]] = {}


def dump(event: Event) -> str:
    """The fact's data as JSON text; fields with their default value are left out. Equal facts give equal text.

    Raises NotANumber: the encoder itself would write null.
    """
    cls = type(event)
    risky = _may_be_floats.get(cls)
    for name in _floats_of(cls) if risky is None else risky:
        value = getattr(event, name)
        if value is not None and not _finite(value):
            raise NotANumber(f"{cls.__name__}.{name}")
    defaults = _defaults.get(cls)
    if defaults is None:
        defaults = _defaults[cls] = _told_by_identity(cls)
    for name, default in defaults:
        value = getattr(event, name)
        if value is not default and value == default:
            event = msgspec.structs.replace(event, **{name: default})
    return _encoder.encode(event).decode()


def _told_by_identity(cls: type[Event]) -> list[tuple[str, Any]]:
    """Fields whose default the encoder would not know again in an equal value: it compares objects, not values."""
    return [
        (f.name, f.default) for f in msgspec.structs.fields(cls) if isinstance(f.default, str | float) and f.default
    ]


def _floats_of(cls: type[Event]) -> tuple[str, ...]:
    """Fields in which a float may lie, however deep."""
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    found = tuple(f.name for f in info.fields if not isinstance(f.type, _WITHOUT_FLOATS))
    _may_be_floats[cls] = found
    return found


def _finite(value: Any) -> bool:
    """Whether all numbers in it are numbers."""
    if type(value) is float:
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_finite(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_finite(item) for item in value)
    return not isinstance(value, msgspec.Struct) or all(_finite(item) for item in msgspec.structs.astuple(value))


def dump_meta(meta: dict[str, Any]) -> str:
    """Meta as JSON text. Raises NotANumber."""
    if not _finite(meta):
        raise NotANumber("meta")
    return _encoder.encode(meta).decode() if meta else "{}"


def load_meta(text: str) -> dict[str, Any]:
    """Meta back from its text. It is read only: that of facts from outside, nearly all, is one and the same."""
    return _NO_META if text == "{}" else _meta.decode(text)


def load(name: str, data: str) -> Event:
    """The fact back from its stored name and text. Raises UnknownFact."""
    decoder = _decoders.get(name)
    if decoder is None:
        cls = REGISTER.get(name)
        if cls is None:
            return _lift(name, data)
        decoder = _decoders[name] = msgspec.json.Decoder(cls)
    return decoder.decode(data)


def _lift(name: str, data: str) -> Event:
    fields = _anything.decode(data)
    seen = {name}
    while name not in REGISTER:
        upgrade = UPGRADES.get(name)
        if upgrade is None:
            raise UnknownFact(name)
        name, fields = upgrade(fields)
        if name in seen:
            raise UnknownFact(f"upgrades of {name} go in a circle")
        seen.add(name)
    return msgspec.convert(fields, REGISTER[name])


def name_of(event: Event) -> str:
    """The stored type name."""
    return type_name(event)
