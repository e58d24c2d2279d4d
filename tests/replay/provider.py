"""The providers of a generated town, in bulk: what the senders would write, some hundreds of messages in one transaction."""

import random
from typing import Any

from sqlalchemy import Connection, select, update

from alerts.notify.outbox import outbox
from events.database import Database
from events.store import New, append
from events.types import message
from events.types.fact import MINUTE, Event


class Provider:
    """Takes nearly everything, some of it late, refuses some, and reports a minute later, or never."""

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._number = dice, 0
        self._late = random.Random(0)
        self._receipts: list[tuple[int, str, str, str, str]] = []

    def sends(self, database: Database, at: int) -> int:
        """Everything that waits, and the reports that are due; how many facts came of it."""
        with database.read() as db:
            rows = db.execute(
                select(outbox.c.message, outbox.c.person, outbox.c.channel).where(outbox.c.state == "waiting")
            ).all()
        due = [receipt for receipt in self._receipts if receipt[0] <= at]
        if not rows and not due:
            return 0
        news: list[New] = []
        states: dict[str, list[str]] = {}
        for row in sorted(rows):
            if self._late.random() < 0.03:
                continue  # not yet
            self._number += 1
            number, state = f"SM{self._number}", "sent"
            fact: Any = message.MessageSent(message=row.message, channel=row.channel, provider_id=number)
            if self._dice.random() < 0.05:
                state = "failed"
                fact = message.MessageFailed(message=row.message, channel=row.channel, code="21610")
            else:
                self._receipts.append((at + MINUTE, row.message, row.person, number, row.channel))
            states.setdefault(state, []).append(row.message)
            news.append(_of_person(row.person, state, row.message, fact, at))
        for receipt in due:
            self._receipts.remove(receipt)
            _, name, person, number, channel = receipt
            if (luck := self._dice.random()) < 0.8:
                fact, state = message.MessageDelivered(message=name, provider_id=number), "delivered"
            elif luck < 0.85:
                fact, state = message.MessageFailed(message=name, channel=channel, code="30003"), "failed"
            else:
                continue
            states.setdefault(state, []).append(name)
            news.append(_of_person(person, state, name, fact, at))

        if not news:
            return 0

        def work(db: Connection) -> None:
            for state, names in states.items():
                changed = {"state": state, "sent_at": at}
                db.execute(update(outbox).where(outbox.c.message.in_(names)).values(**changed))
            append(db, news, recorded_at=at)

        database.write(work)
        return len(news)


def _of_person(person: str, kind: str, name: str, event: Event, at: int) -> New:
    return New(f"person-{person}", person, event, at, key=f"{kind}-{name}")
