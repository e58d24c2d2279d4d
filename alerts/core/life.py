"""The life of a home: consent, enrolled, proven, paused, retired; each with who said so and when. Pure."""

from typing import Any

import msgspec

from events.types import home as homes
from events.types import life as facts
from events.types.fact import Event


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who and when, and what else was said: how consent was given, why it was paused. `text` is the registry's id."""

    by: str
    at: int
    said: str = ""
    text: str = ""


class Life(msgspec.Struct, omit_defaults=True):
    """What has been said of a home so far; None: not yet, or no longer."""

    consent: Mark | None = None
    enrolled: Mark | None = None
    proven: Mark | None = None
    paused: Mark | None = None
    resumed: Mark | None = None
    retired: Mark | None = None
    visited: Mark | None = None
    holes: list[dict[str, Any]] = []
    checked_at: int = 0

    @property
    def stage(self) -> str:
        """The last station it has reached: retired, paused, proven, enrolled, consent, or none."""
        for name in ("retired", "paused", "proven", "enrolled", "consent"):
            if getattr(self, name) is not None:
                return name
        return "none"


def fold(life: Life, event: Event, at: int) -> None:
    """Take one fact of the home's stream in."""
    match event:
        case facts.ConsentRecorded():
            life.consent = Mark(event.by, at, event.given, event.text)
        case facts.ConsentWithdrawn():
            life.consent = None
        case homes.HomeEnrolled():
            life.enrolled, life.retired, life.paused = life.enrolled or Mark("", at), None, None
        case facts.HomeProven():
            life.proven = Mark(event.by, at)
        case homes.DeviceAssigned():
            life.proven = None  # what hangs there now nobody has signed
        case homes.HomePaused():
            life.paused = Mark(event.by, at, event.reason)
        case homes.HomeResumed():
            life.paused, life.retired, life.resumed = None, None, Mark(event.by, at)
        case homes.HomeRetired():
            life.retired = Mark(event.by, at, event.reason)
        case facts.VisitRecorded():
            if life.visited is None or event.visited_at >= life.visited.at:
                life.visited = Mark(event.who, event.visited_at, text=event.note)
        case facts.ChainChecked():
            life.holes, life.checked_at = [msgspec.to_builtins(hole) for hole in event.holes], at
