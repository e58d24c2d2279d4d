"""How each figure of a report is counted: pure, over the alerts raised in a month. See docs/reports.md."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.projections.responses import Spread, rank, spread_of
from events.types.report import Counted

ALL, DRILL = "all", "drill"
"""The lines beside those of the classes: all of them together, and practice, which is in no other line."""
CLASSES: Final = ("1", "2", "3", "4", "5")
LINES: Final = (*CLASSES, ALL, DRILL)

FALSE_ALARMS: Final = frozenset({"device_false_alarm", "device_fault"})
"""The device was wrong. `safe_at_home` and the like are none: somebody was rightly looked for."""

Select = Callable[[Counted], bool]
COUNTS: Final[Mapping[str, Select]] = {
    "raised": lambda _: True,
    "closed": lambda one: bool(one.closed_at and one.outcome),
    "open": lambda one: not (one.closed_at and one.outcome),
    "false": lambda one: bool(one.closed_at) and one.outcome in FALSE_ALARMS,
}
SPANS: Final[Mapping[str, Callable[[Counted], int | None]]] = {
    "told": lambda one: one.told_at,
    "answered": lambda one: one.answered_at,
    "arrived": lambda one: one.arrived_at,
}
OUTCOME: Final = "outcome-"
"""Before the name of an outcome: how many ended so."""


@dataclass(frozen=True)
class Figure:
    """`count` alerts are behind it; for a span also how long it took, in seconds; for a share, of how many."""

    count: int
    spread: Spread | None = None
    share: float | None = None


def known(line: str, figure: str) -> bool:
    """Is there such a figure?"""
    return line in LINES and (figure in COUNTS or figure in SPANS or figure.startswith(OUTCOME))


def by_line(alerts: Iterable[Counted]) -> dict[str, list[Counted]]:
    """The alerts of each line."""
    found: dict[str, list[Counted]] = {line: [] for line in LINES}
    for one in alerts:
        for line in (DRILL,) if one.drill else (ALL, str(one.alert_class)):
            found[line].append(one)
    return found


def behind(alerts: Iterable[Counted], line: str, figure: str) -> list[Counted]:
    """Exactly the alerts that this figure counts: those of a span the shortest first, others in order of time."""
    found = _chosen(by_line(alerts)[line], figure)
    if figure in SPANS:
        return sorted(found, key=lambda one: (took(one, figure) or 0, one.raised_at, one.alert))
    return sorted(found, key=lambda one: (one.raised_at, one.alert))


def _chosen(found: Iterable[Counted], figure: str) -> list[Counted]:
    if figure in SPANS:
        happened = SPANS[figure]
        return [one for one in found if happened(one) is not None]
    chosen = (lambda one: _ended(one, figure)) if figure.startswith(OUTCOME) else COUNTS[figure]
    return [one for one in found if chosen(one)]


def _ended(one: Counted, figure: str) -> bool:
    return bool(one.closed_at) and one.outcome == figure.removeprefix(OUTCOME)


def took(one: Counted, figure: str) -> int | None:
    """From when it was raised, in microseconds; None: it never happened, or the figure is no span."""
    at = SPANS[figure](one) if figure in SPANS else None
    return None if at is None else max(0, at - one.raised_at)


class Figures:
    """The figures of some alerts. A page names each several times; each is counted once."""

    def __init__(self, alerts: Iterable[Counted]) -> None:
        self.lines = by_line(alerts)
        self._known: dict[tuple[str, str], Figure] = {}

    def __call__(self, line: str, figure: str) -> Figure:
        """The figure itself."""
        if (line, figure) not in self._known:
            self._known[line, figure] = self._counted(line, figure)
        return self._known[line, figure]

    def _counted(self, line: str, figure: str) -> Figure:
        found = _chosen(self.lines[line], figure)
        if figure in SPANS:
            return Figure(len(found), spread_of(took(one, figure) or 0 for one in found))
        of = {"closed": "raised", "false": "closed"}.get(figure)
        whole = self(line, of).count if of else 0
        return Figure(len(found), share=len(found) / whole if whole else None)


def marked(found: Sequence[Counted], share: float) -> str:
    """Of the alerts behind a span the one whose time is the figure: half, or nine of ten, took no longer."""
    return found[rank(len(found), share)].alert if found else ""


def outcomes_in(alerts: Iterable[Counted]) -> list[str]:
    """The outcomes there were."""
    return sorted({one.outcome for one in alerts if one.closed_at and one.outcome and not one.drill})


def differences(before: Counted | None, after: Counted | None) -> dict[str, tuple[object, object]]:
    """What of an alert a report counts, and is other than it was: name -> (old, new)."""
    names = ("raised_at", "told_at", "answered_at", "arrived_at", "closed_at", "outcome", "drill", "alert_class")
    found = {name: (getattr(before, name, None), getattr(after, name, None)) for name in names}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}
