"""A device has not been heard: three misses for gateways and CO, for battery devices at least 25 hours. Console only.

Not while the home is dark with its neighbours: an area incident says that once for all of them.
"""

from typing import Any

from alerts.core.household import Household, Sensor
from alerts.core.policy import Policy
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from events.types.fact import Event


class DeviceSilent:
    """State: `silent`, the devices not heard. One timer a home, at the next device that could become silent."""

    name = "device_silent"
    danger = "device_silent"
    hears: tuple[type[Event], ...] = (DeadlineReached, HomeChanged)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A deadline says who has become silent; anything else only who is heard again: the rest may be on its way."""
        if home.area and home.sight is not None and home.sight.dark:
            return None  # why they are silent is known, and is told of elsewhere
        is_deadline = isinstance(seen.event, DeadlineReached)
        at = seen.event.due if isinstance(seen.event, DeadlineReached) else seen.received
        due = {s.device: _heard(s, home) + _patience(s, home, policy) for s in home.sensors.values()}
        was = state.get("silent", [])
        silent = sorted(device for device, when in due.items() if when <= at and (is_deadline or device in was))
        wake_at = min((when for device, when in due.items() if device not in silent), default=None)
        if wake_at is not None and home.area_until:  # what was dark with its neighbours may be on its way back
            wake_at = max(wake_at, home.area_until + policy.span("area.settle_s", home.home))
        state = {**state, "silent": silent}
        if not home.watched or silent == was:
            return Verdict(state, wake_at=wake_at)
        if set(silent) - set(was):
            heard = {d: home.sensors[d].heard for d in silent}
            return Verdict(
                state, danger=Danger({"devices": silent, "last_heard": heard, "judged_at": at}), wake_at=wake_at
            )
        return Verdict(state, cleared=None if silent else Cleared({"heard": was}), wake_at=wake_at)


def _heard(sensor: Sensor, home: Household) -> int:
    """Since when we could expect to hear it: never before we were there to listen."""
    return max(sensor.heard, sensor.registered, home.hearing_since, home.status_since)


def _patience(sensor: Sensor, home: Household, policy: Policy) -> int:
    misses = int(policy.value("device_silent.misses", home.home)) * sensor.interval
    if sensor.battery and sensor.kind not in {"co", "gateway"}:
        return max(misses, policy.span("device_silent.battery_least_s", home.home))
    return misses


rule = DeviceSilent()
