"""The demo's world: twenty homes with a past, then life as it goes, a CO leak and an elder gone quiet.

`python -m simulators.world --mqtt-url URL --town examples/town.yaml --state FILE`. Stopping it publishes nothing: the
homes live on unseen, and the next start tells what happened meanwhile under the same boots and counters.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from simulators import memory as memories
from simulators.devices import Broker, BrokerRefused
from simulators.door import Door, PortBusy, app_for
from simulators.dramas import Leak, Quiet
from simulators.life import Happening, bout, facts_between
from simulators.replies import GOES, THERE, Phones, Reply
from simulators.scenarios import Cue, perform
from simulators.stage import Stage, new_bootid
from simulators.town import TownHome, TownUnreadable, play, read_town

PAST = timedelta(hours=72)
LEAK_AFTER_S = 20.0
ACKS_WITHIN_S = 30.0
TO_THE_DOOR = timedelta(seconds=15)  # from "I am going" to the first movement
TICK_S = 0.25
SAVE_EVERY = timedelta(seconds=2)


class World:
    """`begin`, then `tick` until `stop`; the clock is the caller's."""

    def __init__(self, homes: list[TownHome], broker: Broker, file: Path, phones: Phones | None = None) -> None:
        self._file, self._memory = file, memories.load(file)
        self._memory.began = self._memory.began or _now().isoformat()
        self._stage = Stage(homes, broker, self._memory)
        self._memory.clean = False
        self._leak = Leak(play(homes, "co_leak", 0), self._memory)
        self._quiet = Quiet(play(homes, "quiet_elder", 1), self._memory)
        self._ordinary = [each for each in homes if each.id not in (self._leak.home.id, self._quiet.home.id)]
        self._phones = phones
        self._cues: deque[Cue] = deque()
        self._later: list[tuple[str, Happening]] = []
        self._rng = Random("world")
        self._ahead: dict[str, tuple[datetime, list[Happening]]] = {}
        self._next_bout = self._next_read = self._saved = datetime.min.replace(tzinfo=UTC)
        self._phase = "starting"
        self.stopping = threading.Event()

    def begin(self, clock: Callable[[], datetime], leak_after_s: float = LEAK_AFTER_S) -> None:
        """The past of everybody, the quiet elder's last, so that their last sign lies just short of the limit."""
        self._save(clean=False)
        self._phase = "history"
        others = [each for each in self._stage.homes if each != self._quiet.home.id]
        for home in others:
            self._tell(home, clock())
        self._stage.open()
        self._stage.send_past(others, clock(), self.stopping.is_set)
        left = ACKS_WITHIN_S - self._stage.wait_for_acks(others, ACKS_WITHIN_S, self.stopping.is_set)
        if self.stopping.is_set():
            return
        quiet = [self._quiet.home.id]
        self._tell(quiet[0], clock())
        self._stage.send_past(quiet, clock(), self.stopping.is_set)
        self._stage.wait_for_acks(quiet, max(1.0, left), self.stopping.is_set)
        self._greet(clock())
        self._leak.begin(clock() + timedelta(seconds=leak_after_s))
        self._phase = "live"

    def _greet(self, now: datetime) -> None:
        """Who has just reached the broker says so at once: the next number in turn proves that nothing was missed."""
        for name, home in self._stage.homes.items():
            self._stage.live(name, [Happening(at=now, device=each.id, message=None) for each in home.devices])

    def tick(self, now: datetime) -> None:
        """Everything due by now."""
        for gateway in self._stage.gateways.values():
            gateway.tick(now)
        for home in self._stage.homes:
            self._stage.live(home, self._due(home, now))
        self._stir(now)
        self._listen(now)
        for at, step in self._leak.due(now):
            perform(step, at, self._stage.gateway(step.home), new_bootid)
        for home, each in [entry for entry in self._later if entry[1].at <= now]:
            self._stage.live(home, [each])
        self._later = [entry for entry in self._later if entry[1].at > now]
        if now - self._saved > SAVE_EVERY:
            self._saved = now
            self._save(clean=False)

    def stop(self) -> None:
        """Nothing is said that is not true: no status, no will; what is unconfirmed is remembered."""
        self._stage.close()
        self._save(clean=True)

    def cue(self, cue: Cue) -> None:
        """From any thread: somebody opened the window, or arrived."""
        self._cues.append(cue)

    def state(self) -> dict[str, Any]:
        """How it stands, for people and tests."""
        devices = self._stage.devices()
        return {
            "phase": self._phase,
            "homes": len(self._stage.homes),
            "devices": len(devices),
            "unconfirmed": sum(len(each.ring) for each in devices),
            "leak": {"home": self._leak.home.id, "phase": self._leak.phase, "began": self._memory.leak_began},
            "quiet": {"home": self._quiet.home.id, "phase": self._quiet.phase, "since": self._memory.quiet_since},
        }

    def _tell(self, home: str, now: datetime) -> None:
        """The home's life since it was last told, at most 72 h of it, into its devices' memories."""
        told = self._memory.told_until(home)
        facts = facts_between(self._stage.homes[home], max(told or now - PAST, now - PAST), now)
        if home == self._quiet.home.id:
            facts = self._quiet.past(facts, now) if self._quiet.phase == "well" else self._quiet.lives(facts)
        self._stage.live(home, self._leak.lives(facts) if home == self._leak.home.id else facts)
        self._memory.until[home] = now.isoformat()

    def _due(self, home: str, now: datetime) -> list[Happening]:
        """From a list made ten minutes ahead: a day is not walked through four times a second."""
        horizon, facts = self._ahead.get(home) or (self._memory.told_until(home) or now, [])
        if now > horizon:
            facts += facts_between(self._stage.homes[home], horizon, now + timedelta(minutes=10))
            horizon = now + timedelta(minutes=10)
        due = [each for each in facts if each.at <= now]
        self._ahead[home] = (horizon, [each for each in facts if each.at > now])
        self._memory.until[home] = now.isoformat()
        if home == self._quiet.home.id:
            return self._quiet.lives(due)
        return self._leak.lives(due) if home == self._leak.home.id else due

    def _stir(self, now: datetime) -> None:
        """Somewhere somebody moves now and then, at whatever hour the demo is shown."""
        if now >= self._next_bout and self._ordinary:
            home = self._rng.choice(self._ordinary)
            self._later += [(home.id, each) for each in bout(home, now, self._rng)]
            self._next_bout = now + timedelta(seconds=self._rng.uniform(5, 12))

    def _listen(self, now: datetime) -> None:
        while self._cues:
            cue = self._cues.popleft()
            self._leak.cue(cue, now)
        if self._phones and now >= self._next_read:
            self._next_read = now + timedelta(seconds=1)
            for reply in self._phones.read():
                self._answered(reply, now)
            self._memory.replies_read = self._phones.read_to

    def _answered(self, reply: Reply, now: datetime) -> None:
        if reply.action in THERE and _meant(reply, self._leak.home):
            self._leak.cue(Cue.ARRIVED, now)
        if reply.action in {GOES, *THERE} and _meant(reply, self._quiet.home):
            at = now + (TO_THE_DOOR if reply.action == GOES else timedelta(0))
            self._later += [(self._quiet.home.id, each) for each in self._quiet.somebody_comes(at)]

    def _save(self, *, clean: bool) -> None:
        self._memory.clean = clean
        for each in self._stage.devices():
            self._memory.keep(each)
        memories.save(self._file, self._memory)


def _meant(reply: Reply, home: TownHome) -> bool:
    """The reply is of that home's chain and, where the texts tell, about that house."""
    return reply.number in home.phones and reply.house in (None, home.number)


def _now() -> datetime:
    return datetime.now(UTC)


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: stopped on request; 1: the broker; 2: arguments, town file or a busy port."""
    parser = argparse.ArgumentParser(prog="python -m simulators.world", description=__doc__)
    parser.add_argument("--mqtt-url", help="mqtt://user:password@host:port (default: MQTT_URL)")
    parser.add_argument("--town", type=Path, default=Path("examples/town.yaml"))
    parser.add_argument("--state", type=Path, required=True, help="what it remembers between two starts")
    parser.add_argument("--port", type=int, default=8011, help="its HTTP door on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--phones-url", help="the simulated phones, to see who answered that they are there")
    parser.add_argument("--leak-after", type=float, default=LEAK_AFTER_S, help="seconds of calm (default: %(default)s)")
    args = parser.parse_args(argv)
    try:
        phones = Phones(args.phones_url, memories.load(args.state).replies_read) if args.phones_url else None
        world = World(read_town(args.town), Broker.of(args.mqtt_url), args.state, phones)
        door = Door(app_for(world.state, world.cue), args.port)
        door.open()
    except (TownUnreadable, PortBusy, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 2
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: world.stopping.set())
    try:
        world.begin(_now, args.leak_after)
        while not world.stopping.wait(TICK_S):
            world.tick(_now())
    except BrokerRefused as fault:
        print(fault, file=sys.stderr)
        return 1
    finally:
        world.stop()
        door.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
