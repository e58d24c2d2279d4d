"""Decide again at exactly the points at which it was decided, and compare every byte.

Whoever decided wrote into meta the fact that was the cause. In each lane what was decided lies in the log in the order of
its causes, however many engines and planners shared the lanes; so what is decided again waits in a queue for each lane
until its record comes by.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from alerts.replay.again import Ahead, Decided, EngineAgain, LearnerAgain, PlannerAgain
from alerts.replay.ahead import ReadAhead
from alerts.replay.source import Source
from events.lanes import ALL, lane_of
from events.serial import Recorded, dump, name_of
from events.types import message, system
from events.types.routine import RoutineLearned

_PLANNERS = (message.MessagePlanned, message.PersonTold, message.PersonLost, system.PlannerFailed)
_ON_A_CHANNEL = (message.MessagePlanned, message.PersonTold)
_MOST = 10


class Difference(NamedTuple):
    """What the log says and what would be decided today; one of them is empty where there is nothing."""

    position: int
    """Of the record, or of the cause where no record is."""
    cause: int
    recorded: str
    decided: str


@dataclass
class Verdict:
    """`differences`: the first ones, in order; what follows a difference follows from it. `waiting`: not committed yet."""

    facts: int = 0
    decisions: int = 0
    alerts: int = 0
    messages: int = 0
    upto: int = 0
    waiting: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    """Channel -> position from which on messages went by it; read and not decided where the log declares none."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Is everything as it was decided?"""
        return not self.differences


def verify(source: Source, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Verdict:
    """Read the log through from its beginning. Memory is bounded by homes and people, not by the length of the log."""
    comparing = Comparing(ReadAhead.of(source))
    for page in source.records():
        for recorded in page:
            comparing.take(recorded)
            if len(comparing.verdict.differences) >= _MOST:
                return comparing.verdict
        progress(page[-1].position, source.upto)
    comparing.end(source.readers)
    return comparing.verdict


class _Waiting(NamedTuple):
    cause: int
    decided: Decided


class Comparing:
    """Takes the log fact by fact."""

    def __init__(self, ahead: ReadAhead) -> None:
        self._ahead, self.verdict = ahead, Verdict()
        self._engine, self._planner, self._learner = EngineAgain(), PlannerAgain(), LearnerAgain()
        self._queues: dict[tuple[str, int], deque[_Waiting]] = {}
        self._lanes: dict[tuple[str, int], tuple[int, int]] = {}
        """Reader and cause of what waits -> the lane it waits in, and how many wait."""

    def take(self, recorded: Recorded) -> None:
        """One fact: perhaps a record of what was decided, perhaps a cause, often both."""
        verdict = self.verdict
        verdict.facts += 1
        verdict.upto = position = recorded.position
        if "read_to" in recorded.meta:
            self._compare(recorded)
        ahead: Ahead = self._ahead.at(position) if position in self._ahead else {}
        if made := self._engine.hear(recorded, ahead):
            self._wait("engine", recorded, made)
        if made := self._planner.hear(recorded):
            self._wait("planner", recorded, made)
        if made := self._learner.hear(recorded):
            self._wait("learner", recorded, made)

    def _wait(self, reader: str, cause: Recorded, made: list[Decided]) -> None:
        lane = lane_of(made[0].new.lane_key) if cause.lane == ALL else cause.lane
        queue = self._queues.setdefault((reader, lane), deque())
        for decided in made:  # what was read ahead has a later cause and is decided all the same now
            by = int(decided.new.meta["cause"])
            queue.append(_Waiting(by, decided))
            self._lanes[reader, by] = lane, self._lanes.get((reader, by), (lane, 0))[1] + 1

    def _compare(self, recorded: Recorded) -> None:
        verdict, cause = self.verdict, int(recorded.meta["cause"])
        verdict.decisions += 1
        reader = _reader_of(recorded)
        found = self._lanes.get((reader, cause))
        if found is None:
            self._differs(recorded.position, cause, _said(recorded), "")
            return
        lane, says = found[0], _said(recorded)
        queue = self._queues[reader, lane]
        same = next(
            (n for n, each in enumerate(queue) if each.cause == cause and self._is(recorded, says, each.decided)), None
        )
        # What lies before it in the lane and has not come by was never recorded; where nothing is the same, the next of its cause.
        before = next(n for n, each in enumerate(queue) if each.cause == cause) if same is None else same
        for _ in range(before):
            skipped = self._next(reader, lane)
            self._differs(skipped.cause, skipped.cause, "", _would(skipped.decided))
        decided = self._next(reader, lane).decided
        if same is None:
            self._differs(recorded.position, cause, says, _would(self._by_channel(recorded, decided)))
        elif isinstance(recorded.event, message.MessagePlanned):
            verdict.messages += 1
        elif decided.version == 1:
            verdict.alerts += 1

    def _is(self, recorded: Recorded, says: str, decided: Decided) -> bool:
        if decided.version is not None and decided.version != recorded.version:
            return False
        return says == _would(self._by_channel(recorded, decided))

    def _next(self, reader: str, lane: int) -> _Waiting:
        taken = self._queues[reader, lane].popleft()
        _, left = self._lanes.pop((reader, taken.cause))
        if left > 1:
            self._lanes[reader, taken.cause] = lane, left - 1
        return taken

    def _by_channel(self, recorded: Recorded, decided: Decided) -> Decided:
        event: Any = decided.new.event
        if not isinstance(event, _ON_A_CHANNEL) or not isinstance(recorded.event, _ON_A_CHANNEL):
            return decided
        channel = recorded.event.channel
        self.verdict.channels.setdefault(channel, recorded.position)
        if event.channel:  # decided from the channels that the log declares
            return decided
        new = msgspec.structs.replace(decided.new, event=msgspec.structs.replace(event, channel=channel))
        return Decided(new, decided.version)

    def _differs(self, position: int, cause: int, recorded: str, decided: str) -> None:
        self.verdict.differences.append(Difference(position, cause, recorded, decided))

    def end(self, readers: Any) -> None:
        """What still waits was never recorded, unless its reader had not come so far when the log was read."""
        for (reader, _lane), queue in self._queues.items():
            apart = [position for name, position in readers.items() if name.startswith(f"{reader}.")]
            done = min(apart) if apart else readers.get(reader, 0)
            for left in queue:
                if left.cause <= done:
                    self._differs(left.cause, left.cause, "", _would(left.decided))
                else:
                    self.verdict.waiting += 1
        self.verdict.differences.sort(key=lambda found: found.position)


def _reader_of(recorded: Recorded) -> str:
    if isinstance(recorded.event, RoutineLearned):
        return "learner"
    planned = isinstance(recorded.event, _PLANNERS) and recorded.version is None  # who is on leave the engine knows
    return "planner" if planned else "engine"


def _said(recorded: Recorded) -> str:
    """Everything of a record that was decided: not its number, and not how far its reader had read."""
    return _words(
        recorded.lane, recorded.stream, recorded.key, name_of(recorded.event), recorded.at, dump(recorded.event)
    )


def _would(decided: Decided) -> str:
    new = decided.new
    return _words(lane_of(new.lane_key), new.stream, new.key, name_of(new.event), new.at, dump(new.event))


def _words(lane: int, stream: str, key: str | None, name: str, at: int, data: str) -> str:
    return f"{name} {stream} lane {lane} key {key} at {at} {data}"
