"""Which devices of a home are told to do what a rule asks for. Pure; the ids derive from the position of the cause."""

from alerts.core.household import Household, Sensor
from alerts.core.rule import Ask
from events.types.command import DeviceCommandIssued, Do

_ABLE: dict[Do, frozenset[str]] = {
    "siren": frozenset({"co", "smoke", "gas", "gateway"}),
    "light": frozenset({"button", "gateway"}),
    "selftest": frozenset({"co", "smoke", "gas", "water"}),
}
"""Kinds that are asked where no device of the home has the role `siren` or `light`; who cannot passes it over."""


def commands(home: Household, asks: tuple[Ask, ...], position: int) -> list[DeviceCommandIssued]:
    """One command a device and ask."""
    return [
        DeviceCommandIssued(
            device=sensor.device, id=f"{ask.do}-{position}-{n}", do=ask.do, for_s=float(ask.for_s), why=ask.why
        )
        for n, ask in enumerate(asks)
        for sensor in _asked(home, ask.do)
    ]


def able(home: Household, do: Do) -> bool:
    """Is there a device in this home that may be told to?"""
    return bool(_asked(home, do))


def _asked(home: Household, do: Do) -> list[Sensor]:
    chosen = [sensor for sensor in home.sensors.values() if sensor.role == do]
    return chosen or [sensor for sensor in home.sensors.values() if sensor.kind in _ABLE[do]]
