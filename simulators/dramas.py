"""The demo's two dramas, resumable: a CO leak in one home, and an elder gone quiet in another."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from simulators.devices import messages
from simulators.life import LIFE_SIGNS, Happening, bout, falls_quiet
from simulators.memory import Memory, moment
from simulators.scenarios import SCENARIOS, Cue, Player, Step
from simulators.town import TownHome

QUIET_LEFT = timedelta(seconds=40)  # between the end of the history and the moment the limit is reached


class Leak:
    """Begins once, at a moment that is remembered; ends by a cue."""

    def __init__(self, home: TownHome, memory: Memory) -> None:
        self.home, self._memory = home, memory
        self._player: Player | None = None
        self._replay_past()

    @property
    def phase(self) -> str:
        """waiting, leaking, clearing or over."""
        told = moment(self._memory.leak_told)
        if self._player is None or told is None or told < self._player.start:
            return "waiting"
        if self._player.over:
            return "over"
        return "clearing" if self._memory.leak_cues else "leaking"

    def lives(self, facts: list[Happening]) -> list[Happening]:
        """While there is gas in the room the sensor's ordinary readings do not exist."""
        began = moment(self._memory.leak_began)
        if not began or self.phase == "over":
            return facts
        return [each for each in facts if each.at < began or not each.message or each.message.type != messages.CO]

    def begin(self, at: datetime) -> None:
        """Not twice."""
        if self._player is None:
            self._memory.leak_began = at.isoformat()
            self._player = self._play(at)

    def due(self, now: datetime) -> list[tuple[datetime, Step]]:
        """What happens by now. After a long stop only the changes and the last readings: nobody needs the rest."""
        if self._player is None:
            return []
        steps = self._player.advance(now)
        self._memory.leak_told = now.isoformat()
        return [each for each in steps[:-6] if _is_change(each[1])] + steps[-6:]

    def cue(self, cue: Cue, now: datetime) -> bool:
        """Somebody stepped in; nothing happens before the leak or after it."""
        if self._player is None or now < self._player.start or not self._player.cue(cue, now):
            return False
        self._memory.leak_cues.append((cue.value, now.isoformat()))
        return True

    def _play(self, start: datetime) -> Player:
        return Player(SCENARIOS["co_leak"], [self.home], start, self.home.id)

    def _replay_past(self) -> None:
        began, told = moment(self._memory.leak_began), moment(self._memory.leak_told)
        if not began:
            return
        self._player = self._play(began)
        for cue, at in self._memory.leak_cues:
            self._player.advance(datetime.fromisoformat(at))
            self._player.cue(Cue(cue), datetime.fromisoformat(at))
        if told:
            self._player.advance(told)


class Quiet:
    """Alive until just short of the limit; afterwards the sensors are well and see nobody, until somebody comes."""

    def __init__(self, home: TownHome, memory: Memory) -> None:
        self.home, self._memory = home, memory

    @property
    def phase(self) -> str:
        """well, quiet or found."""
        if self._memory.quiet_found:
            return "found"
        return "quiet" if self._memory.quiet_since else "well"

    def past(self, facts: list[Happening], now: datetime) -> list[Happening]:
        """The first history: the last sign of life is `QUIET_LEFT` short of the home's limit."""
        last_sign = now + QUIET_LEFT - timedelta(hours=self.home.limit_h)
        self._memory.quiet_since = last_sign.isoformat()
        return falls_quiet(self.home, facts, last_sign)

    def lives(self, facts: list[Happening]) -> list[Happening]:
        """Heartbeats and readings always; signs of life only after somebody came."""
        found = moment(self._memory.quiet_found)
        return [
            each
            for each in facts
            if each.message is None or each.message.type not in LIFE_SIGNS or (found and each.at > found)
        ]

    def somebody_comes(self, at: datetime) -> list[Happening]:
        """The door and two rooms; afterwards the elder lives on."""
        if self.phase != "quiet":
            return []
        self._memory.quiet_found = at.isoformat()
        door = [
            Happening(at + timedelta(seconds=9 * n), each.id, messages.contact(open=n == 0))
            for each in self.home.of("door-contact")[:1]
            for n in (0, 1)
        ]
        return [*door, *bout(self.home, at + timedelta(seconds=4), Random(self.home.id))]


def _is_change(step: Step) -> bool:
    return isinstance(step.does, messages.Message) and step.does.tail == "event"
