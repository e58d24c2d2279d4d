"""Homes: is this home protected, and if not, why not. Silence of ours and of its devices is shown, never hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, select

from alerts.core.protection import WORST_FIRST, Reason, Status, judge, owes_proof
from alerts.projections import devices as fitted
from alerts.projections.lives import Life, all_lives
from alerts.projections.projection import Projection, about, from_text, load_rows, pieces, replace_rows, to_text
from events.serial import Recorded
from events.tables import metadata
from events.types import home as facts
from events.types.system import RuleFailed, RuleMended

__all__ = ["HOMES", "WORST_FIRST", "HomeSeen", "Status", "homes", "one", "owes_proof", "some_homes", "word_of"]

homes = Table(
    "board_homes",
    metadata,
    Column("home", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("no_activity_s", Integer, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("paused_at", BigInteger),
    Column("retired_at", BigInteger),
    Column("away_since", BigInteger),
    Column("away_until", BigInteger),
    Column("why", Text, nullable=False),
    Column("failed_rules", Text, nullable=False),
    Column("chain", Text, nullable=False),
)


@dataclass(frozen=True)
class HomeSeen:
    """A home with its word and the reasons for it: each a dict with `what` and what it concerns."""

    id: str
    site: str
    status: Status
    reasons: tuple[dict[str, Any], ...]
    no_activity_s: int
    enrolled_at: int
    away_until: int | None
    chain: Mapping[str, list[str]]
    devices: tuple[dict[str, Any], ...]
    life: Life = field(default_factory=Life)

    @property
    def moved_at(self) -> int | None:
        """When somebody was last seen to move or to do something; None: never."""
        return max((device["moved_at"] for device in self.devices if device["moved_at"]), default=None)


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows of the homes these facts speak of."""
    touched = sorted({about(record, "home") for record in records})
    rows = load_rows(db, homes.c.home, touched)
    for record in records:
        event, at = record.event, record.at
        if isinstance(event, facts.HomeEnrolled):
            before = rows.get(event.home, {})
            rows[event.home] = {
                "home": event.home, "site": event.site, "no_activity_s": event.no_activity_s,
                "enrolled_at": before.get("enrolled_at", at), "paused_at": None, "retired_at": None,
                "away_since": None, "away_until": None, "why": "", "failed_rules": "{}",
                "chain": before.get("chain", "{}"),
            }  # fmt: skip
            continue
        row = rows.get(about(record, "home"))
        if row is not None:
            row.update(_changes(row, event, at))
    replace_rows(db, homes, list(rows.values()))


def _changes(row: Mapping[str, Any], event: object, at: int) -> dict[str, Any]:
    match event:
        case facts.HomePaused(reason=reason):
            return {"paused_at": at, "why": reason}
        case facts.HomeResumed():
            return {"paused_at": None, "retired_at": None, "why": "", "failed_rules": "{}"}
        case facts.HomeRetired(reason=reason):
            return {"retired_at": at, "why": reason}
        case facts.AwaySet(until=until):
            return {"away_since": at, "away_until": until}
        case facts.AwayEnded():
            return {"away_since": None, "away_until": None}
        case facts.ChainSet():
            levels = ("watcher", "second_watcher", "grid_member", "village", "town")
            return {"chain": to_text({level: getattr(event, level) for level in levels})}
        case RuleFailed(rule=rule, position=position):
            return {"failed_rules": to_text({**from_text(row["failed_rules"]), rule: position})}
        case RuleMended(rules=rules):
            failed = from_text(row["failed_rules"])
            return {"failed_rules": to_text({rule: at for rule, at in failed.items() if rule not in rules})}
    return {}


HOMES: Final = Projection(
    "homes",
    (homes,),
    frozenset(
        {
            facts.HomeEnrolled,
            facts.HomePaused,
            facts.HomeResumed,
            facts.HomeRetired,
            facts.AwaySet,
            facts.AwayEnded,
            facts.ChainSet,
            RuleFailed,
            RuleMended,
        }
    ),
    fold,
)


def some_homes(db: Connection, wanted: Sequence[str], now: int) -> list[HomeSeen]:
    """These homes, in this order; those that were never enrolled are left out."""
    found: dict[str, HomeSeen] = {}
    for few in pieces(wanted):
        hanging: dict[str, list[dict[str, Any]]] = {}
        for device in fitted.of_homes(db, few):
            hanging.setdefault(device["home"], []).append(device)
        known = all_lives(db, few)
        for row in db.execute(select(homes).where(homes.c.home.in_(few))).mappings():
            name = row["home"]
            found[name] = _seen(row, hanging.get(name, []), known.get(name) or Life(), now)
    return [found[home] for home in wanted if home in found]


def one(db: Connection, home: str, now: int) -> HomeSeen | None:
    """This home, None when it was never enrolled."""
    return next(iter(some_homes(db, [home], now)), None)


def word_of(
    row: Mapping[Any, Any], hanging: Sequence[Mapping[str, Any]], life: Life, now: int
) -> tuple[Status, list[Reason]]:
    """The word for a row of this table, and why."""
    return judge({**row, "failed_rules": from_text(row["failed_rules"])}, hanging, life, now)


def _seen(row: Mapping[Any, Any], hanging: Sequence[dict[str, Any]], life: Life, now: int) -> HomeSeen:
    status, reasons = word_of(row, hanging, life, now)
    return HomeSeen(
        row["home"], row["site"], status, tuple(reasons), row["no_activity_s"], row["enrolled_at"],
        row["away_until"], from_text(row["chain"]), tuple(hanging), life,
    )  # fmt: skip
