"""The planner: reads the log by person, decides by which phone somebody is told, and writes the outbox.

A message it intends, its outbox row and its answer in the alert's own stream commit together. All it appends are keyed
facts, so that planning twice plans once.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from alerts.commands.deciding import load_all
from alerts.core.alert import Alert
from alerts.core.person import Person
from alerts.core.policy import Policy
from alerts.core.ways import Way
from alerts.core.worth import worth_until
from alerts.notify import outbox
from alerts.notify.handing import NOBODY, NoHands
from alerts.planning import COMMON, HEARS, Planning
from alerts.seats import CHANNELS, PLANNER, POLICY, WHOLE, Seat
from alerts.timers import Timer, timers_of
from events.database import Database
from events.failpoints import failpoint
from events.follow import Follower, bookmark, bookmark_at, load_snapshots, snapshots_of
from events.right_of_way import WAY
from events.store import New, append
from events.together import together
from events.types import message, setting
from events.types.channel import ChannelsDeclared
from events.types.fact import SECOND

READER = PLANNER
CHANNEL = "sms"
log = logging.getLogger("shouwang.planner")

_SAVE_EVERY_FACTS = 20_000
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Person).decode
_unpack_policy = msgspec.msgpack.Decoder(Policy).decode
_unpack_channels = msgspec.msgpack.Decoder(ChannelsDeclared).decode


class Planner(Planning):
    """One reader of the lanes of a seat. Only one thread may call it.

    `channel`: the one SMS channel of a house whose log does not declare its channels.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        *,
        channel: str,
        seat: Seat = WHOLE,
        check: Callable[[Connection], None] = lambda _: None,
        hands: NoHands = NOBODY,
    ) -> None:
        """`check` is asked in every transaction whether the seat is still ours; it raises when it is not.

        `hands`: senders in this process, for what is urgent.
        """
        self._database, self._now, self._channel, self._check = database, now, channel, check
        self._hands = hands
        self._reader = seat.reader(READER)
        self.follower = Follower(
            database, self._reader, lanes=seat.lanes, hears=(*HEARS, *COMMON, setting.SettingChanged)
        )
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what is in hand and stand where the bookmark stands, whatever became of the last commit."""
        self.policy = Policy()
        self.declared: ChannelsDeclared | None = None
        self.people: dict[str, Person] = {}
        with self._database.read() as db:
            self.follower.position = bookmark(db, self._reader)
            for owner, state in load_snapshots(db, self._reader):
                if owner == POLICY:
                    self.policy = _unpack_policy(state)
                elif owner == CHANNELS:
                    self.declared = _unpack_channels(state)
                else:
                    self.people[owner] = _lifted(_unpack(state))
        self._forget()

    def _forget(self) -> None:
        self._news: list[New] = []
        self._planned: list[tuple[message.MessagePlanned, int]] = []
        self._timers: dict[tuple[str, str], Timer] = {}
        self._touched: set[str] = set()
        self._facts = 0
        self._saved_at = self._now()

    def step(self, timeout: float = 0.0, limit: int = 1000) -> int:
        """Read on once and commit what follows. Returns how many facts were read."""
        before = self.follower.position
        batch = self.follower.next(limit=limit, timeout=timeout)
        if batch:
            failpoint("planner.read")
        for recorded in batch:
            if isinstance(recorded.event, HEARS):
                self._take(recorded)
            elif isinstance(recorded.event, setting.SettingChanged):
                self.policy.fold(recorded.event)
                self._touched.add(POLICY)
            elif isinstance(recorded.event, ChannelsDeclared):
                self.declared = recorded.event
                self._touched.add(CHANNELS)
        self._facts += self.follower.position - before
        idle_save = self._facts and self._now() >= self._saved_at + SECOND
        if self._news or self._timers or idle_save or self._facts >= _SAVE_EVERY_FACTS:
            self.commit()
        return len(batch)

    def commit(self) -> None:
        """Facts, outbox rows, states of people touched and the bookmark, together."""
        news, planned, position, at = self._news, self._planned, self.follower.position, self._now()
        awaited = self._timers
        if news:
            failpoint("planner.decided")
        if any(made.alert_class == 1 for made, _ in planned):
            WAY.begins()
        states: dict[str, bytes | None] = {p: _pack(self.people[p]) for p in self._touched if p in self.people}
        if POLICY in self._touched:
            states[POLICY] = _pack(self.policy)
        if CHANNELS in self._touched:
            states[CHANNELS] = _pack(self.declared)

        with self._hands.promised([outbox.Plan(made, at, 0) for made, at in planned], at) as promised:

            def work(db: Connection) -> None:
                self._check(db)
                plans = _worth_sending(db, promised)
                self._hands.written(plans, outbox.plan(db, plans))
                parts = [*timers_of(awaited), *snapshots_of(self._reader, states), bookmark_at(self._reader, position)]
                together(db, parts)
                failpoint("planner.in_commit")
                append(db, news, recorded_at=at)  # last: from here on other writers wait

            self._database.write(work)
        failpoint("planner.committed")
        self._forget()


def _worth_sending(db: Connection, plans: Sequence[outbox.Plan]) -> list[outbox.Plan]:
    """With the alerts as of now: only for how long a message is worth sending, which decides nothing."""
    named = {plan.message.alert for plan in plans if plan.message.alert}
    alerts = load_all(db, named) if named else dict[str, Alert]()
    return [plan._replace(valid_until=_worth_until(plan, alerts)) for plan in plans]


def _worth_until(plan: outbox.Plan, alerts: Mapping[str, Alert]) -> int:
    made = plan.message
    return worth_until(alerts.get(made.alert), made.alert_class, plan.at, made.template)


def _lifted(person: Person) -> Person:
    """A snapshot as an older release wrote it, in today's shape."""
    for telling in person.tellings.values():
        if telling.untried:
            telling.left, telling.untried = [Way(phone, "") for phone in telling.untried], []
    return person
