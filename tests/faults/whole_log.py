"""The whole log of a round, in order, with short reads: whoever judges it need not hold it in memory."""

from collections.abc import Iterator

from events.database import Database
from events.serial import Recorded
from events.store import read

_PAGE = 2000


def pages_of(database: Database) -> Iterator[list[Recorded]]:
    """Page by page; none is empty."""
    position = 0
    while True:
        with database.read() as db:
            page = read(db, position, limit=_PAGE)
        if not page:
            return
        position = page[-1].position
        yield page


def facts_of(database: Database) -> Iterator[Recorded]:
    """Fact by fact."""
    for page in pages_of(database):
        yield from page
