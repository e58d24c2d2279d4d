"""Decisions that a later release makes differently on purpose, each with its reason."""

from typing import NamedTuple


class Change(NamedTuple):
    """`release`: of the golden log. `reason`: why the service is right now and was not then."""

    release: str
    position: int
    reason: str


_CALL_120 = "376 ppm: from 300 ppm on an alert begins as severe, and whoever is told is told to call 120"
CHANGES: tuple[Change, ...] = tuple(Change("0.1.0", position, _CALL_120) for position in (1591, 1593, 1594, 1634))
