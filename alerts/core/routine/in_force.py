"""Which limit of silence is in force for a home: the one of who went out, the learned one, or the fixed one. Pure."""

from typing import Any

from msgspec import UNSET

from alerts.core.household import Household
from alerts.core.policy import CALIBRATED, KEPT, READ_AGAIN, Policy
from alerts.core.routine.clock import slot_of
from alerts.core.routine.limits import Fixed, Learned, Limit, of_slot
from alerts.core.routine.line import MONTH
from events.types.fact import MINUTE, SECOND
from events.types.routine import LineTerms

FRONT_DOOR = "front_door"
"""The role the installer gives the door by which the elder leaves."""
_OWN = "no_activity_s"
_NEIGHBOURS_THEN = 2
"""What stood for `routine.neighbours` before the fifth generation."""
_DOORS_SINCE = 2
"""The generation of rules that knows of doors."""
OUTER_DOORS = frozenset({FRONT_DOOR, "outer_door"})
"""Roles of doors that lead outside."""


def is_front_door(home: Household, device: str) -> bool:
    """Is this the sensor on the front door?"""
    sensor = home.sensors.get(device)
    return sensor is not None and sensor.role == FRONT_DOOR


def fixed_limit(home: Household, policy: Policy) -> int:
    """The home's fixed limit in microseconds: its own recorded setting, else what it was enrolled with.

    In force before anything is learned.
    """
    own = policy.said(_OWN, home.home)
    return int((own if own is not None else home.no_activity_s) * SECOND)


def absolute_limit(home: Household, policy: Policy) -> int:
    """The most that what is learned can come to, in microseconds: never above what was set for just this home."""
    fixed = fixed_limit(home, policy)
    if policy.generation < CALIBRATED or policy.said(_OWN, home.home) is not None:
        return fixed
    return max(fixed, policy.span("routine.most_s", home.home))


def went_out(last: int, door: int, policy: Policy, home: Household) -> bool:
    """Did the silence since `last` begin at the front door, which moved at `door` (0: never)?"""
    if policy.generation < _DOORS_SINCE:
        return False
    return 0 < door <= last <= door + policy.span("no_activity.door_s", home.home)


def limit_in_force(home: Household, policy: Policy, *, out: bool) -> Limit:
    """`out`: the silence began at the front door."""
    learned = home.routine if policy.value("routine.on", home.home) else None
    most = fixed_limit(home, policy) if learned is None else absolute_limit(home, policy)
    if out:
        return Fixed(policy.span("no_activity.away_s", home.home) or most)
    return Fixed(most) if learned is None else Learned(learned.limits, most)


def why(home: Household, policy: Policy, limit: int, at: int, *, out: bool) -> dict[str, Any]:
    """Why the limit is what it is, as data of the alert's reason."""
    if out:
        return {"why": "went_out"}
    routine = home.routine
    if routine is None or not policy.value("routine.on", home.home):
        return {"why": "fixed"} if policy.generation >= READ_AGAIN else {}
    usual = of_slot(routine.usual, slot_of(at)) * MINUTE
    if limit >= absolute_limit(home, policy):
        return {"why": "longest", "usual_s": usual // SECOND, "days": routine.days}
    return {"why": "learned", "usual_s": usual // SECOND, "days": routine.days}


def line_terms(home: Household, policy: Policy) -> LineTerms:
    """By what the next line is learned."""

    def value(name: str) -> Any:
        return policy.value(f"routine.{name}", home.home)

    calibrated, name = policy.generation >= CALIBRATED, "routine.neighbours"
    said = calibrated or any(policy.said(name, scope) is not None for scope in ("all", home.home))
    return LineTerms(
        cap_s=fixed_limit(home, policy) // SECOND, most_s=absolute_limit(home, policy) // SECOND if calibrated else UNSET, floor_s=int(value("floor_s")), days=int(value("days")), least_days=int(value("least_days")),
        budget=float(value("budget")), quantile=float(value("quantile")),
        neighbours=int(value("neighbours")) if said else _NEIGHBOURS_THEN,
        budget_days=MONTH if policy.generation >= KEPT else UNSET,
    )  # fmt: skip
