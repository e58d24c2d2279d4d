"""The live stream: every client gets each fact once, in order, after the projections have folded it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from alerts.projections.happenings import RELEVANT, Happening, as_json, behind, is_relevant, of_record
from api.services import Services
from events.serial import Recorded

_REMEMBERED: Final = 2000


class TooManyStreams(Exception):
    """The limit of streams is reached."""


class Broadcast:
    """Keeps the last relevant facts in memory, so that fifty consoles cost one reading of the log."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._position = services.projector.position
        self._recent: deque[Happening] = deque()
        self._whole_from = self._position
        self._clients: dict[asyncio.Event, bool] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self.stopping = False

    @property
    def position(self) -> int:
        """Everything up to here is folded."""
        return self._position

    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    def start(self) -> None:
        """Listen to the projector from within the running loop."""
        self._loop = asyncio.get_running_loop()
        self.stopping = False
        self._stop_listening = self._services.projector.on_folded(self._folded)
        self._position = self._whole_from = self._services.projector.position

    def stop(self) -> None:
        """End every stream, so that the server can stop. May be called from any thread."""
        self.stopping = True
        self._stop_listening()
        self._stop_listening = lambda: None
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, True)

    def _folded(self, records: list[Recorded], position: int) -> None:
        relevant = [of_record(record) for record in records if is_relevant(record.event)]
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._advance, relevant, position)

    def _advance(self, relevant: list[Happening], position: int) -> None:
        self._recent.extend(relevant)
        while len(self._recent) > _REMEMBERED:
            self._whole_from = self._recent.popleft().position
        self._position = max(self._position, position)
        self._wake(bool(relevant))

    def _wake(self, relevant: bool) -> None:
        for client, everything in self._clients.items():
            if relevant or everything:
                client.set()

    def follow(
        self,
        after: int | None,
        *,
        everything: bool,
        still_in: Callable[[], bool],
        said: Callable[[Happening], str] = as_json,
    ) -> AsyncGenerator[str]:
        """Lines of the stream from behind `after` (None: from now). Ends when `still_in` says no at a heartbeat.

        `said`: what of a fact this reader is told.
        """
        if len(self._clients) >= self._services.limits.streams:
            raise TooManyStreams
        return self._lines(after, everything, still_in, said)

    async def _lines(
        self, after: int | None, everything: bool, still_in: Callable[[], bool], said: Callable[[Happening], str]
    ) -> AsyncGenerator[str]:
        news = asyncio.Event()
        self._clients[news] = everything
        try:
            position = self._position if after is None else after
            yield f"retry: 2000\n\n{self._heartbeat(min(position, self._position))}"
            if position > self._position:  # an id of another log: say so, or the client would wait for ever
                position = self._position
                yield f"id: {position}\nevent: reset\ndata: {{}}\n\n"
            every = self._services.limits.heartbeat_s
            beat_at = time.monotonic() + every
            while not self.stopping:
                news.clear()
                while position < (upto := self._position):
                    found, position = await self._next(position, upto, everything)
                    for happening in found:
                        yield f"id: {happening.position}\ndata: {said(happening)}\n\n"
                if time.monotonic() >= beat_at:
                    if not await asyncio.to_thread(still_in):
                        return
                    beat_at = time.monotonic() + every
                    yield self._heartbeat(position)
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), max(0.0, beat_at - time.monotonic()))
        finally:
            del self._clients[news]

    async def _next(self, after: int, upto: int, everything: bool) -> tuple[list[Happening], int]:
        if not everything and after >= self._whole_from:
            return [happening for happening in self._recent if happening.position > after], upto
        return await asyncio.to_thread(self._read, after, upto, everything)

    def _read(self, after: int, upto: int, everything: bool) -> tuple[list[Happening], int]:
        with self._services.database.read() as db:
            return behind(db, after, upto, types=None if everything else RELEVANT)

    def _heartbeat(self, position: int) -> str:
        """A comment keeps proxies awake; the event is what a page can see, and its id saves a long catch-up."""
        return f': alive\nid: {position}\nevent: heartbeat\ndata: {{"at":{self._services.now()}}}\n\n'


def only_that(happening: Happening) -> str:
    """That something happened: whoever sees a part asks for it, and gets what is theirs."""
    return f'{{"position":{happening.position},"type":"changed"}}'


class LiveResponse(StreamingResponse):
    """A stream whose reader is dropped when it takes nothing for too long."""

    def __init__(self, content: AsyncGenerator[str], *, stalled_s: float) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(content, headers=headers, media_type="text/event-stream")
        self._lines, self._stalled_s = content, stalled_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader goes, stalls, or the stream ends."""
        try:
            await super().__call__(scope, receive, _in_time(send, self._stalled_s))
        except ReaderStalled:
            return
        finally:
            await self._lines.aclose()  # or it would count as open until it is collected as garbage


class ReaderStalled(Exception):
    """It took nothing for too long."""


def _in_time(send: Send, stalled_s: float) -> Callable[[Message], Awaitable[None]]:
    async def timed(message: Message) -> None:
        try:
            async with asyncio.timeout(stalled_s):
                await send(message)
        except TimeoutError:
            raise ReaderStalled from None

    return timed
