"""What a plan changes about people and their phones."""

from alerts.registry import tables
from alerts.registry.importing.changes import Changes
from alerts.registry.importing.planned import Plan, PlannedPerson
from alerts.registry.importing.registered import Row
from events.types.channel import PersonPreferencesSet
from events.types.home import PhoneVerified, PhoneWithdrawn


def change_people(plan: Plan, changes: Changes) -> None:
    """A person's list of phones, where the file has one, is the whole list: what it leaves out is withdrawn."""
    for place, person in enumerate(plan.people):
        old = changes.held.people.get(person.id)
        new = {
            "id": person.id, "place": place, "name": person.name, "name_en": person.name_en, "role": person.role,
            "language": person.language, "voice_first": int(person.voice_first), "slow_speech": int(person.slow_speech),
        }  # fmt: skip
        changes.put(tables.people, old, new)
        _change_preferences(person, old, changes)
        spoke = old["language"] if old else person.language
        _change_phones(person, spoke, changes)


def _change_preferences(person: PlannedPerson, old: Row | None, changes: Changes) -> None:
    """How they would rather be told; nobody need say that they want nothing special."""
    liked = (bool(old["voice_first"]), bool(old["slow_speech"])) if old else (False, False)
    if liked != (person.voice_first, person.slow_speech):
        fact = PersonPreferencesSet(person=person.id, voice_first=person.voice_first, slow_speech=person.slow_speech)
        changes.decide(f"person-{person.id}", person.id, fact, changes.now)


def _change_phones(person: PlannedPerson, spoke: str, changes: Changes) -> None:
    """A phone keeps its id as long as it has the same number, and no other number ever gets that id."""
    held = changes.held.phones.get(person.id, [])
    by_number = {row["number"]: row for row in held}
    wanted: list[Row]
    if person.phones is None:
        wanted = [row for row in held if _live(row)]
    else:
        gone = by_number.keys() - {phone.number for phone in person.phones}
        for row in held:
            if row["number"] in gone and row["withdrawn_at"] is None:
                _put((row, {**row, "withdrawn_at": changes.now}), person, spoke, changes)
        ids = (f"ph-{person.id}-{n}" for n in range(len(held) + 1, len(held) + len(person.phones) + 1))
        wanted = [
            {
                "id": by_number[phone.number]["id"] if phone.number in by_number else next(ids),
                "person": person.id,
                "place": place,
                "number": phone.number,
                "verified_at": phone.verified,
                "withdrawn_at": None,
                "sms": int(phone.sms),
                "voice": int(phone.voice),
            }
            for place, phone in enumerate(person.phones)
        ]
    for new in wanted:
        _put((by_number.get(new["number"]), new), person, spoke, changes)


def _put(phone: tuple[Row | None, Row], person: PlannedPerson, spoke: str, changes: Changes) -> None:
    old, new = phone
    changes.put(tables.phones, old, new)
    stream = f"person-{person.id}"
    if _live(new):
        if old is None or not _live(old) or old["verified_at"] != new["verified_at"]:
            at = new["verified_at"]
        elif spoke != person.language or (old["sms"], old["voice"]) != (new["sms"], new["voice"]):
            at = changes.now
        else:
            return
        fact = PhoneVerified(
            person=person.id, phone=new["id"], language=person.language, sms=bool(new["sms"]), voice=bool(new["voice"])
        )
        changes.decide(stream, person.id, fact, at)
    elif old is not None and _live(old):
        changes.decide(stream, person.id, PhoneWithdrawn(person=person.id, phone=new["id"]), changes.now)


def _live(row: Row) -> bool:
    return row["verified_at"] is not None and row["withdrawn_at"] is None
