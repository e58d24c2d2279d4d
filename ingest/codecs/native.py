"""The native family: CloudEvents JSON on `shouwang/v1/{site}/{device}/event|tele|status`. A table and its time. Pure."""

import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from events.types import device
from events.types.device import DeviceFact, DeviceStatusReported, ReadingsLost
from events.types.fact import HOUR, MINUTE
from ingest.codecs.decoded import Decoded, Reading, Refused, RefusedItem
from ingest.codecs.rfc3339 import micros
from ingest.codecs.strict_json import read_object
from ingest.codecs.wire import Address, Envelope, Item, Seq, Status, address, number, shaped

READINGS: dict[str, type[DeviceFact]] = {
    "shouwang.motion.v1": device.OccupancyReported,
    "shouwang.contact.v1": device.ContactReported,
    "shouwang.button.v1": device.ButtonPressed,
    "shouwang.co.v1": device.CarbonMonoxideReported,
    "shouwang.smoke.v1": device.SmokeReported,
    "shouwang.gas.v1": device.GasReported,
    "shouwang.water.v1": device.WaterReported,
    "shouwang.climate.v1": device.ClimateReported,
    "shouwang.use.v1": device.UseReported,
    "shouwang.heartbeat.v1": device.HeartbeatReceived,
    "shouwang.device.v1": device.DeviceConditionReported,
}
BACKFILL = "shouwang.backfill.v1"
MOST_ITEMS = 200

PPM_PER_MG_M3 = 0.873
"""Carbon monoxide at 25 degrees C and 1013 hPa: 24.45 l/mol over 28.01 g/mol."""
LATE = 72 * HOUR
EARLY = 2 * MINUTE


def decode(topic: str, payload: bytes, *, retained: bool, received_at: int) -> Decoded:
    """What the message says, as of `received_at` (microseconds). Raises Refused."""
    where = address(topic)
    tree = read_object(payload)
    if where.tail == "status":
        return _status(where, tree, retained, received_at)
    try:
        envelope = _addressed(tree, where)
        if envelope.type == BACKFILL:
            return _backfill(where, envelope, tree, retained, received_at)
        reading = _live(where, envelope, retained, received_at)
    except Refused as why:
        raise _numbered(why, tree, tree.get("bootid")) from None
    return Decoded(where.site, where.device, where.tail, envelope.bootid, envelope.seq, [reading])


def _addressed(tree: dict[str, Any], where: Address) -> Envelope:
    envelope = shaped(tree, Envelope)
    if envelope.source != where.source:
        raise Refused("wrong_source", envelope.source[:100])
    return envelope


def device_time(payload: bytes) -> int | None:
    """The time the device claims and its clock vouches for, None when there is none: a driven clock moves by it."""
    try:
        tree = read_object(payload)
        if tree.get("clock") in {"ntp", "rtc"} and isinstance(tree.get("time"), str):
            return micros(tree["time"])
    except Refused:
        pass
    return None


def _live(where: Address, said: Envelope, retained: bool, received_at: int) -> Reading:
    """A live message counts at its own time only where that can be believed; without a clock it claims nothing."""
    time = None if said.time is None else micros(said.time)
    claims = said.clock in {"ntp", "rtc"}
    trusted = claims and time is not None and received_at - LATE <= time <= received_at + EARLY
    return _reading(
        where,
        said,
        said.bootid,
        time,
        at=time if trusted and time is not None else received_at,
        trusted=trusted,
        retained=retained,
        clock_suspect=claims and not trusted,
    )


def _buffered(where: Address, envelope: Envelope, raw: Any, retained: bool, received_at: int) -> Reading:
    """A buffered reading keeps its own time; older than 72 h it is history.

    One that lies in the future cannot have happened after it came: its clock was wild. It must neither shield the
    elder until then nor count as a sign of life now. So it counts at receipt, and as history.
    """
    item = shaped(raw, Item)
    time = micros(item.time)
    ahead = time > received_at + EARLY
    return _reading(
        where,
        item,
        envelope.bootid,
        time,
        at=received_at if ahead else time,
        trusted=not ahead,
        retained=retained,
        backfilled=True,
        history=ahead or time < received_at - LATE,
        clock_suspect=ahead,
    )


def _reading(
    where: Address,
    said: Envelope | Item,
    bootid: str,
    time: int | None,
    *,
    at: int,
    trusted: bool,
    retained: bool = False,
    backfilled: bool = False,
    history: bool = False,
    clock_suspect: bool = False,
) -> Reading:
    cls = READINGS.get(said.type)
    if cls is None:
        raise Refused("unknown_type", said.type[:100])
    amend = _AMENDED.get(said.type)
    ours = {  # last, so that nothing a device puts into `data` can pass for ours
        "device": where.device, "bootid": bootid, "seq": said.seq, "backfilled": backfilled, "retained": retained,
        "history": history, "clock_suspect": clock_suspect, "redecoded": False,
    }  # fmt: skip
    event = shaped((amend(said.data) if amend else said.data) | ours, cls)
    return Reading(event, at, said.id, _digest(said.type, said.seq, time, event), trusted)


def _backfill(where: Address, envelope: Envelope, tree: dict[str, Any], retained: bool, received_at: int) -> Decoded:
    items = envelope.data.get("items", [])
    if not isinstance(items, list):
        raise Refused("bad_field", "data.items is no list")
    if len(items) > MOST_ITEMS:
        raise Refused("too_many_items", f"{len(items)}, {MOST_ITEMS} are taken")
    readings = [_lost(where, envelope, received_at)] if envelope.data.get("lost") is not None else []
    refused: list[RefusedItem] = []
    for raw in items:
        try:
            readings.append(_buffered(where, envelope, raw, retained, received_at))
        except Refused as why:
            alone = json.dumps(tree | {"data": {"items": [raw]}}, ensure_ascii=False, separators=(",", ":"))
            refused.append(RefusedItem(_numbered(why, raw, envelope.bootid), alone.encode()))
    return Decoded(
        where.site, where.device, where.tail, envelope.bootid, envelope.seq, readings, refused, backfill=True
    )


def _lost(where: Address, envelope: Envelope, received_at: int) -> Reading:
    first, last = shaped(envelope.data["lost"], tuple[Seq, Seq])
    if not 1 <= first <= last:
        raise Refused("bad_field", f"data.lost: {first} to {last}")
    event = ReadingsLost(device=where.device, bootid=envelope.bootid, backfilled=True, first=first, last=last)
    key = f"~lost-{envelope.bootid}-{first}-{last}"
    return Reading(event, received_at, key, _digest("lost", 0, None, event), trusted=False)


def _status(where: Address, tree: dict[str, Any], retained: bool, received_at: int) -> Decoded:
    """A status has no id and no time: its key is its receipt.

    Rounding the receipt would swallow the last of online, offline, online within ten seconds, and leave a living
    gateway dark. A redelivered one says the same state again, which harms nobody; whether a retained one is news at
    all only the intake can know.
    """
    status = shaped(tree, Status)
    event = DeviceStatusReported(device=where.device, bootid=status.bootid, retained=retained, state=status.state)
    key = f"~status-{status.state}-{status.bootid}-{received_at}"
    reading = Reading(event, received_at, key, _digest("status", 0, None, event), trusted=False)
    return Decoded(where.site, where.device, where.tail, status.bootid, 0, [reading])


def _carbon_monoxide(data: dict[str, Any]) -> dict[str, Any]:
    """The flag is what counts: a figure that makes no sense is left out, it does not take the alarm with it."""
    ppm = parts_per_million(data)
    return data | {"ppm": ppm if ppm is not None and 0 <= ppm <= 1_000_000 else None}


def parts_per_million(data: dict[str, Any]) -> float | None:
    """The reading of a CO detector, from `ppm` or else from `mg_m3`."""
    ppm, mg_m3 = number(data.get("ppm")), number(data.get("mg_m3"))
    return round(mg_m3 * PPM_PER_MG_M3, 1) if ppm is None and mg_m3 is not None else ppm


def _heartbeat(data: dict[str, Any]) -> dict[str, Any]:
    interval_s = number(data.get("interval_s"))
    if interval_s is not None and interval_s <= 0:
        raise Refused("bad_field", f"data.interval_s: {interval_s}")
    return data


def _about_itself(data: dict[str, Any]) -> dict[str, Any]:
    """`trouble` is a flag or the device's own word for it."""
    trouble = data.get("trouble")
    if isinstance(trouble, bool):
        return data | {"trouble": "trouble" if trouble else ""}
    return data | {"trouble": trouble[:64]} if isinstance(trouble, str) else data


_AMENDED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "shouwang.co.v1": _carbon_monoxide,
    "shouwang.heartbeat.v1": _heartbeat,
    "shouwang.device.v1": _about_itself,
}

_encoder = msgspec.json.Encoder()
_OURS = set(DeviceFact.__struct_fields__)
_SAID = {cls: tuple(f for f in cls.__struct_fields__ if f not in _OURS) for cls in DeviceFact.__subclasses__()}
"""For each fact the fields the device itself says: the same live and buffered."""


def _digest(kind: str, seq: int, time: int | None, event: DeviceFact) -> int:
    said = [getattr(event, field) for field in _SAID[type(event)]]
    meaning = _encoder.encode((kind, seq, time, said))
    return int.from_bytes(blake2b(meaning, digest_size=8).digest()) >> 1


def _numbered(why: Refused, said: Any, bootid: Any) -> Refused:
    """The refusal with the boot and number it concerns, where these can still be read."""
    seq = said.get("seq") if isinstance(said, dict) else None
    if type(seq) is int and 0 < seq < 1 << 53 and isinstance(bootid, str) and len(bootid) <= 64:
        why.bootid, why.seq = bootid, seq
    return why
