"""Homes: is this home protected, and if not, why not. Silence of ours and of its devices is shown, never hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, select

from alerts.projections import devices as fitted
from alerts.projections.projection import Projection, about, from_text, load_rows, replace_rows, to_text
from events.serial import Recorded
from events.tables import metadata
from events.types import home as facts
from events.types.fact import SECOND
from events.types.system import RuleFailed, RuleMended

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

Status = Literal["protected", "partly", "not_protected", "never_proven", "away", "paused", "retired"]
WORST_FIRST: Final = ("not_protected", "partly", "never_proven", "away", "paused", "protected", "retired")

_LIFE_SIGNS: Final = frozenset({"motion", "contact", "button"})
_NOT_WATCHED_YET: Final = frozenset({"water", "climate"})


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

    @property
    def moved_at(self) -> int | None:
        """When somebody was last seen to move or to do something; None: never."""
        return max((device["moved_at"] for device in self.devices if device["moved_at"]), default=None)

    def quiet_share(self, now: int) -> float:
        """How much of the limit of silence has passed, by the clock of the wall; blind time is not taken off here."""
        return (now - (self.moved_at or self.enrolled_at)) / (self.no_activity_s * SECOND)


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows of the homes these facts speak of."""
    touched = sorted({about(record, "home") for record in records})
    rows = {key: dict(row) for key, row in load_rows(db, homes.c.home, touched).items()}
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
    replace_rows(db, homes.c.home, list(rows.values()))


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


def all_homes(db: Connection, now: int) -> list[HomeSeen]:
    """Every home, the least protected first."""
    hanging: dict[str, list[dict[str, Any]]] = {}
    for device in fitted.of_homes(db):
        hanging.setdefault(device["home"], []).append(device)
    rows = db.execute(select(homes).order_by(homes.c.home)).mappings()
    seen = [_seen(row, hanging.get(row["home"], []), now) for row in rows]
    return sorted(seen, key=lambda home: WORST_FIRST.index(home.status))


def one(db: Connection, home: str, now: int) -> HomeSeen | None:
    """This home, None when it was never enrolled."""
    row = db.execute(select(homes).where(homes.c.home == home)).mappings().first()
    return _seen(row, fitted.of_homes(db, [home]), now) if row else None


def _seen(row: Mapping[Any, Any], hanging: Sequence[dict[str, Any]], now: int) -> HomeSeen:
    status, reasons = judge(row, hanging, now)
    return HomeSeen(
        row["home"], row["site"], status, tuple(reasons), row["no_activity_s"], row["enrolled_at"],
        row["away_until"], from_text(row["chain"]), tuple(hanging),
    )  # fmt: skip


def judge(
    row: Mapping[Any, Any], hanging: Sequence[Mapping[str, Any]], now: int
) -> tuple[Status, list[dict[str, Any]]]:
    """The word for a home and why. A home whose life nobody can see is not protected, whatever else works."""
    if row["retired_at"] is not None:
        return "retired", [{"what": "retired", "why": row["why"], "since": row["retired_at"]}]
    if row["paused_at"] is not None:
        return "paused", [{"what": "paused", "why": row["why"], "since": row["paused_at"]}]
    broken = [{"what": "rule_failed", "rule": rule} for rule in from_text(row["failed_rules"])]
    broken += [_of("out_of_service", device) for device in hanging if device["out_of_service"]]
    silent = [device for device in hanging if _silent(device, now)]
    lit = [d for d in hanging if _sees_life(d) and d not in silent]
    if not any(_sees_life(device) for device in hanging):
        broken.append({"what": "no_life_sensor"})
    elif not lit:
        broken.append({"what": "cannot_see"})
    missing = [_of("silent", device, since=device["last_heard"]) for device in silent]
    unproven = [_of("never_proven", d) for d in hanging if _owes_proof(d) and d["last_heard"] is not None]
    aside = [_of("not_watched_yet", device) for device in hanging if device["kind"] in _NOT_WATCHED_YET]
    reasons = broken + missing + unproven + aside
    if broken:
        return "not_protected", reasons
    if row["away_since"] is not None and (row["away_until"] is None or row["away_until"] > now):
        return "away", [{"what": "away", "since": row["away_since"], "until": row["away_until"]}, *reasons]
    return ("partly" if missing else "never_proven" if unproven else "protected"), reasons


def _sees_life(device: Mapping[str, Any]) -> bool:
    return device["kind"] in _LIFE_SIGNS or (device["kind"] in {"power", "water"} and device["use_floor"] is not None)


def _owes_proof(device: Mapping[str, Any]) -> bool:
    """Gateways, and what is only recorded, raise nothing and so have nothing to prove."""
    judged = _sees_life(device) or device["kind"] in {"co", "smoke", "gas"}
    return device["proven_at"] is None and judged


def _silent(device: Mapping[str, Any], now: int) -> bool:
    return device["online"] is False or device["last_heard"] is None or fitted.silent(device, now)


def _of(what: str, device: Mapping[str, Any], **more: object) -> dict[str, Any]:
    return {"what": what, "device": device["device"], "kind": device["kind"], "room": device["room"], **more}
