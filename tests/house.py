"""The whole service in one hand: a clock you can push, devices that speak the wire, phones you can read and answer.

Real: codec, log, engine, planner, timers, outbox, sending, registry, replies. Played: the broker (facts enter by the
codec), the phone network, the clock.
"""

import itertools
import json
import threading
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from alerts import letters
from alerts.commands import alerts as commands
from alerts.commands.adopting import adopt
from alerts.commands.deciding import load
from alerts.commands.declaring import declare_channels
from alerts.commands.replies import take_reply
from alerts.commands.settings import change_settings
from alerts.core.alert import Alert
from alerts.engine import Engine
from alerts.learning import Learner
from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.claiming import claim
from alerts.notify.delivering import Delivering
from alerts.notify.receipts import take_receipt
from alerts.planner import Planner
from alerts.registry.importing import apply, check
from alerts.steward import Steward
from alerts.timers import next_due, ring
from events.database import Database
from events.keepers import make_database
from events.store import New, append, head, read
from events.types.fact import HOUR, MINUTE, SECOND, Event
from events.types.message import MessagePlanned
from events.types.system import IngestCaughtUp
from ingest import codec
from ingest.caught_up import move_mark
from ingest.models import load_models
from simulators.twilio.expectations import Expectations, NotAsExpected, Text
from tests.prepared import opened

START = 1_800_000_000 * SECOND
"""2027-01-15 16:00 in the town."""

TOWN = """
town: {id: shili, name: 示例镇, signature: 示例守望}
people:
  - {id: w1, name: 王一一, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]}
  - {id: w2, name: 李二二, role: watcher, phones: [{number: "+8612000000002", verified: 2026-01-05}]}
  - {id: g1, name: 赵三三, role: grid_member, phones: [{number: "+8612000000003", verified: 2026-01-05}]}
  - {id: v1, name: 钱四四, role: village_head, phones: [{number: "+8612000000004", verified: 2026-01-05}]}
  - {id: t1, name: 孙五五, role: town_officer, phones: [{number: "+8612000000005", verified: 2026-01-05}]}
villages: [{id: dp, name: 东坪村, head: v1}]
grids: [{id: dp-g1, village: dp, name: 东坪一网格, member: g1}]
sites: [{id: dp03, name: 东坪三组, grid: dp-g1}]
homes:
  - id: dp03-12
    site: dp03
    number: 12
    address: 东坪村三组12号
    residents: [{name: 周某某, born: 1941}]
    watcher: w1
    second_watcher: w2
    no_activity_hours: 12
    since: 2026-12-01
    devices:
      - {id: hall-1, model: motion-pir, room: 堂屋}
      - {id: bed-1, model: motion-pir, room: 卧室}
      - {id: door-1, model: door-contact, room: 大门, role: front_door}
      - {id: co-1, model: co-alarm, room: 卧室}
      - {id: co-2, model: co-alarm, room: 厨房}
      - {id: smoke-1, model: smoke-alarm, room: 厨房}
      - {id: sos-1, model: sos-button, room: 床头}
"""


SMS = Capabilities(two_way=True, links=False, receipts=True, keypad=False)
VOICE = Capabilities(two_way=False, links=False, receipts=True, keypad=True, medium="voice")


class Phones:
    """The phone network: what each number got, and what the provider does to a message. Calls are one too: `Phones(VOICE)`.

    `down`: it answers nobody; `refuses`: these numbers it does not know; `slow`: it says neither yes nor no.
    """

    really_sends = True

    def __init__(self, capabilities: Capabilities = SMS, name: str = "") -> None:
        self.capabilities = capabilities
        self.name = name or ("twilio_voice" if capabilities.medium == "voice" else "twilio_sms")
        self.inboxes: dict[str, list[str]] = {}
        self.refuses: set[str] = set()
        self.down = self.slow = False
        self.ids: dict[str, str] = {}
        self.went: list[tuple[str, str]] = []
        """Message and number, in the order in which they were taken."""
        self.expected = Expectations()
        self._numbers = itertools.count(1)

    def check(self) -> None:
        """Raises NotAsExpected with who got what nobody expected, and what did not come."""
        came = [Text(number, text) for number, texts in self.inboxes.items() for text in texts]
        if wrong := self.expected.verdict(came).sentences:
            raise NotAsExpected("; ".join(wrong))

    def send(self, outgoing: Outgoing) -> Sent:
        if outgoing.to in self.refuses:
            raise SendFailed("refused", permanent=True, ambiguous=False, code="21610")
        if self.down or self.slow:
            raise SendFailed("no answer", permanent=False, ambiguous=self.slow)
        self.inboxes.setdefault(outgoing.to, []).append(outgoing.text)
        provider_id = f"{self.name}-{next(self._numbers)}"
        self.ids[outgoing.message] = provider_id
        self.went.append((outgoing.message, outgoing.to))
        return Sent(provider_id, "queued")

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:
        return None

    def fetch(self, provider_id: str) -> Report:
        return Report("sent", "")


class House:
    """One town of one home unless told otherwise. Time moves only when pushed."""

    def __init__(self, address: str | Path, town: str = TOWN, *, also: Iterable[Phones] = ()) -> None:
        """`address` is a folder, or what `make_database` takes. `also`: channels besides the one SMS channel.

        The first that calls is `calls`; where there is none, nobody is called.
        """
        self.at = START
        self.address = address / "shouwang.db" if isinstance(address, Path) and address.is_dir() else address
        self.phones = Phones()
        self.channels = [self.phones, *also]
        self.calls = next((c for c in self.channels if c.capabilities.medium == "voice"), Phones(VOICE))
        self.still_wanted = letters.still_wanted
        self._seq: dict[str, int] = {}
        self._boot: dict[str, str] = {}
        self._replies = itertools.count(1)
        ways = tuple((one.name, repr(one.capabilities)) for one in self.channels)
        self.database = opened(self.address, ("house", town, ways), lambda database: self._begins(database, town))
        self._open()
        self.records(IngestCaughtUp(since=self.at), "ingest", "all")

    def _begins(self, database: Database, town: str) -> None:
        """The town is taken in, and what it can tell people by is said."""
        models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
        apply(database, check(town, models), START - HOUR)
        declare_channels(database, self.channels, at=START)
        adopt(database, START - HOUR)

    def _open(self) -> None:
        self.channels[0] = self.phones  # a story may have put another network in its place
        self.engine = Engine(self.database, self.now)
        self.planner = Planner(self.database, self.now, channel=self.phones.name)
        self.learner = Learner(self.database, self.now)
        self.steward = Steward(self.database, self.now)
        self._delivering = Delivering(
            self.database, {c.name: c for c in self.channels}, now=self.now, render=letters.text_of,
            address_of=letters.number_of, still_wanted=self._wanted, stopping=threading.Event(),
        )  # fmt: skip

    def _wanted(self, db: Any, row: Any) -> str:
        return self.still_wanted(db, row)

    def now(self) -> int:
        return self.at

    def close(self) -> None:
        """The end of the story: what came must be what was expected, if anything was said of it."""
        self.database.close()
        self.phones.check()

    def restarts(self) -> None:
        """Everything in memory is gone; what is on disk goes on."""
        self.database.close()
        self.database = make_database(self.address)
        self._open()
        self.settles()

    # -- devices

    def says(
        self, device: str, kind: str, data: dict[str, Any], *, at: int | None = None, **over: Any
    ) -> dict[str, Any]:
        """The payload a device would send now, with the next sequence number."""
        seq = self._seq[device] = self._seq.get(device, 0) + 1
        boot = self._boot.setdefault(device, "b1")
        return {
            "specversion": "1.0", "id": f"{boot}-{seq}", "source": f"shouwang/v1/dp03/{device}",
            "type": f"shouwang.{kind}.v1", "time": stamp(self.at if at is None else at), "clock": "ntp",
            "bootid": boot, "seq": seq, "data": data, **over,
        }  # fmt: skip

    def hears(self, device: str, kind: str, data: dict[str, Any], *, at: int | None = None, retained: bool = False,
              **over: Any) -> None:  # fmt: skip
        """A live message arrives."""
        tail = "tele" if kind in {"heartbeat", "climate", "use"} else "event"
        self.arrives(
            f"shouwang/v1/dp03/{device}/{tail}", self.says(device, kind, data, at=at, **over), retained=retained
        )

    def arrives(self, topic: str, payload: dict[str, Any], *, retained: bool = False) -> None:
        """Any message, decoded and recorded as ingest does."""
        self._lands(self._decoded(topic, payload, retained=retained))

    def _decoded(self, topic: str, payload: dict[str, Any], *, retained: bool = False) -> list[New]:
        decoded = codec.decode(topic, json.dumps(payload).encode(), retained=retained, received_at=self.at)
        site, device = topic.split("/")[2:4]
        return [
            New(f"device-{site}/{device}", site, r.event, r.at, key=r.key, digest=r.digest) for r in decoded.readings
        ]

    def _lands(self, news: list[New]) -> None:
        self.database.write(lambda db: append(db, news, recorded_at=self.at))
        self.settles()

    def boots(self, device: str, boot: str) -> None:
        """The device starts anew."""
        self._boot[device], self._seq[device] = boot, 0

    def moves(self, device: str = "hall-1") -> None:
        """Somebody passes a motion sensor: on, then off."""
        self.hears(device, "motion", {"occupied": True})
        self.hears(device, "motion", {"occupied": False})

    def lives(self) -> None:
        """Somebody is certainly there: two rooms within a minute. The first reports of all are baselines."""
        for device in ("hall-1", "bed-1"):
            if device not in self._seq:
                self.hears(device, "motion", {"occupied": False})
        self.moves("hall-1")
        self.at += 10 * SECOND
        self.moves("bed-1")

    def beats(self) -> None:
        """All life sensors say that they are alive, in one moment."""
        news: list[New] = []
        for device in ("hall-1", "bed-1", "door-1"):
            said = self.says(device, "heartbeat", {"interval_s": 3600})
            news += self._decoded(f"shouwang/v1/dp03/{device}/tele", said)
        self._lands(news)

    # -- time

    def waits(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0, beating: bool = True,
              hearing: bool = True) -> None:  # fmt: skip
        """Push the clock, timer by timer; sensors report hourly unless told not to."""
        until = self.at + int(hours * HOUR + minutes * MINUTE + seconds * SECOND)
        beat = self.at + HOUR
        while True:
            with self.database.read() as db:
                due = next_due(db) if hearing else next_due(db, mark=0)
            moments = [m for m in (due, beat if beating else None) if m is not None and m <= until]
            if not moments:
                break
            self.at = max(self.at, min(moments))
            if beating and self.at >= beat:
                self.beats()
                beat += HOUR
            self.rings(hearing=hearing)
        self.at = until
        self.rings(hearing=hearing)

    def rings(self, *, hearing: bool = True) -> None:
        """Ring what is due now."""

        def work(db: Any) -> int:
            if hearing:
                move_mark(db, self.at)
            return ring(db, self.at)

        while self.database.write(work):
            self.settles()

    def records(self, event: Event, stream: str, lane: str, *, key: str | None = None) -> None:
        """A fact of the system itself."""
        fact = New(stream, lane, event, self.at, key=key or f"{type(event).__name__}-{self.at}", digest=0)
        self.database.write(lambda db: append(db, [fact], recorded_at=self.at))
        self.settles()

    def rows_go_out(self) -> None:
        """Whatever still waits for its next try is tried now, as if its pause were over."""
        at, self.at = self.at, self.at + 9 * SECOND
        self.settles()
        self.at = at

    def settles(self) -> None:
        """Engine, planner and senders finish what there is."""
        while True:
            moved = sum(reader.step(0) for reader in (self.engine, self.planner, self.steward))
            rows = claim(self.database, claimer="test", now=self.at, limit=100)
            for row in rows:
                self._delivering.deliver(row)
            if not rows and (not moved or self._all_is_read()) and not self.learner.step():
                return

    def _all_is_read(self) -> bool:
        """One question instead of a round in which each finds out for itself that there is nothing more."""
        end = self.end()
        return all(one.follower.position >= end for one in (self.engine, self.planner, self.steward))

    # -- people

    def phone(self, number: int) -> "Phone":
        """The phone +8612000000001 and so on."""
        return Phone(self, f"+861200000{number:04d}")

    def expects(self, *phones: int, contains: str = "", times: int | tuple[int, int] = 1) -> None:
        """These phones get so many texts (or between so many) with these words, in the whole story.

        From the first word on anything that nobody expects fails the story; no phone at all expects silence.
        """
        self.phones.expected.nothing_else()
        for number in phones:
            self.phones.expected.expect(self.phone(number).number, contains, times=times)

    def set(self, **values: Any) -> None:
        """Settings in force from now on; `class2__prealarm_s=15` for class2.prealarm_s."""
        change_settings(self.database, {k.replace("__", "."): v for k, v in values.items()}, by="test", at=self.at)
        self.settles()

    def alert(self, danger: str) -> Alert:
        """The newest alert of this danger, folded from the log."""
        found = [a for a in self.alerts() if a.danger == danger]
        assert found, f"no alert of {danger}"
        return found[-1]

    def alerts(self) -> list[Alert]:
        """All alerts, in the order in which they began."""
        ids = dict.fromkeys(r.stream for r in self.log() if r.stream.startswith("alert-"))
        with self.database.read() as db:
            return [load(db, stream.removeprefix("alert-")) for stream in ids]

    def end(self) -> int:
        """The last position of the log."""
        with self.database.read() as db:
            return head(db)

    def log(self) -> list[Any]:
        """The whole log."""
        with self.database.read() as db:
            return read(db, 0, limit=1_000_000)

    def said(self, kind: type[Event]) -> list[Any]:
        """All facts of a type."""
        return [r.event for r in self.log() if isinstance(r.event, kind)]

    def operator_closes(self, danger: str, outcome: str, **over: Any) -> None:
        """From the console, having seen everything."""
        alert = self.alert(danger)
        seen = over.pop("seen_version", alert.version)
        commands.close(
            self.database, alert.id, outcome=outcome, by="user:zhang", via="console", seen_version=seen, at=self.at
        )
        self.settles()


class Phone:
    """A phone in the hand."""

    def __init__(self, house: House, number: str) -> None:
        self._house, self.number = house, number

    @property
    def inbox(self) -> list[str]:
        return self._house.phones.inboxes.get(self.number, [])

    @property
    def last(self) -> str:
        assert self.inbox, f"{self.number} got nothing"
        return self.inbox[-1]

    @property
    def calls(self) -> list[str]:
        """What was said to it in calls."""
        return self._house.calls.inboxes.get(self.number, [])

    def gets_the_last(self, *, call: bool = False) -> None:
        """The provider's receipt says that it arrived, or that the call was taken and a key pressed."""
        self._reported("delivered", "", call=call)

    def does_not_answer(self) -> None:
        """The last call to it rang and nobody came."""
        self._reported("failed", "no-answer", call=True)

    def _reported(self, status: str, code: str, *, call: bool) -> None:
        network = self._house.calls if call else self._house.phones
        name = [message for message, number in network.went if number == self.number][-1]
        take_receipt(
            self._house.database, message=name, provider_id=network.ids[name], status=status, error_code=code,
            at=self._house.at,
        )  # fmt: skip
        self._house.settles()

    def presses(self, key: str) -> str:
        """In the last call to it, which is about one alert."""
        name = [message for message, number in self._house.calls.went if number == self.number][-1]
        about = next(m.alert for m in self._house.said(MessagePlanned) if m.message == name)
        return self.replies(key, provider_id=f"{self._house.calls.ids[name]}-{key}", about=about)

    def replies(self, text: str, *, provider_id: str = "", about: str = "") -> str:
        """A text, or during a call `about` an alert a key."""
        provider_id = provider_id or f"IN{next(self._house._replies)}"
        made = take_reply(
            self._house.database, channel=self._house.phones.name, provider_id=provider_id, number=self.number,
            text=text, at=self._house.at, about=about,
        )  # fmt: skip
        self._house.settles()
        return made

    def refuses(self) -> None:
        self._house.phones.refuses.add(self.number)

    def never_gets_the_last(self, *, call: bool = False) -> None:
        """The provider's receipt says undelivered."""
        self._reported("undelivered", "30003", call=call)


def stamp(at: int) -> str:
    """RFC 3339, UTC."""
    moment = datetime.fromtimestamp(at / 1_000_000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
