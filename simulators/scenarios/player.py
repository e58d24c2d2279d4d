"""Plays a scenario through gateways: pulled by whoever owns the clock, so it needs no thread and no sleep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from simulators.devices import Gateway
from simulators.scenarios.scenario import Cue, Scenario, Step, Turn
from simulators.town import TownHome


class Player:
    """`advance(now)` gives every step that is due; a cue changes what follows; pace 60 plays an hour a minute."""

    def __init__(
        self, scenario: Scenario, homes: Sequence[TownHome], start: datetime, seed: str = "", *, pace: float = 1.0
    ) -> None:
        self.scenario, self.start, self._pace = scenario, start, pace
        self._homes, self._rng = homes, Random(f"{scenario.name} {seed}")
        self._steps: Iterator[Step] = scenario.steps(homes, self._rng)
        self._next: Step | None = next(self._steps, None)
        self._cues: set[Cue] = set()

    @property
    def over(self) -> bool:
        """Nothing follows."""
        return self._next is None

    @property
    def next_at(self) -> datetime | None:
        """When the next step is due."""
        return self.start + timedelta(seconds=self._next.at_s / self._pace) if self._next else None

    def advance(self, now: datetime) -> list[tuple[datetime, Step]]:
        """The steps due by `now` with their own moments, oldest first."""
        due = []
        while self._next and (at := self.next_at) and at <= now:
            due.append((at, self._next))
            self._next = next(self._steps, None)
        return due

    def cue(self, cue: Cue, now: datetime) -> bool:
        """Somebody stepped in; True when that changes the story. Nobody arrives twice, or closes an open window."""
        if self.over or cue in self._cues or Cue.WINDOW in self._cues:
            return False
        rest = self.scenario.after(cue, (now - self.start).total_seconds() * self._pace, self._homes, self._rng)
        if rest is None:
            return False
        self._cues.add(cue)
        self._steps, self._next = rest, next(rest, None)
        return True


def perform(step: Step, at: datetime, gateway: Gateway, new_bootid: Callable[[], str]) -> None:
    """Let one step happen to its device."""
    match step.does:
        case Turn.HEARTBEAT:
            gateway.say(step.device, None, at)
        case Turn.RESEND:
            for each in gateway.devices[step.device].resend():
                gateway.send(each)
        case Turn.SWAP:
            gateway.devices[step.device].swap_next()
        case Turn.DARK:
            gateway.dark(step.device)
        case Turn.BACK:
            gateway.catch_up(step.device, at)
        case Turn.RESTART:
            gateway.devices[step.device].restarts(new_bootid())
            gateway.catch_up(step.device, at)
        case message:
            gateway.say(step.device, message, at)
