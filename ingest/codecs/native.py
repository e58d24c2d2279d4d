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
MOST_PPM = 10_000.0
"""No detector in a house measures more, and nobody there lives to read it: such a figure is a broken converter's."""
_UNITS = {"ppm": "ppm", "mg_m3": "mg_m3", "mg/m3": "mg_m3", "mg/m³": "mg_m3", "mg/m^3": "mg_m3"}
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
    """The flag is what counts: a figure that makes no sense is left out and said so, it does not take the alarm with it.

    A unit nobody knows is refused, so that somebody looks at it, unless the flag is up. Where a device gives mass, mass is
    kept beside the ppm it makes at sea level: how thin the air is there, its home knows.
    """
    figure, mass = _figure(data)
    if figure is None and mass is None and _unit(data) not in _UNITS:
        if data.get("alarm") is not True:
            raise Refused("unknown_unit", str(data.get("unit"))[:100])
        return data | {"ppm": None, "mg_m3": None, "fault": "unknown_unit"}
    ppm = figure if mass is None else round(mass * PPM_PER_MG_M3, 1)
    fault = "" if ppm is None else "negative" if ppm < 0 else "above_range" if ppm > MOST_PPM else ""
    return data | {"ppm": None if fault else ppm, "mg_m3": None if fault else mass, "fault": fault}


def _figure(data: dict[str, Any]) -> tuple[float | None, float | None]:
    """Parts per million, or else mg/m3: from `ppm`, `mg_m3`, or `value` with its `unit`."""
    unit = _UNITS.get(_unit(data), "")
    value = number(data.get("value"))
    ppm = number(data.get("ppm")) if unit != "ppm" or value is None else value
    if ppm is not None:
        return ppm, None
    mass = number(data.get("mg_m3"))
    return None, value if mass is None and unit == "mg_m3" else mass


def _unit(data: dict[str, Any]) -> str:
    return str(data.get("unit", "ppm")).strip().lower()


def parts_per_million(data: dict[str, Any]) -> float | None:
    """The reading of a CO detector at sea level."""
    ppm, mass = _figure(data)
    return round(mass * PPM_PER_MG_M3, 1) if mass is not None else ppm


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
_SAID_SINCE = {"mg_m3": None, "fault": ""}
"""Fields that came later: what an older version recorded without them has the same digest today."""


def _digest(kind: str, seq: int, time: int | None, event: DeviceFact) -> int:
    said = [
        getattr(event, field) for field in _SAID[type(event)]
        if field not in _SAID_SINCE or getattr(event, field) != _SAID_SINCE[field]
    ]  # fmt: skip
    meaning = _encoder.encode((kind, seq, time, said))
    return int.from_bytes(blake2b(meaning, digest_size=8).digest()) >> 1


def _numbered(why: Refused, said: Any, bootid: Any) -> Refused:
    """The refusal with the boot and number it concerns, where these can still be read."""
    seq = said.get("seq") if isinstance(said, dict) else None
    if type(seq) is int and 0 < seq < 1 << 53 and isinstance(bootid, str) and len(bootid) <= 64:
        why.bootid, why.seq = bootid, seq
    return why
