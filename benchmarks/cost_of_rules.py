"""What each rule adds to a fact that it hears, in microseconds: good air and an ordinary day, and then the worst of it.

Pure: no database, no engine, one home with a sensor of each kind; time of the processor, not of the clock on the wall. The facts are those of a day: a reading of each sensor in
turn, every five minutes. In the worst of it carbon monoxide is high, the room cold, batteries low. Rules that are only woken
by their timer are not here: they add nothing to a fact.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import program
from measuring.figures import Row
from measuring.places import Places

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household, Sensor
from alerts.core.policy import GENERATION, GENERATION_NAME, Policy
from alerts.core.rule import DeadlineReached, HomeChanged, Rule, Seen
from alerts.core.rules import RULES
from events.types import device as facts
from events.types.fact import MINUTE, SECOND, Event

_KINDS = ("motion", "contact", "button", "co", "smoke", "gas", "water", "climate", "power", "gateway")
_SIGNALS = (SignOfLifeSeen, DeadlineReached, HomeChanged)
_T0 = 1_800_000_000 * SECOND


def day(turns: int, *, worst: bool) -> Iterator[tuple[int, Event]]:
    """What the home's sensors say, in turn."""
    for n in range(turns):
        at = _T0 + n * 5 * MINUTE
        pct = 9.0 if worst else 80.0
        yield at, facts.CarbonMonoxideReported(device="s/co", alarm=False, ppm=60.0 + n % 20 if worst else float(n % 3))
        yield at, facts.SmokeReported(device="s/smoke", alarm=False)
        yield at, facts.GasReported(device="s/gas", alarm=False)
        yield at, facts.WaterReported(device="s/water", alarm=worst and n % 2 == 0)
        yield at, facts.ClimateReported(device="s/climate", celsius=5.0 if worst else 16.0, humidity_pct=50.0)
        yield at, facts.HeartbeatReceived(device="s/motion", interval_s=300, battery_pct=pct)
        yield at, facts.DeviceConditionReported(device="s/contact", battery_low=worst, tamper=worst)
        yield at, facts.DeviceStatusReported(device="s/gateway", state="offline" if worst and n % 2 else "online")
        yield at, facts.ButtonPressed(device="s/button", action="home")
        yield at, SignOfLifeSeen(device="s/motion", kind="motion", at=at)


def cost(rule: Rule, said: list[tuple[int, Event]]) -> float:
    """Microseconds a fact. Only those that it hears are put before it."""
    home, policy = Household("h", "s", _T0, 43_200), Policy({f"all/{GENERATION_NAME}": GENERATION})
    for kind in _KINDS:
        home.sensors[f"s/{kind}"] = Sensor(f"s/{kind}", kind, 0, interval=300 * SECOND, heard=_T0)
    heard = [Seen(at, at, event) for at, event in said if type(event) in rule.hears]
    if not heard:
        return 0.0
    state: dict[str, Any] = {}
    began = time.thread_time()
    for seen in heard:
        verdict = rule.watch(state, seen, home, policy)
        if verdict is not None and verdict.state:
            state = home.memory[rule.name] = verdict.state
    return (time.thread_time() - began) * 1e6 / len(heard)


def main() -> int:
    """0 measured."""
    parser = program.options(__doc__ or "", rounds=5, databases=())
    parser.add_argument("--turns", type=int, default=2000, help="how often each sensor speaks (default: 2000)")
    asked = parser.parse_args()
    listening = [rule for rule in RULES if any(kind not in _SIGNALS[1:] for kind in rule.hears)]
    rows = {rule.name: Row(f"{rule.name}, microseconds a fact", ".2f") for rule in listening}

    def measure(_folder: Path, _places: Places, worst: bool, _number: int) -> dict[str, Any]:
        said = list(day(asked.turns, worst=worst))
        return {rule.name: cost(rule, said) for rule in listening}

    on, cases = program.measured(asked, {"an ordinary day": False, "the worst of it": True}, measure)
    program.told(asked, "rules", "what each rule adds to a fact that it hears", rows, on, cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
