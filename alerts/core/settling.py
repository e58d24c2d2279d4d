"""After a hole: whether all that devices kept for us is here, and which minutes of it stay blind. Pure.

Silence may not be judged while a sensor of the home may still hand over what it has buffered: somebody may have moved in
it. A sensor owes us something when it has come back and not spoken yet, when numbers are missing, while it hands over
what it kept, and when it has said nothing for the whole of our own gap. It is awaited for `backfill.settle_s` after the
last sign that it does, after our own gap for `backfill.return_s`, in which devices find us again; a report in turn, with
nothing missing before it, says that it owes nothing.
"""

from alerts.core.coverage import Spans
from alerts.core.household import MISSES, Hole, Household, Sensor
from alerts.core.policy import WILLS_STAY, Policy
from events.types.fact import HOUR, MINUTE, SECOND

HOLES_KEPT = 8
_KEPT_FOR = 72 * HOUR
_MARK_LAGS = 45 * SECOND
"""The mark of what was heard moves every half minute: so much of what we call a gap was still heard."""


def open_numbers(sensor: Sensor) -> int:
    """How many holes there are in what it has said since its last start."""
    return len(sensor.boots[-1].gaps) if sensor.boots else 0


def came_back(sensor: Sensor, at: int, policy: Policy) -> None:
    """It says that it is online: what it kept comes now, if it kept anything."""
    sensor.owes_until = at + policy.span("backfill.settle_s")


def spoke(sensor: Sensor, at: int, said: int, policy: Policy, *, backfilled: bool, holes_before: int) -> None:
    """A report, received at `at`, of what happened at `said`; how many holes there were before it."""
    sensor.said = max(sensor.said, said)
    holes = open_numbers(sensor)
    if backfilled or holes > holes_before:
        sensor.owes_until = at + policy.span("backfill.settle_s")
    elif not holes:
        sensor.owes_until = 0


def missed(home: Household, since: int, at: int, policy: Policy, *, shown: int) -> None:
    """We did not hear from `since` to `at`; at `shown`, minutes later where much had to be read, all of it has arrived.

    Devices are awaited from then on: what acknowledges to them that somebody listens again comes no sooner.
    """
    wills = [s for s in home.sensors.values() if s.will_at and s.will_at == s.lease_until]
    home.deaf(since, at)
    if policy.generation >= WILLS_STAY:
        for sensor in wills:
            sensor.will_at = sensor.lease_until
    if at - since >= MINUTE:
        home.holes = [*home.holes[1 - HOLES_KEPT :], Hole(since, at)]
    for sensor in home.sensors.values():
        if since < sensor.said < at and sensor.lease_until > at:  # what lay at the broker does not say it is there now
            sensor.lease_until = max(at, min(sensor.lease_until, sensor.said + MISSES * sensor.interval))
        if sensor.said < since - MISSES * sensor.interval:
            continue  # it was silent before, whatever we heard
        if sensor.said < since + _MARK_LAGS or sensor.lease_until <= at:
            sensor.owes_until = shown + policy.span("backfill.return_s")


def awaited_until(home: Household) -> int:
    """Until then some sensor may still hand over what it kept, microseconds; in the past: nothing is awaited."""
    return max((s.owes_until for s in home.sensors.values() if s.tells_life), default=0)


def counted(home: Household, now: int) -> list[tuple[Hole, list[list[int]]]]:
    """The holes of the last days whose blind minutes are other than when they were last counted, with what those were."""
    home.holes = [hole for hole in home.holes if hole.until > now - _KEPT_FOR]
    if not any(home.covers(sensor) for sensor in home.sensors.values()):
        return []
    seen = home.seen(now)
    changed: list[tuple[Hole, list[list[int]]]] = []
    for hole in home.holes:
        blind = [list(span) for span in without(seen, hole.since, hole.until)]
        if blind != hole.blind:
            changed.append((hole, hole.blind))
            hole.blind = blind
    return changed


def without(seen: Spans, since: int, until: int) -> list[tuple[int, int]]:
    """What of [since, until] is not covered."""
    left, at = [], since
    for start, end in seen.spans:
        if end <= since or start >= until:
            continue
        if start > at:
            left.append((at, start))
        at = max(at, end)
    return [*left, (at, until)] if at < until else left
