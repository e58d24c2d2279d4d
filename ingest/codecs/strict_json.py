"""JSON without its loopholes: no repeated keys, no NaN, no endless numbers or nesting, no text a database refuses. Pure."""

import json
import math
from typing import Any

import msgspec

from ingest.codecs.decoded import Refused

MOST_BYTES = 64 * 1024
MOST_DEEP = 32
"""Far above what any message needs, far below what any parser can bear."""
_SHORT = 4096
"""No number in it has more digits than Python reads."""


def read_object(payload: bytes) -> dict[str, Any]:
    """One JSON object. Raises Refused; what any parser would read differently from another is refused."""
    quick = quickly(payload)
    return strictly(payload) if quick is None else quick


def quickly(payload: bytes) -> dict[str, Any] | None:
    """The same for what devices nearly always say, by a parser that is strict in all but repeated keys. None: not sure.

    Without escapes a quote before a colon ends a key, or begins a text with a colon. So where there are as many of them
    as the tree has keys, none came twice.
    """
    if len(payload) > _SHORT or b"\\" in payload or payload.count(b"{") + payload.count(b"[") > MOST_DEEP:
        return None
    try:
        tree = _quick.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # why, is said by the other
    return tree if type(tree) is dict and _keys(tree) == payload.count(b'":') else None


def _keys(tree: dict[str, Any] | list[Any]) -> int:
    """Of the objects in it too."""
    count, values = (len(tree), tree.values()) if type(tree) is dict else (0, tree)
    for value in values:
        if type(value) is dict or type(value) is list:
            count += _keys(value)
    return count


def strictly(payload: bytes) -> dict[str, Any]:
    """Whatever it is. Raises Refused with the reason."""
    if len(payload) > MOST_BYTES:
        raise Refused("too_large", f"{len(payload)} bytes, {MOST_BYTES} are taken")
    try:
        tree = _decoder.decode(payload.decode())
    except UnicodeDecodeError as fault:
        raise Refused("bad_utf8", f"byte {fault.start}") from None
    except json.JSONDecodeError as fault:
        raise Refused("not_json", f"{fault.msg}, character {fault.pos}") from None
    except RecursionError:
        raise Refused("too_deep") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise Refused("number_out_of_range", "an integer of thousands of digits") from None
    if type(tree) is not dict:
        raise Refused("not_an_object", type(tree).__name__)
    if payload.count(b"{") + payload.count(b"[") > MOST_DEEP:
        _check_depth(tree)
    if b"\\" in payload:  # only an escape can bring in what the decoder lets through
        _check_text(tree)
    return tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("duplicate_keys", ", ".join(sorted({key for key, _ in pairs}))[:200])
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Refused("number_out_of_range", digits[:40])
    return number


def _no_constant(name: str) -> Any:
    raise Refused("nan", name)


_quick = msgspec.json.Decoder()
_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_float=_finite, parse_constant=_no_constant)


def _check_depth(tree: dict[str, Any]) -> None:
    """A limit of our own: the parser's moves with the depth of whoever calls it."""
    level: list[Any] = [tree]
    for _ in range(MOST_DEEP):
        inner: list[Any] = []
        for found in level:
            inner.extend(found.values() if isinstance(found, dict) else found)
        level = [found for found in inner if isinstance(found, dict | list)]
        if not level:
            return
    raise Refused("too_deep", f"{MOST_DEEP} levels are taken")


def _check_text(tree: Any) -> None:
    """Escapes can spell NUL and lone surrogates, which PostgreSQL refuses and SQLite takes."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting.extend(found)
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in found):
            raise Refused("bad_text", "NUL or a lone surrogate")
