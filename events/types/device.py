"""What devices report: states, not judgements. `device` is `site/device` as on the wire."""

from typing import Literal

from events.types.fact import Event, fact


class DeviceFact(Event, frozen=True, kw_only=True):
    """Common to all reports: which device, its boot and sequence number (0: it has none), and how the report came.

    `backfilled` was buffered in the device and sent later; `retained` is the broker's memory, a state and not an
    event; `history` is older than 72 h and never a sign of life; `clock_suspect` counts at receipt because the
    device's own time was wild; `redecoded` was in quarantine before.
    """

    device: str
    bootid: str = ""
    seq: int = 0
    backfilled: bool = False
    retained: bool = False
    history: bool = False
    clock_suspect: bool = False
    redecoded: bool = False


@fact
class OccupancyReported(DeviceFact, frozen=True, kw_only=True):
    """A motion sensor's state."""

    occupied: bool


@fact
class ContactReported(DeviceFact, frozen=True, kw_only=True):
    """A door's or window's state."""

    open: bool


ButtonAction = Literal["sos", "cancel", "away", "home", "help"]


@fact
class ButtonPressed(DeviceFact, frozen=True, kw_only=True):
    """The elder pressed a button."""

    action: ButtonAction


@fact
class CarbonMonoxideReported(DeviceFact, frozen=True, kw_only=True):
    """A CO detector's own alarm flag and its reading in ppm at sea level (None: it gives none that makes sense).

    `mg_m3`: what it said where it speaks of mass; `fault`: what is wrong with its figure: negative, above_range,
    unknown_unit.
    """

    alarm: bool
    ppm: float | None = None
    test: bool = False
    mg_m3: float | None = None
    fault: str = ""


@fact
class SmokeReported(DeviceFact, frozen=True, kw_only=True):
    """A smoke detector's flag."""

    alarm: bool
    test: bool = False


@fact
class GasReported(DeviceFact, frozen=True, kw_only=True):
    """A combustible-gas detector's flag."""

    alarm: bool
    test: bool = False


@fact
class WaterReported(DeviceFact, frozen=True, kw_only=True):
    """A leak sensor's flag."""

    alarm: bool
    test: bool = False


@fact
class ClimateReported(DeviceFact, frozen=True, kw_only=True):
    """Room temperature in degrees Celsius, relative humidity in percent."""

    celsius: float | None = None
    humidity_pct: float | None = None


@fact
class UseReported(DeviceFact, frozen=True, kw_only=True):
    """Power (Wh) or water (litres) used since the last report."""

    kind: Literal["power", "water"]
    amount: float


@fact
class HeartbeatReceived(DeviceFact, frozen=True, kw_only=True):
    """The device is alive; never a sign that a person is."""

    interval_s: float | None = None
    rssi_dbm: float | None = None
    battery_pct: float | None = None
    mains: bool | None = None


@fact
class DeviceConditionReported(DeviceFact, frozen=True, kw_only=True):
    """The device speaks of itself; None: not said."""

    battery_low: bool | None = None
    tamper: bool | None = None
    trouble: str | None = None
    mains: bool | None = None


@fact
class DeviceStatusReported(DeviceFact, frozen=True, kw_only=True):
    """Online or offline by status topic or last will."""

    state: Literal["online", "offline"]


@fact
class ReadingsGapOpened(DeviceFact, frozen=True, kw_only=True):
    """Sequence numbers `first`..`last` of this boot have not arrived."""

    first: int
    last: int


@fact
class ReadingsGapClosed(DeviceFact, frozen=True, kw_only=True):
    """The hole that reached from `first` to `last` is filled."""

    first: int
    last: int


@fact
class ReadingsLost(DeviceFact, frozen=True, kw_only=True):
    """The device says that `first`..`last` are gone for good: those minutes stay blind."""

    first: int
    last: int


@fact
class ReadingConflicted(DeviceFact, frozen=True, kw_only=True):
    """The same id came again with another payload; the first one stands, the other lies in quarantine."""

    id: str
    quarantine: int
