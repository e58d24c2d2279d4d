"""A sensor that cannot be right: impossible figures, a frozen value, a drifting baseline, its age, or its own word that it is ill.

The danger it watches for is judged all the same, as far as what it says can be believed.
"""

from typing import Any

from alerts.core.air.figure import ppm_of
from alerts.core.household import Household, Sensor
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.rule import Seen, Verdict
from alerts.core.rules.per_device import judged
from events.types.device import CarbonMonoxideReported, DeviceConditionReported
from events.types.fact import DAY, Event

_DRIFT_DAYS = 7
"""So many days on end without one reading near nothing: air is not like that, even at a roadside it falls at night."""
_FROZEN_LEAST = 12
"""Readings that must have been alike: two a day say nothing."""


class SensorFault:
    """State: `trouble` and `figure`, by device what is wrong; `frozen`, [value in tenths, since, count]; `base`,
    [day, its lowest reading in tenths, days on end that were high]; `showing`.
    """

    name = danger = "sensor_fault"
    hears: tuple[type[Event], ...] = (CarbonMonoxideReported, DeviceConditionReported)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A reading of carbon monoxide, or what a device of any kind says of itself."""
        said = seen.event
        if not isinstance(said, (CarbonMonoxideReported, DeviceConditionReported)):
            return None
        if said.retained or said.history or said.device not in home.sensors:
            return None
        device = said.device
        if isinstance(said, DeviceConditionReported):
            if said.trouble is None:
                return None
            self._note(state, "trouble", device, said.trouble)
        elif said.fault:
            self._note(state, "figure", device, said.fault)
        else:
            ppm = ppm_of(said, policy, home)
            if ppm is None or said.backfilled:
                return None
            self._note(state, "figure", device, self._odd(state, device, round(ppm * 10), seen.at, policy, home))
        what = state.get("trouble", {}).get(device) or state.get("figure", {}).get(device)
        what = what or self._worn_out(home.sensors[device], seen.at, policy, home)
        reason = {"at": seen.at, "what": what} if what else None
        return judged(state, device, reason, seen.at) or Verdict(state)

    def _worn_out(self, sensor: Sensor, at: int, policy: Policy, home: Household) -> str:
        """A carbon monoxide sensor hangs there for longer than it lasts, whatever it says of itself."""
        life = float(policy.value("sensor_fault.co_life_days", home.home)) * DAY
        old = life and sensor.kind == "co" and at - sensor.since > life
        return "worn_out" if old and policy.generation >= READ_AGAIN else ""

    def _note(self, state: dict[str, Any], about: str, device: str, what: str) -> None:
        known: dict[str, str] = state.setdefault(about, {})
        if what:
            known[device] = what
        else:
            known.pop(device, None)

    def _odd(self, state: dict[str, Any], device: str, tenths: int, at: int, policy: Policy, home: Household) -> str:
        """Frozen or drifting, else empty."""
        frozen: list[int] = state.setdefault("frozen", {}).setdefault(device, [tenths, at, 0])
        if frozen[0] != tenths:
            frozen[:] = [tenths, at, 0]
        frozen[2] += 1
        base: list[int] = state.setdefault("base", {}).setdefault(device, [at // DAY, tenths, 0])
        day = at // DAY
        drifts = policy.value("sensor_fault.baseline_ppm", home.home) * 10
        if day > base[0]:
            whole = day == base[0] + 1 and base[1] >= drifts
            base[:] = [day, tenths, base[2] + 1 if whole else 0]
        base[1] = min(base[1], tenths)
        if tenths and frozen[2] >= _FROZEN_LEAST and at - frozen[1] > policy.span("sensor_fault.frozen_s", home.home):
            return "frozen"
        return "drifting" if base[2] >= _DRIFT_DAYS and base[1] >= drifts else ""


rule = SensorFault()
