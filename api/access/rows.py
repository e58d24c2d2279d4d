"""Which rows a reader sees who answers for a part only: said once, held for every question of theirs.

A snapshot handed to a village or a watcher carries these conditions into each SELECT, whoever wrote it. A table that is
not named here cannot be read by them at all: a new page fails its test instead of showing too much.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Join,
    Select,
    String,
    Table,
    event,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import Alias

from alerts.projections import alert_fold, blindness, devices, homes, lives, messages, responses, timeline
from alerts.registry import tables as registry
from alerts.registry.rosters import rotas
from api.access.who import Who
from events.tables import events, marks


class NotForScoped(Exception):
    """A question about something that readers of a part do not see."""


@dataclass(frozen=True)
class Scope:
    """What somebody answers for. A site is theirs only whole: its own alerts and uplink belong to nobody's home."""

    homes: frozenset[str]
    sites: frozenset[str]
    people: frozenset[str]


def scope_of(db: Connection, who: Who) -> Scope:
    """Of a village: its sites and their homes. Of a watcher: the homes in whose chain they stand."""
    h, s, g, c = registry.homes, registry.sites, registry.grids, registry.chains
    sites: set[str] = set()
    if who.role == "village":
        sites = set(db.scalars(select(s.c.id).join(g, g.c.id == s.c.grid).where(g.c.village.in_(who.scope))))
        mine = set(db.scalars(select(h.c.id).where(h.c.site.in_(sites))))
    else:
        mine = set(db.scalars(select(c.c.home).where(c.c.person.in_(who.scope))))
    people = set(db.scalars(select(c.c.person).where(c.c.home.in_(mine)))) | set(who.scope)
    people |= {person for rota in rotas(db) if f"@{rota.id}" in people for turn in rota.turns for person in turn}
    return Scope(frozenset(mine), frozenset(sites), frozenset(people))


Condition = Callable[[Any, Scope], ColumnElement[bool]]


def _home(column: str) -> Condition:
    return lambda columns, scope: columns[column].in_(scope.homes)


def _person(column: str) -> Condition:
    return lambda columns, scope: columns[column].in_(scope.people)


def _open(_columns: Any, _scope: Scope) -> ColumnElement[bool]:
    return true()


def _alerts(columns: Any, scope: Scope) -> ColumnElement[bool]:
    """Of my homes; and of my sites, where an alert belongs to no home."""
    return or_(columns.home.in_(scope.homes), (columns.home == "") & columns.site.in_(scope.sites))


def _of_alerts(columns: Any, scope: Scope) -> ColumnElement[bool]:
    mine = alert_fold.alerts
    return cast("ColumnElement[bool]", columns.alert.in_(select(mine.c.alert).where(_alerts(mine.c, scope))))


_BEFORE_SITE: Final = len("report-2026-10-") + 1


def _streams(columns: Any, scope: Scope) -> ColumnElement[bool]:
    """Of the log: the streams of my homes, of their devices and of their alerts; and the numbers in force, by which they are
    judged.
    """
    mine, fitted = alert_fold.alerts, registry.devices
    told = select(literal("alert-", String) + mine.c.alert).where(_alerts(mine.c, scope))
    said = select(literal("device-", String) + fitted.c.id).where(fitted.c.home.in_(scope.homes))
    return or_(
        columns.stream.in_([f"home-{home}" for home in scope.homes]), columns.stream.in_(told), columns.stream.in_(said),
        columns.stream.like("report-%") & func.substr(columns.stream, _BEFORE_SITE).in_(scope.sites),
        columns.stream == "settings",  # numbers by which everybody's chain is judged
    )  # fmt: skip


ROWS: Final[dict[Table, Condition]] = {
    alert_fold.alerts: _alerts,
    responses.responses: _alerts,
    timeline.timeline: _of_alerts,
    messages.messages: _of_alerts,
    homes.homes: _home("home"),
    lives.lives: _home("home"),
    devices.devices: _home("home"),
    blindness.sights: _home("home"),
    blindness.unseen: _home("home"),
    registry.homes: _home("id"),
    registry.residents: _home("home"),
    registry.devices: _home("home"),
    registry.chains: _home("home"),
    registry.class_chains: _home("home"),
    registry.leaves: _person("person"),
    registry.people: _person("id"),
    registry.phones: _person("person"),
    events: _streams,
    # names of places, and texts that are only reached by the id an alert of one's own names
    registry.towns: _open,
    registry.villages: _open,
    registry.grids: _open,
    registry.sites: _open,
    registry.texts: _open,
    # ids of who stands in for whom, and when: the names behind them are narrowed themselves
    registry.rotas: _open,
    registry.holidays: _open,
    registry.holiday_covers: _open,
    marks: _open,
}


def narrowed(db: Connection, who: Who | None) -> Connection:
    """The same snapshot, in which this reader finds only their own rows."""
    if who is None or not who.scoped:
        return db
    scope = scope_of(db, who)

    def before(_db: Connection, asked: Any, many: Any, one: Any, options: Any) -> tuple[Any, Any, Any]:
        # When positions were recorded says nothing of anybody, and is looked up by halving the whole log.
        return (asked if options.get("only_positions") else within(asked, scope)), many, one

    event.listen(db, "before_execute", before, retval=True)
    return db


def within(asked: Any, scope: Scope) -> Any:
    """The question with the conditions of this scope in each SELECT of it. Raises NotForScoped."""
    if not isinstance(asked, visitors.ExternallyTraversible) or not asked.is_select:  # type: ignore[attr-defined]  # of every statement
        raise NotForScoped(str(asked)[:100])

    def narrow(query: Select[Any]) -> None:
        added = [condition for each in query.get_final_froms() for condition in _conditions(each, scope)]
        query._where_criteria = (*query._where_criteria, *added)  # noqa: SLF001  # `where` would make another copy, outside the tree

    return visitors.cloned_traverse(asked, {}, {"select": narrow})


def _conditions(source: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    if isinstance(source, Join):
        return [*_conditions(source.left, scope), *_conditions(source.right, scope)]
    table = source.element if isinstance(source, Alias) else source
    if isinstance(table, Table):
        if table not in ROWS:
            raise NotForScoped(table.name)
        return [ROWS[table](source.c, scope)]
    return []  # a SELECT within, which is narrowed itself


def sees(db: Connection, blanks: dict[str, str]) -> bool:
    """Does everything that an address names lie within this narrowed snapshot? An unknown kind of name does not."""
    named = dict(blanks)
    if "site" in named and "device" in named:  # two blanks, one name
        named["device"] = f"{named.pop('site')}/{named['device']}"
    return named.keys() <= _NAMED.keys() and all(
        db.execute(select(_NAMED[blank]).where(_NAMED[blank] == name)).first() is not None
        for blank, name in named.items()
    )


_NAMED: Final = {
    "alert_id": alert_fold.alerts.c.alert, "home_id": homes.homes.c.home, "person_id": registry.people.c.id,
    "device": devices.devices.c.device,
}  # fmt: skip
