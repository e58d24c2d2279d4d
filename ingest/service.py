"""The whole door in one object: start it, stop it, ask how it is."""

import logging
import os
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection as DbConnection

from events.database import Database
from events.follow import bookmark, load_snapshots
from events.store import head, read
from events.types.device import DeviceFact
from ingest.acknowledging import Acknowledging
from ingest.addressing import Patience
from ingest.caught_up import CaughtUp, read_mark
from ingest.commands import Commands
from ingest.inbox import Inbox
from ingest.intake import READER, Gate, Intake
from ingest.known import Known
from ingest.line import Line
from ingest.sequences import Sequences

log = logging.getLogger("shouwang.ingest")
_PAGE = 5_000


class Stats(msgspec.Struct, frozen=True):
    """How the door is, without asking the database. Counts since start; times in microseconds, 0: never."""

    active: bool
    connected: bool
    catching_up: bool
    caught_up_at: int
    storage_full: bool
    waits_s: float
    """So long the database has not taken what was asked of it."""
    queued: int
    messages: int
    facts: int
    repeated: int
    quarantined: int
    batches: int
    last_received_at: int


class Ingest:
    """Devices in, facts out. `gate` drives the clock by what arrives; then somebody else moves the caught-up mark."""

    def __init__(
        self,
        database: Database,
        *,
        mqtt_url: str,
        now: Callable[[], int],
        client_id: str = "shouwang-ingest",
        gate: Gate | None = None,
        ack_wait_s: float = 5.0,
        patience: Patience | None = None,
        on_fatal: Callable[[BaseException], None] | None = None,
        check: Callable[[DbConnection], None] = lambda _: None,
        may_connect: Callable[[], bool] = lambda: True,
        inbox: Inbox | None = None,
    ) -> None:
        """`on_fatal` is called when the line or the intake cannot go on; the default ends the process.

        `check` is asked in every transaction whether the door is still ours, `may_connect` before every connection;
        both raise Fenced when it is not.
        """
        fatal = on_fatal or _end_process
        self._database = database
        self.inbox = Inbox() if inbox is None else inbox  # an empty one is falsy
        self.known = Known(database)
        self._sequences = remembered(database)
        with database.read() as db:
            self._caught_up = CaughtUp(read_mark(db), moves_mark=gate is None)
        self.line = Line(
            mqtt_url,
            self.inbox,
            now=now,
            client_id=client_id,
            patience=patience or Patience(ack_wait_s=ack_wait_s),
            on_fatal=fatal,
            may_connect=may_connect,
        )
        self.intake = Intake(
            database,
            self.inbox,
            now=now,
            known=self.known,
            sequences=self._sequences,
            caught_up=self._caught_up,
            acknowledging=Acknowledging(
                self._sequences, lambda topic, body: self.line.publish(topic, body, retain=True)
            ),
            ack=self.line.ack,
            gate=gate,
            on_fatal=fatal,
            check=check,
        )
        self.commands = Commands(database, self.line.publish, now=now, check=check, on_fatal=fatal)

    def start(self) -> None:
        """Begin to take, then to connect."""
        self.intake.start()
        self.line.start()
        self.commands.start()

    def stop(self) -> None:
        """The batch in hand is committed and acknowledged; the broker keeps the rest for us."""
        self.commands.stop()
        self.intake.stop()
        self.line.stop()
        self.known.close()

    def stats(self) -> Stats:
        """How it is now."""
        counts = self.intake.counts
        return Stats(
            active=True,
            connected=self.line.connected,
            catching_up=self._caught_up.catching_up,
            caught_up_at=self._caught_up.mark or 0,
            storage_full=self.intake.storage_full,
            waits_s=self.intake.waits_s,
            queued=len(self.inbox),
            messages=counts.messages,
            facts=counts.facts,
            repeated=counts.repeated,
            quarantined=counts.quarantined,
            batches=counts.batches,
            last_received_at=counts.last_received_at,
        )


def remembered(database: Database) -> Sequences:
    """What each device has sent: its snapshots, and the log's tail behind them."""
    sequences = Sequences()
    with database.read() as db:
        position = bookmark(db, READER)
        for device, state in load_snapshots(db, READER):
            sequences.load(device, state)
        upto = head(db)
    while position < upto:
        with database.read() as db:
            page = read(db, position, limit=_PAGE)
        if not page:
            break
        for record in page:
            if isinstance(record.event, DeviceFact):
                sequences.fold(record.event)
        position = page[-1].position
    return sequences


def _end_process(failure: BaseException) -> None:
    log.critical("ingest cannot go on: %s", failure)
    os._exit(70)
