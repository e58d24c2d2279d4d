"""Carbon monoxide: the detector's own flag is class 1 at once, whatever its ppm says; its ppm are judged beside it.

For devices without a usable flag, that is: until it has been up for the first time, the dose is counted (`air/dose.py`). What it has done to the blood raises nothing: it
makes an alert more severe. An elder who has gone quiet while it is high is told to the whole chain at once.
"""

from typing import Any

from alerts.core.air import dose, stillness
from alerts.core.air.figure import ppm_of
from alerts.core.air.usable_flag import enough as enough_of
from alerts.core.air.usable_flag import has_one
from alerts.core.household import Household, Sensor
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.rule import Ask, Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict, Worse
from alerts.core.rules.flag import FlagRule
from events.types.alert import CALL_120, URGENT
from events.types.device import CarbonMonoxideReported
from events.types.fact import MINUTE, Event

NO_ACTIVITY = "no_activity"
_ACTIVE_BEFORE = 30 * MINUTE
"""Somebody who moved so shortly before the air went bad, or later, was up and about."""


class CarbonMonoxide:
    """State: `flags`, the devices whose own flag has been up; `air`, by device what `air/dose.py` keeps, with `over` (in
    alarm by dose), `high` (since when at 50 ppm or more), `hold`, `quiet` (told that nobody moves) and `calm` (its flag went down while its figure did not).
    """

    name = danger = "carbon_monoxide"
    hears: tuple[type[Event], ...] = (CarbonMonoxideReported, DeadlineReached, HomeChanged)
    waits_for_hearing = False

    def __init__(self) -> None:
        self._flag = FlagRule(self.danger, CarbonMonoxideReported)

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A reading; the moment at which a dose is full, or a silence in bad air long enough; a change of the home."""
        match seen.event:
            case CarbonMonoxideReported() as said:
                return self._reported(state, seen, said, home, policy)
            case DeadlineReached():
                return self._looked(state, seen, home, policy)
            case HomeChanged(why="seen_again") if state.get("air"):  # only asked when to look: nothing it finds is told
                return Verdict(state, wake_at=self._wake(state, home, policy, asked=0, now=seen.received))
            case HomeChanged() if state.get("air"):
                return self._looked(state, Seen(seen.received, seen.received, seen.event), home, policy)
        return None

    def _reported(
        self, state: dict[str, Any], seen: Seen, said: CarbonMonoxideReported, home: Household, policy: Policy
    ) -> Verdict | None:
        sensor = home.sensors.get(said.device) or home.former.get(said.device)
        if sensor is None:
            return None
        was_flagged, was_out = sensor.in_alarm, sensor.out_of_service
        flag = self._flag.watch({}, seen, home, policy)
        if sensor.in_alarm and not has_one(state, said.device):
            state["flags"] = [*state.get("flags", []), said.device]
        ppm = None if said.retained or said.history else ppm_of(said, policy, home)
        if ppm is None and flag is None:
            return None
        air = None if ppm is None else self._breathe(state, seen.at, ppm, sensor, policy, home)
        standing = air or state.get("air", {}).get(said.device)
        if standing and was_flagged and not sensor.in_alarm:  # its word counts more than its figure, until that was low
            standing["calm"] = True
            for known in ("high", "quiet", "over"):
                standing.pop(known, None)
        back = flag.back_in_service if flag else ""
        if back and standing and standing.get("over") and not has_one(state, said.device):
            sensor.out_of_service, back = True, ""  # a detector without a flag is back when its air is good
        elif was_out and not sensor.out_of_service and standing:
            dose.forgive(standing)
            standing.pop("over", None)
        danger = flag.danger if flag else None
        if danger is None and air is not None and air.pop("full", False) and not sensor.out_of_service:
            danger = self._by_dose(air, seen, said, ppm)
        level, why = self._severity(standing, ppm, seen.at, home, policy, flagged=sensor.in_alarm)
        if danger is not None and level:
            danger = Danger({**danger.reason, "severity": level, "severity_why": why}, danger.device)
        quiet = self._quiet(state, seen.at, home, policy)
        siren = float(policy.value("co.siren_s", home.home)) if danger and not was_flagged else 0.0
        return Verdict(
            state,
            danger=quiet or danger,
            cleared=self._cleared(state, home, flag, said, seen),
            wake_at=self._wake(state, home, policy, asked=seen.at, now=seen.received),
            back_in_service=back,
            asks=(Ask("siren", siren, self.danger),) if siren else (),
            worse=_worse(level, why, quiet),
        )

    def _breathe(
        self, state: dict[str, Any], at: int, ppm: float, sensor: Sensor, policy: Policy, home: Household
    ) -> dose.Air:
        hold = 2 * sensor.interval
        airs = state.setdefault("air", {})
        air: dose.Air | None = airs.get(sensor.device)
        before = highest = 0.0
        if air is None:
            air = airs[sensor.device] = dose.begin(at, ppm)
        else:
            before = air["n"][0]
            highest = dose.take(air, at, ppm, hold)
        air["hold"] = hold
        newest_at, newest = dose.newest(air)
        if newest < dose.HIGH_PPM:
            for known in ("high", "quiet", "calm"):
                air.pop(known, None)
        elif sensor.in_alarm or "calm" not in air:
            air.setdefault("high", min(at, newest_at))
        if newest < policy.value("co.clears_ppm", home.home):
            air["fell"] = bool(air.pop("over", False))
        # In order it must be high now or have become full just now; what comes late and was told is not told again.
        tells = before < 1.0 or newest >= dose.HIGH_PPM if at == newest_at else at > air.get("told", 0)
        if highest >= enough_of(state, sensor.device, policy) and tells and not air.get("over"):
            air["over"] = air["full"] = True
            air["told"] = newest_at
        return air

    def _by_dose(self, air: dose.Air, seen: Seen, said: CarbonMonoxideReported, ppm: float | None) -> Danger:
        reason: dict[str, Any] = {
            "device": said.device, "at": seen.at, "flag": said.alarm, "ppm": ppm, "by": "dose",
            "high_since": air.get("high", seen.at), "cohb_pct": round(air["n"][1], 1),
        }  # fmt: skip
        if said.backfilled:
            reason["late_s"] = max(0, seen.received - seen.at) // 1_000_000
        return Danger(reason, device=said.device)

    def _looked(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """No new reading: has a dose become full, has the silence become too long?"""
        at = seen.at
        found: Danger | None = None
        worst: tuple[str, dict[str, Any]] = ("", {})
        for device, air in state.get("air", {}).items():
            sensor = home.sensors.get(device)
            if sensor is None or sensor.out_of_service or "high" not in air:
                continue
            since, ppm = dose.newest(air)
            full, blood = dose.standing(air, at, air["hold"])
            severity = self._severity(air, ppm, at, home, policy, flagged=sensor.in_alarm)
            worst = max(worst, severity, key=lambda each: _LEVELS.index(each[0]))
            enough = 1.0 if policy.generation < READ_AGAIN else enough_of(state, device, policy)
            if full >= enough and not (air.get("over") and self.danger in home.alerts):  # or the home was paused then
                air["over"] = True
                reason = {
                    "device": device, "at": at, "flag": False, "ppm": ppm, "by": "dose", "reading_at": since,
                    "high_since": air["high"], "cohb_pct": round(blood, 1),
                }  # fmt: skip
                if severity[0]:
                    reason |= {"severity": severity[0], "severity_why": severity[1]}
                found = Danger(reason, device=device)
        quiet = self._quiet(state, at, home, policy)
        fresh = found is not None and self.danger not in home.alerts
        siren = float(policy.value("co.siren_s", home.home)) if fresh else 0.0
        return Verdict(
            state,
            danger=quiet or found,
            wake_at=self._wake(state, home, policy, asked=at, now=seen.received),
            asks=(Ask("siren", siren, self.danger),) if siren else (),
            worse=_worse(*worst, quiet),
        )

    def _severity(
        self, air: dose.Air | None, ppm: float | None, at: int, home: Household, policy: Policy, *, flagged: bool
    ) -> tuple[str, dict[str, Any]]:
        """How bad it is, and by what; empty while nothing is in alarm: it raises nothing."""
        if not flagged and not (air and air.get("over")) and self.danger not in home.alerts:
            return "", {}
        blood = round(dose.standing(air, at, air["hold"])[1], 1) if air else 0.0
        why = {"ppm": ppm, "cohb_pct": blood, "at": at}
        high = ppm is not None and ppm >= policy.value("co.call_120_ppm", home.home)
        if high or blood >= policy.value("co.call_120_pct", home.home):
            return CALL_120, why
        return (URGENT, why) if blood >= policy.value("co.urgent_pct", home.home) else ("", {})

    def _quiet(self, state: dict[str, Any], at: int, home: Household, policy: Policy) -> Danger | None:
        """High, and nobody moves who should, or who did: said once."""
        for device, air in state.get("air", {}).items():
            sensor = home.sensors.get(device)
            if "high" not in air or air.get("quiet") or sensor is None or sensor.out_of_service:
                continue
            if (
                at > dose.newest(air)[0] + air["hold"] and not sensor.in_alarm
            ):  # what it was then says nothing about now
                continue
            last = home.memory.get(NO_ACTIVITY, {}).get("last", 0)
            after = policy.span("co.quiet_after_s", home.home)
            stopped = last >= air["high"] - _ACTIVE_BEFORE and at - max(last, air["high"]) >= after and home.lit(at)
            if not stopped and NO_ACTIVITY not in home.alerts:
                continue
            air["quiet"] = air["over"] = True
            reason = {
                "device": device, "at": at, "flag": sensor.in_alarm, "ppm": dose.newest(air)[1], "by": "quiet",
                "high_since": air["high"], "last_seen": last, "severity": CALL_120, "all_at_once": True,
                "severity_why": {"by": "quiet", "last_seen": last, "at": at},
            }  # fmt: skip
            return Danger(reason, device=device)
        return None

    def _cleared(
        self, state: dict[str, Any], home: Household, flag: Verdict | None, said: CarbonMonoxideReported, seen: Seen
    ) -> Cleared | None:
        """Over when neither a flag nor a dose in this home is in alarm any more."""
        air = state.get("air", {}).get(said.device, {})
        fell = air.pop("fell", False)
        if not (flag and flag.cleared) and not fell:
            return None
        airs = state.get("air", {})
        standing = [
            s for s in home.sensors.values()
            if s.kind == "co" and not s.out_of_service and (s.in_alarm or airs.get(s.device, {}).get("over"))
        ]  # fmt: skip
        if standing:
            return None
        return flag.cleared if flag and flag.cleared else Cleared({"device": said.device, "at": seen.at, "by": "dose"})

    def _wake(self, state: dict[str, Any], home: Household, policy: Policy, *, asked: int, now: int) -> int | None:
        """When a dose is full if nothing else comes, or a silence in bad air too long."""
        moments: list[int] = []
        after = policy.span("co.quiet_after_s", home.home)
        last = home.memory.get(NO_ACTIVITY, {}).get("last", 0)
        for device, air in state.get("air", {}).items():
            if "high" not in air or device not in home.sensors:
                continue
            if not air.get("over") and not has_one(state, device):
                moments += [due for due in [dose.reaches(air, air["hold"])] if due is not None and due > asked]
            if not air.get("quiet") and last >= air["high"] - _ACTIVE_BEFORE:
                still = stillness.ask_at(home, max(last, air["high"]) + after, asked=asked, now=now)
                moments += [] if still is None else [still]
        return min(moments, default=None)


_LEVELS = ("", URGENT, CALL_120)


def _worse(level: str, why: dict[str, Any], quiet: Danger | None) -> Worse | None:
    if quiet is not None:
        return Worse(CALL_120, quiet.reason["severity_why"], all_at_once=True)
    return Worse(level, why) if level else None


rule = CarbonMonoxide()
