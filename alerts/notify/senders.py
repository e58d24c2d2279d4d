"""The senders: threads for each channel that wake when a message is planned, and send what the outbox has, class 1 first."""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from alerts.notify.channel import Channel
from alerts.notify.claiming import Living, Of, claim, due_classes
from alerts.notify.clearing import clear_settled
from alerts.notify.delivering import ASK_FOR_S, Delivering, Drafted, Worded
from alerts.notify.desk import OTHERS, Desk, Draft
from alerts.notify.handing import Handing
from alerts.notify.outbox import OutboxRow
from alerts.notify.pacing import Pacing
from alerts.notify.receipts import poll_receipts
from events.database import Database
from events.failpoints import failpoint
from events.passing import Patience, passing
from events.right_of_way import WAY
from events.serial import Recorded
from events.types.message import MessagePlanned

log = logging.getLogger("shouwang.senders")

_POLL_S: Final = 0.25
_RECEIPTS_S: Final = 10.0
_CLEAR_S: Final = 3600.0
_STORAGE_PAUSE_S: Final = 1.0


class Senders:
    """`start` once; `stop` may be called twice. A thread that dies calls `on_fatal`; nothing is raised out of a thread.

    Each channel has workers of its own.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        now: Callable[[], int],
        render: Callable[[Connection, OutboxRow], str | Worded],
        address_of: Callable[[Connection, str], str | None],
        still_wanted: Callable[[Connection, OutboxRow], str],
        on_fatal: Callable[[BaseException], None],
        workers: int = 4,
        process: str = "",
        living: Living = lambda _: (),
        ask_for_s: float = ASK_FOR_S,
    ) -> None:
        """`process` names this run of the program: claims of others that are not `living` are a dead predecessor's.

        `workers`: for each channel. `hands`: of those who have nothing to do, for whoever plans.
        """
        self._database, self._channels, self._now, self._on_fatal = database, channels, now, on_fatal
        self._address_of = address_of
        self._process = process or f"{os.getpid()}-{secrets.token_hex(4)}"
        self._living = living
        self._pacing = Pacing(channels)
        self._stopping = threading.Event()
        self._delivering = Delivering(
            database, channels, now=now, render=render, address_of=address_of, still_wanted=still_wanted,
            stopping=self._stopping, ask_for_s=ask_for_s,
        )  # fmt: skip
        self._desks = {name: Desk(name, workers, self._stopping, paced=self._pacing.limits(name)) for name in channels}
        self.hands = Handing(database, {**self._desks}, self._process)
        self._desks[OTHERS] = Desk(OTHERS, 1, self._stopping)
        jobs = [
            job for desk in self._desks.values() for job in desk.jobs(self._drain_if_it_can_be, self._send, self._word)
        ]
        jobs += [("sender-poll", self._poll), ("sender-receipts", self._ask_for_receipts)]
        self._threads = [
            threading.Thread(target=self._guarded, args=(job,), name=name, daemon=True) for name, job in jobs
        ]
        self._stop_listening: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin; what a predecessor left is found by the first poll."""
        self._stop_listening = self._database.on_landed(self._landed)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more, and wait for the calls under way (at most 8 s each)."""
        self._stop_listening()
        self._stop_listening = lambda: None
        self._stopping.set()
        for desk in self._desks.values():
            desk.wake(0, 0)
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join()
        self._went_through(lambda: self.hands.look(self._now()))

    def _landed(self, landed: list[Recorded]) -> None:
        """On the committer's thread: only count, hand over and wake."""
        for one in landed:
            if isinstance(one.event, MessagePlanned):
                if one.event.alert_class == 1 and self.hands.landed(one.event.message):
                    continue
                desk = self._desks.get(one.event.channel, self._desks[OTHERS])
                desk.wake(int(one.event.alert_class == 1), int(one.event.alert_class != 1))

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            if not self._stopping.is_set():
                log.critical("a sender's thread ended: %s", type(error).__name__)
                self._on_fatal(error)

    def _drain_if_it_can_be(self, desk: Desk, only_class: int | None) -> None:
        if not self._went_through(lambda: self._drain(desk, only_class)):
            self._stopping.wait(_STORAGE_PAUSE_S)

    def _went_through(self, job: Callable[[], object]) -> bool:
        """False: the database is full or away, and what was sent is settled later by asking the provider."""
        try:
            job()
        except Exception as failure:
            if not passing(failure):
                raise
            log.warning("messages wait for the database: %s", type(failure).__name__)
            return False
        return True

    def _drain(self, desk: Desk, only_class: int | None) -> None:
        while not self._stopping.is_set():
            with desk.turn(only_class):
                rows = claim(
                    self._database, claimer=self._process, now=self._now(), limit=1, living=self._living,
                    of=self._of(desk, only_class), turn=desk.fairly, line=desk.line,
                )  # fmt: skip
                for row in rows:
                    self._begins(desk, row)
            if not rows:
                return
            for row in rows:
                self._delivering.deliver(row)

    def _begins(self, desk: Desk, row: OutboxRow) -> None:
        if row.alert_class == 1:
            WAY.begins()
        self._pacing.took(row.channel)
        desk.serves(row)

    def _word(self, desk: Desk, draft: Draft) -> None:
        WAY.begins()
        drafted = self._delivering.draft(draft.row)
        planned = desk.planned(draft)
        if planned is not None:
            self._send(desk, planned, drafted)

    def _send(self, desk: Desk, row: OutboxRow, drafted: Drafted | None = None) -> None:
        failpoint("outbox.handed")
        self._begins(desk, row)
        if not self._went_through(lambda: self._delivering.deliver(row, drafted)):
            self._stopping.wait(_STORAGE_PAUSE_S)

    def _of(self, desk: Desk, only_class: int | None = None) -> Of:
        """What of the outbox is this desk's, now."""
        if desk.channel == OTHERS:
            return Of(but=tuple(self._channels))
        return Of(only_class or self._pacing.only_class(desk.channel), desk.channel)

    def _poll(self) -> None:
        """The truth behind the wake-up: retries that have come due, dead claims, what was planned by others."""
        patience = Patience(self._stopping)
        while not self._stopping.is_set():
            if self._went_through(self._look):
                patience.well()
                self._stopping.wait(_POLL_S)
            else:
                patience.wait()

    def _clear(self) -> None:
        if clear_settled(self._database, now=self._now()):  # else there is more: the next piece in ten seconds
            self._clear_at = time.monotonic() + _CLEAR_S

    def _look(self) -> None:
        self.hands.look(self._now())
        for desk in self._desks.values():
            with self._database.read() as db:
                classes = due_classes(
                    db, claimer=self._process, now=self._now(), limit=desk.workers, living=self._living,
                    of=self._of(desk),
                )  # fmt: skip
            if classes:
                desk.wake(classes.count(1), len(classes) - classes.count(1))

    def _ask_for_receipts(self) -> None:
        self._clear_at = 0.0
        while not self._stopping.wait(_RECEIPTS_S):
            if time.monotonic() >= self._clear_at:
                self._went_through(self._clear)
            for channel in self._channels.values():
                self._went_through(
                    partial(poll_receipts, self._database, channel, self._now(), address_of=self._address_of)
                )
