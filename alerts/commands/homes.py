"""What operators may do with a home: pause, resume, away, back, retire. Each is recorded with who."""

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from events.database import Database
from events.store import New, append, read_stream, version_of
from events.types.fact import DAY, Event
from events.types.home import AwayEnded, AwaySet, HomeEnrolled, HomePaused, HomeResumed, HomeRetired

AWAY_MOST_DAYS = 14


class HomeUnknown(Exception):
    """There is no home with this id."""


class AwayTooLong(Exception):
    """At most 14 days can be set at once."""


def pause(database: Database, home: str, *, by: str, reason: str = "", at: int) -> None:
    """Not watched until resumed, and shown so."""
    _record(database, home, HomePaused(home=home, by=by, reason=reason), at)


def resume(database: Database, home: str, *, by: str, at: int) -> None:
    """Watched again."""
    _record(database, home, HomeResumed(home=home, by=by), at)


def retire(database: Database, home: str, *, by: str, reason: str = "", at: int) -> None:
    """No longer watched."""
    _record(database, home, HomeRetired(home=home, by=by, reason=reason), at)


def set_away(database: Database, home: str, *, days: int, by: str, at: int) -> None:
    """The elder is away for so many days; CO, smoke and SOS stay armed."""
    if not 1 <= days <= AWAY_MOST_DAYS:
        raise AwayTooLong(f"1 to {AWAY_MOST_DAYS} days")
    _record(database, home, AwaySet(home=home, by=by, until=at + days * DAY), at)


def end_away(database: Database, home: str, *, by: str, at: int) -> None:
    """The elder is back."""
    _record(database, home, AwayEnded(home=home, by=by), at)


def _record(database: Database, home: str, event: Event, at: int) -> None:
    stream = f"home-{home}"

    def work(db: Connection) -> None:
        enrolled = [r.event for r in read_stream(db, stream) if isinstance(r.event, HomeEnrolled)]
        if not enrolled:
            raise HomeUnknown(home)
        append(db, [New(stream, enrolled[-1].site, event, at)], recorded_at=at, after={stream: version_of(db, stream)})

    settled(database, work)
