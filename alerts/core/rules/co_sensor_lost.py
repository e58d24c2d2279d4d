"""A carbon monoxide sensor that falls silent while what it measured was high: burnt, unplugged, out of power; or worse.

Class 1, the same alert as the gas itself. "Silent" is measured by how often it has just spoken: three of these gaps, at
least five minutes, and at most ten behind the moment at which the next reading was due.
"""

from typing import Any

from alerts.core.air import dose
from alerts.core.household import Household, Sensor
from alerts.core.policy import Policy
from alerts.core.rule import Danger, DeadlineReached, Seen, Verdict
from events.types.device import CarbonMonoxideReported
from events.types.fact import MINUTE, Event

_AIR = "carbon_monoxide"


class CoSensorLost:
    """No state of its own: what was read last is the carbon monoxide rule's, which hears each fact before this one."""

    name = "co_sensor_lost"
    danger = "carbon_monoxide"
    hears: tuple[type[Event], ...] = (CarbonMonoxideReported, DeadlineReached)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Judged at the deadline; while the sensor speaks the deadline goes along with it."""
        due = seen.event.due if isinstance(seen.event, DeadlineReached) else None
        if due is None and "rule:co_sensor_lost" in home.timers:
            return None
        moments: list[int] = []
        for device, air in home.memory.get(_AIR, {}).get("air", {}).items():
            sensor = home.sensors.get(device)
            if sensor is None or sensor.out_of_service or "high" not in air or air.get("over"):
                continue
            lost_at = max(_spoke(sensor, air), home.hearing_since) + self._patience(sensor, air, policy, home)
            if due is None or lost_at > due:
                moments.append(lost_at)
                continue
            air["over"] = True  # until it says that the air is good
            at, ppm = dose.newest(air)
            reason = {
                "device": device, "at": due, "flag": sensor.in_alarm, "ppm": ppm, "by": "lost", "reading_at": at,
                "silent_since": _spoke(sensor, air), "high_since": air["high"],
            }  # fmt: skip
            return Verdict(state, danger=Danger(reason, device=device))
        return Verdict(state, wake_at=min(moments)) if moments else None

    def _patience(self, sensor: Sensor, air: dose.Air, policy: Policy, home: Household) -> int:
        gap = min(dose.cadence(air) or sensor.interval, sensor.interval)
        most = gap + policy.span("co.lost_most_s", home.home)
        return max(5 * MINUTE, min(3 * gap, most))


def _spoke(sensor: Sensor, air: dose.Air) -> int:
    return max(sensor.heard, dose.newest(air)[0])


rule = CoSensorLost()
