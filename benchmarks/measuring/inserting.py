"""The yardstick of the database: the same facts as finished rows, put in batches into the same table."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, event, insert

from events.lanes import lane_of
from events.serial import dump, name_of
from events.tables import events
from ingest.codec import decode
from measuring.messages import Message, Voices
from measuring.town import new_database
from shouwang.moment import now

BATCH = 500

Row = tuple[Any, ...]


def insert_rows(address: str | Path, *, homes: int, count: int) -> float:
    """One transaction a batch, each on disk before the next; nothing decoded and nothing checked. Returns its seconds."""
    new_database(address).close()
    rows = [_row(n, message) for n, message in enumerate(Voices(homes).past(count, until=now()), 1)]
    return _into_postgresql(address, rows) if isinstance(address, str) else _into_sqlite(address, rows)


def _in_batches(rows: Sequence[Row], put: Callable[[Sequence[Row]], None]) -> float:
    began = time.monotonic()
    for start in range(0, len(rows), BATCH):
        put(rows[start : start + BATCH])
    return time.monotonic() - began


def _into_sqlite(path: Path, rows: Sequence[Row]) -> float:
    """WAL, synchronous=FULL, the driver's own executemany."""
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN IMMEDIATE"))
    sql = str(insert(events).compile(dialect=engine.dialect))

    def put(batch: Sequence[Row]) -> None:
        with engine.begin() as db:
            db.exec_driver_sql(sql, list(batch))

    with engine.connect():
        pass
    took = _in_batches(rows, put)
    engine.dispose()
    return took


def _into_postgresql(url: str, rows: Sequence[Row]) -> float:
    """COPY, the fastest that PostgreSQL has; the table's trigger runs once a batch."""
    columns = ", ".join(f'"{column.name}"' for column in events.columns)
    with psycopg.connect(url) as connection:

        def put(batch: Sequence[Row]) -> None:
            with connection.cursor() as cursor, cursor.copy(f"COPY events ({columns}) FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in batch:
                    copy.write_row(row)
            connection.commit()

        return _in_batches(rows, put)


def _row(position: int, message: Message) -> Row:
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
