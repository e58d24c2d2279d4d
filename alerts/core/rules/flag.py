"""Alarms that a device judges itself: its flag is believed at once, live or late, until it says clear."""

from typing import Any

from alerts.core.household import Household, Sensor
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.rule import Cleared, Danger, Seen, Verdict
from events.types.device import CarbonMonoxideReported, GasReported, SmokeReported, WaterReported
from events.types.fact import Event

Flagged = CarbonMonoxideReported | SmokeReported | GasReported | WaterReported


class FlagRule:
    """Danger while any sensor of this kind in the home says alarm."""

    waits_for_hearing = False

    def __init__(self, danger: str, fact: type[Event]) -> None:
        self.name = self.danger = danger
        self.hears: tuple[type[Event], ...] = (fact,)

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """The flag at once, whatever the reading says; a retained one only if it says something new."""
        event = seen.event
        if not isinstance(event, Flagged):
            return None
        # What it said while it still stood here may come when it stands elsewhere: the alarm was this home's.
        sensor = home.sensors.get(event.device) or home.former.get(event.device)
        if sensor is None:
            return None
        if policy.generation >= READ_AGAIN:
            if not event.alarm and seen.at < sensor.alarm_at:
                return None  # a good word out of its memory, older than the alarm
            if event.alarm:
                sensor.alarm_at = max(sensor.alarm_at, seen.at)
        alarm = event.alarm and not self._only_a_test(sensor, event, seen, home, policy)
        was, sensor.in_alarm = sensor.in_alarm, alarm
        if not alarm:
            back = event.device if sensor.out_of_service and not event.alarm else ""
            if back:
                sensor.out_of_service = False
            others = [
                s.device for s in home.sensors.values() if s.kind == sensor.kind and s.in_alarm and not s.out_of_service
            ]
            cleared = Cleared(self._reason(event, seen)) if was and not others else None
            return Verdict(state, cleared=cleared, back_in_service=back) if cleared or back else None
        if sensor.out_of_service or (event.retained and was):
            return None
        return Verdict(state, danger=Danger(self._reason(event, seen), device=event.device))

    def _only_a_test(self, sensor: Sensor, event: Flagged, seen: Seen, home: Household, policy: Policy) -> bool:
        """A test is taken as real when the reading is high, or when it lasts (DESIGN section 4)."""
        if not event.test:
            sensor.test_since = 0
            return False
        sensor.test_since = sensor.test_since or seen.at
        ppm = event.ppm if isinstance(event, CarbonMonoxideReported) else None
        high = ppm is not None and ppm >= policy.value("co.test_real_ppm", home.home)
        return not high and seen.at - sensor.test_since <= policy.span("co.test_real_after_s", home.home)

    def _reason(self, event: Flagged, seen: Seen) -> dict[str, Any]:
        reason: dict[str, Any] = {"device": event.device, "at": seen.at, "flag": event.alarm}
        if event.test:
            reason["test_taken_as_real"] = event.alarm
        if event.backfilled:
            reason["late_s"] = max(0, seen.received - seen.at) // 1_000_000
        if isinstance(event, CarbonMonoxideReported) and event.ppm is not None:
            reason["ppm"] = event.ppm
        return reason
