"""Away and back, said by an operator. A villager says it by SMS (`replies.py`), the elder with the button (the engine)."""

from typing import Final

from sqlalchemy import Connection

from alerts.commands.deciding import record_of_home, settled
from alerts.core.soft_check import elder_of
from alerts.registry.homes import home as registered
from events.database import Database
from events.store import New, append
from events.types.fact import DAY
from events.types.home import AwayEnded, AwaySet
from events.types.message import TellRequested

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
    days = max(1, min(days, MOST_DAYS))
    until = at + days * DAY

    def work(db: Connection) -> int:
        record_of_home(db, home, _site(db, home), AwaySet(home=home, by=by, until=until), at)
        elder_hears(db, home, days=days, at=at, key=f"{by}-{at}")
        return until

    return settled(database, work)


def elder_hears(db: Connection, home: str, *, days: int, at: int, key: str) -> None:
    """Somebody else has said that they are away: whoever is at home after all can object. `key` makes it one message."""
    known = registered(db, home)
    phones = sum(bool(resident.phone) for resident in known.residents) if known is not None else 0
    if known is None or not phones:
        return
    person = elder_of(home)
    tell = TellRequested(
        alert="", home=home, site=known.site, danger="", alert_class=4, round=0, step=0, person=person, why="away",
        template="away_told", words={"clock": str(at), "days": str(days), "phones": str(phones)}, asks=False,
    )  # fmt: skip
    append(db, [New(f"person-{person}", person, tell, at, key=f"away-{key}")], recorded_at=at)


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
