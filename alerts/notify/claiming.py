"""Who sends what: rows of the outbox that are due, claimed by one sender at a time, class 1 first and fairly by people."""

import threading
import time
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, literal, or_, select, update

from alerts.notify.outbox import ASK_AFTER, CLAIM_LIFE, UNDECIDED, OutboxRow, outbox, row_of
from events.database import CommitUnclear, Database
from events.failpoints import failpoint
from events.worded import Change, Question

Living = Callable[[Connection], Collection[str]]
"""Names of the processes that may hold claims, as of this transaction: all but those known to be dead."""


class Of(NamedTuple):
    """Of what is due: of one class, of one channel, of all channels `but` these."""

    only_class: int | None = None
    channel: str = ""
    but: tuple[str, ...] = ()


class Line:
    """What was seen due, in its order, for a moment. To find who is next, everything that is due has to be looked through:
    in a storm of thousands that costs more than to send, so it is done once for many. Several threads may share one.

    Safe whatever has changed since: a row is taken only as it was read.
    """

    def __init__(self, *, most: int = 1, kept_s: float = 0.25, clock: Callable[[], float] = time.monotonic) -> None:
        """`most` rows are kept, for `kept_s`: so long somebody new waits at most for those who stand in line."""
        self.most, self._kept_s, self._clock = most, kept_s, clock
        self._lock = threading.Lock()
        self._rows: dict[Of, tuple[float, list[OutboxRow]]] = {}

    def stand(
        self, of: Of, rows: list[OutboxRow], limit: int, turn: Callable[[OutboxRow], Any] | None
    ) -> list[OutboxRow]:
        """These are due now; the first of them."""
        with self._lock:
            return self._first(of, self._clock() + self._kept_s, rows, limit, turn)

    def disperse(self) -> None:
        """Look again before anybody else is taken: something more urgent has come, or another was faster."""
        with self._lock:
            self._rows.clear()

    def next(self, of: Of, limit: int, turn: Callable[[OutboxRow], Any] | None) -> list[OutboxRow]:
        """The next of them; nobody, when it was too long ago."""
        with self._lock:
            until, rows = self._rows.get(of, (0.0, []))
            return self._first(of, until, rows, limit, turn) if rows and self._clock() <= until else []

    def _first(
        self, of: Of, until: float, rows: list[OutboxRow], limit: int, turn: Callable[[OutboxRow], Any] | None
    ) -> list[OutboxRow]:
        if turn is not None:
            rows = sorted(rows, key=turn)
        self._rows[of] = until, rows
        first = rows[:limit]
        gone = {row.message for row in first}  # a row of class 1 stands in two lines
        self._rows = {
            each: (over, [row for row in rows if row.message not in gone]) for each, (over, rows) in self._rows.items()
        }
        return first


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
    kind, asked = _asked(db, claimer, now, limit, living, of)
    return [row_of(row) for row in _due(kind).rows(db, **asked)]


def due_classes(
    db: Connection, *, claimer: str, now: int, limit: int, living: Living = lambda _: (), of: Of
) -> list[int]:
    """The classes of what may be claimed, the most urgent ones first: how many are to be woken."""
    kind, asked = _asked(db, claimer, now, limit, living, of)
    return [alert_class for (alert_class,) in _due_classes(kind).rows(db, **asked)]


_ANY_CLASS: Final = 9


class _Kind(NamedTuple):
    """Of a question: how many processes live, whether it is about one channel, or about all but so many."""

    living: int
    one: bool
    but: int


def _asked(
    db: Connection, claimer: str, now: int, limit: int, living: Living, of: Of
) -> tuple[_Kind, dict[str, str | int]]:
    alive, but = [claimer, *living(db)], () if of.channel else of.but
    asked: dict[str, str | int] = {
        "now": now, "old": now - CLAIM_LIFE, "cold": now - ASK_AFTER, "limit": limit,
        "least": of.only_class or 0, "most": of.only_class or _ANY_CLASS,
        **dict(zip(_names("living", len(alive)), alive, strict=True)), **dict(zip(_names("but", len(but)), but, strict=True)),
    }  # fmt: skip
    if of.channel:
        asked["channel"] = of.channel
    return _Kind(len(alive), bool(of.channel), len(but)), asked


def _names(of: str, count: int) -> list[str]:
    return [f"{of}{number}" for number in range(count)]


def _free(kind: _Kind) -> ColumnElement[bool]:
    died = outbox.c.claimed_by.not_in([bindparam(name) for name in _names("living", kind.living)])
    cold = or_(outbox.c.claimed_at <= bindparam("old"), and_(died, outbox.c.claimed_at <= bindparam("cold")))
    free = or_(
        and_(outbox.c.state == "waiting", outbox.c.due_at <= bindparam("now")),
        and_(or_(outbox.c.state == "claimed", outbox.c.state == "asking"), cold),
    )
    undecided = outbox.c.state.in_([literal(state) for state in UNDECIDED])
    free = and_(undecided, free, outbox.c.alert_class.between(bindparam("least"), bindparam("most")))
    if kind.one:
        return and_(free, outbox.c.channel == bindparam("channel"))
    others: list[ColumnElement[str]] = [bindparam(name) for name in _names("but", kind.but)]
    return and_(free, outbox.c.channel.not_in(others)) if others else free


@cache
def _due(kind: _Kind) -> Question:
    """Made once: to make it costs more than to run it, and it is run for each message of an alarm.

    What stands in line is sorted by its few narrow columns; only the rows that are taken are read as a whole.
    """
    turn = func.row_number().over(
        partition_by=(outbox.c.alert_class, outbox.c.person), order_by=(outbox.c.due_at, outbox.c.message)
    )
    columns = (outbox.c.message, outbox.c.alert_class, outbox.c.due_at)
    lined_up = select(*columns, turn.label("turn")).where(_free(kind)).subquery()
    in_order = (lined_up.c.alert_class, lined_up.c.turn, lined_up.c.due_at, lined_up.c.message)
    first = select(lined_up).order_by(*in_order).limit(bindparam("limit")).subquery()
    again = (first.c.alert_class, first.c.turn, first.c.due_at, first.c.message)
    return Question(select(outbox).join(first, first.c.message == outbox.c.message).order_by(*again))


@cache
def _due_classes(kind: _Kind) -> Question:
    found = select(outbox.c.alert_class).where(_free(kind))
    return Question(found.order_by(outbox.c.alert_class).limit(bindparam("limit")))


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
    line: Line | None = None,
) -> list[OutboxRow]:
    """Take up to `limit` rows, as `due` says. In state `asking` the provider may have it already: ask before sending.

    `turn`: where providers are slow, who comes first of those whose first message is due. `line`: what was seen due a
    moment ago, and is taken from without looking again.
    """
    of, line = of or Of(only_class), line or Line()
    while True:
        rows = line.next(of, limit, turn)
        if not rows:
            with database.read() as db:  # most looks find nothing: they cost no transaction
                seen = due(db, claimer=claimer, now=now, limit=max(limit, line.most), living=living, of=of)
            rows = line.stand(of, seen, limit, turn)
        if not rows:
            return []
        taken = _take_all(database, rows, claimer, now)
        if len(taken) < len(rows):
            line.disperse()  # another sender was faster: what we saw is over
        if taken:
            return taken  # else there may be more


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
    seen = {f"seen_{name}": getattr(row, name) for name in _SEEN}
    if _TAKE.count(db, **changes, **seen) != 1:
        return None
    return msgspec.structs.replace(row, **changes)


_SEEN: Final = ("message", "claim", "state")
"""The token that was read is named in the statement, so that of two claimers one takes the row on any database."""
_CHANGED: Final = ("state", "claimed_by", "claimed_at", "claim", "attempts", "first_claimed_at", "unsure_since")
_TAKE = Change(
    update(outbox)
    .where(*(outbox.c[name] == bindparam(f"seen_{name}") for name in _SEEN))
    .values({name: bindparam(name) for name in _CHANGED})
)
