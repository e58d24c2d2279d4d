"""What a device may say: one constructor for each type of DESIGN section 4, and the topic each belongs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Tail = Literal["event", "tele"]
Action = Literal["sos", "cancel", "away", "home", "help"]

MOTION = "shouwang.motion.v1"
CONTACT = "shouwang.contact.v1"
BUTTON = "shouwang.button.v1"
CO = "shouwang.co.v1"
SMOKE = "shouwang.smoke.v1"
GAS = "shouwang.gas.v1"
WATER = "shouwang.water.v1"
CLIMATE = "shouwang.climate.v1"
USE = "shouwang.use.v1"
HEARTBEAT = "shouwang.heartbeat.v1"
DEVICE = "shouwang.device.v1"
BACKFILL = "shouwang.backfill.v1"

DANGERS = {CO, SMOKE, GAS, WATER}


@dataclass(frozen=True)
class Message:
    """What is said, before a device gives it an id, a seq and a time."""

    type: str
    data: Mapping[str, Any]
    tail: Tail = "event"


def motion(*, occupied: bool) -> Message:
    """Somebody moves in front of the sensor, or has stopped to."""
    return Message(MOTION, {"occupied": occupied})


def contact(*, open: bool) -> Message:
    """A door is open or shut."""
    return Message(CONTACT, {"open": open})


def button(action: Action) -> Message:
    """The elder pressed a button."""
    return Message(BUTTON, {"action": action})


def co(*, alarm: bool, ppm: float | None, test: bool = False) -> Message:
    """The carbon monoxide alarm's flag changed, or it was tested."""
    return Message(CO, {"alarm": alarm, "ppm": ppm, "test": test})


def co_reading(*, alarm: bool, ppm: float) -> Message:
    """A reading between two changes of the flag: telemetry."""
    return Message(CO, {"alarm": alarm, "ppm": ppm, "test": False}, "tele")


def danger(type: str, *, alarm: bool, test: bool = False) -> Message:
    """Smoke, gas or water: a flag and nothing else."""
    return Message(type, {"alarm": alarm, "test": test})


def climate(celsius: float, humidity_pct: float) -> Message:
    """Temperature and humidity of a room."""
    return Message(CLIMATE, {"celsius": celsius, "humidity_pct": humidity_pct}, "tele")


def use(kind: Literal["power", "water"], amount: float) -> Message:
    """What was used since the last report: watt-hours or litres."""
    return Message(USE, {"kind": kind, "amount": amount}, "tele")


def heartbeat(*, interval_s: int, rssi_dbm: int, battery_pct: int | None, mains: bool | None) -> Message:
    """I am here: never a sign of life. A battery device leaves `mains` out, or it would look like a power cut."""
    said: dict[str, Any] = {"interval_s": interval_s, "rssi_dbm": rssi_dbm}
    if battery_pct is not None:
        said["battery_pct"] = battery_pct
    if mains is not None:
        said["mains"] = mains
    return Message(HEARTBEAT, said, "tele")


def about_itself(**flags: bool) -> Message:
    """The device speaks of itself: battery_low, tamper, trouble, mains."""
    return Message(DEVICE, dict(flags))
