"""Every 30 s: has each open alert a next moment, has that moment not passed, and will something ring when it comes?

The engine promises it; this looks with the engine's own fold at nothing but the log and the timers, so that an engine
that sleeps, a timer that was lost and a state that leads nowhere are found by somebody else than themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from alerts.auditing.finding import Finding
from alerts.auditing.left import nobody_left
from alerts.commands.deciding import load
from alerts.core.alert import Alert, fold
from alerts.core.escalation import next_due
from alerts.core.refusals import AlertUnknown
from alerts.core.telling import NEVER_TOLD
from alerts.projections.alert_fold import alerts as board
from alerts.projections.projector import READER as PROJECTIONS
from alerts.timers import timers
from events.database import Database
from events.follow import bookmark
from events.serial import Recorded
from events.store import head, read
from events.types import REGISTER, type_name
from events.types import alert as facts
from events.types.fact import SECOND, Event
from events.types.message import PersonLost, PersonTold

GRACE: Final = 30 * SECOND
"""Steps are taken within a second; so much later it is certain that nobody takes them."""
_READS: Final = frozenset(
    name for name, kind in REGISTER.items() if kind.__module__ == facts.__name__ or kind in {PersonTold, PersonLost}
)
_CANNOT_WAIT: Final = 2
_REACHED: Final = frozenset({"sent", "delivered", "known"})
"""A provider has it, so that it is on its way at least."""
_PAGE: Final = 2000
_PAGES: Final = 200
_CHUNK: Final = 400


class Promises:
    """Knows the open alerts; only one thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[str, Alert] = {}
        self._changed: dict[str, int] = {}
        self.exhausted: list[Alert] = []
        """Of the last look: alerts of which nobody is left to be told."""
        self._unreached: dict[str, int] = {}
        """Alert -> since when it has been seen to have reached nobody."""
        with database.read() as db:
            self._position = bookmark(db, PROJECTIONS)
            there = select(board.c.alert).where(board.c.status.in_(("suspected", "raised")))
            for name in db.execute(there).scalars().all():
                self._know(db, name)

    @property
    def open(self) -> int:
        """How many alerts are open."""
        return len(self._open)

    def look(self, now: int) -> list[Finding]:
        """What was promised and is not kept, as of now."""
        with self._database.read() as db:
            for _ in range(_PAGES):
                page = read(db, self._position, limit=_PAGE, types=_READS)
                self._take(db, page)
                self._position = page[-1].position if len(page) == _PAGE else max(self._position, head(db))
                if len(page) < _PAGE:
                    break
            rings = self._rings(db)
        return list(self._findings(now, rings))

    def _take(self, db: Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            name = recorded.stream.removeprefix("alert-")
            known = self._open.get(name)
            if known is None and not _begins(recorded.event):
                continue
            if known is None:
                self._know(db, name)
                continue
            fold(known, recorded.event, recorded.at, recorded.version)
            self._changed[name] = recorded.recorded_at
            if not known.open:
                del self._open[name]
                self._changed.pop(name, None)
                self._unreached.pop(name, None)

    def _know(self, db: Connection, name: str) -> None:
        """From its whole stream: also one that opens again, which was forgotten when it closed."""
        try:
            alert = load(db, name)
        except AlertUnknown:
            return
        if alert.open:
            self._open[name] = alert

    def _rings(self, db: Connection) -> dict[str, int]:
        """Alert -> when its timer rings."""
        owners = sorted({alert.home or f"site:{alert.site}" for alert in self._open.values()})
        found: dict[str, int] = {}
        for start in range(0, len(owners), _CHUNK):
            query = select(timers).where(timers.c.owner.in_(owners[start : start + _CHUNK]))
            found |= {
                row.timer.removeprefix("alert:"): row.due for row in db.execute(query) if row.timer.startswith("alert:")
            }
        return found

    def _findings(self, now: int, rings: dict[str, int]) -> Iterable[Finding]:
        broken: dict[str, list[str]] = {
            "alert_forgotten": [],
            "alert_late": [],
            "alert_unarmed": [],
            "nobody_reached": [],
            "nobody_left": [],
            "word_awaited": [],
            "operator_silent": [],
        }
        self.exhausted = [alert for alert in self._open.values() if nobody_left(alert, now)]
        broken["nobody_left"] = [alert.id for alert in self.exhausted]
        for name, alert in self._open.items():
            if what := self._broken(alert, now, rings.get(name)):
                broken[what].append(name)
            elif self._nobody_reached(alert, now):
                broken["nobody_reached"].append(name)
            elif _word_awaited(alert, now):
                broken["word_awaited"].append(name)
        for what, names in broken.items():
            if names:
                zh, en = _WORDS[what]
                positions = tuple(sorted(int(name.rpartition("-")[2]) for name in names if name[-1].isdigit())[:10])
                yield Finding(what, f"{len(names)} {zh}", f"{len(names)} {en}", positions, grave=what not in _OF_PEOPLE)

    def _broken(self, alert: Alert, now: int, rings: int | None) -> str:
        due = next_due(alert)
        if not alert.terms.steps:
            answered = alert.acknowledged_by or alert.responders
            by = max(alert.raised_at or now, alert.refired_at) + int(alert.terms.answer_within_s * SECOND)
            return "operator_silent" if alert.alert_class == 1 and not answered and now > by else ""
        if due is None:  # who was told of an incident is told again when it doubles, and by no clock
            return "" if alert.area is not None and alert.status == "raised" else "alert_forgotten"
        # What somebody said just now may move it, even into the past, and the engine arms it when it has read that.
        settled = self._changed.get(alert.id, 0) < now - GRACE
        if due < now - GRACE:
            return "alert_late" if settled else ""
        return "alert_unarmed" if settled and due > now and (rings is None or rings > due + GRACE) else ""

    def _nobody_reached(self, alert: Alert, now: int) -> bool:
        """Steps go on and yet no provider takes anything, or nobody can be told: for as long as somebody had to answer."""
        asks = alert.status == "raised" and alert.alert_class <= _CANNOT_WAIT and alert.danger not in NEVER_TOLD
        reached = any(state in _REACHED and person not in alert.lost for person, state in alert.told.items())
        if not asks or reached or alert.responders or alert.acknowledged_by:
            self._unreached.pop(alert.id, None)
            return False
        ever = any(state in _REACHED for state in alert.told.values())
        since = self._unreached.setdefault(alert.id, alert.last_step_at if ever else alert.raised_at or now)
        return now - since >= int(alert.terms.answer_within_s * SECOND)


_OF_PEOPLE: Final = frozenset({"operator_silent", "nobody_left", "word_awaited"})
"""The service does what it should; people must do what only they can."""
_WORDS: Final = {
    "nobody_left": ("起警情再没有人可通知", "open alerts have nobody left to tell"),
    "nobody_reached": ("起警情一个人也没通知到", "open alerts have reached nobody"),
    "alert_forgotten": ("起警情没有下一步", "open alerts have no next step"),
    "alert_late": ("起警情的下一步过了时间没有发生", "open alerts have a next step that did not happen in time"),
    "word_awaited": ("起生命安全警情等值班员核实结案", "life-safety alerts wait for the desk's own word"),
    "alert_unarmed": ("起警情的下一步没有定时", "open alerts have a next step that nothing will ring for"),
    "operator_silent": ("起只归值班员的警情没有人看", "alerts that are the operator's alone have not been seen"),
}


def _word_awaited(alert: Alert, now: int) -> bool:
    """Somebody said by text that all is well, which stops the steps; a sender can be forged, and the desk has not looked."""
    there = alert.there_since()
    said = alert.status == "raised" and alert.alert_class == 1 and alert.proposal and not alert.acknowledged_by
    return bool(said) and there is not None and now > there + int(alert.terms.answer_within_s * SECOND)


def _begins(event: Event) -> bool:
    return type_name(event) in {"AlertSuspected", "AlertRaised", "AlertReopened"}
