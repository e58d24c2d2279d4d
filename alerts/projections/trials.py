"""Trials of devices: what was begun, what the device has said since, and who signed. Read from the device's own stream.

An alarm that comes while a trial goes on is judged and told like any other; people only see beside it that somebody tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts.projections.projection import from_text
from alerts.projections.readings import reading_of
from events.serial import load
from events.tables import events
from events.types.device import (
    ButtonPressed,
    CarbonMonoxideReported,
    ClimateReported,
    ContactReported,
    DeviceFact,
    DeviceStatusReported,
    GasReported,
    HeartbeatReceived,
    OccupancyReported,
    SmokeReported,
    UseReported,
    WaterReported,
)
from events.types.fact import type_name
from events.types.trial import DeviceTrialBegun, DeviceTrialFailed, DeviceTrialSigned

WITNESSED: Final = frozenset({"co", "smoke", "gas"})
"""Kinds that sound: a human must hear them once."""
_LISTED: Final = 40
_AT_ONCE: Final = 100


@dataclass(frozen=True)
class Heard:
    """A report since the trial began; `counts`: it is what the device was to show."""

    at: int
    fact: str
    reading: dict[str, Any] | None
    counts: bool


@dataclass(frozen=True)
class Tried:
    """A trial, with what was heard in it and how it ended."""

    begun: DeviceTrialBegun
    began_at: int
    heard: tuple[Heard, ...] = ()
    signed: DeviceTrialSigned | None = None
    failed: DeviceTrialFailed | None = None
    ended_at: int | None = None

    @property
    def shown(self) -> Heard | None:
        """The first report that counts."""
        return next((each for each in self.heard if each.counts), None)

    def running(self, now: int) -> bool:
        """Is somebody still at it?"""
        return self.ended_at is None and now <= self.begun.until


def last_trial(db: Connection, device: str, kind: str) -> Tried | None:
    """The newest trial of this device with what it has said in its time; None: it was never tried."""
    tried = trials_of(db, device)
    if not tried:
        return None
    newest, position = tried[0]
    heard = _heard(db, device, kind, position, newest.begun.until)
    return Tried(newest.begun, newest.began_at, heard, newest.signed, newest.failed, newest.ended_at)


def trials_of(db: Connection, device: str) -> list[tuple[Tried, int]]:
    """All trials, the newest first, each with the position at which it began."""
    rows = db.execute(
        select(events.c.type, events.c.data, events.c.at, events.c.position)
        .where(events.c.stream == f"device-{device}", events.c.version.is_not(None))
        .order_by(events.c.version)
    )
    found: list[tuple[Tried, int]] = []
    for kind, data, at, position in rows:
        match load(kind, data) if kind.startswith("DeviceTrial") else None:
            case DeviceTrialBegun() as begun:
                found.append((Tried(begun, at), position))
            case DeviceTrialSigned() as signed if found:
                last, began = found[-1]
                found[-1] = (Tried(last.begun, last.began_at, signed=signed, ended_at=at), began)
            case DeviceTrialFailed() as failed if found:
                last, began = found[-1]
                found[-1] = (Tried(last.begun, last.began_at, failed=failed, ended_at=at), began)
    return list(reversed(found))


def signed_devices(db: Connection, wanted: Sequence[str]) -> dict[str, tuple[int, DeviceTrialSigned]]:
    """Device -> its newest signature and when, of these."""
    found: dict[str, tuple[int, DeviceTrialSigned]] = {}
    streams = [f"device-{device}" for device in wanted]
    for start in range(0, len(streams), _AT_ONCE):
        said = (
            select(events.c.type, events.c.data, events.c.at)
            .where(events.c.stream.in_(streams[start : start + _AT_ONCE]), events.c.version.is_not(None))
            .where((events.c.type + "") == "DeviceTrialSigned")  # as an expression: the index of the streams is the short way
            .order_by(events.c.position)
        )  # fmt: skip
        for kind, data, at in db.execute(said):
            signed = load(kind, data)
            if isinstance(signed, DeviceTrialSigned):
                found[signed.device] = (at, signed)
    return found


def being_tried(db: Connection, devices: Sequence[str], at: int) -> Tried | None:
    """A trial of one of these devices that went on at `at`; None: nobody tried them then."""
    for device in devices:
        for tried, _ in trials_of(db, device):
            over = min(tried.begun.until, tried.ended_at or tried.begun.until)
            if tried.began_at <= at <= over:
                return tried
    return None


def _heard(db: Connection, device: str, kind: str, behind: int, until: int) -> tuple[Heard, ...]:
    """Only what came live and new: neither the broker's memory nor what the device had kept shows that it works now."""
    rows = db.execute(
        select(events.c.type, events.c.data, events.c.at)
        .where(events.c.stream == f"device-{device}", events.c.key.is_not(None), events.c.position > behind)
        .where(events.c.recorded_at <= until)
        .order_by(events.c.position).limit(_LISTED)
    )  # fmt: skip
    found: list[Heard] = []
    contacts: set[bool] = set()
    for name, data, at in rows:
        event = load(name, data)
        if not isinstance(event, DeviceFact) or event.retained or event.backfilled or event.redecoded or event.history:
            continue
        if isinstance(event, ContactReported):
            contacts.add(event.open)
        reading = reading_of(event)
        said = from_text(reading) if reading is not None else None
        found.append(Heard(at, type_name(event), said, _counts(kind, event, contacts)))
    return tuple(found)


def _counts(kind: str, event: DeviceFact, contacts: set[bool]) -> bool:
    """What each kind must show: a door both states, an alarm its alarm or its test, what only measures a figure."""
    match kind, event:
        case "motion", OccupancyReported(occupied=True):
            return True
        case "contact", ContactReported():
            return len(contacts) == 2
        case "button", ButtonPressed():
            return True
        case "co", CarbonMonoxideReported(alarm=alarm, test=test):
            return alarm or test
        case "smoke", SmokeReported(alarm=alarm, test=test):
            return alarm or test
        case "gas", GasReported(alarm=alarm, test=test):
            return alarm or test
        case "water", WaterReported(alarm=alarm, test=test):
            return alarm or test
        case "climate", ClimateReported(celsius=celsius):
            return celsius is not None
        case "power", UseReported():
            return True
        case "gateway", HeartbeatReceived() | DeviceStatusReported(state="online"):
            return True
    return False
