"""The learner: when a day of a home is over, reads the last days' pages and records what is normal there.

It holds nothing in memory: a page says by what terms it is to be learned, and the pages lie in the home's own stream. So
what was learned follows from the log alone, and `verify` learns it again. It reads its lanes stride by stride every few
seconds, beside the way of an alarm, and gives the processor away between two homes.
"""

import logging
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from alerts.books import caused_by
from alerts.core.routine.clock import midnight
from alerts.core.routine.line import learn
from alerts.seats import LEARNER, WHOLE, Seat
from events.database import Database
from events.follow import bookmark, pass_on, save_bookmark
from events.serial import Recorded
from events.store import New, append, head, read, read_stream
from events.types.routine import DayLived, RoutineLearned

log = logging.getLogger("shouwang.learning")

_STRIDE = 20_000
_HOMES_AT_ONCE = 25
_SAVE_EVERY = 200_000
"""Positions without a page after which the bookmark is saved all the same."""
_PAGE_TYPE = DayLived.__name__


class Learner:
    """One reader of the lanes of a seat. Only one thread may call it."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        *,
        seat: Seat = WHOLE,
        check: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """`check` as the engine's: asked in every transaction whether the seat is still ours."""
        self._database, self._now, self._seat, self._check = database, now, seat, check
        self._reader = seat.reader(LEARNER)
        self.begin_again()

    def begin_again(self) -> None:
        """Stand where the bookmark stands."""
        with self._database.read() as db:
            self.position = self._saved = bookmark(db, self._reader)

    def step(self) -> int:
        """Learn from the pages that were closed since; a few homes in one transaction. Returns how many pages."""
        with self._database.read() as db:
            upto = min(head(db), self.position + _STRIDE)
            pages = read(db, self.position, limit=_HOMES_AT_ONCE, lanes=self._seat.lanes, types=[_PAGE_TYPE], upto=upto)
        if not pages:
            self._pass(max(self.position, upto))
            return 0
        news = [learned for page in pages if (learned := self._learn(page)) is not None]
        position = pages[-1].position if len(pages) == _HOMES_AT_ONCE else upto
        at = self._now()

        def work(db: Connection) -> None:
            self._check(db)
            save_bookmark(db, self._reader, position)
            append(db, news, recorded_at=at)

        self._database.write(work)
        self.position = self._saved = position
        return len(pages)

    def end(self) -> int:
        """The last position of the log now."""
        with self._database.read() as db:
            return head(db)

    def _pass(self, position: int) -> None:
        """Nothing to learn up to there: saved now and then, or with what is learned next."""
        self.position = position
        if position - self._saved < _SAVE_EVERY:
            return
        pass_on(self._database, self._reader, position, self._check)
        self._saved = position

    def _learn(self, page: Recorded) -> New | None:
        event = page.event
        assert isinstance(event, DayLived)
        with self._database.read() as db:
            known = read_stream(db, page.stream, types=[_PAGE_TYPE], limit=event.terms.days)
            if known[-1].position != page.position:  # we were away for days: later pages lie there already
                known = [r for r in read_stream(db, page.stream, types=[_PAGE_TYPE]) if r.position <= page.position]
        time.sleep(0)  # an alarm may be waiting for the processor
        return learned_from(page, [r.event for r in known if isinstance(r.event, DayLived)])


def learned_from(page: Recorded, pages: Sequence[DayLived]) -> New | None:
    """What is on record because this page was closed; None: nothing can be said yet. Also `verify` asks here."""
    event = page.event
    assert isinstance(event, DayLived)
    terms = event.terms
    pages = pages[-terms.days :]
    line = learn(pages, terms)
    if line is None:
        return None
    since = max(min(p.day for p in pages), event.day - terms.days + 1)
    learned = RoutineLearned(
        home=event.home, site=event.site, since=midnight(since), until=midnight(event.day + 1), days=line.days,
        limits=line.limits, usual=line.usual, buffer_min=line.buffer_min, margin=line.margin, budget=terms.budget,
    )  # fmt: skip
    return New(
        page.stream, event.site, learned, page.recorded_at, key=f"learned-{page.position}", meta=caused_by(page)
    )  # fmt: skip
