"""Two services on one database and one broker: one is frozen for 90 s and wakes, others are killed; the rest goes on."""

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator

from shouwang.watchdog.minding import WORDS
from tests.faults.audit import audit
from tests.faults.crowd import Crowd
from tests.faults.peers import Peer, Witness, can_be_elsewhere
from tests.faults.round import Figure, Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town
from tests.faults.watched import PEOPLE, Watched

_HOMES = 200
_RATE = 200.0
_FROZEN_S = 90.0
_SHORTEST_S = 25.0
_REPLACED_S = 15.0
_START_S = 12.0
"""What a second service, started only then, may need of its own before it looks."""
_WORK = frozenset({"ingest", "projections", "seat.0", "seat.1", "seat.2", "seat.3"})


class Stage:
    """The town goes on, with an alarm every few seconds, while services come and go."""

    def __init__(self, ground: Ground, crowd: Crowd, witness: Witness) -> None:
        self._ground, self._crowd, self.witness = ground, crowd, witness
        self._chance = random.Random(ground.seed)
        self._quiet = list(range(1, _HOMES + 1))
        self._chance.shuffle(self._quiet)
        self.failures: list[str] = []
        self.in_hand = 0

    def alarm(self) -> None:
        """Of a home that has given none."""
        self._crowd.alarm(self._quiet.pop(), self._chance.choice(["carbon_monoxide", "sos"]))

    def goes_on(self, seconds: float) -> None:
        """Daily life and alarms."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.alarm()
            time.sleep(min(self._chance.uniform(1.0, 4.0), max(0.0, until - time.monotonic())))

    def expect(self, holds: object, else_: str) -> None:
        """Note it when it does not hold."""
        if not holds:
            self.failures.append(else_)

    def replaced(self, gone: str, since: float, within_s: float, what: str) -> float:
        """Until nothing is held by who is `gone` and everything by somebody else; seconds since then."""
        held: Callable[[], dict[str, str]] = lambda: {name: self.witness.owner_of(name) for name in _WORK}  # noqa: E731
        while any(owner in {"", gone} for owner in held().values()):
            if time.monotonic() - since > 3 * within_s:
                self.failures.append(f"{what}: never replaced: {held()}")
                break
            time.sleep(0.05)
        took = round(time.monotonic() - since, 1)
        self.expect(took <= within_s, f"{what}: replaced after {took} s, {within_s:g} s are allowed")
        return took

    def kills(self, service: Service) -> tuple[str, float]:
        """kill -9 of whoever holds the door; its name, and when that was."""
        owner = self.witness.owner_of("ingest")
        self.alarm()
        time.sleep(self._chance.uniform(0.0, 0.3))
        service.kill()
        since = time.monotonic()
        self.in_hand += self.witness.in_hand(owner)
        return owner, since


def frozen(ground: Ground) -> Outcome:
    """The second one starts while the first sleeps; woken, the first may do nothing but end."""
    seconds = max(_SHORTEST_S, _FROZEN_S * ground.scale)
    with _stage(ground) as (service, crowd, stage):
        witness, second = stage.witness, Peer.of(service, "second")
        with contextlib.ExitStack() as exits:
            exits.callback(second.kill)
            service.start(well=True)
            watched = exits.enter_context(Watched(service))
            crowd.rate = _RATE
            stage.goes_on(4)
            stage.expect(not watched.said, "the watchdog rang before anything was wrong")
            first = witness.owner_of("ingest")
            stage.alarm()
            assert service.process is not None
            service.process.send_signal(signal.SIGSTOP)
            since = time.monotonic()
            second.start()
            ground.say("the first is frozen, the second starts")
            took = stage.replaced(first, since, _REPLACED_S + _START_S, "the frozen one")
            stage.in_hand += 4  # each of its four senders may have been in the middle of a call
            stage.goes_on(seconds - (time.monotonic() - since))
            sent = _sent_by(service)
            rang = watched.texts(WORDS["silent"])
            stage.expect(rang == [*PEOPLE], f"the watchdog told {rang} of the frozen one")
            woken = witness.now()
            stage.expect(witness.wrote(first), "the witness saw nothing of the first one: this proves nothing")
            service.process.send_signal(signal.SIGCONT)
            ground.say("the frozen one wakes")
            began = time.monotonic()
            code = service.died(30)
            ended = round(time.monotonic() - began, 1)
            wrote, later = witness.wrote(first, after=woken), _sent_by(service) - sent
            stage.expect(code == 1, f"the woken one ended with {code}")
            stage.expect(not wrote, f"the woken one committed into {wrote}")
            stage.expect(not later, f"the woken one sent {later} messages")
            service.start()  # as its parent would
            service.until(
                lambda: service.health().get("ok") and service.health().get("role") == "standby", "it stands by"
            )
            service.until(lambda: len(service.health()["seats"]) == 2 == len(second.health()["seats"]), "half each")
            stage.goes_on(3)
            service.until(lambda: watched.texts("已恢复") == [*PEOPLE], "the watchdog says that it is over")
            stage.expect(watched.said == 2 * len(PEOPLE), f"the watchdog sent {watched.said} texts")
            service.stop()
            outcome = audit(_in_place_of(service, second), crowd, ambiguous=stage.in_hand)
    outcome.failures += stage.failures
    outcome.figures = {
        "frozen_s": seconds, "replaced_after_s": took, "woken_committed": len(wrote), "woken_sent": later,
        "woken_ended_after_s": ended, "told_by_the_watchdog": len(rang),
    } | outcome.figures  # fmt: skip
    return outcome


def killed(ground: Ground) -> Outcome:
    """The holder of the door dies four times: of our own machine, where its end is seen, and of another, where it is not."""
    figures: dict[str, Figure] = {}
    with _stage(ground) as (service, crowd, stage):
        elsewhere = can_be_elsewhere()
        standing = Peer.of(service, "standing")
        far = Peer.of(service, "far", elsewhere=elsewhere)
        with contextlib.ExitStack() as exits:
            for peer in (standing, far):
                exits.callback(peer.kill)
            service.start(well=True)
            crowd.rate = _RATE
            standing.start(well=True)
            stage.goes_on(3)
            owner, since = stage.kills(service)
            figures["killed_here_replaced_after_s"] = stage.replaced(
                owner, since, _REPLACED_S, "killed on this machine"
            )
            far.start(well=True)
            far.until(lambda: len(far.health()["seats"]) == 2, "the far one holds half")
            owner, since = stage.kills(standing)
            name = "killed_elsewhere_replaced_after_s"
            figures[name] = stage.replaced(owner, since, _REPLACED_S, "killed on another machine")
            if not elsewhere:
                figures[name] = "not measured: another host name needs root"
            stage.goes_on(3)
            outcome = audit(_in_place_of(service, far), crowd, ambiguous=stage.in_hand)
    outcome.failures += stage.failures
    outcome.figures = figures | outcome.figures
    return outcome


@contextlib.contextmanager
def _stage(ground: Ground) -> Iterator[tuple[Service, Crowd, Stage]]:
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        witness = Witness(ground.address)
        try:
            yield service, crowd, Stage(ground, crowd, witness)
        finally:
            witness.close()


def _in_place_of(service: Service, peer: Peer) -> Service:
    """The one that is left is the one to be judged."""
    service.process, service.port, service.url, service.log = peer.process, peer.port, peer.url, peer.log
    service.until(lambda: service.health().get("role") == "active", "it is the active one")
    return service


def _sent_by(service: Service) -> int:
    """Messages whose receipts go to this one."""
    return sum((message.status_callback or "").startswith(service.url) for message in service.provider.messages)


FROZEN = Round(
    "frozen",
    f"SIGSTOP for {_FROZEN_S:g} s with a second service started meanwhile on the same PostgreSQL and broker: one consumer; "
    "the frozen one, woken, commits and sends nothing and ends; a watchdog tells two people of it, and that it is over.",
    frozen,
    databases=("postgresql",),
    alone="One process holds a SQLite file: a lock on its folder refuses the second.",
    slow=True,
)
REPLACED = Round(
    "replaced",
    f"kill -9 of whoever holds the door and seats, with a standby: replaced within {_REPLACED_S:g} s, on this machine and "
    "as if on another.",
    killed,
    databases=("postgresql",),
    alone="One process holds a SQLite file: its parent starts it again, see kills.",
    slow=True,
)
