"""How fast people were told, answered, arrived and closed: one row an alert, counted from the moment it was raised."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Float, Index, Integer, Table, Text, select

from alerts.core.policy import NOBODY_LEFT
from alerts.projections.projection import Projection, about, load_rows, replace_rows
from events.serial import Recorded
from events.tables import metadata
from events.types import Event
from events.types import alert as facts
from events.types.fact import SECOND
from events.types.message import PersonTold

DRILL: Final = "drill"
"""An outcome, a danger or a mark in the reason: practice is counted by itself."""

responses = Table(
    "board_responses",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("home", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("danger", Text, nullable=False),
    Column("class", Integer, nullable=False),
    Column("drill", Integer, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("received_at", BigInteger),
    Column("seen_at", BigInteger),
    Column("going_at", BigInteger),
    Column("arrived_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("declined", Integer, nullable=False),
    Column("overdue", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("answer_within_s", Float, nullable=False),
    Column("arrive_within_s", Float, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("device", Text, nullable=False, server_default=""),
)
Index("board_responses_raised", responses.c.raised_at)

_READS: Final = frozenset[type[Event]]({
    facts.AlertRaised, facts.AlertReopened, facts.AlertAcknowledged, facts.ResponderEnRoute, facts.ResponderArrived,
    facts.ResponderDeclined, facts.ArrivalOverdue, facts.RoundStarted, facts.AlertClosed, facts.OutcomeCorrected, PersonTold,
})  # fmt: skip


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows of the alerts these facts belong to. One that was cancelled before it was raised has none."""
    ids = sorted({about(record, "alert") for record in records})
    rows = load_rows(db, responses.c.alert, ids)
    for record in records:
        key, event = about(record, "alert"), record.event
        if isinstance(event, facts.AlertRaised):
            if event.danger != NOBODY_LEFT:  # said of another alert, which is counted
                rows.setdefault(key, _raised(record, event))
        elif key in rows:
            _take(rows[key], record)
            rows[key]["position"] = record.position
    replace_rows(db, responses, list(rows.values()))


def _raised(record: Recorded, raised: facts.AlertRaised) -> dict[str, Any]:
    return {
        "alert": raised.alert, "home": raised.home, "site": raised.site, "danger": raised.danger,
        "class": raised.terms.alert_class, "drill": int(raised.danger == DRILL or bool(raised.reason.get(DRILL))),
        "raised_at": record.at, "told_at": None, "received_at": None, "seen_at": None, "going_at": None, "arrived_at": None,
        "closed_at": None, "outcome": "", "closed_by": "", "declined": 0, "overdue": 0, "rounds": 1, "messages": 0,
        "answer_within_s": raised.terms.answer_within_s, "arrive_within_s": raised.terms.arrive_within_s,
        "position": record.position, "device": _device(raised),
    }  # fmt: skip


def _device(raised: facts.AlertRaised) -> str:
    """The one it is about, "" where it is about none."""
    return str(raised.reason.get("device") or next(iter(raised.devices), ""))


def _take(row: dict[str, Any], record: Recorded) -> None:
    """The first of each kind counts; only closing is the last."""
    match record.event:
        case PersonTold(state="sent"):
            row["messages"] += 1
            _first(row, "told_at", record.at)
        case PersonTold(state="delivered"):
            _first(row, "received_at", record.at)
        case facts.AlertAcknowledged():
            _first(row, "seen_at", record.at)
        case facts.ResponderEnRoute():
            _first(row, "going_at", record.at)
        case facts.ResponderArrived():
            _first(row, "arrived_at", record.at)
        case facts.ResponderDeclined():
            row["declined"] += 1
        case facts.ArrivalOverdue():
            row["overdue"] += 1
        case facts.RoundStarted(round=round_):
            row["rounds"] = round_
        case facts.AlertClosed(outcome=outcome, by=by):
            row.update(closed_at=record.at, outcome=outcome, closed_by=by, drill=row["drill"] or int(outcome == DRILL))
        case facts.OutcomeCorrected(outcome=outcome):
            row["outcome"] = outcome
        case facts.AlertReopened():
            row.update(closed_at=None, outcome="", closed_by="")


def _first(row: dict[str, Any], name: str, at: int) -> None:
    if row[name] is None or at < row[name]:
        row[name] = at


RESPONSES: Final = Projection("responses", (responses,), _READS, fold)


@dataclass(frozen=True)
class Kept:
    """A target: kept, missed, and not due yet."""

    kept: int
    missed: int
    waiting: int


@dataclass(frozen=True)
class Spread:
    """Seconds since the alert was raised, over `count` alerts; None without any."""

    count: int
    median_s: float | None
    p90_s: float | None
    most_s: float | None


@dataclass(frozen=True)
class Figures:
    """Of the alerts of one class raised in a span. `closed_share` is 办结率: closed with an outcome / raised."""

    alert_class: int
    raised: int
    closed: int
    closed_share: float | None
    answered: Kept
    arrived: Kept
    told: Spread
    going: Spread
    there: Spread
    ended: Spread
    messages_per_closed: float | None


def rows(db: Connection, since: int, until: int, *, drills: bool = False) -> list[dict[str, Any]]:
    """Alerts raised in [since, until), the oldest first; practice only when asked for, and then nothing else."""
    query = (
        select(responses)
        .where(responses.c.raised_at >= since, responses.c.raised_at < until, responses.c.drill == int(drills))
        .order_by(responses.c.raised_at, responses.c.alert)
    )
    return [dict(row) for row in db.execute(query).mappings()]


def figures(db: Connection, since: int, until: int, now: int, *, drills: bool = False) -> list[Figures]:
    """A line a class that had alerts, class 1 first."""
    found = rows(db, since, until, drills=drills)
    return [
        _of([row for row in found if row["class"] == each], each, now) for each in sorted({r["class"] for r in found})
    ]


def answer_kept(row: Mapping[str, Any], now: int) -> bool | None:
    """Did somebody say in time that they go (or was there)? None: it is not due yet."""
    answered = min((at for at in (row["going_at"], row["arrived_at"]) if at is not None), default=None)
    return _in_time(answered, row["raised_at"] + int(row["answer_within_s"] * SECOND), row["closed_at"], now)


def arrival_kept(row: Mapping[str, Any], now: int) -> bool | None:
    """Was somebody there in time, counted from when the first said that they go, else from when it was raised?"""
    begins = row["raised_at"] if row["going_at"] is None else row["going_at"]
    return _in_time(row["arrived_at"], begins + int(row["arrive_within_s"] * SECOND), row["closed_at"], now)


def _in_time(happened: int | None, by: int, closed: int | None, now: int) -> bool | None:
    if happened is not None:
        return happened <= by
    if closed is not None and closed <= by:
        return True  # it was over before anybody had to
    return False if now > by else None


def _of(found: Sequence[Mapping[str, Any]], alert_class: int, now: int) -> Figures:
    closed = [row for row in found if row["closed_at"] is not None]
    return Figures(
        alert_class=alert_class, raised=len(found), closed=len(closed),
        closed_share=len(closed) / len(found) if found else None,
        answered=_kept(answer_kept(row, now) for row in found), arrived=_kept(arrival_kept(row, now) for row in found),
        told=_spread(found, "told_at"), going=_spread(found, "going_at"), there=_spread(found, "arrived_at"),
        ended=_spread(found, "closed_at"),
        messages_per_closed=sum(row["messages"] for row in closed) / len(closed) if closed else None,
    )  # fmt: skip


def _kept(answers: Iterable[bool | None]) -> Kept:
    said = list(answers)
    return Kept(said.count(True), said.count(False), said.count(None))


def _spread(found: Sequence[Mapping[str, Any]], name: str) -> Spread:
    return spread_of([row[name] - row["raised_at"] for row in found if row[name] is not None])


def spread_of(spans: Iterable[int]) -> Spread:
    """Of spans in microseconds. Nearest rank, so that every figure is one that happened."""
    seconds = sorted(span / SECOND for span in spans)
    if not seconds:
        return Spread(0, None, None, None)
    return Spread(len(seconds), seconds[rank(len(seconds), 0.5)], seconds[rank(len(seconds), 0.9)], seconds[-1])


def rank(count: int, share: float) -> int:
    """Which of so many in order stands for this share, by nearest rank."""
    return max(0, math.ceil(share * count) - 1)
