"""Random rounds: a seeded choice of faults in a row, at random moments, while work goes on."""

import random
import time
from collections.abc import Callable

from events.failpoints import REGISTER
from tests.faults.audit import audit
from tests.faults.crowd import Crowd
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_HOMES = 200
_FAULTS = 24
_AMBIGUOUS = frozenset({"500_after", "hang_after"})
_PROVIDER = ("429", "500_before", "500_after", "hang_before", "hang_after")


class Story:
    """What has been done so far; the same seed tells the same story, as far as the machine keeps time."""

    def __init__(self, service: Service, crowd: Crowd, chance: random.Random) -> None:
        self.service, self.crowd, self.chance = service, crowd, chance
        self.ambiguous = 0
        self.done: list[str] = []
        self._home = 0

    def works(self) -> None:
        """Some seconds of life, with an alarm in most of them."""
        self.crowd.rate = self.chance.uniform(50, 400)
        if self.chance.random() < 0.8:
            self._home = self._home % _HOMES + 1
            self.crowd.alarm(self._home, self.chance.choice(["carbon_monoxide", "sos"]))
        time.sleep(self.chance.uniform(0.1, 2.0))
        if not self.service.alive:  # as the supervisor would
            self.service.start()

    def breaks(self) -> None:
        """One more fault."""
        fault: Callable[[], str] = self.chance.choice(
            [self.kill, self.kill_broker, self.freeze, self.provider, self.provider, self.fail_point, self.fail_point]
        )
        self.done.append(fault())

    def kill(self) -> str:
        """Of the service."""
        self.service.kill()
        self.service.start()
        return "kill"

    def kill_broker(self) -> str:
        """Away for up to a second."""
        self.service.kill_broker()
        time.sleep(self.chance.uniform(0.0, 1.0))
        self.service.start_broker()
        return "broker"

    def freeze(self) -> str:
        """The process stands still for some seconds."""
        span = self.chance.uniform(0.5, 6.0)
        with self.service.frozen():
            time.sleep(span)
        return f"frozen {span:.1f} s"

    def provider(self) -> str:
        """It does wrong to the next few requests."""
        mode, times = self.chance.choice(_PROVIDER), self.chance.randint(1, 3)
        self.service.provider.fault(mode, times=times, seconds=self.chance.choice([1.0, 9.0]))
        self.ambiguous += times if mode in _AMBIGUOUS else 0
        return f"{mode} x{times}"

    def fail_point(self) -> str:
        """The service starts again with a fault at one of its places, and once more without when that ends it."""
        name, action = self.chance.choice(sorted(REGISTER)), self.chance.choice(["kill", "kill", "raise", "sleep=2"])
        armed = f"{name}:{self.chance.randint(1, 4)}:{action}"
        self.service.kill()
        self.service.start(FAILPOINT=armed)
        return armed


def run(ground: Ground) -> Outcome:
    """24 faults at scale 1."""
    chance = random.Random(ground.seed)
    faults = max(3, round(_FAULTS * ground.scale))
    hatched = ground.scale < 1
    with (
        Service(ground, Town(_HOMES), hatched=hatched, ack_wait_s=1.0 if hatched else 5.0) as service,
        service.crowd() as crowd,
    ):
        service.start()
        service.until(service.hears, "it hears")
        story = Story(service, crowd, chance)
        for nth in range(faults):
            story.works()
            story.breaks()
            ground.say(f"fault {nth + 1} of {faults}: {story.done[-1]}")
        story.works()
        service.provider.fault("ok")
        service.kill()  # whatever is still armed goes with it
        service.start()
        outcome = audit(service, crowd, ambiguous=story.ambiguous)
        if outcome.failures:
            outcome.failures.append(f"what was done: {', '.join(story.done)}")
    outcome.figures = {
        "faults": faults,
        "service_starts": service.starts,
        "lines_broken": crowd.broken,
    } | outcome.figures
    return outcome


MIXED = Round(
    "mixed",
    f"{_FAULTS} faults in a row, drawn by the seed: kill -9 of service or broker, a frozen process, a provider that refuses, hangs "
    "or loses its answers, and kill, raise or sleep at any fail point.",
    run,
    slow=True,
)
