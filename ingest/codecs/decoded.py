"""What a codec answers: the readings of one message, or why it cannot be taken. Pure."""

import msgspec

from events.types.device import DeviceFact


class Refused(Exception):
    """This message, or this item of a backfill, cannot be taken.

    `reason` is a stable word for counting and showing, `detail` one sentence for people. `bootid` and `seq` are set
    where they could still be read: the bytes are kept, so the number is not missing.
    """

    def __init__(self, reason: str, detail: str = "", *, bootid: str = "", seq: int = 0) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail, self.bootid, self.seq = reason, detail, bootid, seq


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One fact on its way into the log. `trusted`: `at` is the device's own time and not our receipt.

    `digest` is a 63-bit hash of what the reading means, the same whether it came live or buffered.
    """

    event: DeviceFact
    at: int
    key: str
    digest: int
    trusted: bool


class RefusedItem(msgspec.Struct, frozen=True):
    """An item of a backfill that cannot be taken, as a message of its own that can be decoded again."""

    why: Refused
    payload: bytes


class Decoded(msgspec.Struct, frozen=True):
    """All that one message says. `backfill`: the device sent what it had buffered, and waits for `ack`."""

    site: str
    device: str
    tail: str
    bootid: str
    seq: int
    readings: list[Reading]
    refused: list[RefusedItem] = []
    backfill: bool = False
