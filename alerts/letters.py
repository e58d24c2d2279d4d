"""From an outbox row to the text a person reads: here, and only here, ids become houses and names.

Also whether the message is still wanted when its turn comes.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection

from alerts.commands.deciding import load
from alerts.core.alert import Alert
from alerts.core.refusals import AlertUnknown
from alerts.core.soft_check import phone_of
from alerts.core.speaking import speech
from alerts.core.wording import (
    TEMPLATES,
    Language,
    WordingError,
    as_sent,
    local_clock,
    name_list,
    render,
    room_label,
    shown,
    site_label,
    slot_list,
)
from alerts.notify.delivering import Worded
from alerts.notify.outbox import OutboxRow
from alerts.registry import devices, homes, people, phones, places, texts

_STILL_TOLD_AFTER_CLOSING = ("outcome_told", "stand_down", "taken_", "already_closed", "nothing_open", "drill_silent")
"""Beginnings of templates: how it ended, and answers to what somebody wrote."""


class Wording(NamedTuple):
    """All of a message that its text is made of."""

    template: str
    words: Mapping[str, str]
    language: str
    slot: int
    channel: str = ""


def text_of(db: Connection, row: OutboxRow | Wording) -> str:
    """The whole text with its signature. Raises WordingError when a word is missing."""
    language, template = _language(row), as_sent(row.template, row.words)
    if _is_spoken(row):
        return speech(row.template, _known(db, row), language, _signature(db, language)).text
    return render(template, _wanted(template, _known(db, row)), language, _signature(db, language))


def worded(db: Connection, row: OutboxRow) -> Worded:
    """The text, its variables by name, and for a channel that speaks the words of the call. Raises WordingError."""
    language, known = _language(row), _known(db, row)
    signature, variables = _signature(db, language), _variables(known, language)
    if _is_spoken(row):
        said = speech(row.template, known, language, signature)
        return Worded(said.text, variables, said.text, said.keys, slow="slow_speech" in row.words)
    template = as_sent(row.template, row.words)
    return Worded(render(template, _wanted(template, known), language, signature), variables, template=template)


def _is_spoken(row: OutboxRow | Wording) -> bool:
    """A channel's name is stored data, and says how it reaches people."""
    return row.channel.endswith("_voice")


def _variables(known: Mapping[str, str | int], language: Language) -> dict[str, str]:
    """As they are read, also those the text does without: a provider's own template may want them."""
    variables: dict[str, str] = {}
    for name, value in known.items():
        with suppress(WordingError, KeyError):  # what the text needs is refused where the text is made
            variables |= shown({name: value}, language)
    return variables


def _wanted(template: str, known: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: known[name] for name in TEMPLATES[template].variables if name in known}


def _signature(db: Connection, language: Language) -> str:
    town = places.town(db)
    return (town.signature if language == "zh" else town.signature_en) if town else ""


def _language(row: OutboxRow | Wording) -> Language:
    return "en" if row.language == "en" else "zh"


def _known(db: Connection, row: OutboxRow | Wording) -> dict[str, str | int]:
    """Every variable that this message could show; ids have become houses and names."""
    language = _language(row)
    known: dict[str, str | int] = dict(row.words)
    known["slot"] = row.slot or row.words.get("slot", "")
    known["do_first"] = row.words.get("danger", "")
    if "clock" in row.words:
        known["clock"] = local_clock(int(row.words["clock"]))
    if row.words.get("home"):
        known["house"] = _house(db, row.words["home"], language)
    if "person" in row.words:
        known["person"] = _name(db, row.words["person"], language)
    if "note" in row.words:
        written = texts.text(db, row.words["note"])
        known["note"] = written.text if written else row.words["note"]
    if "site" in row.words:
        known["site"] = _site(db, row.words["site"], language)
    if "room" in row.words:
        where = devices.device(db, row.words["room"])
        known["room"] = room_label(where.room if where else "", language)
    if "persons" in row.words:
        known["persons"] = name_list([_name(db, id, language) for id in row.words["persons"].split(",")], language)
    if "slots" in row.words:
        pairs = (pair.partition("=") for pair in row.words["slots"].split(","))
        known["slots"] = slot_list({int(slot): _house(db, home, language) for slot, _, home in pairs}, language)
    return known


def _house(db: Connection, home_id: str, language: Language) -> str:
    return homes.label_of(db, home_id, language) or home_id[:5]


def _site(db: Connection, site_id: str, language: Language) -> str:
    site = places.site(db, site_id)
    name = "" if site is None else site.name if language == "zh" else site.name_en
    return site_label(name or site_id, language)


def _name(db: Connection, person_id: str, language: Language) -> str:
    person = people.person(db, person_id)
    if person is None:  # an operator or an account of the console
        return "值班员" if language == "zh" else "the duty desk"
    return people.short_name(person, language)


def number_of(db: Connection, phone_id: str) -> str | None:
    """The number of a live phone; an elder's own is known by its home."""
    if (own := phone_of(phone_id)) is not None:
        return homes.phone_of_elder(db, *own)
    phone = phones.phone(db, phone_id)
    return phone.number if phone is not None and phone.live else None


def still_wanted(db: Connection, row: OutboxRow) -> str:
    """Empty, or why it is overtaken. An open class 1 is always sent."""
    if not row.alert or row.template.startswith(_STILL_TOLD_AFTER_CLOSING):
        return ""
    try:
        alert = load(db, row.alert)
    except AlertUnknown:
        return "unknown_alert"
    if not alert.open:
        return "closed"
    if alert.alert_class == 1:
        return ""
    stood_down = any(r.who == row.person and r.gone for r in alert.responders) and row.person not in alert.declined
    if stood_down:
        return "stood_down"
    return "answered" if row.step and _has_answered(alert, row) else ""


def _has_answered(alert: Alert, row: OutboxRow) -> bool:
    """Who is asked to go has said since, by another way, that they go or cannot: a call would ask what they have said."""
    if row.person in alert.declined:
        return True
    said = [
        at for r in alert.responders if r.who == row.person and r.here for at in (r.en_route_at, r.arrived_at) if at
    ]
    return any(at > row.planned_at for at in said)
