"""What even bytes that cannot be taken say of a danger: deliberately lenient, for a life may hang on it. Pure."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from ingest.codecs.native import parts_per_million

_DANGERS = {
    "shouwang.co.v1": "carbon_monoxide",
    "shouwang.smoke.v1": "smoke",
    "shouwang.gas.v1": "gas",
}
_TEST_IS_REAL_PPM = 50.0
_MOST_LOOKED_AT = 1024 * 1024
_LONGEST_NUMBER = 18


def alarm_in(payload: bytes) -> str:
    """carbon_monoxide, smoke, gas or sos when the bytes decode even as far as that; else empty.

    It reads past unknown fields, missing ids, repeated keys, endless numbers, and whatever comes after the message; of
    what no parser takes, it is enough that the words are there.
    """
    if len(payload) > _MOST_LOOKED_AT:
        return ""
    repeated: list[str] = []
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: _noted(pairs, repeated), parse_int=_number, strict=False)
    try:
        tree, _ = decoder.raw_decode(payload.decode(errors="replace").lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return _glance(payload)
    found = next(_alarms(tree), "")
    return _glance(payload) if repeated and not found else found


def _noted(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated.append("")
    return found


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else math.inf


def _alarms(tree: Any) -> Iterator[str]:
    """Of the message itself, and of all that it brings along."""
    waiting = [tree]
    while waiting:
        said = waiting.pop()
        if not isinstance(said, dict) or not isinstance(about := said.get("data"), dict):
            continue
        if isinstance(items := about.get("items"), list):
            waiting.extend(reversed(items))
        elif danger := _danger(said.get("type"), about):
            yield danger


def _danger(kind: Any, about: dict[str, Any]) -> str:
    if kind == "shouwang.button.v1":
        return "sos" if about.get("action") == "sos" else ""
    if about.get("alarm") is not True or not isinstance(kind, str) or kind not in _DANGERS:
        return ""
    ppm = parts_per_million(about) or 0.0
    tested = about.get("test") is True and ppm < _TEST_IS_REAL_PPM
    return "" if tested else _DANGERS[kind]


_KIND = re.compile(rb'"type"\s{0,9}:\s{0,9}"(shouwang\.(?:co|smoke|gas|button)\.v1)"')
_IN_ALARM = re.compile(rb'"alarm"\s{0,9}:\s{0,9}true')
_SOS = re.compile(rb'"action"\s{0,9}:\s{0,9}"sos"')
_TEST = re.compile(rb'"test"\s{0,9}:\s{0,9}(true|false)')


def _glance(payload: bytes) -> str:
    """The words of an alarm in bytes that are no message: cut off, nested without end, or saying two things at once."""
    kinds = {found[1].decode() for found in _KIND.finditer(payload)}
    if "shouwang.button.v1" in kinds and _SOS.search(payload):
        return "sos"
    if not _IN_ALARM.search(payload) or {found[1] for found in _TEST.finditer(payload)} == {b"true"}:
        return ""
    return next((danger for kind, danger in _DANGERS.items() if kind in kinds), "")
