"""What devices, gateways and strangers can send that is no message: each kind with the word under which it must be kept."""

import json
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]
MOTION, CO = "shouwang.motion.v1", "shouwang.co.v1"


@dataclass(frozen=True)
class Poison:
    """`payload(device, nonce)`: bytes that differ with the nonce. `reason`: what it must be kept under."""

    name: str
    reason: str
    payload: Callable[[str, str], bytes]
    danger: str = ""
    """The alarm that is still to be seen in it."""
    topic: str = "shouwang/v1/{device}/event"


def good(device: str, nonce: str, **over: Any) -> Body:
    """A message that would be taken; without a number, so that nothing is missing where it is not."""
    now = datetime.now(tz=UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = {
        "specversion": "1.0", "id": f"x-{nonce}", "source": f"shouwang/v1/{device}", "type": MOTION, "time": now,
        "clock": "ntp", "bootid": "x", "data": {"occupied": True},
    }  # fmt: skip
    return body | over


def _said(change: Callable[[Body], Any]) -> Callable[[str, str], bytes]:
    def payload(device: str, nonce: str) -> bytes:
        body = good(device, nonce)
        changed = change(body)
        return json.dumps(body if changed is None else changed).encode()

    return payload


def _with(**over: Any) -> Callable[[str, str], bytes]:
    return _said(lambda body: body | over)


def _spelt(hole: str, spelling: bytes, **over: Any) -> Callable[[str, str], bytes]:
    """As JSON's own writer would not write it: the bytes where `hole` stood."""

    def payload(device: str, nonce: str) -> bytes:
        body = good(device, nonce, **over)
        text = json.dumps(body | ({"x": "HOLE"} if hole == "x" else {}))
        return text.replace('"HOLE"' if hole == "x" else hole, "\0\0").encode().replace(b"\0\0", spelling)

    return payload


def _bytes(spelling: bytes) -> Callable[[str, str], bytes]:
    return lambda _device, nonce: spelling + nonce.encode()


def _backfill(items: Callable[[Body], list[Any]], **data: Any) -> Callable[[str, str], bytes]:
    def change(body: Body) -> Body:
        return body | {"type": "shouwang.backfill.v1", "data": {"items": items(body), **data}}

    return _said(change)


def _item(body: Body, n: int, **over: Any) -> Body:
    item = {key: body[key] for key in ("type", "time", "data")} | {"id": f"{body['id']}-{n}", "seq": 0}
    return item | over


IN_ALARM = {"type": CO, "data": {"alarm": True, "ppm": 210}}
DEEP = b"[" * 100_000 + b"]" * 100_000
DEEP_30 = b"[" * 30_000 + b"]" * 30_000

POISONS = [
    Poison("an empty payload", "not_json", lambda _device, _nonce: b""),
    Poison("blanks", "not_json", lambda _device, nonce: b" \n" * (1 + int(nonce, 36) % 40)),
    Poison("words", "not_json", _bytes(b"hello ")),
    Poison("a message cut off", "not_json", lambda d, n: json.dumps(good(d, n)).encode()[:-3]),
    Poison("an alarm cut off", "not_json", lambda d, n: json.dumps(good(d, n, **IN_ALARM)).encode()[:-1], "carbon_monoxide"),
    Poison("two messages", "not_json", lambda d, n: json.dumps(good(d, n)).encode() * 2),
    Poison("a byte order mark", "not_json", lambda d, n: b"\xef\xbb\xbf" + json.dumps(good(d, n)).encode()),
    Poison("UTF-16", "bad_utf8", lambda d, n: json.dumps(good(d, n)).encode("utf-16")),
    Poison("a binary protocol", "bad_utf8", lambda _d, n: struct.pack("!HHd", 0xFFFE, 0x80C1, int(n, 36))),
    Poison("a list", "not_an_object", lambda d, n: json.dumps([good(d, n)]).encode()),
    Poison("a number", "not_an_object", lambda _d, n: str(int(n, 36)).encode()),
    Poison("null", "not_an_object", lambda _d, n: b"null" + b" " * (int(n, 36) % 50)),
    Poison("NaN", "nan", _spelt("x", b"NaN")),
    Poison("Infinity in an alarm", "nan", _spelt("x", b"-Infinity", **IN_ALARM), "carbon_monoxide"),
    Poison("1e400", "number_out_of_range", _spelt("x", b"1e400")),
    Poison("5,000 digits", "number_out_of_range", _spelt("x", b"9" * 5000)),
    Poison("a seq of 5,000 digits", "number_out_of_range", _spelt("x", b'0, "seq": ' + b"9" * 5000)),
    Poison("a ppm of 5,000 digits", "number_out_of_range", _spelt("210", b"9" * 5000, **IN_ALARM), "carbon_monoxide"),
    Poison("more than 64 KiB", "too_large", _with(x="y" * 65_536)),
    Poison("half a megabyte", "too_large", _with(x="y" * 500_000)),
    Poison("an id of 64 KiB", "too_large", _with(id="x" * 65_536)),
    Poison("an id of 60 KiB", "bad_field", _with(id="x" * 61_440)),
    Poison("nested 100,000 deep", "too_large", _spelt("x", DEEP)),
    Poison("an alarm nested 100,000 deep", "too_large", _spelt("x", DEEP, **IN_ALARM), "carbon_monoxide"),
    Poison("nested 30,000 deep", "too_deep", _spelt("x", DEEP_30)),
    Poison("nested 33 deep", "too_deep", _spelt("x", b"[" * 32 + b"]" * 32)),
    Poison("objects nested 9,000 deep", "too_deep", _spelt("x", b'{"a":' * 9_000 + b"1" + b"}" * 9_000)),
    Poison("invalid UTF-8", "bad_utf8", _spelt("x", b'"\xff\xfe"')),
    Poison("a surrogate in UTF-8", "bad_utf8", _spelt("x", b'"\xed\xa0\x80"')),
    Poison("a lone surrogate", "bad_text", _with(x="\ud800")),
    Poison("a lone surrogate as a key", "bad_text", _with(data={"occupied": True, "\udfff": 1})),
    Poison("NUL in a string", "bad_text", _with(bootid="b\0")),
    Poison("NUL as a key", "bad_text", _with(**{"\0": 1})),
    Poison("a raw NUL", "not_json", _spelt("x", b'"\0"')),
    Poison("a repeated key", "duplicate_keys", _spelt("x", b'1, "x": 2')),
    Poison("an alarm of two minds", "duplicate_keys", _spelt('"alarm": true', b'"alarm": true, "alarm": false', **IN_ALARM), "carbon_monoxide"),
    Poison("a key repeated by an escape", "duplicate_keys", _spelt("x", b'1, "\\u0078": 2')),
    Poison("another version", "bad_field", _with(specversion="2.0")),
    Poison("another's source", "wrong_source", _with(source="shouwang/v1/nowhere/else")),
    Poison("an unknown type", "unknown_type", _with(type="shouwang.radar.v1")),
    Poison("a type of 60 KiB", "unknown_type", _with(type="村" * 10_000)),
    Poison("a flag as a number", "bad_field", _with(data={"occupied": 1})),
    Poison("data as a list", "bad_field", _with(data=[True])),
    Poison("seq 2**63", "bad_field", _with(seq=2**63)),
    Poison("seq 2**64", "bad_field", _with(seq=2**64)),
    Poison("seq 2**53", "bad_field", _with(seq=2**53)),
    Poison("seq 1e300", "bad_field", _with(seq=1e300)),
    Poison("seq -1", "bad_field", _with(seq=-1)),
    Poison("seq 1.5", "bad_field", _with(seq=1.5)),
    Poison('seq "1"', "bad_field", _with(seq="1")),
    Poison("seq true", "bad_field", _with(seq=True)),
    Poison("an alarm with seq -1", "bad_field", _with(**IN_ALARM, seq=-1), "carbon_monoxide"),
    Poison("the year 0", "bad_time", _with(time="0000-02-30T00:00:00Z")),
    Poison("the year 10000", "bad_time", _with(time="10000-01-01T00:00:00Z")),
    Poison("a month 13", "bad_time", _with(time="9999-13-31T23:59:60Z")),
    Poison("a time without a zone", "bad_time", _with(time="2026-11-21T12:00:00")),
    Poison("a time of 60 KiB", "bad_time", _with(time="9" * 61_440)),
    Poison("a time as a number", "bad_field", _with(time=1_800_000_000)),
    Poison("an SOS with a time in words", "bad_time", _with(type="shouwang.button.v1", data={"action": "sos"}, time="now"), "sos"),
    Poison("201 items", "too_many_items", _backfill(lambda b: [_item(b, n) for n in range(201)])),
    Poison("items as an object", "bad_field", _with(type="shouwang.backfill.v1", data={"items": {}})),
    Poison("lost backwards", "bad_field", _backfill(lambda _b: [], lost=[9, 3])),
    Poison("a backfill in a backfill", "unknown_type", _backfill(
        lambda b: [_item(b, 1, type="shouwang.backfill.v1", data={"items": [_item(b, 2, **IN_ALARM)]})]), "carbon_monoxide"),
    Poison("a backfill of nonsense", "bad_field", _backfill(lambda b: [{"seq": b["id"]}])),
    Poison("a site in capitals", "wrong_topic", _with(), topic="shouwang/v1/DP03/x/event"),
    Poison("a site in Chinese", "wrong_topic", _with(), topic="shouwang/v1/东坪/移动/event"),
    Poison("a device of 200 letters", "wrong_topic", _with(**IN_ALARM), "carbon_monoxide", f"shouwang/v1/s0001/{'x' * 200}/event"),
    Poison("a status in words", "not_json", _bytes(b"online "), topic="shouwang/v1/{device}/status"),
    Poison("a status unheard of", "bad_field", lambda _d, n: json.dumps({"state": "sleeping", "n": n}).encode(), topic="shouwang/v1/{device}/status"),
]  # fmt: skip

WELL_TAKEN = [
    ("a leap second", {"time": "9999-12-31T23:59:60Z"}),
    ("the year 1", {"time": "0001-01-01T00:00:00Z"}),
    ("the year 9999", {"time": "9999-12-31T23:59:59.999999999Z"}),
    ("no time at all", {"time": None}),
    ("a clock unheard of", {"clock": "sundial"}),
    ("seq 2**53 - 1", {"seq": 2**53 - 1, "bootid": "huge"}),
    ("emoji and rare signs", {"x": "🧓🏻𠮷\u202e\u2028\ufeff", "bootid": "村🏚️"}),
    ("ten levels deep", {"x": [[[[[[[[]]]]]]]]}),
    ("3,000 keys", {"x": {str(n): n for n in range(3000)}}),
]
"""Strange, and messages all the same: what they say must land."""


def mutant(chance: random.Random, device: str, nonce: str) -> bytes:
    """A good message, some of its bytes changed, left out, doubled or made up. It may still be one."""
    spoilt = bytearray(json.dumps(good(device, nonce)).encode())
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(spoilt))
        match chance.randrange(4):
            case 0:
                spoilt[at] = chance.randrange(256)
            case 1:
                del spoilt[at : at + chance.randint(1, 8)]
            case 2:
                spoilt[at:at] = spoilt[at : at + chance.randint(1, 20)]
            case 3:
                spoilt[at:at] = chance.choice([b'"', b"{", b"]", b"\\", b"\0", b"\xff", b"1e999", b"null", b","])
        if not spoilt:
            break
    return bytes(spoilt)
