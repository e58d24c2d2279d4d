"""Bytes from the broker to facts: which family speaks on which topic, and what even a stranger's alarm says. Pure."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from ingest.codecs import native
from ingest.codecs.decoded import Decoded, Reading, Refused, RefusedItem

__all__ = ["CODECS", "Decoded", "Reading", "Refused", "RefusedItem", "alarm_in", "decode", "device_time"]


class Family(NamedTuple):
    """What a module of `ingest.codecs` must know."""

    decode: Callable[..., Decoded]
    device_time: Callable[[bytes], int | None]


CODECS: dict[str, Family] = {"shouwang/v1/": Family(native.decode, native.device_time)}
"""Topic prefix -> the family that speaks there. To add one: a file in `codecs/`, a line here, a test."""

_DANGERS = {
    "shouwang.co.v1": "carbon_monoxide",
    "shouwang.smoke.v1": "smoke",
    "shouwang.gas.v1": "gas",
}
_TEST_IS_REAL_PPM = 50.0
_MOST_LOOKED_AT = 1024 * 1024


def decode(topic: str, payload: bytes, *, retained: bool, received_at: int) -> Decoded:
    """What the message says, as of its receipt in microseconds. Raises Refused and nothing else."""
    family = _family(topic)
    if family is None:
        raise Refused("wrong_topic", topic[:200])
    return family.decode(topic, payload, retained=retained, received_at=received_at)


def device_time(topic: str, payload: bytes) -> int | None:
    """The device's own time where its clock vouches for it; None for everything else, bad input included."""
    family = _family(topic)
    return family.device_time(payload) if family else None


def _family(topic: str) -> Family | None:
    for prefix, family in CODECS.items():
        if topic.startswith(prefix):
            return family
    return None


def alarm_in(payload: bytes) -> str:
    """carbon_monoxide, smoke, gas or sos when bytes that cannot be taken decode even as far as that; else empty.

    Deliberately lenient: it reads past unknown fields, missing ids and repeated keys, for a life may hang on it.
    """
    if len(payload) > _MOST_LOOKED_AT:
        return ""
    try:
        tree = json.loads(payload.decode(errors="replace"))
    except (ValueError, RecursionError):
        return ""
    return _alarm(tree) if isinstance(tree, dict) else ""


def _alarm(said: dict[str, Any]) -> str:
    kind, about = said.get("type"), said.get("data")
    if not isinstance(kind, str) or not isinstance(about, dict):
        return ""
    if isinstance(items := about.get("items"), list):
        found = (_alarm(item) for item in items if isinstance(item, dict))
        return next((danger for danger in found if danger), "")
    if kind == "shouwang.button.v1":
        return "sos" if about.get("action") == "sos" else ""
    if about.get("alarm") is not True or kind not in _DANGERS:
        return ""
    ppm = native.parts_per_million(about) or 0.0
    tested = about.get("test") is True and ppm < _TEST_IS_REAL_PPM
    return "" if tested else _DANGERS[kind]
