"""Standings: the word for every home of a county, kept in memory, so that a look costs what has changed and not the county."""

import heapq
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from alerts.core.protection import WORST_FIRST, Reason, Status, silent_from
from alerts.projections import devices as fitted
from alerts.projections.devices import HEALTH, devices, health_of
from alerts.projections.homes import homes, word_of
from alerts.projections.lives import Life, all_lives
from alerts.projections.projection import pieces
from alerts.projections.projector import READER
from events.follow import bookmark
from events.tables import events
from events.types.fact import SECOND

_NEVER: Final = 1 << 62
_READ_ANEW: Final = 5_000
"""Behind more facts than this reading every home is quicker than finding out which were meant."""
_HANGS_ELSEWHERE: Final = frozenset({"DeviceAssigned", "DeviceRemoved"})
_READ: Final = (
    "device", "home", "kind", "room", "interval_s", "battery", "use_floor", "since", "last_heard", "online",
    "battery_low", "tamper", "trouble", "proven_at", "moved_at", "out_of_service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How a home stands. `devices`: each of its devices behind its health, one word of HEALTH.

    `changes_at`: by itself, when nothing is heard, it may stand otherwise from then on (microseconds).
    """

    id: str
    site: str
    status: Status
    reasons: tuple[Reason, ...]
    no_activity_s: int
    enrolled_at: int
    away_until: int | None
    moved_at: int | None
    devices: tuple[tuple[str, str], ...]
    changes_at: int

    def quiet_share(self, now: int) -> float:
        """How much of the limit of silence has passed, by the clock of the wall; blind time is not taken off here."""
        return (now - (self.moved_at or self.enrolled_at)) / (self.no_activity_s * SECOND)


def standings(db: Connection, now: int, only: Collection[str] | None = None) -> dict[str, Standing]:
    """Home -> how it stands, of all this reader may see, or of these; read anew."""
    if only is None:
        return {each.id: each for each in _read(db, now, None)}
    return {each.id: each for few in pieces(sorted(only)) for each in _read(db, now, few)}


def _read(db: Connection, now: int, only: Sequence[str] | None) -> Iterable[Standing]:
    hanging: dict[str, list[dict[str, Any]]] = {}
    query = (
        select(*(devices.c[name] for name in _READ)).where(devices.c.removed_at.is_(None)).order_by(devices.c.device)
    )
    rows = select(homes).order_by(homes.c.home)
    if only is not None:
        query, rows = query.where(devices.c.home.in_(only)), rows.where(homes.c.home.in_(only))
    for row in db.execute(query):
        device = dict(zip(_READ, row, strict=True))
        device["online"] = None if device["online"] is None else bool(device["online"])
        hanging.setdefault(device["home"], []).append(device)
    lives = all_lives(db, only)
    for home in db.execute(rows).mappings():
        name = home["home"]
        yield _standing(home, hanging.get(name, []), lives.get(name) or Life(), now)


def _standing(home: Mapping[Any, Any], hanging: Sequence[dict[str, Any]], life: Life, now: int) -> Standing:
    status, reasons = word_of(home, hanging, life, now)
    health = tuple((health_of(device, now), device["device"]) for device in hanging)
    moments = [moment for device in hanging if (moment := silent_from(device)) > now]
    if home["away_until"] is not None and home["away_until"] > now:
        moments.append(home["away_until"])
    return Standing(
        home["home"], home["site"], status, tuple(reasons), home["no_activity_s"], home["enrolled_at"],
        home["away_until"], max((d["moved_at"] for d in hanging if d["moved_at"]), default=None), health,
        min(moments, default=_NEVER),
    )  # fmt: skip


class Standings:
    """Of one process, for those who see the whole town; whoever sees a part reads their own rows (`standings`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Standing] = {}
        self._position = -1
        self._now = 0

    def at(self, db: Connection, now: int) -> dict[str, Standing]:
        """Home -> how it stands in this snapshot or a later one, by this clock."""
        with self._lock:
            upto = bookmark(db, READER)
            touched = self._touched(db, upto)
            if touched is None or now < self._now:
                self._known = standings(db, now)
            else:
                touched |= {each.id for each in self._known.values() if each.changes_at <= now}
                if touched:
                    self._known = {**self._known, **standings(db, now, touched)}
            self._position, self._now = max(upto, self._position), now
            return self._known

    def _touched(self, db: Connection, upto: int) -> set[str] | None:
        """The homes of which was spoken since the last look; None: better read all of them."""
        if self._position < 0 or upto - self._position > _READ_ANEW:
            return None
        found: set[str] = set()
        spoke: set[str] = set()
        said = select(events.c.stream, events.c.type).where(
            events.c.position > self._position, events.c.position <= upto
        )
        for stream, kind in db.execute(said):
            about, _, name = stream.partition("-")
            if kind in _HANGS_ELSEWHERE or (kind == "RuleFailed" and about != "home"):
                return None
            if about == "home":
                found.add(name)
            elif about == "device":
                spoke.add(name)
        return found | fitted.homes_of(db, spoke)


def by_health(known: Iterable[Standing]) -> dict[str, list[str]]:
    """Health -> the devices that are so, home by home; the gravest first."""
    found: dict[str, list[str]] = {health: [] for health in HEALTH}
    for home in known:
        for health, device in home.devices:
            found[health].append(device)
    return found


def quietest(known: Iterable[Standing], now: int, count: int) -> list[Standing]:
    """Those nearest to their limit of silence, as far as they are judged."""
    judged = (home for home in known if home.status not in {"away", "paused", "retired"})
    return heapq.nlargest(count, judged, key=lambda home: home.quiet_share(now))


def worst_first(known: Iterable[Standing]) -> list[Standing]:
    """The least protected first."""
    return sorted(known, key=lambda home: WORST_FIRST.index(home.status))
