"""Does a chain hold? What would go wrong with it in a span of time, were each step taken at its worst moment. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from alerts.core.roster import Roster
from events.types.life import Hole

FIRST_TWO: Final = ("watcher", "second_watcher", "grid_member")
"""Levels 1 and 2 of the four: the neighbours and the grid. Whoever is there must be reachable by two phones."""

Levels = Mapping[str, Sequence[str]]
Steps = Mapping[int, Sequence[Sequence[str]]]
"""Class of alert -> the levels that each of its steps tells."""


class Chain(NamedTuple):
    """Level -> places, and for some classes of alert the levels that are others."""

    levels: Levels
    by_class: Mapping[str, Levels]

    def of(self, alert_class: int) -> dict[str, Sequence[str]]:
        """As an alert of this class keeps it."""
        return {**self.levels, **self.by_class.get(str(alert_class), {})}


def holes(
    chain: Chain, steps: Steps, roster: Roster, phones: Mapping[str, Sequence[str]], *, since: int, until: int
) -> list[Hole]:
    """What is wrong between two moments (microseconds). `phones`: person -> the verified ones.

    `what`: uncovered (nobody of the first two levels can be told), one_phone (only one phone of theirs), nobody (a step
    means nobody), no_phone (none of those it means has a phone), twice (a person is told by two steps in a row).
    """
    found: dict[tuple[str, int, int, tuple[str, ...]], tuple[int, int]] = {}
    for alert_class, told in steps.items():
        levels = chain.of(alert_class)
        places = [place for level in levels.values() for place in level]
        known = roster.about([places])
        edges = [since, *known.changes(places, since, until), until]
        for at, end in zip(edges, edges[1:], strict=False):  # noqa: RUF007  # pairs of edges, said in the same words
            for what, step, persons in _wrong(levels, told, known, phones, at):
                key = (what, alert_class if step else 0, step, persons)
                begun, ended = found.get(key, (at, end))
                found[key] = min(begun, at), max(ended, end)
    return [
        Hole(what, alert_class, step, begun, ended, list(persons))
        for (what, alert_class, step, persons), (begun, ended) in found.items()
    ]


def _wrong(
    levels: Mapping[str, Sequence[str]], told: Sequence[Sequence[str]], roster: Roster,
    phones: Mapping[str, Sequence[str]], at: int,
) -> Iterable[tuple[str, int, tuple[str, ...]]]:  # fmt: skip
    near = roster.resolve([place for level in FIRST_TWO for place in levels.get(level, [])], at).persons
    ringing = {phone for person in near for phone in phones.get(person, [])}
    if not ringing:
        yield "uncovered", 0, ()
    elif len(ringing) == 1:
        yield "one_phone", 0, tuple(person for person in near if phones.get(person))
    before: list[str] = []
    for step, names in enumerate(told, 1):
        persons = roster.resolve([place for level in names for place in levels.get(level, [])], at).persons
        if not persons:
            yield "nobody", step, ()
        elif not any(phones.get(person) for person in persons):
            yield "no_phone", step, tuple(persons)
        if again := [person for person in persons if person in before]:
            yield "twice", step, tuple(again)
        before = persons


def same(one: Iterable[Hole], other: Iterable[Hole]) -> bool:
    """Is the same wrong, at whatever time?"""
    return {_named(hole) for hole in one} == {_named(hole) for hole in other}


def _named(hole: Hole) -> tuple[str, int, int, tuple[str, ...]]:
    return hole.what, hole.alert_class, hole.step, tuple(hole.persons)
