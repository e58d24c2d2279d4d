"""kill -9 of the service at random moments while devices go on and alarms come."""

import random
import time

from tests.faults.audit import audit
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_KILLS = 200
_RATE = 1000.0
_LONGEST_S = 1.0
"""From one start to the next kill, at most so long after the service hears, or so long after its process began."""
_HOMES = 400


def run(ground: Ground) -> Outcome:
    """200 at scale 1. Half the moments are drawn from the whole life, half from the time in which it works."""
    chance = random.Random(ground.seed)
    kills = max(2, round(_KILLS * ground.scale))
    quiet = list(range(1, _HOMES + 1))
    chance.shuffle(quiet)
    working = 0
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        for nth in range(kills):
            ground.say(f"kill {nth + 1} of {kills}")
            if nth % 2:
                service.until(service.hears, "it hears again")
            if quiet:
                crowd.alarm(quiet.pop(), chance.choice(["carbon_monoxide", "sos"]))
            time.sleep(chance.uniform(0.0, _LONGEST_S))
            working += service.hears()
            service.kill()
            service.start()
        published = len(crowd.acknowledged)
        ground.say("drains")
        outcome = audit(service, crowd)
    outcome.figures = {
        "kills": kills,
        "kills_while_it_heard": working,
        "published_meanwhile": published,
    } | outcome.figures
    return outcome


KILLS = Round(
    "kills",
    f"kill -9 of the service at {_KILLS} random moments, {_RATE:g} messages a second and an alarm between any two kills: "
    "lost 0, doubled 0.",
    run,
    slow=True,
)
