"""How much the alarm screen asks of whoever sits before it: how many, in floods, by whom, what chatters, what stands. Pure.

Sources: EEMUA publication 191, Alarm systems, a guide to design, management and procurement: about one alarm in ten minutes
can be managed for long, more than ten in ten minutes is a flood; ANSI/ISA-18.2 (IEC 62682): floods less than 1 % of the time,
fewer than five standing alarms a day, no chattering ones. See docs/reports.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from alerts.core.calendar import LOCAL_OFFSET
from alerts.projections.counting import CLASSES
from events.types.fact import DAY, HOUR, MINUTE, SECOND

TEN_MINUTES: Final = 10 * MINUTE
FLOOD: Final = 10
"""More than so many in ten minutes nobody can attend to one by one (EEMUA 191)."""
MANAGEABLE_AN_HOUR: Final = 6.0
"""One in ten minutes (EEMUA 191)."""
FLOOD_SHARE: Final = 0.01
"""Of the time (ISA-18.2)."""
CHATTERS: Final = 3
"""Raised, fired again or reopened so often within an hour. ISA-18.2 means three a minute, but we record firing again at most
once in some minutes: a sensor that chatters by its measure is here at three an hour."""
STANDS_AFTER: Final = DAY
"""Open for longer it is looked at no more (ISA-18.2: stale)."""
STANDING: Final = 5
"""As many, and the list is furniture (ISA-18.2)."""
TOP: Final = 10


class Sounded(NamedTuple):
    """An alert as the screen showed it; `device`: the one it is about, "" for none. `raised_at` of a suspicion: since when."""

    alert: str
    home: str
    site: str
    device: str
    danger: str
    alert_class: int
    raised_at: int
    seen_at: int | None = None
    closed_at: int | None = None

    @property
    def place(self) -> str:
        """Its home; of an alert that belongs to none, its site behind an `@`."""
        return self.home or f"@{self.site}"

    @property
    def subject(self) -> str:
        """What may chatter: one danger at one place."""
        return f"{self.place}|{self.danger}"


class Again(NamedTuple):
    """An alert that fired again or was reopened, and when."""

    which: Sounded
    at: int


@dataclass(frozen=True)
class Most:
    """One of those that raise most; `share` of all that were raised."""

    name: str
    count: int
    share: float


class Chattering(NamedTuple):
    """One danger at one place, how often at most within an hour, and by how many alerts."""

    subject: str
    which: Sounded
    times: int
    alerts: int


@dataclass(frozen=True)
class Bar:
    """What was raised in [since, until); `flood`: part of one."""

    since: int
    until: int
    count: int
    flood: bool


@dataclass(frozen=True)
class Acknowledged:
    """How long class 1 waited to be seen, in seconds; `waiting`: so many were not seen yet."""

    count: int
    mean_s: float | None
    most_s: float | None
    waiting: int


@dataclass(frozen=True)
class Load:
    """What sounded in [since, until), the oldest first; `standing`: open at its end and for longer than a day."""

    since: int
    until: int
    raised: list[Sounded]
    again: list[Again]
    standing: list[Sounded]
    drills: list[Sounded]
    suspected: list[Sounded]

    @property
    def an_hour(self) -> float:
        """Alerts an hour."""
        return len(self.raised) * HOUR / max(self.until - self.since, 1)

    def busiest(self) -> tuple[int, int]:
        """How many in the busiest ten minutes, wherever these begin, and when they began."""
        counts = self._ahead
        first = max(range(len(counts)), key=lambda n: (counts[n], -n), default=None)
        return (0, self.since) if first is None else (counts[first], self.raised[first].raised_at)

    @cached_property
    def _ahead(self) -> list[int]:
        """Of each alert how many were raised in the ten minutes that begin with it."""
        return _ahead([one.raised_at for one in self.raised], TEN_MINUTES)

    def floods(self) -> set[int]:
        """The beginnings of the ten minutes by the clock from within which a flood goes out."""
        return {
            one.raised_at // TEN_MINUTES * TEN_MINUTES
            for one, count in zip(self.raised, self._ahead, strict=True)
            if count > FLOOD
        }

    @property
    def tens(self) -> int:
        """How many ten minutes by the clock the span touches."""
        return max(1, (self.until - 1) // TEN_MINUTES - self.since // TEN_MINUTES + 1)

    @property
    def flood_share(self) -> float:
        """The share of them in flood."""
        return len(self.floods()) / self.tens

    def flooding(self) -> list[Sounded]:
        """The alerts that lie in a flood."""
        found, reached = list[Sounded](), 0
        for first, count in enumerate(self._ahead):
            if count > FLOOD:
                found += self.raised[max(first, reached) : first + count]
                reached = first + count
        return found

    def bars(self, step: int) -> list[Bar]:
        """What was raised, step by step of the town's clock; the first and the last may be cut short."""

        def beginning(at: int) -> int:
            return (at + LOCAL_OFFSET) // step * step - LOCAL_OFFSET

        counts = Counter(beginning(one.raised_at) for one in self.raised)
        in_flood = {beginning(at) for at in self.floods()}
        return [
            Bar(max(at, self.since), min(at + step, self.until), counts[at], at in in_flood)
            for at in range(beginning(self.since), self.until, step)
        ]

    def by_class(self) -> list[Most]:
        """Each class that had any, with its share."""
        counts = Counter(str(one.alert_class) for one in self.raised)
        return [self._most(name, counts[name]) for name in CLASSES if counts[name]]

    def top(self, what: str) -> list[Most]:
        """The homes, devices or dangers that raise most."""
        counts = Counter(name for one in self.raised if (name := TOPS[what](one)))
        best = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:TOP]
        return [self._most(*each) for each in best]

    def _most(self, name: str, count: int) -> Most:
        return Most(name, count, count / len(self.raised))

    def chattering(self) -> list[Chattering]:
        """The worst first."""
        fired: dict[str, list[tuple[int, Sounded]]] = {}
        for one, at in [(one, one.raised_at) for one in self.raised] + [(each.which, each.at) for each in self.again]:
            fired.setdefault(one.subject, []).append((at, one))
        found = [
            Chattering(name, said[-1][1], times, len({one.alert for _, one in said}))
            for name, said in fired.items()
            if len(said) >= CHATTERS and (times := max(_ahead(sorted(at for at, _ in said), HOUR))) >= CHATTERS
        ]
        return sorted(found, key=lambda each: (-each.times, each.subject))

    def acknowledged(self) -> Acknowledged:
        """Of class 1: until the first word of anybody that it was seen."""
        waits = [wait / SECOND for one in behind(self, "seen") if (wait := waited(one)) is not None]
        mean = sum(waits) / len(waits) if waits else None
        return Acknowledged(len(waits), mean, max(waits, default=None), len(behind(self, "unseen")))


TOPS: Final[Mapping[str, Callable[[Sounded], str]]] = {
    "place": lambda one: one.place,
    "device": lambda one: one.device,
    "danger": lambda one: one.danger,
}


def _ahead(moments: Sequence[int], within: int) -> list[int]:
    """Of each moment how many there are from it on within so long."""
    found, last = [], 0
    for first, at in enumerate(moments):
        while last < len(moments) and moments[last] < at + within:
            last += 1
        found.append(last - first)
    return found


def waited(one: Sounded) -> int | None:
    """From raised to seen, in microseconds."""
    return None if one.seen_at is None else max(0, one.seen_at - one.raised_at)


def _chatter(load: Load, subject: str) -> Iterable[Sounded]:
    """The alerts of one that chatters, or of all of them; also those raised before that fired again in the span."""
    subjects = {subject} if subject else {each.subject for each in load.chattering()}
    found = {one.alert: one for one in [*(each.which for each in load.again), *load.raised] if one.subject in subjects}
    return found.values()


_BEHIND: Final[Mapping[str, Callable[[Load, str], Iterable[Sounded]]]] = {
    "raised": lambda load, _: load.raised,
    "flood": lambda load, _: load.flooding(),
    "class": lambda load, of: (one for one in load.raised if str(one.alert_class) == of),
    **{
        what: lambda load, of, name=name: (one for one in load.raised if name(one) == of)  # type: ignore[misc]
        for what, name in TOPS.items()
    },
    "chattering": _chatter,
    "standing": lambda load, _: load.standing,
    "seen": lambda load, _: (one for one in load.raised if one.alert_class == 1 and one.seen_at is not None),
    "unseen": lambda load, _: (one for one in load.raised if one.alert_class == 1 and one.seen_at is None),
    "drills": lambda load, _: load.drills,
    "suspected": lambda load, _: load.suspected,
}
FIGURES: Final = tuple(_BEHIND)


def behind(load: Load, figure: str, of: str = "") -> list[Sounded]:
    """Exactly the alerts that this figure counts, in order of time; those that were seen, the longest wait first."""
    found = list(_BEHIND[figure](load, of))
    if figure == "seen":
        return sorted(found, key=lambda one: (-(waited(one) or 0), one.alert))
    return sorted(found, key=lambda one: (one.raised_at, one.alert))
