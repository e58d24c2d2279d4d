"""Dark and quiet: no sensor can see the home, and its limit has passed since the last sign of life. Somebody visits."""

from typing import Any

from alerts.core import sight
from alerts.core.edges import SignOfLifeSeen
from alerts.core.household import Household
from alerts.core.policy import READ_AGAIN, Policy
from alerts.core.rule import Cleared, Danger, DeadlineReached, HomeChanged, Seen, Verdict
from alerts.core.rules.no_activity import limit_of
from events.types.fact import SECOND, Event


class DarkAndQuiet:
    """Keeps no state of its own; the last sign of life is the no-activity rule's."""

    name = "dark_and_quiet"
    danger = "dark_and_quiet"
    hears: tuple[type[Event], ...] = (SignOfLifeSeen, DeadlineReached, HomeChanged)
    waits_for_hearing = True

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """Judged by the wall clock: blind minutes are just what it is about.

        In an area incident it is judged too: it becomes a line there, and sends nobody.
        """
        due = seen.event.due if isinstance(seen.event, DeadlineReached) else None
        if isinstance(seen.event, SignOfLifeSeen) and "rule:dark_and_quiet" in home.timers:
            return None
        now = seen.received
        if self.danger in home.alerts:
            return Verdict(state, cleared=Cleared({"seen_again": now})) if home.lit(now) else None
        last = home.memory.get("no_activity", {}).get("last")
        limit = limit_of(home, policy)
        if last is None:  # no sign of life yet: that home is shown as never proven, nobody is sent
            return None
        if home.is_away(now) or not home.watched or "no_activity" in home.alerts:
            return Verdict(state, wake_at=now + limit)
        lit_until = max((s.lease_until for s in home.sensors.values() if home.covers(s)), default=0)
        if not lit_until and policy.generation >= READ_AGAIN:  # where nothing could see, nothing has gone dark
            return None
        settles = policy.span("backfill.most_s", home.home)
        back = max(home.hearing_since, home.area_until) + settles  # until then devices may come back to us
        if due is not None and due - last >= limit and lit_until < due and due >= back:
            reason = {"last_seen": last, "limit_s": limit // SECOND, "dark_since": lit_until}
            if home.sight is not None:
                reason["sight"] = sight.triage(home, last, limit, now, policy).state
            return Verdict(state, danger=Danger(reason))
        return Verdict(state, wake_at=max(last + limit, lit_until + SECOND, back, (due or 0) + SECOND))


rule = DarkAndQuiet()
