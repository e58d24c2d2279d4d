"""The air of one room before the rules, without a house around it: readings in, the moments of danger out."""

from collections.abc import Iterable
from typing import Any

from alerts.core.household import Household, Sensor
from alerts.core.policy import Policy
from alerts.core.rule import Danger, DeadlineReached, HomeChanged, Rule, Seen, Verdict
from alerts.core.rules.carbon_monoxide import rule as carbon_monoxide
from events.types.device import CarbonMonoxideReported
from events.types.fact import MINUTE, SECOND

T0 = 1_800_000_000 * SECOND
DEVICE = "dp03/co-1"
_RINGS = 1000


class Room:
    """One sensor and one rule; the rule's timer rings when it is due."""

    def __init__(self, rule: Rule = carbon_monoxide, *, interval: int = MINUTE, **settings: Any) -> None:
        self.rule, self.policy = rule, Policy({f"all/{k.replace('__', '.')}": v for k, v in settings.items()})
        self.home = Household("h1", "dp03", T0, 43_200)
        self.home.sensors[DEVICE] = Sensor(DEVICE, "co", 0, interval=interval)
        self.dangers: list[tuple[int, Danger]] = []
        self.cleared: list[int] = []
        self.wake: int | None = None

    def hears(self, at: int, ppm: float | None, *, received: int | None = None, **over: Any) -> None:
        """A reading of the air at `at`."""
        self.rings_until(at if received is None else received)
        said = CarbonMonoxideReported(device=DEVICE, alarm=over.pop("alarm", False), ppm=ppm, **over)
        self._put(Seen(at, at if received is None else received, said), at)

    def rings_until(self, at: int) -> None:
        """The rule's own timer, each time it is due."""
        rang = 0
        while self.wake is not None and self.wake <= at:
            due, self.wake = self.wake, None
            assert (rang := rang + 1) < _RINGS, f"it rings without an end, at {due}"
            self._put(Seen(due, due, DeadlineReached(due=due)), due)

    def _put(self, seen: Seen, at: int) -> None:
        verdict: Verdict | None = self.rule.watch(
            self.home.memory.get(self.rule.name, {}), seen, self.home, self.policy
        )
        if verdict is None:
            return
        if verdict.state:
            self.home.memory[self.rule.name] = verdict.state
        if verdict.danger:
            self.dangers.append((at, verdict.danger))
        if verdict.cleared:
            self.cleared.append(at)
        if verdict.wake_at is not None and (self.wake is None or verdict.wake_at < self.wake):
            self.wake = verdict.wake_at

    def changed(self, why: str, at: int) -> None:
        """Something of the home is other than before."""
        self._put(Seen(at, at, HomeChanged(why=why)), at)

    @property
    def alarm_min(self) -> float | None:
        """Minutes after T0 of the first danger."""
        return (self.dangers[0][0] - T0) / MINUTE if self.dangers else None


def breathe(readings: Iterable[tuple[int, float]], until: int | None = None, **room: Any) -> Room:
    """All these readings, in this order."""
    found = Room(**room)
    newest = 0
    for at, ppm in readings:
        newest = max(newest, at)
        found.hears(at, ppm, received=newest)
    found.rings_until(newest if until is None else until)
    return found


def steady(ppm: float, minutes: float, every_s: int = 60) -> list[tuple[int, float]]:
    """The same air, read again and again."""
    return [(T0 + n * every_s * SECOND, ppm) for n in range(int(minutes * 60 / every_s) + 1)]
