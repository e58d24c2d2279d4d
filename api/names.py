"""The names behind ids, for screens; an id that the registry does not know is shown as it is.

Who lives in a home, what is said of them, and phones are masked unless the reader asked for them and that was recorded.
"""

from functools import cached_property

import msgspec
from sqlalchemy import Connection

from alerts.projections.words import Language
from alerts.registry import devices, homes, people, phones, places, texts
from alerts.registry.devices import Device
from alerts.registry.homes import Home
from alerts.registry.people import Person
from alerts.registry.phones import Phone
from api.console.words import say


class Names:
    """Reads each kind once, within one snapshot."""

    def __init__(self, db: Connection, language: Language, *, shown: bool = False) -> None:
        self._db, self._language, self.shown = db, language, shown
        self._known_devices: dict[str, Device | None] = {}

    @cached_property
    def _people(self) -> dict[str, Person]:
        return {person.id: person for person in people.people(self._db)}

    @cached_property
    def _homes(self) -> dict[str, Home]:
        return {home.id: home for home in homes.homes(self._db)}

    def _device(self, id: str) -> Device | None:
        """One by one: a board names a few of thousands."""
        if id not in self._known_devices:
            self._known_devices[id] = devices.device(self._db, id)
        return self._known_devices[id]

    def town(self) -> str:
        """The town's name, empty before any is registered."""
        town = places.town(self._db)
        return self._said(town.name, town.name_en) if town else ""

    def site(self, id: str) -> str:
        """`东坪三组`."""
        known = places.site(self._db, id)
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
        if (home := id.removeprefix("elder-")) != id and home in self._homes:
            return f"{self.home(home)} {self._said('老人', 'elder')}"
        known = self._people.get(id)
        return self._said(known.name, known.name_en) if known else id

    def role(self, id: str) -> str:
        """The role of somebody in a chain, empty for others."""
        known = self._people.get(id)
        return known.role if known else ""

    def home(self, id: str) -> str:
        """`东坪三组 12号家`: as somebody responsible for many sites says it."""
        known = self._homes.get(id)
        if known is None:
            return id
        site = self._said(known.site_name, known.site_name_en)
        return f"{site} {homes.house_label(known, self._language)}"

    def home_card(self, id: str) -> Home | None:
        """All that is registered of a home; masked: where it is, and that somebody lives there."""
        card = self._homes.get(id)
        if card is None or self.shown:
            return card
        masked = [
            msgspec.structs.replace(r, name=masked_name(r.name), born=None, notes="", phone=masked_number(r.phone))
            for r in card.residents
        ]
        return msgspec.structs.replace(card, residents=masked, notes="", way_in="")

    def phones(self, person: str) -> list[Phone]:
        """The phones somebody answers on."""
        found = phones.phones_of(self._db, person)
        if self.shown:
            return found
        return [msgspec.structs.replace(phone, number=masked_number(phone.number)) for phone in found]

    def text(self, id: str) -> str:
        """What somebody wrote."""
        found = texts.text(self._db, id)
        return found.text if found else id

    def everybody(self) -> list[Person]:
        """Everyone in a chain."""
        return list(self._people.values())

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
