"""Sweeps out of the embedded broker what everybody has acknowledged, by thousands at once.

Of itself NATS drops each MQTT message as it is acknowledged, and with `sync_interval: always` notes that on the disk like a
message: two writes each, one after the other, and they end what devices can say in a second. Here its stream keeps what was
acknowledged (retention `limits`), and all that is done with goes in one request every few seconds: one write a message.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ingest.nats_stream import Stream

log = logging.getLogger("shouwang.broker")

EVERYTHING = "$MQTT.msgs.shouwang.v1.*.*.*"
"""What the service listens to: all that is said."""
_TO_DEVICES = frozenset({"cmd", "ack"})
KEPT_S = 600.0
"""So long a word to a device that is away stays: a command is of use for a minute, and `ack` is retained besides."""
EVERY_S = 2.0
_AT_LEAST = 500
_AT_MOST = 50_000
"""In one request: to drop what lay long the broker reads it all once more, and does nothing else meanwhile."""
_CALM = 20.0
"""To name thousands of listeners takes the broker some time: no more of it than this part."""
_SAY_AFTER_S = 300.0


class Listener(NamedTuple):
    """A subscription at QoS 1. `acknowledged`: all of its messages up to this number; `waits`: there are more for it."""

    subject: str
    acknowledged: int
    waits: bool

    @property
    def is_device(self) -> bool:
        """It hears what is said to devices, and nothing else."""
        return self.subject.rpartition(".")[2] in _TO_DEVICES


def done_with(newest: int, listeners: Iterable[Listener], *, stale: int = 0) -> int:
    """The number up to which nobody needs a message any more.

    `newest`: the highest before the listeners were asked for; whoever comes later begins behind it. `stale`: what was
    said to devices up to this number is of no use any more, whether they have heard it or not.
    """
    upto = newest
    for one in listeners:
        if one.is_device and one.waits:
            upto = min(upto, max(one.acknowledged, stale))
        elif one.waits or one.subject == EVERYTHING:
            upto = min(upto, one.acknowledged)
    return upto


class Sweeper:
    """A thread beside the broker's process. `on_trouble` hears when nothing could be swept out for five minutes."""

    def __init__(
        self,
        folder: Path,
        password: str,
        *,
        on_trouble: Callable[[str], None] | None = None,
        every_s: float = EVERY_S,
        kept_s: float = KEPT_S,
        say_after_s: float = _SAY_AFTER_S,
    ) -> None:
        """`folder`: where the server says by which port it is reached."""
        self._folder, self._password, self._on_trouble = folder, password, on_trouble
        self._every_s, self._kept_s, self._say_after_s = every_s, kept_s, say_after_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: deque[tuple[float, int]] = deque()
        self._well_at, self._said = 0.0, False

    def start(self, pid: int) -> None:
        """Sweep the server of this process until told to stop; one that is swept so far is let go."""
        self.stop()
        self._stopping.clear()
        self._seen.clear()
        self._well_at, self._said = time.monotonic(), False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(pid)), name="broker-sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """And wait until it has let go."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    async def _run(self, pid: int) -> None:
        from ingest.nats_stream import opened  # noqa: PLC0415  # a quarter of a second, for this process alone

        while not self._stopping.is_set():
            try:
                async with opened(self._folder, pid, self._password) as stream:
                    while not self._stopping.is_set():
                        await self._once(stream)
            except Exception as failure:  # the broker goes on whatever it is, and somebody is told
                self._failed(failure)
            await self._pause(min(1.0, self._every_s))

    async def _once(self, stream: "Stream") -> None:
        began = time.monotonic()
        oldest, newest = await stream.kept()
        if newest >= oldest + _AT_LEAST:
            upto = done_with(newest, await stream.listeners(), stale=self._stale(newest))
            upto = min(upto, oldest + _AT_MOST)
            if upto >= oldest + _AT_LEAST:
                await stream.drop(before=upto)  # that one itself stays: a stream emptied whole is made anew on the disk
        self._well_at, self._said = time.monotonic(), False
        await self._pause(max(self._every_s, _CALM * (time.monotonic() - began)))

    def _stale(self, newest: int) -> int:
        """The newest number of `kept_s` ago, 0 while that is not known."""
        now = time.monotonic()
        self._seen.append((now, newest))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._kept_s:
            self._seen.popleft()
        at, number = self._seen[0]
        return number if at <= now - self._kept_s else 0

    def _failed(self, failure: BaseException) -> None:
        """The disk fills, slowly: somebody is told, once."""
        if self._said or time.monotonic() - self._well_at < self._say_after_s:
            return
        self._said = True
        why = f"trouble sweeping out what was acknowledged, the disk fills: {type(failure).__name__}: {failure}"[:300]
        log.warning("broker: %s", why)
        if self._on_trouble:
            with suppress(Exception):  # a listener's fault must not end the sweeping
                self._on_trouble(why)

    async def _pause(self, seconds: float) -> None:
        await asyncio.to_thread(self._stopping.wait, seconds)
