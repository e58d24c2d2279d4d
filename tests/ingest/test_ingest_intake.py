"""From a message to the log: once, in order, with everything that cannot be taken kept; told at the door."""

from door import NOON, Door, backfill, decide, enrol, fresh, item, running, said, until
from sqlalchemy import select

from events.database import StorageFull
from events.follow import bookmark
from events.keepers.sqlite import SqliteDatabase
from events.store import New, append, head
from events.tables import marks, snapshots
from events.types import device as facts
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.home import DeviceRemoved, HomePaused, HomeResumed, HomeRetired
from events.types.system import (
    IngestCaughtUp,
    IngestDisconnected,
    ReadingQuarantined,
    ReadingRedecoded,
    RedecodeRequested,
)
from ingest import quarantine
from ingest.caught_up import move_mark
from ingest.inbox import Disconnected, Marker

QUARANTINED = ReadingQuarantined


def why(door):
    return [(r.event.reason, r.event.danger) for r in door.facts(QUARANTINED)]


def seqs(door):
    return [r.event.seq for r in door.facts(facts.OccupancyReported)]


def gaps(door):
    kinds = (facts.ReadingsGapOpened, facts.ReadingsGapClosed, facts.ReadingsLost)
    return [(type(r.event).__name__[8:], r.event.first, r.event.last) for r in door.facts(*kinds)]


def test_a_reading_lands_with_its_own_time_and_only_then_is_acknowledged(door, clock):
    mid = door.hears(said(at=NOON - SECOND))
    (record,) = door.facts(facts.OccupancyReported)
    assert (record.stream, record.key, record.at, record.recorded_at) == (
        "device-dp03/hall-1",
        "b1-1",
        NOON - SECOND,
        NOON,
    )
    assert door.acked == [(1, mid)]


def test_a_message_that_comes_twice_lands_once_and_is_acknowledged_twice(door):
    door.hears(said())
    door.hears(said())
    assert seqs(door) == [1]
    assert len(door.acked) == 2
    assert door.intake.counts.repeated == 1


def test_the_same_id_with_other_content_is_recorded_as_a_conflict_and_kept(door):
    door.hears(said(data={"occupied": True}))
    door.hears(said(data={"occupied": False}))
    door.hears(said(data={"occupied": False}))
    (conflict,) = door.facts(facts.ReadingConflicted)
    assert why(door) == [("conflict", "")]
    with door.database.read() as db:
        assert b"false" in quarantine.fetch(db, conflict.event.quarantine).payload
    (first,) = door.facts(facts.OccupancyReported)
    assert first.event.occupied


def test_an_alarm_under_a_used_id_counts_like_any_other_and_once(door):
    for payload in (said("co-1", type="shouwang.co.v1", data={"alarm": flag}) for flag in (False, True, True)):
        door.hears(payload, device="co-1")
    assert [r.event.alarm for r in door.facts(facts.CarbonMonoxideReported)] == [False, True]
    assert len(door.facts(facts.ReadingConflicted)) == 1
    assert why(door) == [("conflict", "")], "the home's own alert tells of it"


def test_quarantine_never_holds_up_the_rest_and_is_acknowledged(door):
    for n, payload in enumerate([b"\xff", said(seq=1), b"{}", said(seq=2), b"x" * 100_000, said(seq=3)]):
        door.arrives(payload) if n else door.arrives(payload, topic="what/is/this")
    door.settled()
    assert seqs(door) == [1, 2, 3]
    assert [reason for reason, _ in why(door)] == ["wrong_topic", "bad_field", "too_large"]
    assert len(door.acked) == 6
    with door.database.read() as db:
        largest = quarantine.newest(db, limit=1)[0]
    assert (largest.size, len(largest.payload), largest.state) == (100_000, 65_536, "waiting")


def test_a_topic_and_a_reason_no_database_takes_are_kept_readable(door):
    door.arrives(b'{"\\ud800":1,"\\ud800":2}', topic="a/\0/\udcff")
    door.arrives(b'{"\\ud800":1,"\\ud800":2}')
    door.settled()
    assert [reason for reason, _ in why(door)] == ["wrong_topic", "duplicate_keys"]


def test_an_unknown_device_in_alarm_is_a_danger_and_other_words_of_it_are_not(door):
    door.hears(said("new-1"), device="new-1")
    door.hears(said("new-1", 2, "shouwang.co.v1", {"alarm": True, "ppm": 300}), device="new-1")
    assert why(door) == [("unknown_device", ""), ("unknown_device", "carbon_monoxide")]
    (_, record) = door.facts(QUARANTINED)
    assert (record.event.site, record.event.device) == ("dp03", "dp03/new-1")


def test_an_unknown_devices_message_that_is_delivered_again_is_counted_once(door, clock):
    for _ in range(2):
        door.hears(said("new-1", type="shouwang.button.v1", data={"action": "sos"}), device="new-1")
        clock.forward(60)
    assert why(door) == [("unknown_device", "sos")]
    with door.database.read() as db:
        assert len(quarantine.newest(db)) == 1


def test_a_paused_home_is_not_listened_to_and_a_resumed_one_is_without_a_hole(door):
    door.hears(said(seq=1))
    decide(door.database, HomePaused(home="dp03-12", by="user:wei"))
    door.hears(said(seq=2))
    door.hears(said("sos-1", type="shouwang.button.v1", data={"action": "sos"}), device="sos-1")
    decide(door.database, HomeResumed(home="dp03-12", by="user:wei"))
    door.hears(said(seq=3))
    assert why(door) == [("paused", ""), ("paused", "sos")]
    assert seqs(door) == [1, 3]
    assert gaps(door) == []


def test_a_retired_home_and_a_removed_device_are_not_listened_to(door):
    decide(door.database, DeviceRemoved(device="dp03/hall-1", home="dp03-12"))
    door.hears(said())
    decide(door.database, HomeRetired(home="dp03-12", by="user:wei"))
    door.hears(said("door-1", type="shouwang.contact.v1", data={"open": True}), device="door-1")
    assert [reason for reason, _ in why(door)] == ["unknown_device", "retired"]


def test_a_hole_is_reported_when_it_opens_and_when_a_backfill_fills_it(door, clock):
    door.hears(said(seq=1))
    door.hears(said(seq=5))
    assert gaps(door) == [("GapOpened", 2, 4)]
    door.hears(backfill([item(n, NOON - MINUTE) for n in range(1, 6)], n=1))
    assert gaps(door) == [("GapOpened", 2, 4), ("GapClosed", 2, 4)]
    late = [r.event for r in door.facts(facts.OccupancyReported) if r.event.backfilled]
    assert [event.seq for event in late] == [2, 3, 4]


def test_reordering_within_a_batch_is_no_gap(database, clock):
    door = Door(database, clock)
    for seq in (1, 3, 2, 4):
        door.arrives(said(seq=seq))
    door.intake.start()
    door.settled()
    door.intake.stop()
    assert gaps(door) == []
    assert sorted(seqs(door)) == [1, 2, 3, 4]


def test_a_device_that_sent_its_buffer_is_told_soon_what_is_on_disk(door):
    door.hears(said(seq=1))
    door.hears(backfill([item(2, NOON), item(3, NOON), item(6, NOON)]))
    until(lambda: door.published, 5)
    assert door.published == [("shouwang/v1/dp03/hall-1/ack", {"bootid": "b1", "seq": 3})]


def test_what_the_device_lost_is_recorded_and_acknowledged_past(door):
    door.hears(said(seq=1))
    door.hears(backfill([item(6, NOON)], lost=[2, 5]))
    assert gaps(door) == [("Lost", 2, 5)]
    until(lambda: door.published, 5)
    assert door.published[-1][1] == {"bootid": "b1", "seq": 6}


def test_of_a_partly_unknown_backfill_the_good_land_the_bad_are_kept_and_all_are_acknowledged(door):
    door.hears(said(seq=1))
    door.hears(backfill([item(2, NOON), item(3, NOON, "shouwang.radar.v1", {"people": 1}), item(4, NOON)]))
    assert seqs(door) == [1, 2, 4]
    assert [reason for reason, _ in why(door)] == ["unknown_type"]
    assert gaps(door) == []
    until(lambda: door.published, 5)
    assert door.published[-1][1] == {"bootid": "b1", "seq": 4}


def test_numbers_survive_a_restart_from_snapshot_and_tail(database, clock):
    with running(database, clock) as door:
        door.hears(said(seq=1))
        door.hears(said(seq=4))
        door.hears(said("door-1", 7, "shouwang.contact.v1", {"open": True}), device="door-1")
    with running(database, clock) as door:
        assert door.sequences.whole("dp03/hall-1", "b1") == 1
        assert door.sequences.whole("dp03/door-1", "b1") == 7
        door.hears(said(seq=2))
        door.hears(said(seq=3))
        assert gaps(door) == [("GapOpened", 2, 3), ("GapClosed", 2, 3)]


def test_numbers_are_rebuilt_from_the_tail_when_the_last_snapshot_was_never_written(database, clock):
    with running(database, clock) as door:
        door.hears(said(seq=1))
        door.hears(said(seq=2))
        door.intake._save = lambda: None  # as kill -9 would
        door.hears(said(seq=5))
    with database.read() as db:
        assert bookmark(db, "intake") < head(db)
        assert db.execute(select(snapshots.c.owner).where(snapshots.c.reader == "intake")).all()
    again = Door(database, clock)
    assert again.sequences.whole("dp03/hall-1", "b1") == 2


def test_the_number_of_a_refused_message_is_no_hole_even_after_a_crash(database, clock):
    with running(database, clock) as door:
        door.intake._save = lambda: None  # as kill -9 would
        door.hears(said(seq=1))
        door.hears(said(seq=2, type="shouwang.radar.v1"))
    with running(database, clock) as door:
        door.hears(said(seq=3))
        assert gaps(door) == []
        assert door.sequences.whole("dp03/hall-1", "b1") == 3


def test_a_status_lands_and_the_brokers_memory_of_it_is_not_told_again(door, clock):
    topic = {"device": "gw", "tail": "status"}
    door.hears(b'{"state":"online","bootid":"b1"}', **topic)
    clock.forward(1)
    door.hears(b'{"state":"offline","bootid":"b1"}', **topic)
    clock.forward(1)
    door.hears(b'{"state":"online","bootid":"b1"}', **topic)  # all within ten seconds
    clock.forward(60)
    door.hears(b'{"state":"online","bootid":"b1"}', retained=True, **topic)
    door.hears(b'{"state":"offline","bootid":"b1"}', retained=True, **topic)
    assert [(r.event.state, r.event.retained) for r in door.facts(facts.DeviceStatusReported)] == [
        ("online", False), ("offline", False), ("online", False), ("offline", True),
    ]  # fmt: skip


def test_caught_up_is_recorded_once_all_markers_of_a_settled_round_are_back(door, clock):
    door.connects(resumed=False)
    clock.forward(1)
    door.marker(1, settled=False)
    assert door.facts(IngestCaughtUp) == []
    clock.forward(5)
    door.marker(2)
    (caught,) = door.facts(IngestCaughtUp)
    assert (caught.at, caught.event.since, caught.event.complete) == (clock(), clock(), False)
    clock.forward(30)
    door.marker(3)
    assert len(door.facts(IngestCaughtUp)) == 1
    assert mark(door) == clock()


def test_a_round_that_came_back_in_part_or_on_an_earlier_connection_proves_nothing(door, clock):
    door.connects()
    for generation, round_, tail in (
        (1, 1, "event"),
        (1, 1, "tele"),
        (1, 2, "status"),
        (1, 0, "status"),
        (9, 1, "status"),
    ):
        door.inbox.put(Marker(generation, 0, 0, round_, tail, clock(), settled=True))
    door.hears(said())
    assert door.facts(IngestCaughtUp) == []
    door.inbox.put(Marker(1, 0, 0, 1, "status", clock(), settled=True))
    until(lambda: door.facts(IngestCaughtUp))


def test_after_being_deaf_the_gap_starts_at_the_last_mark(door, clock):
    door.connects()
    door.marker(1)
    last = clock()
    clock.forward(20)
    door.inbox.put(Disconnected(clock(), "broken pipe"))
    clock.forward(600)
    door.connects()
    door.hears(said(seq=1, clock="none"))
    door.hears(said(seq=2, at=clock() - 60 * SECOND))
    door.marker(1)
    door.hears(said(seq=3, clock="none"))
    assert [r.at for r in door.facts(facts.OccupancyReported)] == [last, clock() - 60 * SECOND, clock()]
    assert [(r.event.since, r.event.complete) for r in door.facts(IngestCaughtUp)] == [(NOON, True), (last, True)]
    assert [r.event.why for r in door.facts(IngestDisconnected)] == ["broken pipe"]


def mark(door):
    with door.database.read() as db:
        return db.execute(select(marks.c.at).where(marks.c.name == "caught_up")).scalar()


def test_the_mark_never_moves_back(database):
    for at in (NOON, NOON + HOUR, NOON + MINUTE):
        database.write(lambda db, at=at: move_mark(db, at))
    with database.read() as db:
        assert db.execute(select(marks.c.at)).scalars().all() == [NOON + HOUR]


def test_a_broker_without_a_session_gets_all_acks_again(database, clock):
    with running(database, clock) as door:
        door.hears(said(seq=3))
    with running(database, clock) as door:
        door.connects(resumed=False)
        until(lambda: door.published, 5)
        assert door.published == [("shouwang/v1/dp03/hall-1/ack", {"bootid": "b1", "seq": 3})]


class Full(SqliteDatabase):
    """A disk that is full for a while."""

    refusals = 0

    def write(self, work):
        if self.refusals:
            self.refusals -= 1
            raise StorageFull("database or disk is full")
        return super().write(work)


def test_while_the_disk_is_full_nothing_is_acknowledged_and_nothing_is_lost(tmp_path, clock):
    database = fresh(tmp_path / "full.sqlite", Full)
    enrol(database)
    with running(database, clock) as door:
        database.refusals = 3
        door.arrives(said(seq=1))
        until(lambda: door.intake.storage_full)
        assert door.acked == []
        door.arrives(said(seq=2))
        door.settled()
        assert seqs(door) == [1, 2]
        assert not door.intake.storage_full
    database.close()


def request(door, number):
    def work(db):
        fact = New(
            "quarantine",
            "all",
            RedecodeRequested(quarantine=number, by="user:wei"),
            door.clock(),
            f"r-{number}-{head(db)}",
        )
        append(db, [fact], recorded_at=door.clock())

    door.database.write(work)


def test_what_an_unknown_device_said_can_be_decoded_once_it_is_known(door, clock):
    door.hears(said("new-1", type="shouwang.co.v1", data={"alarm": True}, clock="none"), device="new-1")
    enrol(door.database, home="dp03-13", devices={"new-1": "co"})
    clock.forward(3600)
    request(door, 1)
    until(lambda: door.facts(ReadingRedecoded))
    (fact,) = door.facts(facts.CarbonMonoxideReported)
    assert (fact.at, fact.recorded_at, fact.event.redecoded) == (NOON, NOON + HOUR, True)
    request(door, 1)
    until(lambda: len(door.facts(ReadingRedecoded)) == 2)
    assert [r.event.facts for r in door.facts(ReadingRedecoded)] == [1, 0]
    with door.database.read() as db:
        assert quarantine.fetch(db, 1).state == "redecoded"


def test_what_still_cannot_be_taken_says_why(door):
    door.hears(b"{}")
    request(door, 1)
    request(door, 99)
    until(lambda: len(door.facts(ReadingRedecoded)) == 2)
    assert [r.event.reason for r in door.facts(ReadingRedecoded)] == ["bad_field", "no_such_number"]
    with door.database.read() as db:
        assert [row.state for row in quarantine.newest(db, state="refused")] == ["refused"]


class DrivenClock:
    """Moves by what arrives; remembers what was on disk at each cut."""

    def __init__(self, clock, database, cut_at):
        self.clock, self.database, self.cut_at, self.at_cut = clock, database, cut_at, None

    def needs_cut(self, t):
        return self.at_cut is None and t >= self.cut_at

    def advance(self, t):
        if self.needs_cut(t):
            with self.database.read() as db:
                self.at_cut = head(db)
        self.clock.at = max(self.clock.at, t)


def test_a_driven_clock_moves_before_the_stamp_and_finds_all_earlier_messages_on_disk(database, clock):
    gate = DrivenClock(clock, database, cut_at=NOON + 2 * HOUR)
    door = Door(database, clock, gate=gate)
    for seq, at in enumerate((NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR), 1):
        door.arrives(said(seq=seq, at=at))
    door.intake.start()
    door.settled()
    door.intake.stop()
    landed = door.facts(facts.OccupancyReported)
    assert [r.at for r in landed] == [NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]
    assert not any(r.event.clock_suspect for r in landed)
    assert gate.at_cut == landed[1].position


def test_with_a_driven_clock_the_mark_is_moved_by_its_owner(database, clock):
    with running(database, clock, gate=DrivenClock(clock, database, NOON)) as door:
        door.connects()
        door.marker(1)
        assert len(door.facts(IngestCaughtUp)) == 1
        assert mark(door) is None


def test_a_fault_in_one_message_of_a_batch_is_kept_and_the_others_land(database, clock, monkeypatch):
    door = Door(database, clock)
    real = door.intake._reader.read

    def faulty(raw):
        piece = real(raw)
        if b"b1-2" in raw.payload:  # as a codec would that lets through what no database takes
            piece.news = [New("device-dp03/hall-1", "dp03", piece.news[0].event, NOON, "b1-2", 2**70)]
        return piece

    monkeypatch.setattr(door.intake._reader, "read", faulty)
    for seq in (1, 2, 3):
        door.arrives(said(seq=seq))
    door.intake.start()
    door.settled()
    door.intake.stop()
    assert seqs(door) == [1, 3]
    assert [reason for reason, _ in why(door)] == ["not_stored"]
