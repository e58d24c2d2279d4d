"""No activity: nobody has moved for longer than the limit in force, counted over minutes in which we could see.

Blind minutes stop the clock and do not reset it. The rule is suspended while its alert is open and while the elder is
away. A silence that begins at the front door has its own limit; the others are judged by the learned line. Every silence
is noted in the diary from which that line is learned, with what of it must not teach.
"""

from typing import Any

from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import AWAITED, Policy
from alerts.core.routine import diary
from alerts.core.routine.clock import day_of, midnight
from alerts.core.routine.in_force import fixed_limit, is_front_door, limit_in_force, went_out, why
from alerts.core.routine.limits import Limit
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from alerts.core.settling import awaited_until
from alerts.core.soft_check import asked, can_be_asked, light
from events.types.fact import MINUTE, SECOND, Event

_BLIND_MOST = 5 * MINUTE
"""Of a silence that still teaches."""
_FOR_NOTHING = frozenset({"safe_at_home", "elder_cancelled", ""})
"""Outcomes of an alert that need not have been; "" is that of one which was cancelled."""


_OTHER_LIMITS = frozenset({"went_out", "fixed"})
"""An alert by these says nothing of the learned line."""


class NoActivity:
    """State: `last`, the newest sign of life (microseconds), `where`, the device it came from; `door`, when the front
    door last moved; `asked`, the `last` for which the elder was asked; `held`, since when a judgement waits for what
    devices may have buffered; `ended`, the first sign of life after an alert began.
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
            case HomeChanged() as change:
                state = self._alarmed(state, change, home)
                if change.restart and seen.at > last:
                    return self._sleep({"last": seen.at, "where": ""}, seen.at, seen.received, home, policy)
                return self._sleep(state, last, seen.received, home, policy)
        return None

    def _alive(
        self, state: dict[str, Any], last: int, sign: SignOfLifeSeen, seen: Seen, home: Household, policy: Policy
    ) -> Verdict | None:
        alert = home.alerts.get(self.danger)
        at_door = sign.kind == "contact" and is_front_door(home, sign.device)
        if seen.at <= last:  # a late fact never moves us back
            diary.split(home, seen.at)
            return Verdict({**state, "door": seen.at}) if at_door and seen.at > state.get("door", 0) else None
        was_out = went_out(last, state.get("door", 0), policy, home)
        first_of = self._note(state, last, seen, home, was_out=was_out)
        door = seen.at if at_door else state.get("door", 0)
        ended = state.get("ended", seen.at) if alert is not None else 0
        state = {"last": seen.at, "where": sign.device}
        if door:
            state["door"] = door
        home.forget_before(seen.at)
        if alert is None:
            # Back from outside a shorter limit may hold than the one the clock was set by.
            armed = "rule:no_activity" in home.timers and not was_out
            verdict = Verdict(state) if armed else self._sleep(state, seen.at, seen.received, home, policy)
            return verdict if first_of is None else _closing(verdict, first_of)
        state["ended"] = ended
        limit = limit_in_force(home, policy, out=went_out(seen.at, door, policy, home))
        again_short = home.seen(seen.received).within(seen.at, seen.received) < limit.at(seen.received)
        cancel = "sign_of_life" if alert.status == "suspected" and again_short else ""
        over = alert.status == "raised" and again_short  # one from before our suspicion ends nothing
        cleared = Cleared({"device": sign.device, "at": seen.at}) if over else None
        return Verdict(state, cancel=cancel, cleared=cleared, ends_day=first_of)

    def _note(self, state: dict[str, Any], last: int, seen: Seen, home: Household, *, was_out: bool) -> int | None:
        """The silence that is over goes into the diary. Not None: the first of this day, whose page is to be closed."""
        if "last" not in state:  # of what was before we came nothing is known
            first = diary.note(home, midnight(day_of(seen.at)), seen.at, diary.LEFT_OUT)
        elif seen.at - last < diary.LEAST:
            return None
        else:
            first = diary.note(home, last, seen.at, self._kind(last, seen, home, was_out=was_out))
        return home.lived_day if first else None

    def _kind(self, last: int, seen: Seen, home: Household, *, was_out: bool) -> int:
        if home.away_since is not None or self.danger in home.alerts or not home.watched:
            return diary.LEFT_OUT
        if was_out:
            return diary.AWAY
        blind = seen.at - last - home.seen(seen.received).within(last, seen.at)
        return diary.LEFT_OUT if blind > _BLIND_MOST else diary.AT_HOME

    def _alarmed(self, state: dict[str, Any], change: HomeChanged, home: Household) -> dict[str, Any]:
        """An alert has ended: was it for nothing, the buffer learns from it."""
        alert = home.recent.get(self.danger)
        if change.why not in {"closed", "cancelled"} or alert is None or self.danger in home.alerts:
            return state
        if (ended := state.get("ended")) and alert.outcome in _FOR_NOTHING and "why" in alert.reason:
            since = int(alert.reason["last_seen"])
            if alert.reason["why"] not in _OTHER_LIMITS:
                diary.note(home, since, ended, diary.FALSE_ALARM)
        return {name: value for name, value in state.items() if name != "ended"}

    def _judge(self, state: dict[str, Any], last: int, due: int, now: int, home: Household, policy: Policy) -> Verdict:
        """At `due`. While a sensor may still hand over what it has buffered it is awaited, but not for ever."""
        limit, counted_from, out = self._counting(state, last, home, policy)
        seen = home.seen(due)
        reached = limit.reached(counted_from, seen, due)
        if reached is None or self._suspended(home, due):
            state = {k: v for k, v in state.items() if k != "held"}
            return self._ask_or_sleep(state, last, due, now, home, policy)
        held = state.get("held", now)
        settled = min(awaited_until(home), held + policy.span("backfill.most_s", home.home))
        # The deadline of a moment rings when everything up to it was heard: what is owed may still lie at the broker.
        if (due if policy.generation >= AWAITED else now) < settled:
            return Verdict({**state, "held": held}, wake_at=settled)
        silent, allowed = seen.within(counted_from, due), limit.at(reached)
        reason = {
            "last_seen": last, "where": state.get("where", ""), "limit_s": allowed // SECOND,
            "silent_s": silent // SECOND, "blind_s": (due - counted_from - silent) // SECOND, "judged_at": reached,
            **why(home, policy, allowed, reached, out=out),
        }  # fmt: skip
        return Verdict(state, danger=Danger(reason))

    def _ask_or_sleep(
        self, state: dict[str, Any], last: int, due: int, now: int, home: Household, policy: Policy
    ) -> Verdict:
        """Shortly before the limit only the elder is asked, once in a silence."""
        verdict = self._sleep(state, last, now, home, policy)
        limit, counted_from, out = self._counting(state, last, home, policy)
        before = policy.span("soft_check.before_s", home.home)
        ask = before and not out and state.get("asked") != last and can_be_asked(home, policy)
        if not ask or self._suspended(home, due) or not home.lit(due):
            return verdict
        ends = limit.due(counted_from, home.seen(due), due)
        if ends - before > due:
            return verdict
        told = asked(home, policy, since=last, at=due, limit=limit.at(ends))
        return Verdict({**state, "asked": last}, wake_at=ends, asks=light(home), facts=told)

    def _sleep(self, state: dict[str, Any], last: int, now: int, home: Household, policy: Policy) -> Verdict:
        """When to look again: when the limit was or can be reached at the earliest. Blind homes are not waited for."""
        if self.danger in home.alerts or not home.watched:
            return Verdict(state)
        limit, counted_from, out = self._counting(state, last, home, policy)
        if home.is_away(now):
            until = home.away_until
            return Verdict(state, wake_at=None if until is None else limit.due(until, home.seen(until), until))
        seen = home.seen(now)
        reached = limit.reached(counted_from, seen, now)
        if reached is not None:
            settled = awaited_until(home)
            later = reached if policy.generation >= AWAITED else now
            return Verdict(state, wake_at=settled if settled > later else reached)
        if not home.lit(now):
            return Verdict(state)
        wake_at = limit.due(counted_from, seen, now)
        if not out and state.get("asked") != last and can_be_asked(home, policy):
            wake_at = max(now + SECOND, wake_at - policy.span("soft_check.before_s", home.home))
        return Verdict(state, wake_at=wake_at)

    def _counting(self, state: dict[str, Any], last: int, home: Household, policy: Policy) -> tuple[Limit, int, bool]:
        """The limit in force, since when silence counts, and whether it began at the front door."""
        counted_from = _clock_start(home, last)
        out = counted_from == last and went_out(last, state.get("door", 0), policy, home)
        return limit_in_force(home, policy, out=out), counted_from, out

    def _suspended(self, home: Household, at: int) -> bool:
        return self.danger in home.alerts or not home.watched or home.is_away(at)


def limit_of(home: Household, policy: Policy) -> int:
    """The home's fixed limit of silence in microseconds, which the learned one never exceeds."""
    return fixed_limit(home, policy)


def _clock_start(home: Household, last: int) -> int:
    """Silence counts from the last sign of life, and not before an away that has ended."""
    if home.away_since is not None and home.away_until is not None:
        return max(last, home.away_until)
    return last


def _closing(verdict: Verdict, day: int) -> Verdict:
    return Verdict(verdict.state, wake_at=verdict.wake_at, ends_day=day)


rule = NoActivity()
