"""The stray filter: one sensor that fires once and alone is not yet a person. Pure.

In homes with two motion sensors or more (retrigger time at most 180 s) a lone motion edge counts only if within ten
minutes before or after it another sensor fires, the same one fires twice more, or a door moves.
"""

from bisect import bisect_left, insort
from itertools import compress
from operator import itemgetter, not_

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import MISSES, Household
from alerts.core.policy import READ_AGAIN, Policy
from events.types.fact import HOUR

_KEPT = 64
_COUNTED = itemgetter(2)
_LATEST = 72 * HOUR
"""What a device buffered for longer is history and no sign of life (DESIGN section 4)."""


def applies(home: Household, policy: Policy, at: int) -> bool:
    """Has this home the sensors for it at `at`? Elsewhere every edge counts.

    A sensor that is not there any more is no company: who passes the other one once would be nobody for ever.
    """
    most: float = policy.value("stray.retrigger_most_s", home.home)
    whoever = policy.generation < READ_AGAIN
    there = [
        s
        for s in home.sensors.values()
        if s.kind == "motion"
        and s.retrigger_s <= most
        and (whoever or (s.heard and at - max(s.heard, home.hearing_since) <= MISSES * s.interval))
    ]
    return len(there) >= 2


def counted(home: Household, sign: SignOfLifeSeen, policy: Policy) -> list[tuple[int, str]]:
    """When, and by which device, somebody is now known to have been there: this edge, and earlier doubtful ones.

    `home.fired` remembers (time, device, counted) of the last edges. An edge of which only the earliest time is known
    can be nobody's company and have none: motion must wait until its hole is filled.
    """
    at = sign.at
    if not applies(home, policy, at):
        return [(at, sign.device)]
    if not sign.sure:
        return [] if _is_motion(home, sign.device) else [(at, sign.device)]
    window = policy.span("stray.window_s", home.home)
    insort(home.fired, (at, sign.device, False))
    now_counted: list[tuple[int, str]] = []
    for index in _doubtful(home.fired, at, window):
        then, device, _ = home.fired[index]
        if not _is_motion(home, device) or _has_company(home, index, window):
            home.fired[index] = (then, device, True)
            now_counted.append((then, device))
    if len(home.fired) > _KEPT or home.fired[0][0] < home.fired[-1][0] - 3 * window:
        home.fired = _worth_keeping(home.fired, window)
    return now_counted


def _worth_keeping(fired: list[tuple[int, str, bool]], window: int) -> list[tuple[int, str, bool]]:
    """Counted ones for two windows; doubtful ones longer, because a device may still send what makes them a person."""
    newest = fired[-1][0]
    kept = [f for f in fired if f[0] >= newest - (2 * window if f[2] else _LATEST)]
    for f in kept[:-1] if len(kept) > _KEPT else ():
        if f[2]:
            kept.remove(f)
            break
    return kept[-_KEPT:]


def _is_motion(home: Household, device: str) -> bool:
    sensor = home.sensors.get(device)
    return sensor is None or sensor.kind == "motion"


def _around(fired: list[tuple[int, str, bool]], at: int, window: int) -> range:
    """Which of them, sorted by time as they are, lie within the window of `at`."""
    return range(bisect_left(fired, (at - window,)), bisect_left(fired, (at + window + 1,)))


def _doubtful(fired: list[tuple[int, str, bool]], at: int, window: int) -> list[int]:
    """Which of those around `at` do not count yet: one or two of dozens, so they are looked for without a step of ours."""
    around = _around(fired, at, window)
    return list(compress(around, map(not_, map(_COUNTED, fired[around.start : around.stop]))))


def _has_company(home: Household, index: int, window: int) -> bool:
    then, device, _ = home.fired[index]
    around = _around(home.fired, then, window)
    return len(around) >= 3 or any(home.fired[other][1] != device for other in around)
