"""Blind time: what can be seen of each home now, and the ledger of the minutes in which nobody saw it, with causes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, delete, insert, select

from alerts.core.blindness import Unseen, apart, total_s
from alerts.core.calendar import LOCAL_OFFSET
from alerts.projections.projection import Projection, load_rows, replace_rows
from events.serial import Recorded
from events.tables import metadata
from events.types.fact import DAY, SECOND
from events.types.home import HomeSightChanged
from events.types.system import HomeUnseen

sights = Table(
    "board_sights",
    metadata,
    Column("home", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("dark", Integer, nullable=False),
    Column("known_by", Text, nullable=False),
)
unseen = Table(
    "board_unseen",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("nth", Integer, primary_key=True, autoincrement=False),
    Column("home", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("hole", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
Index("board_unseen_home", unseen.c.home, unseen.c.since)

_COUNTED: Final = frozenset({"no_power", "gateway_cut", "sensor_dead", "site_cut_off", "we_were_down"})


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """The last sight of each home; of each hole the last count."""
    rows: dict[str, Mapping[str, Any]] = {}
    for record in records:
        match record.event:
            case HomeSightChanged() as seen:
                rows[seen.home] = {
                    "home": seen.home, "site": seen.site, "state": seen.state, "since": seen.since,
                    "dark": int(seen.dark), "known_by": seen.by,
                }  # fmt: skip
            case HomeUnseen() as told:
                same = (unseen.c.home == told.home, unseen.c.hole == told.since, unseen.c.cause == told.cause)
                db.execute(delete(unseen).where(*same))
                spans = [
                    {
                        "position": record.position, "nth": nth, "home": told.home, "cause": told.cause,
                        "hole": told.since, "since": since, "until": until,
                    }
                    for nth, (since, until) in enumerate(told.blind)
                ]  # fmt: skip
                if spans:
                    db.execute(insert(unseen), spans)
    replace_rows(db, sights, list(rows.values()))


BLINDNESS: Final = Projection("blindness", (sights, unseen), frozenset({HomeSightChanged, HomeUnseen}), fold)


@dataclass(frozen=True)
class Sighted:
    """What can be seen of a home: one of the words of `events.types.home.Sight`, and since when."""

    home: str
    state: str
    since: int
    dark: bool
    known_by: str


@dataclass(frozen=True)
class Ledger:
    """The blind time of one home in [since, until): seconds by cause, and each span with its cause; none counts twice."""

    home: str
    since: int
    until: int
    seconds: Mapping[str, int]
    spans: tuple[Unseen, ...]


def sight_of(db: Connection, home: str) -> Sighted | None:
    """What can be seen of this home now; None: nothing was ever heard of it."""
    row = load_rows(db, sights.c.home, [home]).get(home)
    return None if row is None else _sighted(row)


def dark_homes(db: Connection) -> list[Sighted]:
    """Every home of which nothing can be seen, the longest dark first."""
    rows = db.execute(select(sights).where(sights.c.dark == 1).order_by(sights.c.since, sights.c.home)).mappings()
    return [_sighted(row) for row in rows]


def ledgers(db: Connection, since: int, until: int, now: int, *, home: str | None = None) -> list[Ledger]:
    """Of every home that was blind then, or of one. A darkness that lasts counts up to `now`."""
    found: dict[str, list[Unseen]] = {}
    past = select(unseen).where(unseen.c.until > since, unseen.c.since < until)
    going_on = select(sights).where(sights.c.dark == 1)
    if home is not None:
        past, going_on = past.where(unseen.c.home == home), going_on.where(sights.c.home == home)
        found[home] = []
    for row in db.execute(past).mappings():
        found.setdefault(row["home"], []).append(Unseen(row["since"], row["until"], row["cause"]))
    for row in db.execute(going_on).mappings():
        if row["state"] in _COUNTED and row["since"] < min(now, until):
            found.setdefault(row["home"], []).append(Unseen(row["since"], now, row["state"]))
    return [
        Ledger(name, since, until, total_s(spans, since, until), _within(spans, since, until))
        for name, spans in sorted(found.items())
        if spans or name == home
    ]


def month_of(text: str) -> tuple[int, int]:
    """`2027-01` as its first and last moment in the town, microseconds. Raises ValueError."""
    first = dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC)
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return int(first.timestamp()) * SECOND - LOCAL_OFFSET, int(following.timestamp()) * SECOND - LOCAL_OFFSET


def last_days(now: int, days: int) -> tuple[int, int]:
    """The last so many days up to now."""
    return now - days * DAY, now + 1


def _within(spans: list[Unseen], since: int, until: int) -> tuple[Unseen, ...]:
    cut = [Unseen(max(s.since, since), min(s.until, until), s.cause) for s in apart(spans)]
    return tuple(span for span in cut if span.since < span.until)


def _sighted(row: Mapping[Any, Any]) -> Sighted:
    return Sighted(row["home"], row["state"], row["since"], bool(row["dark"]), row["known_by"])
