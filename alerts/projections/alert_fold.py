"""Alerts: one row each, folded from its own stream; the state itself is the one the core folds and decides on."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text

from alerts.core.alert import Alert
from alerts.core.alert import fold as fold_fact
from alerts.core.due import what_is_next
from alerts.projections.projection import Projection, about, load_rows, replace_rows
from events.serial import Recorded
from events.tables import metadata
from events.types import REGISTER, Event
from events.types import alert as facts
from events.types.message import PersonLost, PersonTold

alerts = Table(
    "board_alerts",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("home", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("danger", Text, nullable=False),
    Column("class", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)
Index("board_alerts_status", alerts.c.status, alerts.c.began_at)
Index("board_alerts_closed", alerts.c.closed_at)
Index("board_alerts_home", alerts.c.home, alerts.c.began_at)

_encoder: Final = msgspec.json.Encoder(order="deterministic")
_decoder: Final = msgspec.json.Decoder(Alert)


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows of the alerts these facts belong to."""
    ids = sorted({about(record, "alert") for record in records})
    before = load_rows(db, alerts.c.alert, ids)
    states: dict[str, Alert | None] = {key: decoded(row["state"]) for key, row in before.items()}
    rows: dict[str, dict[str, Any]] = {}
    for record in records:
        key = about(record, "alert")
        state = fold_fact(states.get(key), record.event, record.at, record.version)
        states[key] = state
        if state is not None:
            rows[key] = {"position": record.position, "changed_at": record.at}
    replace_rows(db, alerts, [_row(state, rows[key]) for key, state in states.items() if state and key in rows])


def _row(state: Alert, stamp: dict[str, Any]) -> dict[str, Any]:
    began = state.raised_at if state.suspected_at is None else state.suspected_at
    following = what_is_next(state)
    return {
        "alert": state.id, "home": state.home, "site": state.site, "danger": state.danger, "class": state.alert_class,
        "status": state.status, "began_at": began or stamp["changed_at"], "next_at": following.at if following else None,
        "closed_at": state.closed_at, "outcome": state.outcome, "version": state.version,
        "state": _encoder.encode(state).decode(), **stamp,
    }  # fmt: skip


def decoded(text: str) -> Alert:
    """The alert back from its column."""
    return _decoder.decode(text)


_READS: frozenset[type[Event]] = frozenset(
    kind for kind in REGISTER.values() if kind.__module__ == facts.__name__
) | frozenset[type[Event]]({PersonTold, PersonLost})

ALERTS: Final = Projection("alerts", (alerts,), _READS, fold)
