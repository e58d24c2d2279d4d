"""What people ask about alerts: the open ones in the order to look at them, one of them, and what was closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, select

from alerts.core.alert import Alert, Responder
from alerts.core.due import Next, answer_by, arrive_by, what_is_next
from alerts.core.lifecycle import SHELVED_MOST_S, outcomes_for
from alerts.core.policy import LESSER_OUTCOMES, OUTCOMES
from alerts.core.roster import Roster
from alerts.projections.alert_fold import alerts, decoded
from alerts.registry.rosters import roster

__all__ = ["ALL_OUTCOMES", "AlertSeen", "closed_since", "count_open", "listed", "one", "open_alerts"]

ALL_OUTCOMES: Final = (*OUTCOMES, *LESSER_OUTCOMES)
Handling = Literal["nobody", "en_route", "arrived", "done"]


@dataclass(frozen=True)
class AlertSeen:
    """An alert as people see it: its three independent marks, who goes, and what happens next."""

    id: str
    home: str
    site: str
    danger: str
    alert_class: int
    status: str
    active: bool
    lasting: bool
    acknowledged_by: str
    acknowledged_at: int | None
    handling: Handling
    responders: tuple[Responder, ...]
    declined: tuple[str, ...]
    told: Mapping[str, str]
    lost: Mapping[str, str]
    chain: Mapping[str, list[str]]
    reason: Mapping[str, Any]
    devices: tuple[str, ...]
    round: int
    help_needed: bool
    proposal: str
    area_homes: Mapping[str, tuple[int, str]]
    area_quiet: Mapping[str, int]
    shelved_until: int
    shelved_by: str
    noticed_at: int
    refired_at: int
    suspected_at: int | None
    raised_at: int | None
    began_at: int
    next: Next | None
    answer_by: int | None
    arrive_by: int | None
    closed_at: int | None
    outcome: str
    closed_by: str
    death_confirmed: bool
    version: int
    position: int
    allowed_outcomes: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Is somebody still owed something?"""
        return self.status in {"suspected", "raised"}

    @property
    def shelve_most_s(self) -> int:
        """For how long it may be put aside at once, 0: not at all."""
        return SHELVED_MOST_S.get(self.alert_class, 0)

    @property
    def due_at(self) -> int | None:
        """The nearest of the next step, the answer and the arrival."""
        moments = [self.next.at if self.next else None, self.answer_by, self.arrive_by]
        return min((moment for moment in moments if moment is not None), default=None)

    def urgency(self, now: int) -> tuple[int, int, int, int]:
        """Sorts the board: life-safety nobody has reached, then people, then the rest; by time left within each.

        All that is overdue has no time left, so there the class decides; maintenance never stands above people.
        """
        waiting = self.handling in {"nobody", "en_route"}
        group = 0 if self.alert_class == 1 and waiting else 1 if self.alert_class <= 2 else 2
        due = self.due_at
        return group, max(due, now) if due is not None else _NEVER, self.alert_class, self.began_at


_NEVER: Final = 1 << 62


def open_alerts(db: Connection, now: int) -> list[AlertSeen]:
    """Every open alert, the one with the least time left first."""
    rows = db.execute(select(alerts).where(alerts.c.status.in_(("suspected", "raised")))).mappings().all()
    return sorted(_all_seen(db, rows), key=lambda alert: alert.urgency(now))


def count_open(db: Connection) -> dict[int, int]:
    """Class -> how many are open."""
    query = select(alerts.c["class"], func.count()).where(alerts.c.status.in_(("suspected", "raised")))
    return {row[0]: row[1] for row in db.execute(query.group_by(alerts.c["class"]))}


def closed_since(db: Connection, since: int, *, limit: int = 50) -> list[AlertSeen]:
    """What ended since then, the latest first."""
    query = (
        select(alerts)
        .where(
            alerts.c.closed_at >= since, (alerts.c.status + "").in_(("closed", "cancelled"))
        )  # by the index of closing
        .order_by(alerts.c.closed_at.desc(), alerts.c.position.desc())
        .limit(limit)
    )
    return _all_seen(db, db.execute(query).mappings().all())


def listed(
    db: Connection, *, state: Literal["open", "closed", "all"] = "all", home: str | None = None,
    before: int | None = None, limit: int = 50,
) -> list[AlertSeen]:  # fmt: skip
    """Alerts, the newest first; `before` is the position of the last one on the page before."""
    query = select(alerts).order_by(alerts.c.position.desc()).limit(limit)
    if state != "all":
        ended = ("closed", "cancelled")
        query = query.where(alerts.c.status.in_(("suspected", "raised") if state == "open" else ended))
    if home is not None:
        query = query.where(alerts.c.home == home)
    if before is not None:
        query = query.where(alerts.c.position < before)
    return _all_seen(db, db.execute(query).mappings().all())


def one(db: Connection, alert: str) -> AlertSeen | None:
    """This alert, None when it is unknown."""
    seen = _all_seen(db, db.execute(select(alerts).where(alerts.c.alert == alert)).mappings().all())
    return seen[0] if seen else None


def _all_seen(db: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[AlertSeen]:
    """With who is meant by what comes next, as rotas and leave are known now."""
    waiting = [row["changed_at"] for row in rows if row["next_at"] is not None]
    known = roster(db, min(waiting)) if waiting else Roster()
    return [_seen(row, known) for row in rows]


def _seen(row: Mapping[Any, Any], known: Roster) -> AlertSeen:
    a = decoded(row["state"])
    a.roster = known.about(a.terms.chain.values())
    return AlertSeen(
        id=a.id, home=a.home, site=a.site, danger=a.danger, alert_class=a.alert_class, status=a.status,
        active=a.active and a.open, lasting=a.lasting, acknowledged_by=a.acknowledged_by,
        acknowledged_at=a.acknowledged_at, handling=_handling(a), responders=tuple(r for r in a.responders if not r.gone),
        declined=tuple(a.declined), told=a.told, lost=a.lost, chain=a.terms.chain, reason=a.reason,
        devices=tuple(a.devices), round=a.round, help_needed=a.help_needed, proposal=a.proposal, shelved_until=a.shelved_until, area_homes=a.area.homes if a.area else {}, area_quiet=a.area.quiet if a.area else {}, shelved_by=a.shelved_by,
        noticed_at=a.noticed_at, refired_at=a.refired_at, suspected_at=a.suspected_at, raised_at=a.raised_at,
        began_at=row["began_at"], next=what_is_next(a), answer_by=answer_by(a), arrive_by=arrive_by(a),
        closed_at=a.closed_at, outcome=a.outcome, closed_by=a.closed_by, death_confirmed=a.death_confirmed, version=a.version, position=row["position"],
        allowed_outcomes=tuple(outcomes_for(a)),
    )  # fmt: skip


def _handling(alert: Alert) -> Handling:
    if not alert.open:
        return "done"
    if alert.there_since() is not None:
        return "arrived"
    return "en_route" if any(not r.gone for r in alert.responders) else "nobody"
