"""Tells devices what they are to do: reads recorded commands and publishes each on the device's `cmd` topic.

A command is of use for a while only: a siren of an hour ago says nothing any more. So what could not be sent in its
time, because the broker was away or we were, is recorded as expired. One that was handed over and not yet recorded when
the process ended goes out again under the same id, which devices know.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

import msgspec
from sqlalchemy import Connection

from events.database import Database
from events.follow import bookmark, save_bookmark
from events.passing import Patience, passing
from events.serial import Recorded
from events.store import New, append, head, read
from events.types.command import DeviceCommandExpired, DeviceCommandIssued, DeviceCommandSent
from events.types.fact import SECOND

READER = "commands"
log = logging.getLogger("shouwang.commands")

_LOOK_EVERY_S = 1.0
_STRIDE = 20_000
_TYPES = (DeviceCommandIssued.__name__,)
_encode = msgspec.json.Encoder().encode


class Commands:
    """A reader with a bookmark in a thread of its own. `publish` answers False when there is no connection."""

    def __init__(
        self,
        database: Database,
        publish: Callable[[str, bytes], bool],
        *,
        now: Callable[[], int],
        check: Callable[[Connection], None] = lambda _: None,
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        """`check` is asked in every transaction whether the door is still ours; it raises when it is not."""
        self._database, self._publish, self._now, self._check = database, publish, now, check
        self._on_fatal = on_fatal
        with database.read() as db:
            self._position = bookmark(db, READER)
        self._saved = self._position
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._stops = (database.on_landed(self._notice), database.on_hint(self._wake.set))
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)

    def start(self) -> None:
        """Begin with what was not told yet."""
        self._thread.start()

    def stop(self) -> None:
        """Hear no more."""
        self._stopping.set()
        self._wake.set()
        for stop in self._stops:
            stop()
        if self._thread.is_alive():
            self._thread.join(10)

    def _notice(self, landed: list[Recorded]) -> None:
        if any(type(record.event) is DeviceCommandIssued for record in landed):
            self._wake.set()

    def _run(self) -> None:
        patience = Patience(self._stopping)
        while not self._stopping.is_set():
            try:
                self.step()
                patience.well()
            except Exception as failure:
                if not passing(failure):
                    self._on_fatal(failure)
                    return
                patience.wait()
            self._wake.wait(_LOOK_EVERY_S)
            self._wake.clear()

    def step(self) -> int:
        """Tell what is to be told now. Returns how many commands are done with; raises what the database raises."""
        done = 0
        while not self._stopping.is_set():
            with self._database.read() as db:
                upto = min(head(db), self._position + _STRIDE)
                asked = read(db, self._position, types=_TYPES, upto=upto) if upto > self._position else []
            if upto <= self._position:
                return done
            news: list[New] = []
            for record in asked:
                became = self._tell(record)
                if became is None:
                    upto = record.position - 1
                    break
                news.append(became)
            if news or upto - self._saved >= _STRIDE:
                self._database.write(partial(self._note, news, upto))
                self._saved = upto
            self._position = upto
            done += len(news)
            if len(news) < len(asked):
                return done
        return done

    def _tell(self, record: Recorded) -> New | None:
        """What became of it; None: it is still of use and there is no way to the broker now."""
        command = record.event
        assert isinstance(command, DeviceCommandIssued)
        device, at = command.device, self._now()
        said: DeviceCommandSent | DeviceCommandExpired = DeviceCommandSent(device=device, id=command.id)
        if at > record.recorded_at + int(command.valid_s * SECOND):
            said = DeviceCommandExpired(device=device, id=command.id)
            log.warning("a command to %s expired: %s", device, command.do)
        else:
            body = _encode({"id": command.id, "do": command.do, "for_s": command.for_s})
            if not self._publish(f"shouwang/v1/{device}/cmd", body):
                return None
        return New(f"device-{device}", device.partition("/")[0], said, at, key=f"~told-{command.id}", digest=0)

    def _note(self, news: list[New], upto: int, db: Connection) -> None:
        """On record, with how far we have read."""
        self._check(db)
        save_bookmark(db, READER, upto)
        append(db, news, recorded_at=self._now())
