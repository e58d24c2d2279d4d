"""The names behind ids, for screens; an id that the registry does not know is shown as it is.

Who lives in a home, what is said of them, and phones are masked unless the reader asked for them and that was recorded.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from alerts.projections.words import Language
from alerts.registry import devices, homes, people, phones, places, texts
from alerts.registry.devices import Device
from alerts.registry.homes import Home, Label
from alerts.registry.people import Person
from alerts.registry.phones import Phone
from alerts.registry.places import Site, Town
from api.console.words import say


class Names:
    """Reads what is named, each once, within one snapshot: a page names a few of a county's thousands."""

    def __init__(self, db: Connection, language: Language, *, shown: bool = False) -> None:
        self._db, self._language, self.shown = db, language, shown
        self._known_devices: dict[str, Device | None] = {}
        self._known_sites: dict[str, Site | None] = {}
        self._known_people: dict[str, Person | None] = {}
        self._known_homes: dict[str, Label | None] = {}
        self._known_phones: dict[str, list[Phone]] = {}

    def expect(self, *, home_ids: Iterable[str] = (), person_ids: Iterable[str] = ()) -> None:
        """These will be named: a long list reads them together."""
        at_home = sorted({id for id in home_ids if id} - self._known_homes.keys())
        self._known_homes |= {**dict.fromkeys(at_home), **homes.labels(self._db, at_home)}
        persons = sorted({id for id in person_ids if id} - self._known_people.keys())
        self._known_people |= {**dict.fromkeys(persons), **people.named(self._db, persons)}

    def expect_phones(self, person_ids: Sequence[str]) -> None:
        """So will these people's phones."""
        self._known_phones |= phones.live_phones(self._db, person_ids)

    def _person(self, id: str) -> Person | None:
        if id not in self._known_people:
            self.expect(person_ids=[id])
        return self._known_people.get(id)

    def _home(self, id: str) -> Label | None:
        if id not in self._known_homes:
            self.expect(home_ids=[id])
        return self._known_homes.get(id)

    def _device(self, id: str) -> Device | None:
        if id not in self._known_devices:
            self._known_devices[id] = devices.device(self._db, id)
        return self._known_devices[id]

    @cached_property
    def _town(self) -> Town | None:
        return places.town(self._db)

    def town(self) -> str:
        """The town's name, empty before any is registered."""
        return self._said(self._town.name, self._town.name_en) if self._town else ""

    def site(self, id: str) -> str:
        """`东坪三组`."""
        if id not in self._known_sites:
            self._known_sites[id] = places.site(self._db, id)
        known = self._known_sites[id]
        return self._said(known.name, known.name_en) if known else id

    def device(self, id: str) -> str:
        """`卧室 一氧化碳报警器`; the id for a device nobody registered."""
        known = self._device(id)
        return f"{known.room} {say(self._language, f'kind.{known.kind}')}".strip() if known else id

    def person(self, id: str) -> str:
        """`王一一`; users and programs by the name they log in with."""
        kind, colon, name = id.partition(":")
        if colon and kind in {"user", "token"}:
            return name
        if id == "group":
            return self._said("镇里的群", "the town's group")
        if (home := id.removeprefix("elder-")) != id and self._home(home):
            return f"{self.home(home)} {self._said('老人', 'elder')}"
        known = self._person(id)
        return self._said(known.name, known.name_en) if known else id

    def role(self, id: str) -> str:
        """The role of somebody in a chain, empty for others."""
        known = self._person(id)
        return known.role if known else ""

    def home(self, id: str) -> str:
        """`东坪三组 12号家`: as somebody responsible for many sites says it."""
        known = self._home(id)
        if known is None:
            return id
        site = self._said(known.site_name, known.site_name_en)
        return f"{site} {homes.house_label(known, self._language)}"

    def home_card(self, id: str) -> Home | None:
        """All that is registered of a home; masked: where it is, and that somebody lives there."""
        card = homes.home(self._db, id)
        if card is None or self.shown:
            return card
        masked = [
            msgspec.structs.replace(r, name=masked_name(r.name), born=None, notes="", phone=masked_number(r.phone))
            for r in card.residents
        ]
        return msgspec.structs.replace(card, residents=masked, notes="", way_in="")

    def phones(self, person: str) -> list[Phone]:
        """The phones somebody answers on."""
        if person not in self._known_phones:
            self.expect_phones([person])
        found = self._known_phones[person]
        if self.shown:
            return found
        return [msgspec.structs.replace(phone, number=masked_number(phone.number)) for phone in found]

    def text(self, id: str) -> str:
        """What somebody wrote."""
        found = texts.text(self._db, id)
        return found.text if found else id

    def everybody(self) -> list[Person]:
        """Everyone in a chain."""
        return people.people(self._db)

    def of(self, zh: str, en: str) -> str:
        """The name in the reader's language, where it has one."""
        return self._said(zh, en)

    def _said(self, zh: str, en: str) -> str:
        return en if self._language == "en" and en else zh


def masked_name(name: str) -> str:
    """`李桂兰` -> `李**`: enough to know whom a neighbour means, not enough to look them up."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def masked_number(number: str) -> str:
    """`+8612000000001` -> `+86120******01`."""
    return number[:6] + "*" * max(0, len(number) - 8) + number[-2:] if len(number) > 8 else "*" * len(number)
