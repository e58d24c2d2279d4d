"""The outbox: one row for each intended message, written with the plan; `claiming` says who sends it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    and_,
    or_,
    select,
)  # fmt: skip

from events.prepared import insert_new
from events.tables import metadata
from events.types.fact import SECOND
from events.types.message import MessagePlanned
from events.worded import Lookup

CLAIM_LIFE: Final = 20 * SECOND
"""A claim older than this is dead whoever holds it (a call's limit is 8 s)."""
ASK_AFTER: Final = 5 * SECOND
"""So long after a claim its request has surely arrived or never will: only then the provider is asked."""
UNDECIDED: Final = ("waiting", "claimed", "asking")

outbox = Table(
    "outbox",
    metadata,
    Column("message", Text, primary_key=True),
    Column("tell", BigInteger, nullable=False),
    Column("alert", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("alert_class", SmallInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("slot", SmallInteger, nullable=False),
    Column("planned_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("claim", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_claimed_at", BigInteger, nullable=False),  # 0: nobody has tried yet
    Column("unsure_since", BigInteger, nullable=False),  # 0: no earlier try can have reached the provider
    Column("possible_duplicate", SmallInteger, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),  # the provider's last word by rank, see `receipts`
    Column("asked_at", BigInteger, nullable=False),  # when the provider was last asked for a receipt
)
Index("outbox_undecided", outbox.c.state, outbox.c.alert_class, outbox.c.due_at)
Index("outbox_unreported", outbox.c.state, outbox.c.sent_at)
Index("outbox_person", outbox.c.person, outbox.c.state)


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it was read; `claim` is the token that its holder must still hold when writing."""

    message: str
    tell: int
    alert: str
    site: str
    alert_class: int
    round: int
    step: int
    person: str
    phone: str
    channel: str
    template: str
    words: dict[str, str]
    language: str
    slot: int
    planned_at: int
    due_at: int
    valid_until: int
    state: str
    claimed_by: str
    claimed_at: int
    claim: int
    attempts: int
    first_claimed_at: int
    unsure_since: int
    possible_duplicate: bool
    provider_id: str
    last_error: str
    sent_at: int
    receipt: str
    asked_at: int


_words = msgspec.json.Decoder(dict[str, str])
_COLUMNS = tuple(outbox.c.keys())


def row_of(row: Iterable[object]) -> OutboxRow:
    """A row of the table, all of its columns in their order."""
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    values["words"] = _words.decode(str(values["words"]))
    values["possible_duplicate"] = bool(values["possible_duplicate"])
    return OutboxRow(**values)


class Claim(NamedTuple):
    """By which process, and when."""

    by: str
    at: int


class Plan(NamedTuple):
    """A message that was intended. `valid_until`: when the next step takes over.

    `claim`: whoever sends it has it from the beginning (`handing`).
    """

    message: MessagePlanned
    at: int
    valid_until: int
    claim: Claim | None = None


def plan(db: Connection, plans: Sequence[Plan]) -> list[OutboxRow]:
    """Write the rows within the transaction that records MessagePlanned, many in one statement; what is there stays.

    Returns those that are claimed from the beginning.
    """
    rows = [
        {
            **_FRESH,
            **{name: value for name, value in msgspec.structs.asdict(each.message).items() if name in outbox.c},
            "words": msgspec.json.encode(each.message.words).decode(),
            "planned_at": each.at, "due_at": each.at, "valid_until": each.valid_until,
            **(_claimed(each.claim) if each.claim else {}),
        }
        for each in plans
    ]  # fmt: skip
    written = _PLAN.run(db, rows)
    claims = {each.message.message: each.claim for each in plans if each.claim}
    if not claims or written == len(rows):
        return [row_of(row[name] for name in _COLUMNS) for row in rows if row["message"] in claims]
    return held(db, claims)  # something was there: whose it is it says itself


def held(db: Connection, claims: Mapping[str, Claim]) -> list[OutboxRow]:
    """Those of these messages that were written with this claim and have it still."""
    found = map(row_of, _BY_MESSAGE.rows(db, [*claims]))
    return [
        row
        for row in found
        if row.state == "claimed" and row.claim == 1 and Claim(row.claimed_by, row.claimed_at) == claims[row.message]
    ]


def _claimed(claim: Claim) -> dict[str, object]:
    return {
        "state": "claimed", "claimed_by": claim.by, "claimed_at": claim.at, "claim": 1, "attempts": 1,
        "first_claimed_at": claim.at,
    }  # fmt: skip


_FRESH: Final[Mapping[str, object]] = {
    "state": "waiting", "claimed_by": "", "claimed_at": 0, "claim": 0, "attempts": 0, "first_claimed_at": 0,
    "unsure_since": 0, "possible_duplicate": 0, "provider_id": "", "last_error": "", "sent_at": 0, "receipt": "",
    "asked_at": 0,
}  # fmt: skip


def busy(db: Connection, now: int) -> bool:
    """Is anything due to be sent, or being sent?"""
    due_now = and_(outbox.c.state == "waiting", outbox.c.due_at <= now)
    waiting = select(outbox.c.message).where(
        outbox.c.state.in_(UNDECIDED), or_(due_now, outbox.c.state.in_(("claimed", "asking")))
    )
    return db.execute(waiting.limit(1)).first() is not None


_PLAN = insert_new(outbox)
_BY_MESSAGE = Lookup(outbox.c.message)
