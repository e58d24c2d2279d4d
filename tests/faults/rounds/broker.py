"""kill -9 of the broker: with the service up, and with it down."""

import random
import time

from tests.faults.audit import audit
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_HOMES = 200
_RATE = 300.0
_KILLS_UP, _KILLS_DOWN = 20, 10


def up(ground: Ground) -> Outcome:
    """Devices and service find it again by themselves."""
    chance = random.Random(ground.seed)
    kills = max(2, round(_KILLS_UP * ground.scale))
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        for nth in range(kills):
            ground.say(f"kill {nth + 1} of {kills}")
            time.sleep(chance.uniform(0.2, 3.0))
            crowd.alarm(nth * 2 + 1, chance.choice(["carbon_monoxide", "sos"]))
            service.kill_broker()
            crowd.alarm(nth * 2 + 2)  # said to nobody at first
            time.sleep(chance.uniform(0.0, 2.0))
            service.start_broker()
        service.until(service.hears, "it hears again")
        deaths = service.starts - 1
        outcome = audit(service, crowd)
    outcome.figures = {"kills": kills, "lines_broken": crowd.broken, "service_restarts": deaths} | outcome.figures
    return outcome


def down(ground: Ground) -> Outcome:
    """What the broker has acknowledged while nobody listened it hands over afterwards."""
    chance = random.Random(ground.seed)
    kills = max(2, round(_KILLS_DOWN * ground.scale))
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        time.sleep(1)
        service.kill()
        before = len(crowd.acknowledged)
        for nth in range(kills):
            ground.say(f"kill {nth + 1} of {kills}")
            crowd.alarm(nth + 1, chance.choice(["carbon_monoxide", "sos"]))
            time.sleep(chance.uniform(0.2, 3.0))
            service.kill_broker()
            time.sleep(chance.uniform(0.0, 1.0))
            service.start_broker()
        crowd.falls_silent()
        kept = len(crowd.acknowledged) - before
        service.start()
        outcome = audit(service, crowd)
    outcome.figures = {"kills": kills, "lines_broken": crowd.broken, "kept_by_the_broker": kept} | outcome.figures
    return outcome


BROKER_UP = Round(
    "broker-killed",
    f"kill -9 of the broker {_KILLS_UP} times with the service up, {_RATE:g} messages a second, an alarm just before and just "
    "after each kill; it is away for up to two seconds.",
    up,
)
BROKER_DOWN = Round(
    "broker-killed-alone",
    f"kill -9 of the broker {_KILLS_DOWN} times while the service is down and {_RATE:g} messages a second come in; "
    "the service starts afterwards.",
    down,
)
