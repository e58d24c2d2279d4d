"""A message of class 1 is claimed as it is planned, where a sender of its channel has nothing else to do.

Whoever plans asks for hands before he commits; the row then says from its beginning whose it is, and as it lands it is
given to the sender who waits for it. Otherwise it would be looked for, and claimed by a transaction of its own. While the
plan commits, that sender words the letter.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from alerts.notify.desk import Desk
from alerts.notify.outbox import CLAIM_LIFE, Claim, OutboxRow, Plan, held
from alerts.notify.recording import ClaimLost, release
from events.database import Database


class NoHands:
    """Nobody sends in this process: every message waits until it is claimed."""

    @contextmanager
    def promised(self, plans: Sequence[Plan], at: int) -> Iterator[Sequence[Plan]]:  # noqa: ARG002  (the hook's own shape)
        """As they are."""
        yield plans

    def written(self, plans: Sequence[Plan], claimed: Sequence[OutboxRow]) -> None:
        """Nothing was claimed."""


NOBODY: Final = NoHands()


class Handing(NoHands):
    """Between the planners of a process and its senders; several threads may call it."""

    def __init__(self, database: Database, desks: Mapping[str, Desk], process: str) -> None:
        """`desks` by channel: those whose senders may be asked for."""
        self._database, self._desks, self._process = database, desks, process
        self._lock = threading.Lock()
        self._promised: dict[str, OutboxRow | None] = {}  # None: not written yet
        self._nobodys: dict[str, Claim] = {}

    @contextmanager
    def promised(self, plans: Sequence[Plan], at: int) -> Iterator[Sequence[Plan]]:
        """Those of class 1 with a claim, as far as there are free hands; around the transaction that writes them."""
        claim, committed = Claim(self._process, at), False
        with self._lock:
            plans = [plan._replace(claim=claim) if self._promises(plan) else plan for plan in plans]
        try:
            yield plans
            committed = True
        finally:
            self._over(plans, committed=committed)

    def _promises(self, plan: Plan) -> bool:
        desk = self._desks.get(plan.message.channel)
        if plan.message.alert_class != 1 or desk is None or not desk.promise():
            return False
        self._promised[plan.message.message] = None
        self._nobodys.pop(plan.message.message, None)  # it is planned anew: the first plan was not committed
        return True

    def written(self, plans: Sequence[Plan], claimed: Sequence[OutboxRow]) -> None:
        """Within the transaction: of these plans, these rows are in the outbox with our claim."""
        rows = {row.message: row for row in claimed}
        with self._lock:
            self._promised.update(
                (plan.message.message, rows.get(plan.message.message)) for plan in plans if plan.claim
            )
            for row in claimed:
                self._desks[row.channel].draft(row)

    def landed(self, message: str) -> bool:
        """The plan is on disk. True: its sender has it, and nobody need look for it."""
        with self._lock:
            row = self._promised.get(message)
            if row is not None:
                del self._promised[message]
                self._hand(row)
        return row is not None

    def _over(self, plans: Sequence[Plan], *, committed: bool) -> None:
        """Not `committed`: the transaction failed, or nobody knows."""
        for plan in plans:
            name = plan.message.message
            with self._lock:
                if plan.claim is None or name not in self._promised:
                    continue  # handed over
                row, desk = self._promised.pop(name), self._desks[plan.message.channel]
                if row is not None and committed:  # nobody listens any more
                    self._hand(row)
                    continue
                desk.withdraw(name)
                if not committed:
                    self._nobodys[name] = plan.claim

    def _hand(self, row: OutboxRow) -> None:
        if not self._desks[row.channel].hand(row):
            self._nobodys[row.message] = Claim(row.claimed_by, row.claimed_at)

    def look(self, now: int) -> None:
        """Claims of ours on which nobody works are given back, if there are any: else they would wait until they are dead."""
        with self._lock:
            nobodys = dict(self._nobodys)
        if not nobodys:
            return
        with self._database.read() as db:
            rows = held(db, nobodys)
        for row in rows:
            with suppress(ClaimLost):
                release(self._database, row, retry_at=now, error="not handed over", unsure=False)
        over = {row.message for row in rows} | {name for name, claim in nobodys.items() if claim.at <= now - CLAIM_LIFE}
        with self._lock:
            for name in over:
                if self._nobodys.get(name) == nobodys[name]:
                    del self._nobodys[name]
