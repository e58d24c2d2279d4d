"""Who is meant by a place in a chain at a moment: the rota's turn, the cover on a holiday, the stand-in of who is on leave.

Pure: a fold of what was recorded. Asked when a step is taken, and not when the alert was raised.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from events.types import roster as facts
from events.types.fact import SECOND, Event

ROTA = "@"
"""Before the id of a rota where a person's id could stand."""

FACTS = (
    facts.RotaSet, facts.RotaDropped, facts.LeaveSet, facts.LeaveCancelled, facts.HolidaysSet, facts.HolidayCoverSet,
)  # fmt: skip


class Rota(msgspec.Struct):
    """As in RotaSet, lengths in microseconds."""

    begins: int
    turns: list[list[str]]
    lengths: list[int]

    def turn_at(self, at: int) -> list[str]:
        """Whose turn it is. Before the rota begins it is thought to have gone round for ever."""
        rounds, rest = divmod(at - self.begins, sum(self.lengths))
        within = 0
        while rest >= self.lengths[within]:
            rest -= self.lengths[within]
            within += 1
        return self.turns[(rounds * len(self.lengths) + within) % len(self.turns)]

    def handovers(self, since: int, until: int) -> list[int]:
        """The moments between `since` and `until` at which a turn ends."""
        period = sum(self.lengths)
        moment = self.begins + (since - self.begins) // period * period
        found: list[int] = []
        while moment < until:
            for length in self.lengths:
                moment += length
                if since < moment < until:
                    found.append(moment)
        return found


class Leave(msgspec.Struct, omit_defaults=True):
    """From `since` on, up to and without `until`."""

    since: int
    until: int
    cover: str = ""


class Meant(NamedTuple):
    """`persons` are to be told, in order; `instead`: person -> the place they fill; `on_leave`: with nobody in their place."""

    persons: list[str]
    instead: dict[str, str]
    on_leave: list[str]


class Roster(msgspec.Struct, omit_defaults=True):
    """What is known of rotas, leave and holidays; spans in microseconds."""

    rotas: dict[str, Rota] = {}
    leaves: dict[str, list[Leave]] = {}
    holidays: list[tuple[int, int]] = []
    covers: dict[str, str] = {}

    def fold(self, event: Event, at: int) -> None:
        """Take one fact in. Leave that was over long before is forgotten."""
        match event:
            case facts.RotaSet():
                lengths = [length * SECOND for length in event.lengths_s]
                self.rotas[event.rota] = Rota(event.begins, event.turns, lengths)
            case facts.RotaDropped(rota=rota):
                self.rotas.pop(rota, None)
            case facts.LeaveSet(person=person):
                kept = [e for e in self.leaves.get(person, []) if e.since != event.since and e.until > at]
                kept.append(Leave(event.since, event.until, event.cover))
                self.leaves[person] = sorted(kept, key=lambda leave: leave.since)
            case facts.LeaveCancelled(person=person, since=since):
                self.leaves[person] = [leave for leave in self.leaves.get(person, []) if leave.since != since]
            case facts.HolidaysSet(spans=spans):
                self.holidays = [(begins, ends) for begins, ends in spans]
            case facts.HolidayCoverSet(entry=entry, cover=cover):
                self.covers.pop(entry, None)
                if cover:
                    self.covers[entry] = cover

    def about(self, chain: Iterable[list[str]]) -> "Roster":
        """Only what can matter for these places: small enough to go with an alert."""
        wanted = self.everybody(entry for level in chain for entry in level)
        rotas = {id: rota for id, rota in self.rotas.items() if ROTA + id in wanted}
        leaves = {person: leave for person, leave in self.leaves.items() if leave and person in wanted}
        covers = {entry: cover for entry, cover in self.covers.items() if entry in wanted}
        return Roster(rotas, leaves, self.holidays if covers else [], covers)

    def everybody(self, entries: Iterable[str]) -> dict[str, None]:
        """These places, and every person and rota that may at any time be meant by one of them, in order."""
        found: dict[str, None] = {}
        waiting = list(entries)
        while waiting:
            entry = waiting.pop(0)
            if entry in found:
                continue
            found[entry] = None
            waiting += [cover] if (cover := self.covers.get(entry)) else []
            waiting += [leave.cover for leave in self.leaves.get(entry, []) if leave.cover]
            if entry.startswith(ROTA) and (rota := self.rotas.get(entry[1:])):
                waiting += [person for turn in rota.turns for person in turn]
        return found

    def moves(self, entry: str) -> bool:
        """May somebody else be meant by this place than who is named there?"""
        return entry.startswith(ROTA) or entry in self.covers or entry in self.leaves

    def resolve(self, entries: Iterable[str], at: int) -> Meant:
        """Who is to be told now for these places."""
        meant = Meant([], {}, [])
        for entry in entries:
            self._resolve(entry, entry, at, meant, ())
        return Meant(meant.persons, meant.instead, [p for p in meant.on_leave if p not in meant.persons])

    def _resolve(self, place: str, entry: str, at: int, meant: Meant, way: tuple[str, ...]) -> None:
        """`way`: how we came here; who covers for each other in a ring covers for nobody."""
        if entry in way:
            return
        way = (*way, entry)
        cover = self.covers.get(entry)
        if cover and any(begins <= at < ends for begins, ends in self.holidays):
            before, absent = len(meant.persons), len(meant.on_leave)
            self._resolve(place, cover, at, meant, way)
            if len(meant.persons) > before:
                return
            del meant.on_leave[absent:]  # nobody covers after all: who is meant on other days is not off duty
        if entry.startswith(ROTA):
            rota = self.rotas.get(entry[1:])
            for person in rota.turn_at(at) if rota else []:
                self._resolve(place, person, at, meant, way)
            return
        leave = next((each for each in self.leaves.get(entry, []) if each.since <= at < each.until), None)
        if leave is not None:
            before = len(meant.persons)
            if leave.cover:
                self._resolve(place, leave.cover, at, meant, way)
            if len(meant.persons) == before and entry not in meant.on_leave:
                meant.on_leave.append(entry)
            return
        if entry not in meant.persons:
            meant.persons.append(entry)
            if entry != place:
                meant.instead[entry] = place

    def changes(self, entries: Iterable[str], since: int, until: int) -> list[int]:
        """The moments between `since` and `until` at which somebody else may be meant by one of these places."""
        wanted = self.about([list(entries)])
        moments = {edge for span in wanted.holidays for edge in span}
        moments |= {edge for leaves in wanted.leaves.values() for each in leaves for edge in (each.since, each.until)}
        for rota in wanted.rotas.values():
            moments.update(rota.handovers(since, until))
        return sorted(moment for moment in moments if since < moment < until)
