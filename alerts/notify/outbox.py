"""The outbox: one row for each intended message, written with the plan, claimed by one sender at a time."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)  # fmt: skip

from events.database import CommitUnclear, Database
from events.failpoints import failpoint
from events.tables import metadata
from events.types.fact import SECOND
from events.types.message import MessagePlanned

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


def row_of(row: Row[tuple[object, ...]]) -> OutboxRow:
    """A row of the table as plain values."""
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    values["words"] = _words.decode(str(values["words"]))
    values["possible_duplicate"] = bool(values["possible_duplicate"])
    return OutboxRow(**values)


def plan(db: Connection, planned: MessagePlanned, *, at: int, valid_until: int, due_at: int | None = None) -> bool:
    """Write the row within the transaction that records MessagePlanned; False when the message has one already.

    `valid_until`: when the next step takes over. `due_at`: not before this time, else at once.
    """
    if db.execute(select(outbox.c.message).where(outbox.c.message == planned.message)).first():
        return False
    fields: Mapping[str, object] = {
        **{name: value for name, value in msgspec.structs.asdict(planned).items() if name in outbox.c},
        "words": msgspec.json.encode(planned.words).decode(),
        "planned_at": at,
        "due_at": at if due_at is None else due_at,
        "valid_until": valid_until,
    }
    db.execute(insert(outbox).values(**{**_FRESH, **fields}))
    return True


_FRESH: Final[Mapping[str, object]] = {
    "state": "waiting", "claimed_by": "", "claimed_at": 0, "claim": 0, "attempts": 0, "first_claimed_at": 0,
    "unsure_since": 0, "possible_duplicate": 0, "provider_id": "", "last_error": "", "sent_at": 0, "receipt": "",
    "asked_at": 0,
}  # fmt: skip


Living = Callable[[Connection], Collection[str]]
"""Names of the processes that may hold claims, as of this transaction: all but those known to be dead."""


class Of(NamedTuple):
    """Of what is due: of one class, of one channel, of all channels `but` these."""

    only_class: int | None = None
    channel: str = ""
    but: tuple[str, ...] = ()


def due(
    db: Connection,
    *,
    claimer: str,
    now: int,
    limit: int,
    only_class: int | None = None,
    living: Living = lambda _: (),
    of: Of | None = None,
) -> list[OutboxRow]:
    """What `claimer` may claim now: class 1 first, then each person's first before anybody's second, then by time.

    `claimer` names a process: a claim of any other that is not `living` is one of a dead predecessor.
    `only_class` is `of` that class.
    """
    of = of or Of(only_class)
    asked = {
        "now": now, "old": now - CLAIM_LIFE, "cold": now - ASK_AFTER, "living": [claimer, *living(db)],
        "least": of.only_class or 0, "most": of.only_class or _ANY_CLASS, "limit": limit,
    }  # fmt: skip
    if of.channel:
        asked["channel"] = of.channel
    elif of.but:
        asked["but"] = [*of.but]
    return [row_of(row) for row in db.execute(_due(one=bool(of.channel), others=bool(of.but)), asked)]


_ANY_CLASS: Final = 9
_LINED_UP: Final = 64


@cache
def _due(*, one: bool, others: bool) -> Select[Any]:
    """Made once: to make it costs more than to run it, and it is run for each message of an alarm."""
    cold = or_(
        outbox.c.claimed_at <= bindparam("old"),
        and_(outbox.c.claimed_by.not_in(bindparam("living", expanding=True)), outbox.c.claimed_at <= bindparam("cold")),
    )
    free = or_(
        and_(outbox.c.state == "waiting", outbox.c.due_at <= bindparam("now")),
        and_(outbox.c.state.in_(("claimed", "asking")), cold),
    )
    free = and_(free, outbox.c.alert_class.between(bindparam("least"), bindparam("most")))
    if one:
        free = and_(free, outbox.c.channel == bindparam("channel"))
    elif others:
        free = and_(free, outbox.c.channel.not_in(bindparam("but", expanding=True)))
    turn = func.row_number().over(
        partition_by=(outbox.c.alert_class, outbox.c.person), order_by=(outbox.c.due_at, outbox.c.message)
    )
    lined_up = select(outbox, turn.label("turn")).where(outbox.c.state.in_(UNDECIDED), free).subquery()
    columns = [lined_up.c[column.name] for column in outbox.columns]
    in_order = (lined_up.c.alert_class, lined_up.c.turn, lined_up.c.due_at, lined_up.c.message)
    return select(*columns).order_by(*in_order).limit(bindparam("limit"))


def busy(db: Connection, now: int) -> bool:
    """Is anything due to be sent, or being sent?"""
    due_now = and_(outbox.c.state == "waiting", outbox.c.due_at <= now)
    waiting = select(outbox.c.message).where(
        outbox.c.state.in_(UNDECIDED), or_(due_now, outbox.c.state.in_(("claimed", "asking")))
    )
    return db.execute(waiting.limit(1)).first() is not None


def claim(
    database: Database,
    *,
    claimer: str,
    now: int,
    limit: int,
    only_class: int | None = None,
    living: Living = lambda _: (),
    of: Of | None = None,
    turn: Callable[[OutboxRow], Any] | None = None,
) -> list[OutboxRow]:
    """Take up to `limit` rows, as `due` says. In state `asking` the provider may have it already: ask before sending.

    `turn`: where providers are slow, who comes first of those whose first message is due.
    """
    while True:
        with database.read() as db:  # most looks find nothing: they cost no transaction
            most = limit if turn is None else max(limit, _LINED_UP)
            rows = due(db, claimer=claimer, now=now, limit=most, only_class=only_class, living=living, of=of)
        if turn is not None:
            rows = sorted(rows, key=turn)[:limit]
        if not rows:
            return []
        if taken := _take_all(database, rows, claimer, now):
            return taken  # else another sender was faster with all of them, and there may be more


def _take_all(database: Database, rows: list[OutboxRow], claimer: str, now: int) -> list[OutboxRow]:
    try:
        taken = database.write(lambda db: [mine for row in rows if (mine := take(db, row, claimer, now))])
    except CommitUnclear:  # whoever does not look lets a message wait until its claim is dead
        taken = _taken_after_all(database, rows, claimer, now)
    failpoint("outbox.claimed")
    return taken


def _taken_after_all(database: Database, rows: list[OutboxRow], claimer: str, now: int) -> list[OutboxRow]:
    claims = {row.message: row.claim + 1 for row in rows}
    ours = (outbox.c.message.in_(claims), outbox.c.claimed_by == claimer, outbox.c.claimed_at == now)
    with database.read() as db:
        found = [row_of(row) for row in db.execute(select(outbox).where(*ours))]
    return [row for row in found if row.claim == claims[row.message]]


def take(db: Connection, row: OutboxRow, claimer: str, now: int) -> OutboxRow | None:
    """Claim this row as it was read; None when somebody else has claimed it since."""
    died = row.state != "waiting"
    unsure_since = row.unsure_since or (row.claimed_at if died else 0)
    changes = {
        "state": "asking" if unsure_since else "claimed",
        "claimed_by": claimer,
        "claimed_at": now,
        "claim": row.claim + 1,
        "attempts": row.attempts + 1,
        "first_claimed_at": row.first_claimed_at or now,
        "unsure_since": unsure_since,
    }
    # The token that was read is named here, so that of two claimers one takes the row on any database.
    seen = (outbox.c.message == row.message, outbox.c.claim == row.claim, outbox.c.state == row.state)
    if db.execute(update(outbox).where(*seen).values(**changes)).rowcount != 1:
        return None
    return msgspec.structs.replace(row, **changes)
