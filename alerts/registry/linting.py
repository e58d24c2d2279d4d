"""The chains as registered, looked at for the days ahead: what is wrong with which home's."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from alerts.core.chain import Chain, Steps, holes
from alerts.core.policy import Policy
from alerts.registry import chains, rosters, tables
from alerts.registry.homes import statuses
from events.store import read_stream
from events.types.fact import DAY
from events.types.life import Hole
from events.types.setting import SettingChanged

_FEW: Final = 400
"""Of more homes than so many everything is read."""


class Looked(NamedTuple):
    """A home with the holes in its chain."""

    home: str
    site: str
    holes: list[Hole]


def policy_of(db: Connection) -> Policy:
    """The settings in force, from the log."""
    policy = Policy()
    for recorded in read_stream(db, "settings"):
        if isinstance(recorded.event, SettingChanged):
            policy.fold(recorded.event)
    return policy


def lint(db: Connection, at: int, homes: Collection[str] | None = None) -> list[Looked]:
    """These homes, or all, as far as they are watched, from `at` on for as many days as the setting says."""
    policy = policy_of(db)
    few = homes if homes is not None and len(homes) <= _FEW else None
    roster, known, own = rosters.roster(db, at), chains.chains(db, few), chains.chains_by_class(db, few)
    reach = phones(db)
    status = statuses(db, few)
    h = tables.homes
    found: list[Looked] = []
    query = select(h.c.id, h.c.site).order_by(h.c.place, h.c.id)
    for row in db.execute(query if few is None else query.where(h.c.id.in_(few))):
        if (homes is not None and row.id not in homes) or status.get(row.id, "enrolled") != "enrolled":
            continue
        chain = Chain(known.get(row.id, {level: [] for level in chains.LEVELS}), own.get(row.id, {}))
        until = at + int(policy.value("chain.checked_days", row.id)) * DAY
        wrong = holes(chain, steps_of(policy, row.id), roster, reach, since=at, until=until)
        found.append(Looked(row.id, row.site, wrong))
    return found


def steps_of(policy: Policy, home: str) -> Steps:
    """Class of alert -> the levels of each step, where people are told at all."""
    steps = {number: policy.value(f"class{number}.steps", home) for number in (1, 2, 3)}
    return {number: [list(step[1]) for step in told] for number, told in steps.items()}


def phones(db: Connection) -> dict[str, Sequence[str]]:
    """Person -> their verified phones."""
    p = tables.phones
    rows = db.execute(
        select(p.c.person, p.c.id).where(p.c.verified_at.is_not(None), p.c.withdrawn_at.is_(None)).order_by(p.c.place)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(row.id)
    return dict(found)


def sites_of_all(db: Connection) -> list[tuple[str, str]]:
    """Every home with its site."""
    h = tables.homes
    return [(row.id, row.site) for row in db.execute(select(h.c.id, h.c.site).order_by(h.c.place, h.c.id))]
