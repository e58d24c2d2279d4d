"""The door with its wire in our hands: a real database and intake, messages put in by hand, acks collected."""

import json
import time
from contextlib import contextmanager

from events.keepers.sqlite import SqliteDatabase
from events.store import New, append, read, version_of
from events.types.fact import SECOND
from events.types.home import DeviceAssigned, HomeEnrolled
from ingest.acknowledging import Acknowledging
from ingest.caught_up import CaughtUp, read_mark
from ingest.codecs.rfc3339 import micros
from ingest.inbox import Connected, Inbox, Marker, Raw
from ingest.intake import Intake
from ingest.known import Known
from ingest.service import remembered
from tests.prepared import laid

NOON = micros("2026-11-21T12:00:00Z")
DEVICES = {"hall-1": "motion", "door-1": "contact", "sos-1": "button", "co-1": "co", "gw": "gateway"}


class Clock:
    """Microseconds, moved by hand."""

    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        return self.at

    def forward(self, seconds):
        self.at += int(seconds * SECOND)


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)


def stamp(at):
    whole, micro = divmod(at, SECOND)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + (f".{micro:06d}Z" if micro else "Z")


def said(device="hall-1", seq=1, type="shouwang.motion.v1", data=None, at=NOON, site="dp03", bootid="b1", **more):
    """A live message as a device of the native family sends it."""
    body = {
        "specversion": "1.0", "id": f"{bootid}-{seq}", "source": f"shouwang/v1/{site}/{device}", "type": type,
        "time": stamp(at), "clock": "ntp", "bootid": bootid, "seq": seq,
        "data": {"occupied": bool(seq % 2)} if data is None else data,
    }  # fmt: skip
    return json.dumps({key: value for key, value in (body | more).items() if value is not None}).encode()


def item(seq, at, type="shouwang.motion.v1", data=None, bootid="b1", **more):
    data = {"occupied": bool(seq % 2)} if data is None else data
    return {"id": f"{bootid}-{seq}", "seq": seq, "type": type, "time": stamp(at), "data": data} | more


def backfill(items, device="hall-1", at=NOON, n=1, lost=None, bootid="b1"):
    data = {"items": items} | ({"lost": lost} if lost else {})
    return said(device, None, "shouwang.backfill.v1", data, at, bootid=bootid, id=f"{bootid}-back-{n}")


def enrol(database, home="dp03-12", site="dp03", devices=DEVICES, at=NOON):
    def work(db):
        stream, now = f"home-{home}", at
        news = [New(stream, site, HomeEnrolled(home=home, site=site, no_activity_s=43_200), now)]
        news += [
            New(stream, site, DeviceAssigned(device=f"{site}/{d}", home=home, since=0, model=k, kind=k), now)
            for d, k in devices.items()
        ]
        append(db, news, recorded_at=now, after={stream: version_of(db, stream)})

    database.write(work)


def decide(database, event, home="dp03-12", site="dp03", at=NOON):
    stream = f"home-{home}"
    database.write(
        lambda db: append(db, [New(stream, site, event, at)], recorded_at=at, after={stream: version_of(db, stream)})
    )


class Door:
    """An intake over a database; the broker's side of the wire is the test."""

    def __init__(self, database, clock, gate=None, check=lambda _db: None):
        self.database, self.clock = database, clock
        self.inbox = Inbox()
        self.acked, self.published, self.fatal = [], [], []
        self._mid = 0
        self.known = Known(database)
        self.sequences = remembered(database)
        with database.read() as db:
            self.caught_up = CaughtUp(read_mark(db), moves_mark=gate is None)
        self.intake = Intake(
            database,
            self.inbox,
            now=clock,
            known=self.known,
            sequences=self.sequences,
            caught_up=self.caught_up,
            acknowledging=Acknowledging(self.sequences, self._publish),
            ack=self.acked.extend,
            gate=gate,
            on_fatal=self.fatal.append,
            check=check,
        )

    def _publish(self, topic, body):
        self.published.append((topic, json.loads(body)))
        return True

    def arrives(self, payload, device="hall-1", tail="event", site="dp03", retained=False, topic=None):
        """A message; returns its mid."""
        self._mid += 1
        topic = topic or f"shouwang/v1/{site}/{device}/{tail}"
        self.inbox.put(Raw(1, self._mid, 1, topic, payload, retained, self.clock()))
        return self._mid

    def settled(self):
        """Everything that arrived is committed and acknowledged."""
        until(lambda: len(self.acked) >= self._mid or self.fatal)
        assert not self.fatal

    def hears(self, payload, **how):
        mid = self.arrives(payload, **how)
        self.settled()
        return mid

    def connects(self, resumed=True):
        self.inbox.put(Connected(1, resumed, self.clock()))

    def marker(self, round_=1, settled=True):
        for tail in ("event", "tele", "status"):
            self._mid += 1
            self.inbox.put(Marker(1, self._mid, 1, round_, tail, self.clock(), settled))
        self.settled()

    def facts(self, *types, after=0):
        with self.database.read() as db:
            return [r for r in read(db, after, limit=100_000) if not types or isinstance(r.event, types)]


@contextmanager
def running(database, clock, **how):
    door = Door(database, clock, **how)
    door.intake.start()
    try:
        yield door
    finally:
        door.intake.stop()
        door.known.close()


def fresh(path, cls=SqliteDatabase):
    """A door's log, new or as somebody left it."""
    if not path.exists():
        laid(path)
    return cls(path)
