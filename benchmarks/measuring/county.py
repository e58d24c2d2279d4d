"""A county at the desk: villages of 150 homes whose devices have spoken, a month of alerts, some of them still open."""

import random

from events.database import Database
from events.store import New, append
from events.types.alert import AlertClosed, ResponderArrived, ResponderEnRoute
from events.types.fact import DAY, MINUTE
from events.types.message import MessageDelivered, MessagePlanned, MessageSent
from events.types.system import HomeUnseen
from measuring.desk import Desk, raised
from measuring.history import settled_town
from measuring.town import site_of, village_of
from shouwang.moment import now

_FACTS_A_DEVICE = 4
_ALERTS_A_HOME = 0.4
"""In a month: thirteen a day for a thousand homes, a lively county."""
_OPEN = 40
_BLIND_EVERY = 10
"""The power was off at every tenth home."""
_CLASSES = (2, 2, 3, 3, 3, 1)
_AT_ONCE = 2_000


class County(Desk):
    """As `Desk`, with a past."""

    def _settle(self, database: Database, homes: int) -> None:
        settled_town(database, homes, homes * 5 * _FACTS_A_DEVICE, county=True)
        chance, at = random.Random(homes), now()
        past = [_unseen(home, at - chance.randrange(DAY, 28 * DAY)) for home in range(1, homes + 1, _BLIND_EVERY)]
        for turn in range(int(homes * _ALERTS_A_HOME) + _OPEN):
            ago = chance.randrange(MINUTE, 20 * MINUTE) if turn < _OPEN else chance.randrange(30 * MINUTE, 28 * DAY)
            past += _alert(turn, chance.randint(1, homes), at - ago, closed=turn >= _OPEN)
            if len(past) >= _AT_ONCE:
                _land(database, past, at)
                past = []
        _land(database, past, at)


def _land(database: Database, news: list[New], at: int) -> None:
    after = {new.stream: 0 for new in news if new.key is None}
    database.write(lambda db: append(db, news, recorded_at=at, after=after))


def _alert(turn: int, home: int, at: int, *, closed: bool) -> list[New]:
    """One alert of this home, its first messages, and in the past how it went and ended."""
    site, village = site_of(home), f"v-{village_of(int(site_of(home)[1:]))}"
    watcher, grid = f"w-{site}", f"g-{site}"
    news = raised(home, _CLASSES[turn % len(_CLASSES)], name=f"past-{turn}", village=village, at=at)
    stream, name = news[0].stream, f"past-{turn}"
    for person in (watcher, grid):
        id, common = f"m-{turn}-{person}", {"alert": name, "site": site, "person": person}
        planned = MessagePlanned(
            message=id, tell=1, alert_class=2, round=1, step=1, phone="x", channel="twilio_sms", template="first_co",
            **common,
        )  # fmt: skip
        sent = MessageSent(message=id, channel="twilio_sms", provider_id=id)
        there = MessageDelivered(message=id, provider_id=id)
        news += [
            New(f"person-{person}", person, fact, at + n * 1_000_000, key=f"{id}-{n}", digest=0)
            for n, fact in enumerate((planned, sent, there))
        ]
    if closed:
        said = {"alert": name, "by": watcher, "via": "sms"}
        ends = (
            ResponderEnRoute(who=watcher, **said), ResponderArrived(who=watcher, **said),
            AlertClosed(outcome="safe_at_home", **said),
        )  # fmt: skip
        news += [New(stream, site, fact, at + n * 4 * MINUTE) for n, fact in enumerate(ends, 1)]
    return news


def _unseen(home: int, at: int) -> New:
    """The power was off for two hours."""
    until = at + 120 * MINUTE
    fact = HomeUnseen(home=f"h{home}", site=site_of(home), since=at, until=until, blind=[[at, until]], cause="no_power")
    return New(f"blind-h{home}", site_of(home), fact, until, key=f"unseen-{home}-{at}", digest=0)
