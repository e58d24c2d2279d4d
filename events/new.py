"""What is on its way into the log, and what became of it."""

from typing import Any

import msgspec

from events.serial import Recorded
from events.types.fact import Event

LANDED = "shouwang.landed"
"""Where a write transaction keeps what it appended, to be handed to readers after the commit."""


class VersionConflict(Exception):
    """Somebody else decided on this stream first."""

    def __init__(self, stream: str, expected: int, found: int) -> None:
        super().__init__(f"{stream}: decided on version {expected}, found {found}")
        self.stream, self.expected, self.found = stream, expected, found


class New(msgspec.Struct, frozen=True, gc=False):
    """A fact or decision on its way into the log. With `key` a fact (lands once), without a decision.

    `lane_key` is the site for homes, devices and alerts, the person for `person-*`, "all" for settings;
    `digest` is a 63-bit hash of the payload, so that the same key with other content is noticed.
    """

    stream: str
    lane_key: str
    event: Event
    at: int
    key: str | None = None
    digest: int | None = None
    meta: dict[str, Any] = {}


class Appended(msgspec.Struct):
    """What landed, in order, and which facts were there already (`conflicts`: with other content)."""

    recorded: list[Recorded]
    repeated: list[New]
    conflicts: list[New]
