"""How long each person took: from the first message to them about an alert, up to their word and to the door."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from alerts.projections.messages import messages
from alerts.projections.responses import Spread, responses, spread_of
from alerts.projections.timeline import timeline

_WORDS: Final = ("ResponderEnRoute", "ResponderArrived", "ResponderDeclined")


@dataclass(frozen=True)
class Answering:
    """Of the alerts of a span without drills: `asked` somebody was told of so many, `declined` so many.

    `answered`: to their first word, going, there or cannot; `there`: to their arrival. Seconds since the first message to
    them was sent; where nobody sent them one, since the alert was raised.
    """

    asked: int
    declined: int
    answered: Spread
    there: Spread


def answering(db: Connection, since: int, until: int, persons: Collection[str]) -> dict[str, Answering]:
    """Person -> figures, of alerts raised in [since, until)."""
    asked = _asked(db, since, until, persons)
    words = _words(db, since, until, persons)
    return {who: _of(asked.get(who, {}), words.get(who, {})) for who in sorted({*asked, *words})}


def _span(query: Any, since: int, until: int) -> Any:
    return query.where(responses.c.raised_at >= since, responses.c.raised_at < until, responses.c.drill == 0)


def _asked(db: Connection, since: int, until: int, persons: Collection[str]) -> dict[str, dict[str, int]]:
    """Person -> alert -> when the first message to them was sent."""
    m = messages
    query = select(m.c.person, m.c.alert, func.min(m.c.sent_at).label("at")).join(
        responses, responses.c.alert == m.c.alert
    )
    query = _span(query, since, until).where(m.c.sent_at.is_not(None)).group_by(m.c.person, m.c.alert)
    found: dict[str, dict[str, int]] = {}
    for row in db.execute(query.where(m.c.person.in_(persons))):
        found.setdefault(row.person, {})[row.alert] = row.at
    return found


def _words(db: Connection, since: int, until: int, persons: Collection[str]) -> dict[str, dict[str, dict[str, int]]]:
    """Person -> alert -> raised, and each kind of word -> when it was first said."""
    t = timeline
    query = select(t.c.person, t.c.alert, t.c.type, func.min(t.c.at).label("at"), responses.c.raised_at).join(
        responses, responses.c.alert == t.c.alert
    )
    query = _span(query, since, until).where(t.c.type.in_(_WORDS))
    query = query.group_by(t.c.person, t.c.alert, t.c.type, responses.c.raised_at)
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in db.execute(query.where(t.c.person.in_(persons))):
        said = found.setdefault(row.person, {}).setdefault(row.alert, {"raised": row.raised_at})
        said[row.type] = row.at
    return found


def _of(asked: dict[str, int], words: dict[str, dict[str, int]]) -> Answering:
    first: list[int] = []
    there: list[int] = []
    for alert, said in words.items():
        begins = asked.get(alert, said["raised"])
        first.append(min(at for kind, at in said.items() if kind != "raised") - begins)
        if "ResponderArrived" in said:
            there.append(said["ResponderArrived"] - begins)
    declined = sum("ResponderDeclined" in said for said in words.values())
    return Answering(len({*asked, *words}), declined, spread_of(_positive(first)), spread_of(_positive(there)))


def _positive(spans: Sequence[int]) -> list[int]:
    """Who spoke before our message was sent needed no time for it."""
    return [max(0, span) for span in spans]
