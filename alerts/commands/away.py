"""Away and back, said by an operator. A villager says it by SMS (`replies.py`), the elder with the button (the engine)."""

from typing import Final

from sqlalchemy import Connection

from alerts.commands.deciding import record_of_home, settled
from alerts.registry.homes import home as registered
from events.database import Database
from events.types.fact import DAY
from events.types.home import AwayEnded, AwaySet

MOST_DAYS: Final = 14


class HomeUnknown(Exception):
    """No home of this name is enrolled."""

    def __init__(self, home: str) -> None:
        super().__init__(home)
        self.home = home


def set_away(database: Database, home: str, *, days: int, by: str, at: int) -> int:
    """Silence is not judged for so many days; carbon monoxide, smoke, gas and SOS stay armed. Returns until when.

    Raises HomeUnknown. `days`: 1 to `MOST_DAYS`, more is cut.
    """
    until = at + max(1, min(days, MOST_DAYS)) * DAY

    def work(db: Connection) -> int:
        record_of_home(db, home, _site(db, home), AwaySet(home=home, by=by, until=until), at)
        return until

    return settled(database, work)


def end_away(database: Database, home: str, *, by: str, at: int) -> None:
    """The elder is back: silence counts from now. Said twice it changes nothing. Raises HomeUnknown."""

    def work(db: Connection) -> None:
        record_of_home(db, home, _site(db, home), AwayEnded(home=home, by=by), at)

    settled(database, work)


def _site(db: Connection, home: str) -> str:
    known = registered(db, home)
    if known is None:
        raise HomeUnknown(home)
    return known.site
