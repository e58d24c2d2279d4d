"""What can wait, in somebody's digest: put on their list when it begins, taken off when it ends."""

from alerts.books import Books, caused_by
from alerts.core.alert import Alert
from alerts.core.household import Household
from events.serial import Recorded
from events.store import New
from events.types import message
from events.types.fact import Event

LISTS_SINCE = 2
"""The generation of rules that fills digests."""
_CANNOT_WAIT = 2


class Listing:
    """Works on the engine's books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def put(self, home_: Household, alert: Alert, recorded: Recorded) -> None:
        """What can wait goes into somebody's digest; an area incident is known to whoever answers for the site."""
        if self._books.policy.generation < LISTS_SINCE or alert.alert_class <= _CANNOT_WAIT or not alert.open:
            return
        at, chain = recorded.recorded_at, alert.terms.chain
        entries = [*chain.get("grid_member", []), *(chain.get("village", []) if alert.area is not None else [])]
        persons = list(self._books.roster.resolve(entries, at).persons)
        home_.listed = {**home_.listed, alert.id: persons}
        if alert.area is not None:
            self.notice(home_, alert, len(alert.area.homes), recorded)
            return
        for person in persons:
            task = message.TaskListed(
                person=person, alert=alert.id, home=alert.home, site=alert.site, danger=alert.danger,
                alert_class=alert.alert_class, since=at,
            )  # fmt: skip
            self._to_person(person, task, f"task-{alert.id}-v{alert.version}", recorded)

    def notice(self, home_: Household, alert: Alert, homes: int, recorded: Recorded) -> None:
        """How many homes the incident holds now; 0: it is over."""
        since = alert.area.since if alert.area is not None else 0
        for person in home_.listed.get(alert.id, []):
            known = message.AreaNoticed(person=person, alert=alert.id, site=alert.site, homes=homes, since=since)
            self._to_person(person, known, f"area-{alert.id}-v{alert.version}", recorded)

    def take_off(self, home_: Household, alert: Alert, recorded: Recorded) -> None:
        """It has ended: whoever was told to have it on the list is told that it is done."""
        if alert.area is not None:
            self.notice(home_, alert, 0, recorded)
        for person in home_.listed.get(alert.id, []) if alert.area is None else ():
            done = message.TaskDone(person=person, alert=alert.id)
            self._to_person(person, done, f"done-{alert.id}-v{alert.version}", recorded)
        home_.listed = {name: persons for name, persons in home_.listed.items() if name != alert.id}

    def _to_person(self, person: str, event: Event, key: str, recorded: Recorded) -> None:
        fact = New(f"person-{person}", person, event, recorded.recorded_at, key=key, digest=0, meta=caused_by(recorded))
        self._books.made.news.append(fact)
