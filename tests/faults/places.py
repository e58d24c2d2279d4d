"""How each fail point is reached: what devices, people and the provider do until the process has come by."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from alerts.commands.settings import change_settings
from simulators.twilio.codes import reply_codes
from tests.faults.crowd import Crowd, Said
from tests.faults.service import NeverCame, Service

HOMES: Final = 200
_AGAIN_S: Final = 0.3
_LOOK_S: Final = 0.1
"""So often a process that does not hear yet is asked: more would take the processor from it."""
_REACHED_WITHIN_S: Final = 30.0
_ENDS_WITHIN_S: Final = 1.0
"""A part of the house that died takes the process with it: nearly at once, or not at all."""
_HEARS_WITHIN_S: Final = 8.0
_RAISED: Final = "FailPointReached"


class Visit:
    """One house, visited at one place after another; daily life goes on all the while."""

    def __init__(self, service: Service, crowd: Crowd) -> None:
        self.service, self.crowd = service, crowd
        self._homes = itertools.cycle(range(1, HOMES + 1))
        self._garbage = itertools.count(1)

    def prepare(self) -> None:
        """The second step of a danger to life comes after a second, so that timers ring within a visit."""
        steps = [[0, ["watcher", "grid_member"]], [1, ["village"]], [3600, ["town"]]]
        with self.service.memory() as database:
            change_settings(database, {"class1.steps": steps}, by="round", at=time.time_ns() // 1000)

    def kills(self, name: str) -> None:
        """The process dies at this place and is gone; the next start is the caller's."""
        self.service.start(FAILPOINT=f"{name}:1:kill")
        self._provoke(name, lambda: not self.service.alive)
        code = self.service.died()
        assert code == -9, f"at {name} it ended with {code}\n{self.service.says()}"

    def raises(self, name: str) -> bool:
        """An error there; whether it ended the process. One that does not shows itself in what the process says."""
        before = len(self.service.says(1_000_000_000))
        self.service.start(FAILPOINT=f"{name}:1:raise")
        self._provoke(name, lambda: not self.service.alive or _RAISED in self.service.says(1_000_000_000)[before:])
        with contextlib.suppress(NeverCame):
            self.service.died(_ENDS_WITHIN_S)
        return not self.service.alive

    def sleeps(self, names: Sequence[str], seconds: float) -> None:
        """One process is held up so long at each of these places, one after another or several at once."""
        self.service.start(FAILPOINT=",".join(f"{name}:1:sleep={seconds:g}" for name in names))
        provoked = [steps(self) for steps in {PROVOKED[name]: None for name in names}]
        until = time.monotonic() + seconds * len(names) + _HEARS_WITHIN_S
        while time.monotonic() < until:
            for steps in provoked:
                next(steps)
            time.sleep(_AGAIN_S)

    def _provoke(self, name: str, holds: Callable[[], bool]) -> None:
        steps = PROVOKED[name](self)
        until, again_at = time.monotonic() + _REACHED_WITHIN_S, 0.0
        while not holds():
            now = time.monotonic()
            if now > until:
                raise NeverCame(f"{name} was never reached\n{self.service.says()}")
            if now >= again_at:
                again_at = now + _LOOK_S
                if self.service.hears():
                    next(steps)
                    again_at = time.monotonic() + _AGAIN_S
            time.sleep(0.02)

    # -- what is done again and again

    def alarms(self) -> Iterator[None]:
        """One home after another gives alarm, twice a second in all."""
        while True:
            self.crowd.alarm(next(self._homes))
            yield

    def waits(self) -> Iterator[None]:
        """Daily life alone."""
        while True:
            yield

    def garbage(self) -> Iterator[None]:
        """A device says what nobody understands."""
        while True:
            device = self.crowd.town.device(next(self._homes), "hall")
            number = next(self._garbage)
            self.crowd.sends(Said(device, (), f"shouwang/v1/{device}/event", b'{"broken": %d' % number))
            yield

    def backfills(self) -> Iterator[None]:
        """A device sends what it had kept, and waits to be told that it may forget it."""
        while True:
            device, at = self.crowd.town.device(next(self._homes), "door"), time.time_ns() // 1000
            self.crowd.backfills(device, "contact", [(at - 60_000_000, {"open": True}), (at, {"open": False})])
            yield

    def replies(self) -> Iterator[None]:
        """Whoever got a message answers that they go."""
        answered: set[str] = set()
        while True:
            self.crowd.alarm(next(self._homes))
            yield
            for sms in self.service.provider.messages:
                codes = reply_codes(sms.body) if sms.direction != "inbound" and sms.received_at else []
                if codes and sms.sid not in answered:
                    answered.add(sms.sid)
                    self.service.provider.reply(sms.recipient, codes[0])
                    break
            yield


PROVOKED: Final[Mapping[str, Callable[[Visit], Iterator[None]]]] = {
    "ingest.received": Visit.waits,
    "ingest.read": Visit.waits,
    "ingest.in_commit": Visit.waits,
    "ingest.committed": Visit.waits,
    "ingest.acknowledged": Visit.waits,
    "ingest.quarantining": Visit.garbage,
    "ingest.telling": Visit.backfills,
    "ingest.catching_up": Visit.waits,
    "append.begin": Visit.waits,
    "append.landed": Visit.waits,
    "append.committed": Visit.waits,
    "engine.read": Visit.waits,
    "engine.decided": Visit.alarms,
    "engine.in_commit": Visit.alarms,
    "engine.committed": Visit.alarms,
    "planner.read": Visit.waits,
    "planner.decided": Visit.alarms,
    "planner.in_commit": Visit.alarms,
    "planner.committed": Visit.alarms,
    "timers.due": Visit.alarms,
    "timers.in_commit": Visit.alarms,
    "timers.rung": Visit.alarms,
    "outbox.handed": Visit.alarms,
    "outbox.claimed": Visit.alarms,
    "outbox.calling": Visit.alarms,
    "outbox.called": Visit.alarms,
    "outbox.asked": Visit.alarms,
    "outbox.in_commit": Visit.alarms,
    "outbox.recorded": Visit.alarms,
    "hooks.receipt": Visit.alarms,
    "hooks.receipt_in_commit": Visit.alarms,
    "hooks.receipt_recorded": Visit.alarms,
    "hooks.reply": Visit.replies,
    "hooks.reply_in_commit": Visit.replies,
    "hooks.reply_recorded": Visit.replies,
    "projections.in_commit": Visit.waits,
    "projections.committed": Visit.waits,
}
"""In an order in which each can be reached: `outbox.asked` needs a message whose sender died while calling."""
