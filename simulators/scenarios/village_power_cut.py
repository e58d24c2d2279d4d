"""Village power cut: mains devices notice, batteries bridge a minute, then every home goes dark and comes back later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import messages
from simulators.devices.device import ON_MAINS
from simulators.scenarios.scenario import Deaf, Step, Turn
from simulators.town import TownHome

DARK_S = 40 * 60.0


class VillagePowerCut(Deaf):
    """Forty minutes; what battery sensors see meanwhile comes with the backfill."""

    name = "village_power_cut"
    says = "all homes of the village lose power and uplink for forty minutes, then backfill"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """mains:false, dark within a minute, movement unseen in the dark, back one by one; mains devices boot anew."""
        found: list[Step] = []
        for home in homes:
            dark, back = rng.uniform(5, 60), DARK_S + rng.uniform(0, 90)
            for each in home.devices:
                mains = each.model in ON_MAINS
                if mains:
                    found.append(Step(0.5, home.id, each.id, messages.about_itself(mains=False)))
                found.append(Step(dark, home.id, each.id, Turn.DARK))
                if each.model == "motion-pir":
                    moves = dark + rng.uniform(300, DARK_S - 300)
                    found.append(Step(moves, home.id, each.id, messages.motion(occupied=True)))
                    found.append(Step(moves + 45, home.id, each.id, messages.motion(occupied=False)))
                found.append(Step(back, home.id, each.id, Turn.RESTART if mains else Turn.BACK))
                if mains:
                    found.append(Step(back + 1, home.id, each.id, messages.about_itself(mains=True)))
        yield from sorted(found, key=lambda step: step.at_s)
