"""Engine and planner without a database: they are told a fact and say what they decide. They can neither write nor send."""

from collections import deque
from typing import NamedTuple

from alerts.books import Books
from alerts.core.policy import Policy
from alerts.decisions import Decisions
from alerts.judging import Judging
from alerts.learning import learned_from
from alerts.planning import HEARS, Planning
from alerts.stumbling import pass_over
from alerts.taking import Taking
from events.serial import Recorded
from events.store import New
from events.types.channel import ChannelsDeclared
from events.types.routine import DayLived
from events.types.setting import SettingChanged

Ahead = dict[str, list[Recorded]]
"""What of a stream was known though it lies behind the fact that is decided on."""


class Decided(NamedTuple):
    """A fact on its way into the log, and the version it gets where that is certain (alerts)."""

    new: New
    version: int | None


class EngineAgain(Taking):
    """Knows every home from the first fact on."""

    def __init__(self) -> None:
        self.books = Books({}, Policy())
        self._judging = Judging(self.books)

    def hear(self, recorded: Recorded, ahead: Ahead) -> list[Decided]:
        """What follows from this fact. Timers it would set are forgotten: when they rang is in the log."""
        books = self.books
        books.ahead = ahead
        try:
            self.take(recorded)
        except Exception as failure:  # as it was then
            books.made = Decisions()
            pass_over(books, self._judging.cases, recorded, f"{type(failure).__name__}: {failure}"[:200])
        if books.unseen:
            self._judging.look_again(recorded.recorded_at)
        if not books.made.news:
            return []
        made, books.made = books.made, Decisions()
        versions = dict(made.after)
        decided: list[Decided] = []
        for new in made.news:
            version = None
            if new.key is None and new.stream.startswith("alert-"):
                version = versions[new.stream] = versions[new.stream] + 1
            decided.append(Decided(new, version))
        return decided


class LearnerAgain:
    """Knows the last pages of every home."""

    def __init__(self) -> None:
        self._pages: dict[str, deque[DayLived]] = {}

    def hear(self, recorded: Recorded) -> list[Decided]:
        """What is learned from this page."""
        page = recorded.event
        if not isinstance(page, DayLived):
            return []
        pages = self._pages.setdefault(page.home, deque())
        pages.append(page)
        while len(pages) > page.terms.days:
            pages.popleft()
        learned = learned_from(recorded, list(pages))
        return [] if learned is None else [Decided(learned, None)]


class PlannerAgain(Planning):
    """Knows every person from the first fact on.

    Where the log does not declare its channels the channel is configuration: it is read from the record.
    """

    def __init__(self) -> None:
        self.policy, self.declared, self.people, self._channel = Policy(), None, {}, ""
        self._news, self._planned, self._touched, self._timers = [], [], set(), {}

    def hear(self, recorded: Recorded) -> list[Decided]:
        """What follows from this fact."""
        if isinstance(recorded.event, HEARS):
            self._take(recorded)
        elif isinstance(recorded.event, SettingChanged):
            self.policy.fold(recorded.event)
        elif isinstance(recorded.event, ChannelsDeclared):
            self.declared = recorded.event
        self._timers.clear()  # when they rang is in the log
        if not self._news:
            return []
        news, self._news = self._news, []
        self._planned.clear()
        return [Decided(new, None) for new in news]
