"""Messages: one row for each intended message and what became of it. Receipts come late, twice and in any order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, select

from alerts.core.wording import WordingError
from alerts.letters import Wording, text_of
from alerts.notify.recording import GAVE_UP
from alerts.projections.projection import Projection, about, from_text, load_rows, replace_rows, to_text
from events.serial import Recorded
from events.tables import metadata
from events.types.message import MessageDelivered, MessageFailed, MessageOvertaken, MessagePlanned, MessageSent

messages = Table(
    "board_messages",
    metadata,
    Column("message", Text, primary_key=True),
    Column("alert", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("planned_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("delivered_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("code", Text, nullable=False),
    Column("possible_duplicate", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("because", Text, nullable=False, server_default=""),
)
Index("board_messages_alert", messages.c.alert, messages.c.position)
Index("board_messages_person", messages.c.person, messages.c.position)

RANK: Final = {"planned": 0, "sent": 1, "overtaken": 2, "failed": 3, "delivered": 4}
"""A receipt never takes a message back: what ranks lower and comes later changes nothing."""


def fold(db: Connection, records: Sequence[Recorded]) -> None:
    """Write the rows these facts touch."""
    ids = sorted({about(record, "message") for record in records})
    rows = load_rows(db, messages.c.message, ids)
    for record in records:
        match record.event:
            case MessagePlanned() as planned:
                rows[planned.message] = _planned(record, planned)
            case MessageSent(message=message) as sent if message in rows:
                rows[message]["sent_at"] = rows[message]["sent_at"] or record.at
                rows[message]["possible_duplicate"] |= int(sent.possible_duplicate)
                if rows[message]["code"] == GAVE_UP:  # it got through after all
                    rows[message].update(state="planned", ended_at=None, code="")
                _reach(rows[message], "sent")
            case MessageDelivered(message=message) if message in rows:
                rows[message]["delivered_at"] = rows[message]["delivered_at"] or record.at
                _reach(rows[message], "delivered")
            case MessageFailed(message=message, code=code) if message in rows:
                if _reach(rows[message], "failed"):
                    rows[message].update(ended_at=record.at, code=code)
            case MessageOvertaken(message=message, why=why) if message in rows:
                if _reach(rows[message], "overtaken"):
                    rows[message].update(ended_at=record.at, code=why)
    replace_rows(db, messages, list(rows.values()))


def _planned(record: Recorded, planned: MessagePlanned) -> dict[str, Any]:
    return {
        "message": planned.message, "alert": planned.alert, "person": planned.person, "phone": planned.phone,
        "channel": planned.channel, "template": planned.template, "words": to_text(planned.words),
        "language": planned.language, "slot": planned.slot, "because": planned.because, "round": planned.round, "step": planned.step,
        "state": "planned", "planned_at": record.at, "sent_at": None, "delivered_at": None, "ended_at": None,
        "code": "", "possible_duplicate": 0, "position": record.position,
    }  # fmt: skip


def _reach(row: dict[str, Any], state: str) -> bool:
    if RANK[state] <= RANK[row["state"]]:
        return False
    row["state"] = state
    return True


MESSAGES: Final = Projection(
    "messages",
    (messages,),
    frozenset({MessagePlanned, MessageSent, MessageDelivered, MessageFailed, MessageOvertaken}),
    fold,
)


def of_alert(db: Connection, alert: str) -> list[dict[str, Any]]:
    """All messages of one alert in the order they were planned."""
    query = select(messages).where(messages.c.alert == alert).order_by(messages.c.position)
    return [_shown(row) for row in db.execute(query).mappings()]


def of_person(db: Connection, person: str, *, limit: int) -> list[dict[str, Any]]:
    """The latest messages to one person, the newest first."""
    query = select(messages).where(messages.c.person == person).order_by(messages.c.position.desc()).limit(limit)
    return [_shown(row) for row in db.execute(query).mappings()]


def alerts_of(db: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Message id -> its alert and person."""
    return {key: (row["alert"], row["person"]) for key, row in load_rows(db, messages.c.message, ids).items()}


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**row, "words": from_text(row["words"]), "possible_duplicate": bool(row["possible_duplicate"])}


def text_of_message(db: Connection, message: str) -> str:
    """What the person reads, as it was or will be sent; empty when it cannot be worded (it was never planned)."""
    row = db.execute(select(messages).where(messages.c.message == message)).first()
    if row is None:
        return ""
    try:
        return text_of(db, Wording(row.template, from_text(row.words), row.language, row.slot, row.channel))
    except (WordingError, KeyError, ValueError):
        return ""
