"""The duty desk has a message sent to somebody of an alert: by the ordinary planner and outbox, with a receipt as any other."""

from typing import Final, Literal

from sqlalchemy import Connection

from alerts.commands.deciding import load, on_duty, settled
from alerts.core.alert import Alert, stream_of
from alerts.core.catalogue import objections
from alerts.core.policy import DRILL
from alerts.core.wording import Language, WordingError, render
from alerts.registry import homes, people, places
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append
from events.types.alert import MessageAsked
from events.types.fact import HOUR, MINUTE
from events.types.message import TellRequested

What = Literal["note", "go", "arrived", "outcome"]
"""A note in the desk's own words; please go; have you arrived; how did it end."""
WHATS: Final[tuple[What, ...]] = ("note", "go", "arrived", "outcome")
_MOST: Final = 999


class MessageRefused(Exception):
    """`why`: not_raised, not_theirs, no_home, empty, too_long, link, phone_number, not_gsm, not_going or not_there."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def send_message(
    database: Database, alert_id: str, *, to: str, what: str, note: str = "", by: str, at: int
) -> None:  # fmt: skip
    """Ask for it; what becomes of it, the timeline says. Raises AlertUnknown, MessageRefused."""

    def work(db: Connection) -> None:
        alert = on_duty(db, load(db, alert_id), at)
        _check(alert, to)
        template, words, asks = _said(alert, to, what, at)
        kept = ""
        if what == "note":
            written = " ".join(note.split())  # one line: a break has no place in an SMS of one sentence
            _check_note(db, alert, to, written)
            kept = keep_text(db, "message", written, by, at)
            words["note"] = kept
        tell = TellRequested(
            alert=alert.id, home=alert.home, site=alert.site, danger=alert.danger, alert_class=alert.alert_class,
            round=alert.round, step=0, person=to, why="desk", template=template, words=words, asks=asks,
        )  # fmt: skip
        asked = MessageAsked(alert=alert.id, person=to, by=by, what=what, note=kept)
        key = f"desk-{alert.id}-{to}-{kept or what}-{at}"
        news = [
            New(stream_of(alert.id), alert.site, asked, at, key=key), New(f"person-{to}", to, tell, at, key=key)
        ]  # fmt: skip
        append(db, news, recorded_at=at)

    settled(database, work)


def may_be_sent_to(alert: Alert) -> list[str]:
    """Whoever stands in the chain, also by turn or in somebody's place, was told of it, or goes."""
    named = [place for level in alert.terms.chain.values() for place in level]
    found = dict.fromkeys(place for place in alert.roster.everybody(named) if not place.startswith("@"))
    return list(found | dict.fromkeys(alert.told) | dict.fromkeys(r.who for r in alert.responders))


def _check(alert: Alert, to: str) -> None:
    if alert.status != "raised":
        raise MessageRefused("not_raised")
    if not alert.home or alert.danger == DRILL:
        raise MessageRefused("no_home")
    if to not in may_be_sent_to(alert):
        raise MessageRefused("not_theirs")


def _said(alert: Alert, to: str, what: str, at: int) -> tuple[str, dict[str, str], bool]:
    """Template, words, and whether an answer is asked for."""
    responder = alert.responder(to)
    match what:
        case "note":
            return "desk_note", {"clock": str(at)}, False
        case "go":
            return "escalated", {"clock": str(alert.raised_at or at)}, True
        case "arrived":
            if responder is None or responder.en_route_at is None or responder.arrived_at is not None:
                raise MessageRefused("not_going")
            minutes = max(1, min(_MOST, (at - responder.en_route_at) // MINUTE))
            return "arrival_asked", {"clock": str(at), "minutes": str(minutes)}, True
        case "outcome":
            there = alert.there_since()
            if responder is None or responder.arrived_at is None or there is None:
                raise MessageRefused("not_there")
            return "ask_outcome", {"clock": str(at), "hours": str(max(1, min(_MOST, (at - there) // HOUR)))}, True
    raise MessageRefused("empty")


def _check_note(db: Connection, alert: Alert, to: str, note: str) -> None:
    """It must fit one SMS in the language of who reads it, and hold nothing that a carrier refuses."""
    if not note:
        raise MessageRefused("empty")
    reader = people.person(db, to)
    language: Language = reader.language if reader else "zh"
    if wrong := objections(note, language):
        raise MessageRefused(wrong[0])
    town = places.town(db)
    signature = "" if town is None else town.signature if language == "zh" else town.signature_en
    house = homes.label_of(db, alert.home, language) or alert.home[:5]
    try:
        render("desk_note", {"house": house, "note": note}, language, signature)
    except WordingError:
        raise MessageRefused("too_long") from None
