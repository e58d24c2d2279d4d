"""Check the flue: carbon monoxide too low for an alarm and too high for a stove that draws well.

30 to 49 ppm for more than two hours, a mean of 8 hours above 8.7 ppm or of 24 hours above 6 ppm (10 and 7 mg/m3: WHO
guidelines for indoor air 2010 and 2021, also the outdoor limits of GB 3095-2012 in kind).
"""

from typing import Any

from alerts.core.air import means
from alerts.core.air.dose import HIGH_PPM
from alerts.core.air.figure import ppm_of
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Seen, Verdict
from alerts.core.rules.per_device import judged
from events.types.device import CarbonMonoxideReported
from events.types.fact import HOUR, Event

_BETTER = 0.8
"""Over when the means have fallen to this share of their limits: one that hovers is told once."""


class CheckFlue:
    """State: `air`, by device [since when at 30 ppm or more (0: not), newest reading, means...]; `showing`."""

    name = danger = "check_flue"
    hears: tuple[type[Event], ...] = (CarbonMonoxideReported,)
    waits_for_hearing = False

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """One more reading, in whatever order."""
        said = seen.event
        if (
            not isinstance(said, CarbonMonoxideReported)
            or said.retained
            or said.history
            or said.device not in home.sensors
        ):
            return None
        ppm = ppm_of(said, policy, home)
        if ppm is None:
            return None
        airs: dict[str, list[int]] = state.setdefault("air", {})
        air = airs.get(said.device)
        fresh = air is None
        if air is None:
            air = airs[said.device] = [0, 0, *means.begin()]
        begun = self._take(air, seen.at, ppm, policy, home)
        shows = said.device in state.get("showing", {})
        long = air[0] and seen.at - air[0] > policy.span("check_flue.after_s", home.home)
        if not begun and (shows or not long):  # means move with the half hours
            return Verdict(state) if fresh else None
        reason = self._reason(air, seen.at, ppm, policy, home, _BETTER if shows else 1.0)
        found = judged(state, said.device, reason, seen.at)
        return found or (Verdict(state) if fresh else None)

    def _take(self, air: list[int], at: int, ppm: float, policy: Policy, home: Household) -> bool:
        since, newest = air[0], air[1]
        tallied = air[2:]
        begun = means.take(tallied, at, ppm)
        air[2:] = tallied
        low = ppm < policy.value("check_flue.ppm", home.home)
        every = max((sensor.interval for sensor in home.sensors.values() if sensor.kind == "co"), default=HOUR)
        gap = at - newest > 2 * every
        if at < newest:
            if low and since and since <= at:  # a late one says that it was good in between
                air[0] = newest
            return begun
        air[0], air[1] = (0 if low else since if since and not gap else at), at
        return begun

    def _reason(
        self, air: list[int], at: int, ppm: float, policy: Policy, home: Household, share: float
    ) -> dict[str, Any] | None:
        since, tallied = air[0], air[2:]
        common = {"at": at, "ppm": ppm}
        if since and at - since > policy.span("check_flue.after_s", home.home) and ppm < HIGH_PPM:
            return {**common, "by": "long", "since": since}
        eight, day = means.eight_hours(tallied), means.a_day(tallied)
        if eight is not None and eight > policy.value("check_flue.mean_8h_ppm", home.home) * share:
            return {**common, "by": "mean_8h", "mean_ppm": round(eight, 1)}
        if day is not None and day > policy.value("check_flue.mean_24h_ppm", home.home) * share:
            return {**common, "by": "mean_24h", "mean_ppm": round(day, 1)}
        return None


rule = CheckFlue()
