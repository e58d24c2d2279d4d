"""One claimed message on its way: ask if it went before, look whether it is still wanted, send it, record it."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from alerts.notify.channel import Channel, KnowsOurIds, Outgoing, SendFailed
from alerts.notify.outbox import ASK_AFTER, OutboxRow
from alerts.notify.patience import given_up_at, retry_at
from alerts.notify.recording import (
    GAVE_UP,
    BelongsToAnother,
    ClaimLost,
    known_ids,
    record_failed,
    record_overtaken,
    record_sent,
    release,
    send_again,
)
from events.database import Database
from events.failpoints import failpoint
from events.types.fact import SECOND

log = logging.getLogger("shouwang.notify")

CALL_LIMIT: Final = 8 * SECOND
ASK_FOR_S: Final = 10.0
_ASK_AGAIN_S: Final = 0.5
_FRESH_S: Final = 0.25
"""A letter that was worded before its plan was written is as good as one worded after it, unless writing took long."""
_TURN_S: Final = 0.005
"""To word a message takes a millisecond or two; whoever takes longer has met something that is not to be waited for."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A message in words: its text, the variables in it as they are shown, and how it is said on the telephone."""

    text: str
    variables: Mapping[str, str] = field(default_factory=dict)
    spoken: str = ""
    keys: str = ""
    slow: bool = False
    template: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What the house says of a message now: why it is not wanted any more (or ""), to whom, and its words."""

    overtaken: str
    to: str
    worded: Worded


class Drafted(NamedTuple):
    """A letter and since when it may be out of date, monotonic seconds. None: the registry has no number."""

    letter: Letter | None
    at: float


class Delivering:
    """Does the whole of it for one row at a time; several threads may use one."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        now: Callable[[], int],
        render: Callable[[Connection, OutboxRow], str | Worded],
        address_of: Callable[[Connection, str], str | None],
        still_wanted: Callable[[Connection, OutboxRow], str],
        stopping: threading.Event,
        ask_for_s: float = ASK_FOR_S,
    ) -> None:
        self._database, self._channels, self._now = database, channels, now
        self._render, self._address_of, self._still_wanted = render, address_of, still_wanted
        self._stopping, self._ask_for_s = stopping, ask_for_s
        self._wording = threading.Lock()

    def draft(self, row: OutboxRow) -> Drafted | None:
        """Its letter, read while its plan is being written. None: it is to be read later, and what is wrong said then."""
        at, channel = time.monotonic(), self._channels.get(row.channel)
        if channel is None:
            return None
        try:
            return Drafted(self._letter(row, channel), at)
        except Exception as error:
            log.info("message %s is worded later: %s", row.message, type(error).__name__)
            return None

    def deliver(self, row: OutboxRow, drafted: Drafted | None = None) -> None:
        """Bring it to an end or give it back. Of what concerns this message nothing is raised."""
        try:
            self._deliver(row, drafted)
        except ClaimLost:
            log.warning("message %s was taken over by another sender", row.message)

    def _deliver(self, row: OutboxRow, drafted: Drafted | None) -> None:
        channel = self._channels.get(row.channel)
        if channel is None:
            self._fail(row, "no_channel", "no such channel here")
            return
        try:
            if drafted is not None and time.monotonic() - drafted.at <= _FRESH_S:
                letter = drafted.letter
            else:
                letter = self._letter(row, channel)
        except SQLAlchemyError as error:  # a database that is busy says nothing against this message
            busy = SendFailed(type(error).__name__, permanent=False, ambiguous=False, code="internal")
            self._failed(row, busy, self._now())
            return
        except Exception as error:
            log.error("message %s cannot be worded: %s", row.message, _where(error))  # noqa: TRY400  (see _where)
            self._fail(row, "internal", type(error).__name__)
            return
        if letter is None:
            self._fail(row, "no_phone", "the registry has no number")
            return
        if row.state == "asking" and not self._sure_to_be_missing(row, channel, letter):
            return
        if letter.overtaken:
            record_overtaken(self._database, row, why=letter.overtaken, at=self._now())
            return
        duplicate = row.state == "asking"
        started_at = self._now()
        if duplicate:
            send_again(self._database, row, at=started_at)
        elif started_at - row.claimed_at > ASK_AFTER:
            # We were held up since the claim, frozen perhaps: somebody may take us for dead and ask before it arrives.
            release(self._database, row, retry_at=started_at, error="held up", unsure=False)
            return
        self._send(row, channel, letter, started_at, duplicate=duplicate)

    def _letter(self, row: OutboxRow, channel: Channel) -> Letter | None:
        with self._in_turn(row):
            return self._read(row, needs_number=channel.capabilities.medium != "group")

    @contextmanager
    def _in_turn(self, row: OutboxRow) -> Iterator[None]:
        """The messages of an alarm one after the other: worded all at once, the first would be ready when the last is."""
        mine = row.alert_class == 1 and self._wording.acquire(timeout=_TURN_S)
        try:
            yield
        finally:
            if mine:
                self._wording.release()

    def _read(self, row: OutboxRow, *, needs_number: bool) -> Letter | None:
        with self._database.read() as db:
            overtaken = self._still_wanted(db, row)
            to = self._address_of(db, row.phone) if needs_number else ""  # a group is where its channel says
            if to is None and not overtaken:
                return None
            there = bool(to) or not needs_number
            needed = there and (not overtaken or row.state == "asking")  # its text is what the provider is asked for
            worded = self._render(db, row) if needed else ""
            return Letter(overtaken, to or "", worded if isinstance(worded, Worded) else Worded(worded))

    def _send(self, row: OutboxRow, channel: Channel, letter: Letter, started_at: int, *, duplicate: bool) -> None:
        valid_s = (row.valid_until - started_at) // SECOND
        failpoint("outbox.calling")
        try:
            sent = channel.send(_outgoing(row, letter, valid_s))
        except SendFailed as failure:
            self._failed(row, failure, started_at)
        except Exception as error:  # a fault of ours in the middle of a call: it may have left
            log.error("message %s: an error of our own: %s", row.message, _where(error))  # noqa: TRY400  (see _where)
            unclear = SendFailed(type(error).__name__, permanent=False, ambiguous=True, code="internal")
            self._failed(row, unclear, started_at)
        else:
            failpoint("outbox.called")
            record_sent(self._database, row, sent, at=self._now(), duplicate=duplicate)
        failpoint("outbox.recorded")

    def _failed(self, row: OutboxRow, failure: SendFailed, started_at: int) -> None:
        now = self._now()
        if failure.permanent:
            self._fail(row, failure.code or "refused", failure.reason)
            return
        again_at = retry_at(
            alert_class=row.alert_class,
            attempts=row.attempts,
            now=now,
            asked_to_wait_s=failure.retry_after_s or 0.0,
            not_before=started_at + ASK_AFTER if failure.ambiguous else 0,
        )
        if again_at > row.valid_until:  # the next round speaks by then
            self._fail(row, GAVE_UP, failure.reason, permanent=False)
            return
        log.info("message %s: %s; again in %.1f s", row.message, failure.reason, (again_at - now) / SECOND)
        release(
            self._database, row, retry_at=again_at, error=failure.reason, unsure=failure.ambiguous,
            given_up_at=now if again_at > given_up_at(row.alert_class, row.first_claimed_at) else None,
        )  # fmt: skip

    def _sure_to_be_missing(self, row: OutboxRow, channel: Channel, letter: Letter) -> bool:
        """Ask for a message that may have gone. True: it has not, or nobody answered in time. False: settled."""
        if not letter.to and channel.capabilities.medium != "group":
            return True
        until = time.monotonic() + self._ask_for_s
        while True:
            try:
                found = self._found(row, channel, letter, within_s=max(_ASK_AGAIN_S, until - time.monotonic()))
            except SendFailed as failure:
                log.info("message %s: asking the provider: %s", row.message, failure.reason)
            else:
                failpoint("outbox.asked")
                return not found
            if time.monotonic() + _ASK_AGAIN_S > until:
                return True
            if self._stopping.wait(_ASK_AGAIN_S):
                release(self._database, row, retry_at=self._now(), error="stopped while asking", unsure=True)
                return False

    def _found(self, row: OutboxRow, channel: Channel, letter: Letter, *, within_s: float) -> bool:
        with self._database.read() as db:
            known = known_ids(db, row)
        since, sent = row.unsure_since, None
        if isinstance(channel, KnowsOurIds):
            sent = channel.find_ours(row.message, letter.to, since=since, within_s=within_s)
        else:
            sent = channel.find(letter.to, letter.worded.text, since=since, known=known, within_s=within_s)
        if sent is None:
            return False
        try:
            record_sent(self._database, row, sent, at=self._now(), found=True)
        except BelongsToAnother:
            return False
        return True

    def _fail(self, row: OutboxRow, code: str, error: str, *, permanent: bool = True) -> None:
        record_failed(self._database, row, code=code, permanent=permanent, error=error, at=self._now())


def _outgoing(row: OutboxRow, letter: Letter, valid_s: int) -> Outgoing:
    said = letter.worded
    return Outgoing(
        row.message, letter.to, said.text, row.alert_class, valid_s,
        template=said.template or row.template, variables=said.variables, language=row.language, slot=row.slot,
        spoken=said.spoken, keys=said.keys, slow=said.slow,
    )  # fmt: skip


def _where(error: BaseException) -> str:
    """Kind and place of an error without its words, which may hold a name or a number."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {last.name}, {last.filename}:{last.lineno}"
