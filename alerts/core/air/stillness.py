"""When to ask whether somebody who was up has stopped moving in bad air. Pure.

It can only be told while the home is seen. Where it was not at that moment, it is asked when it is seen again, and not
over and over at a moment that has passed: that would ring without an end.
"""

from alerts.core.household import Household


def ask_at(home: Household, due: int, *, asked: int, now: int) -> int | None:
    """`due`: when the silence is long enough; `asked`: up to which moment this has just been judged. None: not by the clock."""
    if due > now:
        return due  # by then it may be seen for longer than it is known to be now
    if due > asked and home.lit(due):
        return due
    lit_since = min(
        (s.lease_from for s in home.sensors.values() if home.covers(s) and s.lease_from <= now <= s.lease_until),
        default=0,
    )
    return lit_since if lit_since > max(asked, due) else None
