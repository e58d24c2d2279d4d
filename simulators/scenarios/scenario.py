"""What a scenario is: timed steps from a seeded random, and what it does when somebody steps in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Protocol

from simulators.devices import Message
from simulators.town import TownHome


class Turn(StrEnum):
    """What befalls a device apart from speaking."""

    HEARTBEAT = "heartbeat"
    RESEND = "resend"  # it saw no PUBACK
    SWAP = "swap"  # its next message leaves after the one that follows
    DARK = "dark"  # its way out is gone
    BACK = "back"  # its way out is there again: backfill
    RESTART = "restart"  # its power was gone: a new boot


class Cue(StrEnum):
    """What people do that a scenario reacts to."""

    ARRIVED = "arrived"
    WINDOW = "window"


@dataclass(frozen=True)
class Step:
    """At `at_s` seconds from the start a device says something, or something befalls it."""

    at_s: float
    home: str
    device: str
    does: Message | Turn


class NobodyToPlay(Exception):
    """The home has no device for the part; the message names both."""


class Scenario(Protocol):
    """Pure: the same homes and the same seed give the same steps, in time order."""

    name: str
    says: str  # one line for `--help`

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """From the start to the end; may be endless."""
        ...

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:
        """What replaces the rest when `cue` comes at `at_s`; None: it goes on as before."""
        ...


class Deaf:
    """A scenario that nobody can change."""

    def after(self, cue: Cue, at_s: float, homes: Sequence[TownHome], rng: Random) -> Iterator[Step] | None:  # noqa: ARG002 -- the promise's shape
        """It goes on as before."""
        return None


def device_of(home: TownHome, *models: str) -> str:
    """The first device of the home that can play the part."""
    for model in models:
        for each in home.of(model):
            return each.id
    raise NobodyToPlay(f"{home.id} has no {' or '.join(models)}")
