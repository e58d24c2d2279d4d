"""What became of a claimed message, written with its fact in one transaction by whoever still holds the claim."""

from functools import cache
from typing import Final

from sqlalchemy import Connection, bindparam, exists, or_, select, update

from alerts.commands.opting import opted_out
from alerts.notify.channel import Sent
from alerts.notify.outbox import OutboxRow, outbox
from alerts.registry import phones
from events.database import Database
from events.failpoints import failpoint
from events.store import New, append
from events.types.fact import DAY, Event
from events.types.message import MessageFailed, MessageOvertaken, MessageSent
from events.worded import Change

_LONGEST_ERROR: Final = 200
OPTED_OUT: Final = frozenset({"21610"})
"""Codes by which a provider says that the owner has refused us (Twilio, "Error 21610")."""
GAVE_UP: Final = "gave_up"
"""The code of a message that did not get through in the time its class has."""


class ClaimLost(Exception):
    """Another sender has taken this message over, or it is settled already: nothing was written."""


class BelongsToAnother(Exception):
    """What the provider has under this id is another message of ours with the same text: nothing was written."""


def fact_of_person(person: str, kind: str, message: str, event: Event, *, at: int) -> New:
    """The fact about a message, in the stream of the person it was meant for; it lands once."""
    return New(f"person-{person}", person, event, at, key=f"{kind}-{message}")


def record_sent(
    database: Database, row: OutboxRow, sent: Sent, *, at: int, found: bool = False, duplicate: bool = False
) -> None:
    """The provider has it. `found`: it said so when asked; `duplicate`: an earlier try may have reached it as well.

    Raises ClaimLost, BelongsToAnother.
    """

    def write(db: Connection) -> None:
        if found and _of_another(db, row, sent.provider_id):
            raise BelongsToAnother(sent.provider_id)
        try:
            _settle(db, row, state="sent", provider_id=sent.provider_id, sent_at=at, last_error="")
        except ClaimLost:
            if _provider_id(db, row) == sent.provider_id:
                return  # its receipt was faster than its answer and has recorded the same
            raise
        event = MessageSent(
            message=row.message,
            channel=row.channel,
            provider_id=sent.provider_id,
            possible_duplicate=duplicate or row.possible_duplicate,
            found=found,
        )
        append(db, [fact_of_person(row.person, "sent", row.message, event, at=at)], recorded_at=at)

    database.write(write)


def record_failed(database: Database, row: OutboxRow, *, code: str, permanent: bool, error: str, at: int) -> None:
    """It will not arrive by this channel. Raises ClaimLost."""

    def write(db: Connection) -> None:
        _settle(db, row, state="failed", last_error=error[:_LONGEST_ERROR])
        event = MessageFailed(message=row.message, channel=row.channel, code=code, permanent=permanent)
        append(db, [fact_of_person(row.person, "failed", row.message, event, at=at)], recorded_at=at)
        note_opt_out(db, row, code, at)

    database.write(write)


def note_opt_out(db: Connection, row: OutboxRow, code: str, at: int) -> None:
    """The carrier says that the phone's owner refuses our SMS: whatever else we send by SMS would be lost too."""
    phone = phones.phone(db, row.phone) if code in OPTED_OUT else None
    if phone is not None and phone.live:
        opted_out(db, phone, at, key=f"carrier-{phone.id}-{at // DAY}", why="carrier")


def record_overtaken(database: Database, row: OutboxRow, *, why: str, at: int) -> None:
    """It was not sent, because nobody wants it any more. Raises ClaimLost."""

    def write(db: Connection) -> None:
        _settle(db, row, state="overtaken")
        event = MessageOvertaken(message=row.message, why=why)
        append(db, [fact_of_person(row.person, "overtaken", row.message, event, at=at)], recorded_at=at)

    database.write(write)


def release(
    database: Database, row: OutboxRow, *, retry_at: int, error: str, unsure: bool, given_up_at: int | None = None
) -> None:
    """Give it back, to be claimed again from `retry_at`. `unsure`: this try may have reached the provider.

    `given_up_at`: nobody counts on it any more, so that others are told now; and yet it is tried again, for whoever
    can be reached later should be. Said once, however often it happens. Raises ClaimLost.
    """
    unsure_since = row.unsure_since or (row.claimed_at if unsure else 0)

    def write(db: Connection) -> None:
        _settle(db, row, state="waiting", due_at=retry_at, last_error=error[:_LONGEST_ERROR], unsure_since=unsure_since)
        if given_up_at is not None:
            event = MessageFailed(message=row.message, channel=row.channel, code=GAVE_UP, permanent=False)
            append(
                db, [fact_of_person(row.person, GAVE_UP, row.message, event, at=given_up_at)], recorded_at=given_up_at
            )

    database.write(write)


def send_again(database: Database, row: OutboxRow, *, at: int) -> None:
    """The provider did not know it, or did not answer: the next call may make a second copy, and is on record as such.

    Renews the claim, for asking took time. Raises ClaimLost.
    """
    database.write(lambda db: _settle(db, row, state="claimed", claimed_at=at, possible_duplicate=1))


def _settle(db: Connection, row: OutboxRow, **changes: str | int) -> None:
    if _settling(*changes).count(db, **changes, held_message=row.message, held_claim=row.claim) != 1:
        raise ClaimLost(row.message)
    failpoint("outbox.in_commit")


@cache
def _settling(*names: str) -> Change:
    """Made once for what is changed: to make it costs more than to run it."""
    held = (
        outbox.c.message == bindparam("held_message"),
        outbox.c.claim == bindparam("held_claim"),
        or_(outbox.c.state == "claimed", outbox.c.state == "asking"),
    )
    return Change(update(outbox).where(*held).values({name: bindparam(name) for name in names}))


def _provider_id(db: Connection, row: OutboxRow) -> str:
    return str(db.execute(select(outbox.c.provider_id).where(outbox.c.message == row.message)).scalar_one())


def _of_another(db: Connection, row: OutboxRow, provider_id: str) -> bool:
    other = (
        outbox.c.person == row.person,
        outbox.c.provider_id == provider_id,
        outbox.c.message != row.message,
    )
    return bool(db.execute(select(exists().where(*other))).scalar())


def known_ids(db: Connection, row: OutboxRow) -> set[str]:
    """The provider's ids of this person's other messages."""
    others = select(outbox.c.provider_id).where(
        outbox.c.person == row.person, outbox.c.provider_id != "", outbox.c.message != row.message
    )
    return set(db.execute(others).scalars())
