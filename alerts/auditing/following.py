"""What each fact of the log owes: a version before it, a cause, an outbox row, an answer, an alert. Follows the log once."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from alerts.auditing.finding import Finding, found
from alerts.core.telling import NEVER_TOLD
from alerts.notify.outbox import outbox, row_of
from alerts.projections.alert_fold import alerts
from alerts.projections.devices import devices
from alerts.projections.homes import homes
from events.serial import Recorded
from events.tables import events
from events.types import alert as facts
from events.types import device, message, system
from events.types import home as home_facts
from events.types.fact import DAY, SECOND

_WITHIN = 60 * SECOND
_KEPT_ROWS = 30 * DAY
"""Settled rows of the outbox may be gone after so long."""
_KNOWN_STREAMS = 50_000
_CHUNK = 400
_MOST = 10_000
_DANGER: dict[type, str] = {
    device.CarbonMonoxideReported: "carbon_monoxide", device.SmokeReported: "smoke", device.GasReported: "gas",
}  # fmt: skip
_PLANNED = ("tell", "alert", "site", "alert_class", "round", "step", "person", "phone", "channel", "template", "words",
            "language", "slot")  # fmt: skip


class Owed:
    """What is still owed is kept until it is paid or late; `late` says what is late now."""

    def __init__(self) -> None:
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._tells: dict[int, int] = {}
        """Position of a request to tell -> when it was recorded."""
        self._alarms: dict[int, tuple[str, str, int]] = {}
        """Position of an alarm -> device, danger, when it was recorded."""
        self._out: set[str] = set()
        """Devices seen to be taken out of service: until they are back their alarms owe nothing."""
        self._raised: dict[str, tuple[int, int]] = {}
        """Alert -> where and when it was raised; until somebody was asked."""

    def take(self, db: Connection, page: Sequence[Recorded], now: int) -> list[Finding]:
        """The next facts, in order; what is wrong with them already."""
        for recorded in page:
            self._note(recorded)
        return [
            *self._versions_of(db, page), *_causes(db, page), *_outbox(db, page, now), *_steps(db, page),
        ]  # fmt: skip

    def _note(self, recorded: Recorded) -> None:
        event: Any = recorded.event
        if "cause" in recorded.meta and recorded.stream.startswith("alert-"):
            self._alarms.pop(recorded.meta["cause"], None)
        match event:
            case message.TellRequested():
                self._tells[recorded.position] = recorded.recorded_at
            case message.MessagePlanned(tell=tell):
                self._tells.pop(tell, None)
            case message.PersonLost() | message.PersonTold(state="known"):
                self._tells.pop(recorded.meta.get("cause", 0), None)
            case system.PlannerFailed(position=position):
                self._tells.pop(position, None)
            case facts.AlertRaised(terms=terms, danger=danger) if terms.alert_class <= 2 and danger not in NEVER_TOLD:
                if any(terms.chain.get(level) for step in terms.steps for level in step.levels):
                    self._raised[event.alert] = recorded.position, recorded.recorded_at
            case facts.StepTaken() | facts.AlertClosed() | facts.ResponderEnRoute() | facts.ResponderArrived():
                self._raised.pop(event.alert, None)
            case home_facts.SensorTakenOutOfService():
                self._out.add(event.device)
            case home_facts.SensorBackInService():
                if event.device not in self._out:  # it was out since before we looked
                    self._alarms = {at: owed for at, owed in self._alarms.items() if owed[0] != event.device}
                self._out.discard(event.device)
            case device.DeviceFact() if event.device in self._out:
                pass
            case device.ButtonPressed(action="sos", retained=False, history=False):
                self._alarms[recorded.position] = event.device, "sos", recorded.recorded_at
            case _ if type(event) in _DANGER and event.alarm and not (event.test or event.retained or event.redecoded):
                self._alarms[recorded.position] = event.device, _DANGER[type(event)], recorded.recorded_at
        _bounded(self._tells)
        _bounded(self._alarms)
        _bounded(self._raised)

    def late(self, db: Connection, now: int, *, decided: int) -> list[Finding]:
        """`decided`: up to where every engine has come; who is behind is found elsewhere."""
        tells = [position for position, at in self._tells.items() if now - at > _WITHIN and position <= decided]
        raised = [where for where, at in self._raised.values() if now - at > _WITHIN]
        alarms = []
        for position, (name, danger, at) in list(self._alarms.items()):
            if now - at > _WITHIN and position <= decided:
                if _answered(db, name, danger, at):
                    del self._alarms[position]
                else:
                    alarms.append(position)
        return [
            *found(
                "alarm_without_alert", len(alarms), "{count} 次报警没有成为警情", "{count} alarms have no alert", alarms
            ),
            *found(
                "nobody_asked", len(raised), "{count} 起警情没有通知任何人", "{count} alerts have asked nobody", raised
            ),
            *found(
                "tell_unanswered",
                len(tells),
                "{count} 次通知没有下文",
                "{count} requests to tell somebody have no answer",
                tells,
            ),
        ]

    def _versions_of(self, db: Connection, page: Sequence[Recorded]) -> list[Finding]:
        holes: list[int] = []
        unsure: dict[tuple[str, int], int] = {}
        for recorded in page:
            version, stream = recorded.version, recorded.stream
            if version is None:
                continue
            before = self._versions.pop(stream, None)
            if before is None and version > 1:
                unsure[stream, version - 1] = recorded.position
            elif version != (before or 0) + 1:
                holes.append(recorded.position)
            self._versions[stream] = version
            while len(self._versions) > _KNOWN_STREAMS:
                self._versions.popitem(last=False)
        there = _there(db, list(unsure), events.c.version)
        holes += [position for key, position in unsure.items() if key not in there]
        return found(
            "version_hole",
            len(holes),
            "{count} 处决定的编号不连续",
            "{count} streams have a hole in their versions",
            holes,
        )


def _bounded(waiting: dict[Any, Any]) -> None:
    while len(waiting) > _MOST:
        del waiting[next(iter(waiting))]


def _there(db: Connection, keys: list[Any], second: Any) -> set[tuple[str, Any]]:
    """Which of these (stream, key or version) are in the log."""
    there: set[tuple[str, Any]] = set()
    for start in range(0, len(keys), _CHUNK):
        wanted = tuple_(events.c.stream, second).in_(keys[start : start + _CHUNK])
        there.update(
            (row[0], row[1]) for row in db.execute(select(events.c.stream, second).where(wanted, second.is_not(None)))
        )
    return there


def positions_missing(db: Connection, after: int, page: Sequence[Recorded]) -> list[Finding]:
    """SQLite numbers without gaps, so a missing number is a fact that is gone; PostgreSQL uses up numbers."""
    if db.dialect.name != "sqlite":
        return []
    last, holes = after, []
    for recorded in page:
        if recorded.position != last + 1:
            holes.append(recorded.position)
        last = recorded.position
    return found("position_hole", len(holes), "日志缺了 {count} 段", "{count} pieces of the log are missing", holes)


def _causes(db: Connection, page: Sequence[Recorded]) -> list[Finding]:
    by_cause: dict[int, int] = {r.meta["cause"]: r.position for r in page if "cause" in r.meta}
    wrong = [position for cause, position in by_cause.items() if cause >= position]
    asked = sorted(by_cause.keys() - {r.position for r in page})
    there: set[int] = set()
    for start in range(0, len(asked), _CHUNK):
        query = select(events.c.position).where(events.c.position.in_(asked[start : start + _CHUNK]))
        there.update(db.execute(query).scalars())
    wrong += [by_cause[cause] for cause in asked if cause not in there]
    return found(
        "no_cause", len(wrong), "{count} 个决定找不到原因", "{count} decisions have no cause in the log", wrong
    )


def _outbox(db: Connection, page: Sequence[Recorded], now: int) -> list[Finding]:
    planned = {r.event.message: r for r in page if isinstance(r.event, message.MessagePlanned)}
    names, rows = sorted(planned), {}
    for start in range(0, len(names), _CHUNK):
        query = select(outbox).where(outbox.c.message.in_(names[start : start + _CHUNK]))
        rows.update({row.message: row_of(row) for row in db.execute(query)})
    missing = [r.position for n, r in planned.items() if n not in rows and now - r.recorded_at < _KEPT_ROWS]
    other = [
        r.position for n, r in planned.items()
        if n in rows and any(getattr(rows[n], field) != getattr(r.event, field) for field in _PLANNED)
    ]  # fmt: skip
    return [
        *found("not_in_outbox", len(missing), "{count} 条短信没有进入发件箱", "{count} planned messages are not in the outbox", missing),
        *found("outbox_differs", len(other), "{count} 条短信与计划不同", "{count} messages in the outbox differ from their plan", other),
    ]  # fmt: skip


def _steps(db: Connection, page: Sequence[Recorded]) -> list[Finding]:
    """Whoever a step names has been asked for, in the same transaction."""
    owed: dict[tuple[str, str], int] = {}
    for r in page:
        if isinstance(r.event, facts.StepTaken) and not r.stream.startswith(
            tuple(f"alert-{name}-" for name in NEVER_TOLD)
        ):
            key = f"tell-{r.event.alert}-v{r.version}-{r.event.why}"
            owed.update({(f"person-{person}", key): r.position for person in r.event.persons})
    there = _there(db, list(owed), events.c.key)
    missing = sorted({position for key, position in owed.items() if key not in there})
    return found(
        "step_untold",
        len(missing),
        "{count} 步没有通知到人",
        "{count} steps did not ask for everybody they name",
        missing,
    )


def _answered(db: Connection, name: str, danger: str, at: int) -> bool:
    """Has the home of this device an alert of this danger, open then or later? Or is it one that owes none?"""
    hanging = db.execute(select(devices).where(devices.c.device == name)).first()
    if hanging is None or hanging.removed_at is not None or hanging.out_of_service:
        return True
    home = db.execute(select(homes).where(homes.c.home == hanging.home)).first()
    if home is None or home.paused_at is not None or home.retired_at is not None:
        return True
    query = select(alerts.c.status, alerts.c.closed_at).where(alerts.c.home == hanging.home, alerts.c.danger == danger)
    return any(row.closed_at is None or row.closed_at >= at for row in db.execute(query))
