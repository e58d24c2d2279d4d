"""What a checked file asks for: every reference resolved, every number in its unit, and the line each came from."""

import msgspec

from events.types.home import DeviceKind


class Entry(msgspec.Struct, frozen=True):
    """Where an entry stands: its first line, its path, and the line of each of its fields."""

    line: int
    field: str
    lines: dict[str, int]

    def at(self, key: str) -> tuple[int, str]:
        """Line and path of one of its fields; a missing one is looked for where the entry begins."""
        return self.lines.get(key, self.line), f"{self.field}.{key}"


class PlannedTown(msgspec.Struct, frozen=True):
    """The town."""

    id: str
    name: str
    name_en: str
    signature: str
    signature_en: str


class PlannedPhone(Entry, frozen=True):
    """A phone in E.164; `verified`: microseconds UTC, None when nobody has checked it. What it is good for."""

    number: str
    verified: int | None
    sms: bool = True
    voice: bool = True


class PlannedPerson(Entry, frozen=True):
    """Somebody in a chain; `phones` None: the file says nothing about them."""

    id: str
    name: str
    name_en: str
    role: str
    language: str
    phones: list[PlannedPhone] | None
    holiday_cover: str | None = None
    voice_first: bool = False
    slow_speech: bool = False


class PlannedVillage(Entry, frozen=True):
    """A village."""

    id: str
    name: str
    name_en: str
    head: str


class PlannedGrid(Entry, frozen=True):
    """A grid."""

    id: str
    village: str
    name: str
    name_en: str
    member: str


class PlannedSite(Entry, frozen=True):
    """A site; `altitude_m` None: not said."""

    id: str
    grid: str
    name: str
    name_en: str
    altitude_m: float | None = None


class PlannedResident(msgspec.Struct, frozen=True):
    """Who lives in a home."""

    name: str
    born: int | None
    notes: str
    phone: str | None
    speech: str | None


class PlannedDevice(Entry, frozen=True):
    """A device under its wire id `site/device`, with the model's values copied in; `since` None: not said."""

    id: str
    model: str
    kind: DeviceKind
    room: str
    role: str
    since: int | None
    interval_s: float
    battery: bool
    pulse: bool
    retrigger_s: float
    use_floor: float | None
    removed: bool


class PlannedRota(Entry, frozen=True):
    """A duty rota, as in RotaSet; `holiday_cover` None: not said."""

    id: str
    name: str
    name_en: str
    begins: int
    turns: list[list[str]]
    lengths_s: list[int]
    holiday_cover: str | None


class PlannedLeave(Entry, frozen=True):
    """Somebody is not there from `since` up to `until`, microseconds."""

    person: str
    since: int
    until: int
    cover: str


class PlannedHoliday(Entry, frozen=True):
    """Public holidays in a row, from the first midnight to the one after the last day."""

    since: int
    until: int
    name: str


class PlannedLevels(Entry, frozen=True):
    """Levels of a home's chain that are other than its place in the town gives; `alert_class` "all": for every class."""

    alert_class: str
    levels: dict[str, list[str]]


class PlannedHome(Entry, frozen=True):
    """A home; `since` None: not said. `watcher` and `second_watcher` begin its chain, the rest follows its site.

    Wherever a person may stand in a chain, so may a rota: `@` and its id.
    """

    id: str
    site: str
    number: int
    address: str
    notes: str
    way_in: str | None
    stove: str | None
    east: float | None
    north: float | None
    no_activity_s: int
    since: int | None
    watcher: list[str]
    second_watcher: list[str]
    chain: list[PlannedLevels]
    consent: int | None
    residents: list[PlannedResident]
    devices: list[PlannedDevice]


class Dated(msgspec.Struct, frozen=True):
    """A moment that the file names; it may not lie ahead when the file is taken."""

    line: int
    field: str
    at: int


class Warned(msgspec.Struct, frozen=True):
    """Taken all the same, but somebody should know."""

    line: int
    field: str
    message_zh: str
    message_en: str


class Plan(msgspec.Struct, frozen=True):
    """A whole file without faults, in the file's order."""

    town: PlannedTown
    people: list[PlannedPerson]
    villages: list[PlannedVillage]
    grids: list[PlannedGrid]
    sites: list[PlannedSite]
    homes: list[PlannedHome]
    dated: list[Dated]
    rotas: list[PlannedRota] = []
    leave: list[PlannedLeave] = []
    holidays: list[PlannedHoliday] | None = None
    warnings: list[Warned] = []
