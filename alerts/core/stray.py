"""The stray filter: one sensor that fires once and alone is not yet a person. Pure.

In homes with two motion sensors or more (retrigger time at most 180 s) a lone motion edge counts only if within ten
minutes before or after it another sensor fires, the same one fires twice more, or a door moves.
"""

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import Policy

_KEPT = 64


def applies(home: Household, policy: Policy) -> bool:
    """Has this home the sensors for it? Elsewhere every edge counts."""
    most: float = policy.value("stray.retrigger_most_s", home.home)
    return sum(s.kind == "motion" and s.retrigger_s <= most for s in home.sensors.values()) >= 2


def counted(home: Household, sign: SignOfLifeSeen, at: int, policy: Policy) -> list[tuple[int, str]]:
    """When, and by which device, somebody is now known to have been there: this edge, and earlier doubtful ones.

    `home.fired` remembers (time, device, counted) of the last edges.
    """
    if not applies(home, policy):
        return [(at, sign.device)]
    window = policy.span("stray.window_s", home.home)
    if home.fired and at >= home.fired[-1][0] and len(home.fired) < _KEPT:
        home.fired.append((at, sign.device, False))
    else:
        home.fired = sorted([*home.fired, (at, sign.device, False)])[-_KEPT:]
    now_counted: list[tuple[int, str]] = []
    for index, (then, device, known) in enumerate(home.fired):
        if known or abs(then - at) > window:
            continue
        if not _is_motion(home, device) or _has_company(home, index, window):
            home.fired[index] = (then, device, True)
            now_counted.append((then, device))
    newest = home.fired[-1][0]
    if home.fired[0][0] < newest - 3 * window:
        home.fired = [f for f in home.fired if f[0] >= newest - 2 * window]
    return now_counted


def _is_motion(home: Household, device: str) -> bool:
    sensor = home.sensors.get(device)
    return sensor is None or sensor.kind == "motion"


def _has_company(home: Household, index: int, window: int) -> bool:
    then, device, _ = home.fired[index]
    same = 0
    for at, other, _ in home.fired:
        if abs(at - then) <= window:
            if other != device:
                return True
            same += 1
    return same >= 3
