"""A fact over which the engine itself trips: it is passed over, put on record for its home, and told to the operator.

A rule that raises ends nothing, and neither may anything between the rules and the alerts: the same fact would be read
again after each start, and no home would be watched any more. Writes nothing itself.
"""

import logging
from typing import Any, Final

from alerts.books import Books, caused_by
from alerts.cases import Cases
from alerts.core.household import Household
from alerts.core.rule import Danger
from events.serial import Recorded
from events.store import New
from events.types.fact import SECOND
from events.types.system import DeadlinePassed, RuleFailed

ENGINE: Final = "engine"
"""Stands where RuleFailed names a rule."""
_AGAIN: Final = 30 * SECOND
log = logging.getLogger("shouwang.engine")


def pass_over(books: Books, cases: Cases, recorded: Recorded, error: str) -> None:
    """As if the fact had not come, but for its being on record. A timer that it was rings again half a minute later."""
    home_, at = _home_of(books, recorded), recorded.recorded_at
    name, site = (home_.home, home_.site) if home_ is not None else ("", getattr(recorded.event, "site", ""))
    failed = RuleFailed(home=name, site=site, rule=ENGINE, position=recorded.position, error=error)
    stream, lane = (f"home-{name}", site) if home_ is not None else (ENGINE, "all")
    key = f"failed-{ENGINE}-{recorded.position}"
    books.made.news.append(New(stream, lane, failed, at, key=key, meta=caused_by(recorded)))
    if home_ is None:
        return
    books.touch(home_)
    if isinstance(recorded.event, DeadlinePassed):
        books.set_timer(home_, recorded.event.timer, at + _AGAIN, waits=False)
    if ENGINE in home_.failed_rules:
        return
    home_.failed_rules = [*home_.failed_rules, ENGINE]
    made = len(books.made.news)
    try:
        reason = {"rule": ENGINE, "error": error, "at": recorded.at}
        cases.danger(home_, "rule_failed", Danger(reason, lasting=False), recorded)
    except Exception:  # what tripped the engine trips this alert too: the record is there, and shown
        log.exception("nor could the operator be told of it")
        del books.made.news[made:]


def _home_of(books: Books, recorded: Recorded) -> Household | None:
    """Whose home it is about, as far as that can be said."""
    event: Any = recorded.event
    name = (
        getattr(event, "home", "") or getattr(event, "owner", "") or books.owners.get(getattr(event, "alert", ""), "")
    )
    if name in books.homes:
        return books.homes[name]
    try:
        found = books.registrations.place(event.device, recorded.at, alarm=True) if hasattr(event, "device") else None
    except KeyError:
        return None
    return found[0] if found is not None else None
