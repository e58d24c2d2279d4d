"""What one database takes and the other refuses is the same text in both: nobody's words end the service."""

import pytest
from sqlalchemy import func, insert, select

from events.database import Database
from events.new import New
from events.store import version_of
from events.tables import events, marks, quarantine
from events.types.fact import Event
from events.types.home import AwayEnded
from events.types.system import SecurityNoted
from tests.events.saying import AT, decision, fact, tell, whole

WILD = "a\0b\ud800c\udfff😀中"
TAME = "a\ufffdb\ufffdc\ufffd😀中"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both, one after the other."""
    return any_database


@pytest.mark.parametrize("event", [AwayEnded(home=WILD, by="elder"), SecurityNoted(what=WILD, ref="\ud800")])
def test_a_fact_with_letters_that_are_none_is_stored_and_read_back_the_same(database: Database, event: Event) -> None:
    made = tell(database, New("s", "all", event, AT, key="k"))
    read_back = whole(database)
    assert made.recorded == read_back, "what readers were handed is what the log says"
    assert "\ud800" not in repr(read_back[0].event)


def test_streams_and_keys_are_tamed_and_still_land_once(database: Database) -> None:
    first = New(WILD, "all", AwayEnded(home="h", by="a"), AT, key=WILD, digest=1)
    assert [r.stream for r in tell(database, first).recorded] == [TAME]
    assert tell(database, first).repeated == [first]
    assert [(r.stream, r.key) for r in whole(database)] == [(TAME, TAME)]


def test_decisions_on_a_tamed_stream_keep_their_versions(database: Database) -> None:
    def decides(after: int) -> None:
        tell(database, New(WILD, "all", AwayEnded(home="h", by="a"), AT), after={WILD: after})

    decides(0)
    decides(1)
    with database.read() as db:
        assert version_of(db, WILD) == 2


def test_times_beyond_64_bits_are_the_last_there_is(database: Database) -> None:
    tell(database, fact("a", at=10**30), fact("b", at=-(10**30)))
    assert [r.at for r in whole(database)] == [2**63 - 1, -(2**63)]


def test_every_other_table_is_as_safe(database: Database) -> None:
    row = dict.fromkeys(("topic", "reason", "detail", "site", "device", "state"), WILD)
    row |= {"received_at": 10**40, "payload": b"\0\xff", "size": 1, "retained": 0}
    database.write(lambda db: db.execute(insert(quarantine).values(row)))
    database.write(lambda db: db.execute(insert(quarantine), [row, row]))
    with database.read() as db:
        found = db.execute(select(quarantine).where(quarantine.c.topic == WILD)).all()
        assert {(r.topic, r.payload, r.received_at) for r in found} == {(TAME, b"\0\xff", 2**63 - 1)}
        assert len(found) == 3
        assert db.execute(select(func.count()).select_from(marks).where(marks.c.at == 10**40)).scalar() == 0


def test_a_large_batch_is_as_safe_as_a_small_one(database: Database) -> None:
    tell(database, *[fact(f"{n}\0\ud800") for n in range(500)])
    assert [r.key for r in whole(database)] == [f"{n}\ufffd\ufffd" for n in range(500)]
    tell(database, decision("one"), after={"home-dp03-12": 0})
    with database.read() as db:
        assert db.execute(select(func.count()).select_from(events)).scalar() == 501
