"""The homes that are watched and who lives in them."""

from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from alerts.core import wording
from alerts.registry import tables
from events.tables import events
from events.worded import Question

Status = Literal["enrolled", "paused", "retired"]
_CHUNK: Final = 400


class Resident(msgspec.Struct, frozen=True):
    """Who lives there; `born` is a year."""

    name: str
    born: int | None = None
    notes: str = ""
    phone: str = ""
    speech: str = ""


class Home(msgspec.Struct, frozen=True):
    """A home; `number` is said as 12号家, `no_activity_s` is its limit of silence in seconds."""

    id: str
    site: str
    site_name: str
    site_name_en: str
    number: int
    address: str
    notes: str
    no_activity_s: int
    enrolled_at: int
    status: Status
    residents: list[Resident]
    way_in: str = ""
    stove: str = ""


class Label(msgspec.Struct, frozen=True):
    """What is said of a home when it is named."""

    site_name: str
    site_name_en: str
    number: int


_STATUS_OF: dict[str, Status] = {
    "HomeEnrolled": "enrolled",
    "HomeResumed": "enrolled",
    "HomePaused": "paused",
    "HomeRetired": "retired",
}


def home(db: Connection, id: str) -> Home | None:
    """One home, None when it is unknown."""
    found = _select(db, id)
    return found[0] if found else None


def homes(db: Connection) -> list[Home]:
    """All homes, by site and house number."""
    return _select(db, None)


def labels(db: Connection, wanted: Sequence[str]) -> dict[str, Label]:
    """How these homes are named; unknown ones are missing."""
    h, s = tables.homes, tables.sites
    query = select(h.c.id, s.c.name, s.c.name_en, h.c.number).join(s, s.c.id == h.c.site)
    found: dict[str, Label] = {}
    for start in range(0, len(wanted), _CHUNK):
        for id, *said in db.execute(query.where(h.c.id.in_(wanted[start : start + _CHUNK]))):
            found[id] = Label(*said)
    return found


def house_label(home: Home | Label, language: wording.Language = "zh", *, with_site: bool = False) -> str:
    """The house as messages say it: `12号家`, with the site for people who serve several sites."""
    name = home.site_name if language == "zh" else home.site_name_en
    return wording.house_label(home.number, language, name if with_site else "")


def label_of(db: Connection, id: str, language: wording.Language = "zh") -> str | None:
    """The same with its site, for a message under way: one row, nothing else of the home. None: unknown."""
    row = _LABEL.first(db, id=id)
    if row is None:
        return None
    number, name, name_en = row
    return wording.house_label(number, language, name if language == "zh" else name_en)


_h, _s = tables.homes, tables.sites
_LABEL = Question(
    select(_h.c.number, _s.c.name, _s.c.name_en).join(_s, _s.c.id == _h.c.site).where(_h.c.id == bindparam("id"))
)


def phone_of_elder(db: Connection, home: str, place: int) -> str | None:
    """The number of the telephone that stands at this place among those of the people who live there."""
    r = tables.residents
    query = select(r.c.phone).where(r.c.home == home, r.c.phone.is_not(None), r.c.phone != "").order_by(r.c.place)
    numbers = list(db.execute(query).scalars())
    return numbers[place] if place < len(numbers) else None


def with_phones(db: Connection) -> dict[str, tuple[str, int]]:
    """Home -> its site and how many telephones those who live there have; homes without one are missing."""
    h, r = tables.homes, tables.residents
    rows = db.execute(
        select(h.c.id, h.c.site, func.count())
        .join(r, r.c.home == h.c.id)
        .where(r.c.phone.is_not(None), r.c.phone != "")
        .group_by(h.c.id, h.c.site)
        .order_by(h.c.id)
    )
    return {home: (site, int(count)) for home, site, count in rows}


def sites_of(db: Connection, homes: list[str]) -> dict[str, list[str]]:
    """Site -> which of these homes lie there."""
    h = tables.homes
    found: dict[str, list[str]] = {}
    for row in db.execute(select(h.c.site, h.c.id).where(h.c.id.in_(homes)).order_by(h.c.site, h.c.id)):
        found.setdefault(row.site, []).append(row.id)
    return found


def statuses(db: Connection, only: Collection[str] | None = None) -> dict[str, Status]:
    """Home -> status as the log has it, the one truth about it; unknown homes are missing."""
    query = select(events.c.stream, events.c.type).where(
        events.c.type.in_(list(_STATUS_OF)), events.c.version.is_not(None)
    )
    if only is not None:
        kind = (events.c.type + "").in_(list(_STATUS_OF))  # as an expression: the index of the streams is the short way
        query = select(events.c.stream, events.c.type).where(kind, events.c.version.is_not(None))
        query = query.where(events.c.stream.in_([f"home-{home}" for home in only]))
    found: dict[str, Status] = {}
    for stream, type_name in db.execute(query.order_by(events.c.position)):
        found[stream.removeprefix("home-")] = _STATUS_OF[type_name]
    return found


def _select(db: Connection, id: str | None) -> list[Home]:
    h, s, r = tables.homes, tables.sites, tables.residents
    rows = (
        select(h, s.c.name.label("site_name"), s.c.name_en.label("site_name_en"))
        .join(s, s.c.id == h.c.site)
        .order_by(s.c.place, h.c.site, h.c.number)
    )
    residents = select(r).order_by(r.c.home, r.c.place)
    if id is not None:
        rows, residents = rows.where(h.c.id == id), residents.where(r.c.home == id)
    living: dict[str, list[Resident]] = {}
    for row in db.execute(residents):
        living.setdefault(row.home, []).append(
            Resident(row.name, row.born, row.notes, row.phone or "", row.speech or "")
        )
    status = statuses(db, None if id is None else [id])
    return [
        Home(
            row.id, row.site, row.site_name, row.site_name_en, row.number, row.address, row.notes, row.no_activity_s,
            row.enrolled_at, status.get(row.id, "enrolled"), living.get(row.id, []), row.way_in or "", row.stove or "",
        )
        for row in db.execute(rows)
    ]  # fmt: skip


def consents(db: Connection) -> set[str]:
    """The homes of which consent was ever recorded or withdrawn."""
    said = select(events.c.stream).where(events.c.type.in_(["ConsentRecorded", "ConsentWithdrawn"])).distinct()
    return {stream.removeprefix("home-") for stream in db.execute(said).scalars()}


def homes_in(db: Connection, village: str = "") -> list[str]:
    """The ids of the homes of a village, or of all."""
    h, s, g = tables.homes, tables.sites, tables.grids
    query = select(h.c.id).join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid).order_by(h.c.place, h.c.id)
    return list(db.execute(query.where(g.c.village == village) if village else query).scalars())


def watched_in(db: Connection, village: str = "") -> dict[str, str]:
    """Home -> its site, of a village or of all, site by site; without those that are no longer watched."""
    h, s, g = tables.homes, tables.sites, tables.grids
    query = select(h.c.id, h.c.site).join(s, s.c.id == h.c.site).join(g, g.c.id == s.c.grid)
    query = query.order_by(s.c.place, h.c.site, h.c.number)
    gone = {home for home, status in statuses(db).items() if status == "retired"}
    rows = db.execute(query.where(g.c.village == village) if village else query)
    return {home: site for home, site in rows if home not in gone}


def count(db: Connection) -> int:
    """How many there are, no longer watched ones too."""
    return int(db.execute(select(func.count()).select_from(tables.homes)).scalar() or 0)
