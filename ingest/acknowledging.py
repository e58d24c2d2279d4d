"""The retained `ack`: tells each device up to which number all it sent is on disk, so that it may forget it."""

import time
from collections.abc import Callable

import msgspec

from events.failpoints import failpoint
from ingest.sequences import Sequences

SOON_S = 1.0
"""For a device that sent what it had buffered: it waits for this before it forgets."""
CALM_S = 30.0
_LOOK_S = 0.2

_encode = msgspec.json.Encoder().encode
Publish = Callable[[str, bytes], bool]


class Acknowledging:
    """Belongs to the intake's thread. Throttled: `ack` is only a promise about what is committed, never a wire need."""

    def __init__(self, sequences: Sequences, publish: Publish) -> None:
        self._sequences, self._publish = sequences, publish
        self._due: dict[str, tuple[float, str]] = {}
        self._said: dict[str, tuple[str, int]] = {}
        self._look_at = 0.0

    def committed(self, touched: dict[str, tuple[str, bool]]) -> None:
        """What these devices said is on disk."""
        clock = time.monotonic()
        for device, (bootid, buffered) in touched.items():
            at = clock + (SOON_S if buffered else CALM_S)
            due = self._due.get(device)
            self._due[device] = (min(at, due[0]) if due else at, bootid)

    def all_again(self) -> None:
        """The broker has lost its memory, the retained acks among it perhaps."""
        self._said.clear()
        clock = time.monotonic()
        for device, bootid, _ in self._sequences.newest():
            self._due.setdefault(device, (clock, bootid))

    def publish_due(self) -> None:
        """Say what is due and new."""
        clock = time.monotonic()
        if clock < self._look_at:
            return
        self._look_at = clock + _LOOK_S
        for device in [device for device, (at, _) in self._due.items() if at <= clock]:
            _, bootid = self._due[device]
            whole = self._sequences.whole(device, bootid)
            if whole and self._said.get(device) != (bootid, whole):
                body = _encode({"bootid": bootid, "seq": whole})
                failpoint("ingest.telling")
                if not self._publish(f"shouwang/v1/{device}/ack", body):
                    return  # no connection: all of it stays due
                self._said[device] = (bootid, whole)
            del self._due[device]
