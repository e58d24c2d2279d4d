"""kill -9 of the service at random moments while devices go on and alarms come."""

import random
import time

from tests.faults.audit import audit
from tests.faults.backups import Backups
from tests.faults.crowd import Crowd
from tests.faults.draining import logged
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_KILLS = 200
_RATE = 1000.0
_LONGEST_S = 1.0
"""From one start to the next kill, at most so long after the service hears, or so long after its process began."""
_HOMES = 400
_BACKUPS = 5
_LOOK_EVERY, _FAR, _NEAR, _PATIENCE_S = 5, 30_000, 5_000, 60.0


def run(ground: Ground) -> Outcome:
    """200 at scale 1. Half the moments are drawn from the whole life, half from the time in which it works."""
    chance = random.Random(ground.seed)
    kills = max(2, round(_KILLS * ground.scale))
    quiet = list(range(1, _HOMES + 1))
    chance.shuffle(quiet)
    working = furthest = 0
    with Service(ground, Town(_HOMES), hatched=True) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        backups = Backups(service)
        for nth in range(kills):
            ground.say(f"kill {nth + 1} of {kills}")
            if nth % 2:
                service.until(service.hears, "it hears again")
            if nth % max(2, kills // _BACKUPS) == 1:
                backups.makes()
            if quiet:
                crowd.alarm(quiet.pop(), chance.choice(["carbon_monoxide", "sos"]))
            time.sleep(chance.uniform(0.0, _LONGEST_S))
            working += service.hears()
            service.kill()
            service.start()
            if nth % _LOOK_EVERY == 0:
                furthest = max(furthest, _caught_up(service, crowd, ground))
        published = len(crowd.acknowledged)
        ground.say("drains")
        outcome = audit(service, crowd)
        backups.judge(outcome)
    outcome.figures = {
        "kills": kills, "kills_while_it_heard": working, "published_meanwhile": published,
        "furthest_behind": furthest, "broker_started_anew": service.broker_anew,
    } | outcome.figures  # fmt: skip
    return outcome


def _caught_up(service: Service, crowd: Crowd, ground: Ground) -> int:
    """How many readings it is behind; when they are a minute's work all are silent until most of them are in."""
    with service.memory() as database:
        behind = most = len(crowd.acknowledged) - logged(database)
        until = time.monotonic() + _PATIENCE_S
        crowd.rate = 0.0 if most > _FAR else _RATE
        while most > _FAR and behind > _NEAR and time.monotonic() < until:
            ground.say(f"{behind} behind, left alone")
            service.look_after()
            time.sleep(2.0)
            behind = len(crowd.acknowledged) - logged(database)
    crowd.rate = _RATE
    return most


KILLS = Round(
    "kills",
    f"kill -9 of the service at {_KILLS} random moments, {_RATE:g} messages a second and an alarm between any two kills: lost 0, "
    f"doubled 0; and {_BACKUPS} backups begun meanwhile, each of which, put back, is one moment of the log. Where it is more than "
    f"{_FAR:,} readings behind, the devices are silent until it has caught up.",
    run,
    slow=True,
)
