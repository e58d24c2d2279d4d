"""False alarm: the SOS button is sat on and taken back; smoke from a burnt pan clears by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.scenarios.scenario import Deaf, NobodyToPlay, Step
from simulators.town import TownHome


class FalseAlarm(Deaf):
    """Somebody goes and looks all the same; nothing here may close an alert."""

    name = "false_alarm"
    says = "SOS and a cancel 20 s later, and smoke that clears after 40 s"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """What of the two the home can play."""
        home = homes[0]
        found: list[Step] = []
        for button in home.of("sos-button")[:1]:
            at = rng.uniform(0, 5)
            found.append(Step(at, home.id, button.id, messages.button("sos")))
            found.append(Step(at + 20, home.id, button.id, messages.button("cancel")))
        for smoke in home.of("smoke-alarm")[:1]:
            at = rng.uniform(30, 60)
            found.append(Step(at, home.id, smoke.id, messages.danger(messages.SMOKE, alarm=True)))
            found.append(Step(at + 40, home.id, smoke.id, messages.danger(messages.SMOKE, alarm=False)))
        if not found:
            raise NobodyToPlay(f"{home.id} has no sos-button or smoke-alarm")
        yield from found
