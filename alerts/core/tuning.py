"""Three false alarms of one device and danger in two weeks: somebody should move, mend or change it. Pure.

Counted from outcomes on record. What is proposed is work on the device or its place; the numbers of class 1 are not among
it, and the settings refuse to be loosened there.
"""

from typing import Any

from alerts.core.alert import Alert
from alerts.core.household import Household
from alerts.core.policy import CLASSES, Policy
from alerts.core.rule import Danger

SINCE_GENERATION = 2
MEMORY = "tuning"
FALSE = "device_false_alarm"


def closed(home: Household, alert: Alert, outcome: str, at: int, policy: Policy) -> Danger | None:
    """This alert has this outcome now, at first or corrected; the task when it is one too many."""
    device = str(alert.reason.get("device", ""))
    if not device or alert.alert_class > 3:
        return None
    memory: dict[str, list[list[Any]]] = home.memory.setdefault(MEMORY, {})
    about = f"{device} {alert.danger}"
    since = at - policy.span("tuning.within_s", home.home)
    known = [[name, when] for name, when in memory.get(about, []) if name != alert.id and when > since]
    if outcome == FALSE:
        known.append([alert.id, at])
    if not known:
        memory.pop(about, None)
        return None
    memory[about] = known
    if outcome != FALSE or len(known) < policy.value("tuning.false_alarms", home.home):
        return None
    reason = {
        "device": device, "danger": alert.danger, "alerts": [name for name, _ in known], "since": known[0][1], "at": at,
        "numbers_may_change": CLASSES[alert.danger] != 1,
    }  # fmt: skip
    memory.pop(about)
    return Danger(reason, device=device, lasting=False)
