"""What the engine reads is saved in good time, and far behind not so often that it would come forward more slowly."""

from alerts.engine import READER, Engine
from events.database import Database
from events.follow import bookmark
from events.types.fact import SECOND
from tests.events.saying import AT, fact, tell


def test_with_far_to_read_it_saves_every_five_seconds_and_else_every_second(any_database: Database) -> None:
    tell(any_database, *[fact(f"a{n}") for n in range(65)])
    at = AT
    engine = Engine(any_database, lambda: at)
    saved = []
    while engine.step(0, limit=10):
        with any_database.read() as db:
            saved.append(bookmark(db, READER))
        at += 2 * SECOND
    assert saved == [0, 0, 0, 40, 40, 40, 65], "the last five are all that was left: nothing is far behind any more"
    engine.follower.close()
