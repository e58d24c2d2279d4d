"""The timeline: every decision, message, receipt and reply of an alert, a row each, in the order of the log."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, insert, literal_column, select

from alerts.projections.messages import alerts_of
from alerts.projections.projection import Projection, from_text, to_text
from events.serial import Recorded
from events.tables import metadata
from events.types import REGISTER, Event, type_name
from events.types.message import (
    MessageDelivered,
    MessageFailed,
    MessageOvertaken,
    MessagePlanned,
    MessageSent,
    ReplyReceived,
    TellRequested,
)

timeline = Table(
    "board_timeline",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("alert", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("data", Text, nullable=False),
)
Index("board_timeline_alert", timeline.c.alert, timeline.c.position)

# Written out, not bound: SQLite takes the index of a part only for a question that says the part in the same words.
fired_again: Final = timeline.c.type.in_([literal_column("'AlertRefired'"), literal_column("'AlertReopened'")])
"""The rows of which an alert sounded anew."""
Index("board_timeline_again", timeline.c.at, sqlite_where=fired_again, postgresql_where=fired_again)

_RECEIPTS: Final = (MessageSent, MessageDelivered, MessageFailed, MessageOvertaken)


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Add a row for each fact that belongs to an alert; receipts find theirs by their message."""
    receipts = sorted({record.event.message for record in records if isinstance(record.event, _RECEIPTS)})
    owners = alerts_of(db, receipts)
    rows = []
    for record in records:
        data = msgspec.to_builtins(record.event)
        message = str(data.get("message") or "")
        alert, person = owners.get(message, ("", "")) if isinstance(record.event, _RECEIPTS) else ("", "")
        alert = alert or str(data.get("alert") or "")
        if not alert:
            continue  # a reply that names no alert is the person's, not an alert's
        rows.append({
            "position": record.position, "alert": alert, "at": record.at, "recorded_at": record.recorded_at,
            "type": type_name(record.event), "message": message,
            "person": person or str(data.get("who") or data.get("person") or data.get("by") or ""),
            "data": to_text(data),
        })  # fmt: skip
    if rows:
        db.execute(insert(timeline), rows)


def _read() -> frozenset[type[Event]]:
    """Every fact of the alert's own subject, now and later, and those of the person's that concern one."""
    of_alerts = {kind for kind in REGISTER.values() if kind.__module__ == "events.types.alert"}
    told: set[type[Event]] = {
        REGISTER["PersonTold"],
        REGISTER["PersonLost"],
        TellRequested,
        MessagePlanned,
        ReplyReceived,
        *_RECEIPTS,
    }
    return frozenset(of_alerts | told)


TIMELINE: Final = Projection("timeline", (timeline,), _read(), fold)


def of_alert(db: Connection, alert: str, *, after: int = 0) -> list[dict[str, Any]]:
    """The alert's rows behind this position."""
    query = select(timeline).where(timeline.c.alert == alert, timeline.c.position > after).order_by(timeline.c.position)
    return [{**row, "data": from_text(row["data"])} for row in db.execute(query).mappings()]
