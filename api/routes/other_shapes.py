"""What REST says about homes, devices, people, quarantine and the log."""

from typing import Any

from pydantic import BaseModel, Field

from alerts.projections.homes import HomeSeen
from api.names import Names
from events.types.command import Do


class DeviceOut(BaseModel):
    """A device in a home."""

    device: str
    home: str
    kind: str
    model: str
    room: str
    role: str
    since: int
    last_heard: int | None
    online: bool | None
    battery_pct: float | None
    battery_low: bool
    tamper: bool
    trouble: str
    last_reading: dict[str, Any]
    last_reading_at: int | None
    proven_at: int | None
    moved_at: int | None
    out_of_service: str


class DeviceCommand(BaseModel):
    """What the device is to do, for how many seconds."""

    do: Do
    for_s: float = Field(default=30.0, ge=0, le=600)


class CommandOut(BaseModel):
    """The command's id: in the log it is followed by what became of it."""

    id: str


class HomeOut(BaseModel):
    """A home and whether it is protected, with the reasons."""

    id: str
    name: str
    site: str
    status: str
    reasons: list[dict[str, Any]]
    no_activity_s: int
    away_until: int | None
    moved_at: int | None
    chain: dict[str, list[str]]
    devices: list[DeviceOut]

    @classmethod
    def of(cls, home: HomeSeen, names: Names) -> "HomeOut":
        """With its name."""
        return cls(
            id=home.id, name=names.home(home.id), site=home.site, status=home.status, reasons=list(home.reasons),
            no_activity_s=home.no_activity_s, away_until=home.away_until, moved_at=home.moved_at, chain=dict(home.chain),
            devices=[DeviceOut(**device) for device in home.devices],
        )  # fmt: skip


class PhoneOut(BaseModel):
    """A phone somebody answers on."""

    id: str
    number: str


class PersonOut(BaseModel):
    """Somebody in a chain."""

    id: str
    name: str
    role: str
    language: str
    phones: list[PhoneOut]


class QuarantinedOut(BaseModel):
    """A message that could not be taken."""

    id: int
    received_at: int
    topic: str
    size: int
    retained: bool
    reason: str
    detail: str
    site: str
    device: str
    state: str


class QuarantinedWhole(QuarantinedOut):
    """With its bytes: exactly, and as text where they are text."""

    hex: str
    text: str | None


class HappeningOut(BaseModel):
    """One record of the log."""

    position: int
    type: str
    stream: str
    version: int | None
    key: str | None
    at: int
    recorded_at: int
    data: dict[str, Any]
    meta: dict[str, Any]


class Log(BaseModel):
    """A page of the log; go on behind `position`."""

    events: list[HappeningOut]
    position: int
