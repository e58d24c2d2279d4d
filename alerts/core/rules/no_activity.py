"""No activity: nobody has moved for longer than this home's limit, counted over minutes in which we could see.

Blind minutes stop the clock and do not reset it. The rule is suspended while its alert is open and while the elder is
away. In this release the limit is fixed per home.
"""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import Policy
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from alerts.core.settling import awaited_until
from events.types.fact import SECOND, Event


class NoActivity:
    """State: `last`, the newest sign of life (microseconds), `where`, the device it came from; `held`, since when a
    judgement waits for what devices may have buffered.
    """

    name = "no_activity"
    danger = "no_activity"
    hears: tuple[type[Event], ...] = (SignOfLifeSeen, DeadlineReached, HomeChanged)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """A sign of life, a deadline, or a change of the home."""
        last = state.get("last", home.since)
        match seen.event:
            case SignOfLifeSeen() as sign:
                return self._alive(state, last, sign, seen, home, policy)
            case DeadlineReached(due=due):
                return self._judge(state, last, due, seen.received, home, policy)
            case HomeChanged(restart=True) if seen.at > last:
                return self._sleep(_with(seen.at, ""), seen.at, seen.received, home, policy)
            case HomeChanged():
                return self._sleep(state, last, seen.received, home, policy)
        return None

    def _alive(
        self, state: dict[str, Any], last: int, sign: SignOfLifeSeen, seen: Seen, home: Household, policy: Policy
    ) -> Verdict | None:
        alert = home.alerts.get(self.danger)
        if seen.at <= last:  # a late fact never moves us back
            return None
        state = _with(seen.at, sign.device)
        home.forget_before(seen.at)
        if alert is None:
            armed = "rule:no_activity" in home.timers
            return Verdict(state) if armed else self._sleep(state, seen.at, seen.received, home, policy)
        again_short = home.seen(seen.received).within(seen.at, seen.received) < limit_of(home, policy)
        cancel = "sign_of_life" if alert.status == "suspected" and again_short else ""
        ended = alert.status == "raised" and again_short  # one from before our suspicion ends nothing
        cleared = Cleared({"device": sign.device, "at": seen.at}) if ended else None
        return Verdict(state, cancel=cancel, cleared=cleared)

    def _judge(self, state: dict[str, Any], last: int, due: int, now: int, home: Household, policy: Policy) -> Verdict:
        """At `due`. While a sensor may still hand over what it has buffered it is awaited, but not for ever."""
        limit = limit_of(home, policy)
        counted_from = _clock_start(home, last)
        seen = home.seen(due)
        silent, reached = seen.within(counted_from, due), seen.reached(counted_from, limit)
        if reached is None or self._suspended(home, due):
            return self._sleep({k: v for k, v in state.items() if k != "held"}, last, now, home, policy)
        held = state.get("held", now)
        settled = min(awaited_until(home), held + policy.span("backfill.most_s", home.home))
        if now < settled:
            return Verdict({**state, "held": held}, wake_at=settled)
        reason = {
            "last_seen": last, "where": state.get("where", ""), "limit_s": limit // SECOND,
            "silent_s": silent // SECOND, "blind_s": (due - counted_from - silent) // SECOND, "judged_at": reached,
        }  # fmt: skip
        return Verdict(state, danger=Danger(reason))

    def _sleep(self, state: dict[str, Any], last: int, now: int, home: Household, policy: Policy) -> Verdict:
        """When to look again: when the limit was or can be reached at the earliest. Blind homes are not waited for."""
        limit = limit_of(home, policy)
        if self.danger in home.alerts or not home.watched:
            return Verdict(state)
        if home.is_away(now):
            return Verdict(state, wake_at=None if home.away_until is None else home.away_until + limit)
        counted_from = _clock_start(home, last)
        seen = home.seen(now)
        reached = seen.reached(counted_from, limit)
        if reached is not None:
            settled = awaited_until(home)
            return Verdict(state, wake_at=settled if settled > now else reached)
        if not home.lit(now):
            return Verdict(state)
        return Verdict(state, wake_at=max(now, counted_from) + limit - seen.within(counted_from, now))

    def _suspended(self, home: Household, at: int) -> bool:
        return self.danger in home.alerts or not home.watched or home.is_away(at)


def limit_of(home: Household, policy: Policy) -> int:
    """The home's limit of silence in microseconds: its own recorded setting, else what it was enrolled with."""
    own = policy.recorded.get(f"{home.home}/no_activity_s")
    return int((own if own is not None else home.no_activity_s) * SECOND)


def _clock_start(home: Household, last: int) -> int:
    """Silence counts from the last sign of life, and not before an away that has ended."""
    if home.away_since is not None and home.away_until is not None:
        return max(last, home.away_until)
    return last


def _with(last: int, where: str) -> dict[str, Any]:
    return {"last": last, "where": where}


rule = NoActivity()
