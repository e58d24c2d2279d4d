"""Kill, raise and sleep at every fail point there is."""

from events.failpoints import REGISTER
from tests.faults.audit import audit
from tests.faults.places import HOMES, PROVOKED, Visit
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_RATE = 60.0
_HELD_S, _HELD_TOGETHER = 1.0, 6


def run(ground: Ground) -> Outcome:
    """First killed at each, then an error in each, then held up at several in one process."""
    names = list(PROVOKED)[: max(4, round(len(PROVOKED) * ground.scale))]
    with Service(ground, Town(HOMES), hatched=True) as service, service.crowd() as crowd:
        visit = Visit(service, crowd)
        visit.prepare()
        service.start(well=True)
        crowd.rate = _RATE
        for name in names:
            ground.say(f"killed at {name}")
            service.kill()
            visit.kills(name)
            service.start()
        ended = 0
        for name in names:
            ground.say(f"an error at {name}")
            service.kill()
            ended += visit.raises(name)
        for part in range(0, len(names), _HELD_TOGETHER):
            ground.say(f"held up at {part + 1} and the next {_HELD_TOGETHER}")
            service.kill()
            visit.sleeps(names[part : part + _HELD_TOGETHER], _HELD_S)
        service.kill()
        service.start()
        outcome = audit(service, crowd, quarantined=None)
    outcome.figures = {
        "places": len(names), "of": len(REGISTER), "errors_that_ended_the_process": ended,
        "service_starts": service.starts,
    } | outcome.figures  # fmt: skip
    return outcome


EACH_PLACE = Round(
    "each-place",
    "At each fail point the process is killed, then an error is raised there, then it is held up for a second, under load "
    "that reaches it.",
    run,
    slow=True,
)
