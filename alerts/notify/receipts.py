"""What providers report of messages they took: late, twice or in the wrong order, and yet recorded once and truly."""

import logging
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select, update

from alerts.notify.channel import TEMPORARY_CODES, Channel, KnowsOurIds, Report, SendFailed
from alerts.notify.outbox import OutboxRow, outbox, row_of
from alerts.notify.recording import fact_of_person, note_opt_out
from events.database import Database
from events.failpoints import failpoint
from events.right_of_way import WAY
from events.store import New, append
from events.types.fact import HOUR, SECOND
from events.types.message import MessageDelivered, MessageFailed, MessageSent
from events.types.system import SecurityNoted

log = logging.getLogger("shouwang.receipts")

BY_OUR_ID: Final = "ours-"
"""Begins the provider's id of a message that was found by our id alone, where the provider does not tell its own."""
COMPLETED: Final = "completed"
UNANSWERED: Final = ("busy", "no-answer", "machine")
"""Of a call: nobody took it, or a mailbox did. The next one may well be taken."""
RANK: Final = {
    "accepted": 1, "scheduled": 1, "queued": 2, "sending": 3, "sent": 4,
    "delivered": 5, "read": 5, "undelivered": 5, "failed": 5, "canceled": 5,
    "initiated": 1, "ringing": 2, "in-progress": 3, COMPLETED: 4, "busy": 5, "no-answer": 5, "machine": 5,
}  # fmt: skip
"""A later word of a lower or equal rank changes nothing; rank 5 is the last word (Twilio, "Message status values" and
"Call status values"). A call that has ended says neither that a person heard it nor that none did: only a key is `read`."""
_ARRIVED: Final = ("delivered", "read")
_LOST: Final = ("undelivered", "failed", "canceled", *UNANSWERED)
_LONGEST_ID: Final = 120
_ASK_AFTER: Final = 20 * SECOND
"""Twice before a missing receipt brings a call (a minute): where no callback can reach us it would always be missing."""
_ASK_UNTIL: Final = 6 * HOUR


def take_receipt(database: Database, *, message: str, provider_id: str, status: str, error_code: str, at: int) -> bool:
    """Take one report; False, with a security event, for a message that is none of ours.

    A report of a message still claimed proves that the provider has it, so it is recorded as sent too.
    """

    def write(db: Connection) -> bool:
        # Held until the commit: of two reports at the same moment the second has to see what the first changed.
        found = db.execute(select(outbox).where(outbox.c.message == message).with_for_update()).first()
        if found is None:
            _note_unknown(db, message, at)
            return False
        if status in RANK and provider_id:
            _take(db, row_of(found), provider_id=provider_id, status=status, error_code=error_code, at=at)
        failpoint("hooks.receipt_in_commit")
        return True

    failpoint("hooks.receipt")
    taken = database.write(write)
    failpoint("hooks.receipt_recorded")
    return taken


def _take(db: Connection, row: OutboxRow, *, provider_id: str, status: str, error_code: str, at: int) -> None:
    same = row.provider_id in (provider_id, f"{BY_OUR_ID}{row.message}")
    known_to_be_sent = row.state in ("sent", "delivered") or (row.state == "failed" and bool(row.provider_id))
    news: list[New] = []
    changes: dict[str, Any] = {}
    if not known_to_be_sent:
        # Its answer was lost or is still on its way, or we had given it up: now we know better.
        sent = MessageSent(
            message=row.message,
            channel=row.channel,
            provider_id=provider_id,
            possible_duplicate=row.possible_duplicate,
            found=True,
        )
        news.append(fact_of_person(row.person, "sent", row.message, sent, at=at))
        changes = {"state": "sent", "provider_id": provider_id, "sent_at": at, "receipt": status}
    elif same and RANK[status] > RANK.get(row.receipt, 0):
        changes = {"receipt": status}
    elif same or status not in _ARRIVED or row.state == "delivered":
        return  # late, a repetition, or another copy that has nothing better to say
    if status in _ARRIVED:
        arrived = MessageDelivered(message=row.message, provider_id=provider_id)
        news.append(fact_of_person(row.person, "delivered", row.message, arrived, at=at))
        changes |= {"state": "delivered", "provider_id": provider_id, "receipt": status}
    elif status in _LOST:
        code = error_code if error_code.strip("0") else status
        permanent = code not in (*TEMPORARY_CODES, *UNANSWERED)
        lost = MessageFailed(message=row.message, channel=row.channel, code=code, permanent=permanent)
        news.append(fact_of_person(row.person, "failed", row.message, lost, at=at))
        changes |= {"state": "failed", "last_error": code}
    db.execute(update(outbox).where(outbox.c.message == row.message).values(**changes))
    append(db, news, recorded_at=at)
    if status in _LOST:
        note_opt_out(db, row, error_code, at)


def _note_unknown(db: Connection, message: str, at: int) -> None:
    ref = "".join(letter for letter in message if letter.isprintable())[:_LONGEST_ID]
    noted = SecurityNoted(what="receipt_unknown", ref=ref)
    append(db, [New("security", "all", noted, at, key=f"receipt-{ref}")], recorded_at=at)


def poll_receipts(
    database: Database,
    channel: Channel,
    now: int,
    *,
    limit: int = 20,
    address_of: Callable[[Connection, str], str | None] = lambda _db, _phone: None,
) -> int:
    """Ask for reports that are missing 20 s after sending (classes 1 to 3), each again later and later.

    `address_of`: the number of a phone, for providers that must be told it. Returns how many the provider answered. A provider that cannot be reached is left alone until the next call.
    """
    if not channel.capabilities.receipts:
        return 0
    with database.read() as db:
        open_rows = [row_of(row) for row in db.execute(_unreported(channel.name, now, limit))]
    answered = 0
    for row in open_rows:
        WAY.give()
        try:
            report = _asked_of(database, channel, row, address_of)
        except SendFailed as failure:
            log.info("asking for the receipt of message %s: %s", row.message, failure.reason)
            _asked(database, row, now)  # its turn comes later, so that it does not keep the others from theirs
            break
        _asked(database, row, now)
        take_receipt(
            database,
            message=row.message,
            provider_id=row.provider_id,
            status=report.status,
            error_code=report.error_code,
            at=now,
        )
        answered += 1
    return answered


def _asked_of(
    database: Database, channel: Channel, row: OutboxRow, address_of: Callable[[Connection, str], str | None]
) -> Report:
    if not isinstance(channel, KnowsOurIds):
        return channel.fetch(row.provider_id)
    with database.read() as db:
        to = address_of(db, row.phone)
    if to is None:
        return Report("accepted", "")  # the phone is gone, and with it the one way of asking
    return channel.fetch_ours(row.message, row.provider_id, to, sent_at=row.sent_at)


def _unreported(channel: str, now: int, limit: int) -> Any:
    last = func.coalesce(func.nullif(outbox.c.asked_at, 0), outbox.c.sent_at)
    waiting = and_(
        outbox.c.state == "sent",
        outbox.c.channel == channel,
        outbox.c.alert_class.in_((1, 2, 3)),
        outbox.c.receipt != COMPLETED,
        outbox.c.sent_at > now - _ASK_UNTIL,
        now - last >= last - outbox.c.sent_at,  # as long again as it had waited then: after 20, 40, 80, 160 s
        last <= now - _ASK_AFTER,
    )
    return select(outbox).where(waiting).order_by(outbox.c.alert_class, last).limit(limit)


def _asked(database: Database, row: OutboxRow, now: int) -> None:
    where = outbox.c.message == row.message
    database.write(lambda db: db.execute(update(outbox).where(where).values(asked_at=now)))
