"""The yardstick of the database: the same facts as finished rows, inserted in batches into the same table."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, insert

from events.lanes import lane_of
from events.serial import dump, name_of
from events.tables import events
from ingest.codec import decode
from measuring.messages import Message, Voices
from measuring.town import new_database
from shouwang.moment import now

BATCH = 500


def insert_rows(folder: Path, *, homes: int, count: int) -> float:
    """WAL, synchronous=FULL, one transaction a batch, nothing decoded and nothing checked. Returns its seconds."""
    path = folder / "rows.db"
    new_database(path).close()
    rows = [_row(n, message) for n, message in enumerate(Voices(homes).past(count, until=now()), 1)]
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    sql = str(insert(events).compile(dialect=engine.dialect))
    with engine.connect():
        pass
    began = time.monotonic()
    for start in range(0, count, BATCH):
        with engine.begin() as db:
            db.exec_driver_sql(sql, rows[start : start + BATCH])
    took = time.monotonic() - began
    engine.dispose()
    return took


def _row(position: int, message: Message) -> tuple[Any, ...]:
    decoded = decode(message.topic, message.payload, retained=False, received_at=now())
    (reading,) = decoded.readings
    return (
        position, lane_of(decoded.site), f"device-{decoded.device}", None, reading.key, name_of(reading.event),
        reading.at, now(), reading.digest, dump(reading.event), "{}",
    )  # fmt: skip


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
