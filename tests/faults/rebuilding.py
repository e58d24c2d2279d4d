"""The log folded a second time into an empty database: every row of every projection must be the same."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from alerts.projections.projector import PROJECTIONS, READER, failures, fold_batch
from events.database import Database
from events.follow import bookmark
from events.keepers import make_database
from events.serial import Recorded
from tests.faults.whole_log import pages_of

_FEW = 3


def pages(database: Database, take: Callable[[Recorded], None]) -> Iterator[tuple[Database, list[Recorded]]]:
    """The whole log, page by page; `take` sees each fact. What is behind the projections' bookmark is not folded."""
    with database.read() as db:
        upto = bookmark(db, READER)
    for page in pages_of(database):
        for recorded in page:
            take(recorded)
        yield database, [recorded for recorded in page if recorded.position <= upto]


def compare(fresh: Path, log: Iterable[tuple[Database, list[Recorded]]]) -> list[str]:
    """Fold what comes into a new file at `fresh`; what differs from the database it came from, in words."""
    second = make_database(fresh)
    first = None
    try:
        second.create()
        for source, batch in log:
            first = source
            if batch:
                second.write(partial(fold_batch, batch=batch))
        if first is None:
            return ["the log is empty"]
        with first.read() as here, second.read() as there:
            found = [word for p in PROJECTIONS for table in p.tables for word in _differing(table, here, there)]
            found += [f"fold {name} failed at {position}: {error}" for position, name, error in failures(here)]
        return found
    finally:
        second.close()


def _differing(table: Table, here: Connection, there: Connection) -> list[str]:
    live, rebuilt = _rows(table, here), _rows(table, there)
    if live == rebuilt:
        return []
    more, less = list((live - rebuilt).elements()), list((rebuilt - live).elements())
    rows = max(len(more), len(less))
    return [f"projection {table.name} differs from a rebuild in {rows} rows, live {more[:_FEW]}, rebuilt {less[:_FEW]}"]


def _rows(table: Table, db: Connection) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in db.execute(select(table)))
