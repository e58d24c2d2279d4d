"""A person answered by SMS or keypad: who, about which alert, what it does. One provider message is one fact."""

from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from alerts.commands.away import elder_hears
from alerts.commands.deciding import decide_within, load, record_of_home, settled
from alerts.commands.opting import opted_in, opted_out
from alerts.core import lifecycle, replies
from alerts.core.alert import Alert
from alerts.core.person import Person, fold
from alerts.core.policy import DRILL
from alerts.core.refusals import AlertAlreadyClosed, AlertUnknown, NotInThisState
from alerts.core.reply_words import Action
from alerts.registry import homes as registered
from alerts.registry.chains import chain_of, homes_of, may_be_told, told_now
from alerts.registry.phones import Phone, live_phone
from alerts.registry.texts import keep_text
from events.database import Database
from events.failpoints import failpoint
from events.store import New, append, read_stream
from events.tables import events
from events.types.fact import DAY, Event
from events.types.home import AwaySet
from events.types.message import ReplyReceived, TellRequested
from events.types.system import SecurityNoted


class Made(NamedTuple):
    """What we made of a reply: fields of ReplyReceived."""

    outcome: str
    alert: str = ""
    slot: int = 0
    template: str = ""
    words: dict[str, str] = {}  # noqa: RUF012  # never written to


_REMEMBERED = 400
"""How many facts about a person's slots are read: nine slots turn over within far fewer."""
_WITH_SLOT = '"slot":'
"""Stands in what was planned with a slot, and not in the rest: a value that is nothing is left out."""
_MAY_SET_AWAY = ("watcher", "second_watcher", "grid_member")


def take_reply(
    database: Database, *, channel: str, provider_id: str, number: str, text: str, at: int, about: str = ""
) -> str:
    """Record a reply and do what it says, in one transaction. Returns what we made of it, "" for a repeated one.

    `about`: the alert a call was about; there the action alone is pressed, and the call itself answers what it did
    not understand.
    """
    failpoint("hooks.reply")
    made = settled(database, lambda db: _take(db, channel, provider_id, number, text[:1000], at, about))
    failpoint("hooks.reply_recorded")
    return made


def _take(db: Connection, channel: str, provider_id: str, number: str, text: str, at: int, about: str) -> str:
    phone = live_phone(db, number)
    if phone is None:  # no answer to strangers: it would tell them that they reached us
        if _heard(db, "security", f"{channel}-{provider_id}"):
            return ""
        noted = SecurityNoted(what="unknown_phone", ref=keep_text(db, "stranger", f"{number}: {text}", channel, at))
        append(db, [New("security", "all", noted, at, key=f"{channel}-{provider_id}")], recorded_at=at)
        return "unknown_phone"
    stream, key = f"person-{phone.person}", f"reply-{channel}-{provider_id}"
    if _heard(db, stream, key):
        return ""
    person = _with_slots(db, phone.person, stream)
    kept = keep_text(db, "sms", text, phone.person, at)
    made = _understand(db, person, phone, replies.parse(text), at, via=channel, about=about, key=key)
    event = ReplyReceived(
        person=phone.person, channel=channel, provider_id=provider_id, text=kept, outcome=made.outcome,
        alert=made.alert, slot=made.slot, template=made.template, words=made.words, phone=phone.id,
    )  # fmt: skip
    append(db, [New(stream, phone.person, event, at, key=key)], recorded_at=at)
    failpoint("hooks.reply_in_commit")
    return event.outcome


def _with_slots(db: Connection, name: str, stream: str) -> Person:
    """The person as far as their slots go; the hundreds of facts of a busy night do not push an open alert out."""
    about = [
        *read_stream(db, stream, types=["MessagePlanned"], holding=_WITH_SLOT, limit=_REMEMBERED),
        *read_stream(db, stream, types=["SlotFreed", "AlertOpenAgain"], limit=_REMEMBERED),
    ]
    person = Person(name)
    for recorded in sorted(about, key=lambda one: one.position):
        fold(person, recorded.event, recorded.at)
    return person


def _heard(db: Connection, stream: str, key: str) -> bool:
    """Was this very message taken before, however long ago?"""
    there = select(exists().where(events.c.stream == stream, events.c.key == key))
    return bool(db.execute(there).scalar())


def _understand(
    db: Connection, person: Person, phone: Phone, reply: replies.Reply, at: int, *, via: str, about: str, key: str
) -> Made:
    """What the reply does, and what we answer: fields of ReplyReceived."""
    match reply:
        case replies.OptOut():
            opted_out(db, phone, at, key=key)
            return Made("opt_out")  # a carrier confirms by itself, and we have been asked to be silent
        case replies.OptIn():
            opted_in(db, phone, at, key=key)
            return Made("opt_in", template="opted_in")
        case replies.AwayRequested():
            return _away(db, person, reply, at, key=key)
    if about:
        return _in_a_call(db, person, about, reply, at, via=via)
    alerts = {slot: load(db, held.alert) for slot, held in person.slots.items() if held.alert}
    open_ones = {slot: alert.id for slot, alert in alerts.items() if alert.open}
    only = next(iter(open_ones.values())) if len(open_ones) == 1 else ""
    match reply:
        case replies.Chatter():
            return Made("chatter", only)
        case replies.HelpAsked():
            if not open_ones:
                return Made("help", template="help_text")
            return Made("help", template="help_slots", words={"slots": _slots(alerts, open_ones)})
        case replies.NotUnderstood():  # what they wrote belongs before the operator's eyes
            return Made("not_understood", only, template="not_understood")
    match replies.resolve(reply, open_ones):
        case replies.Answered(alert=alert_id, action=action):
            slot = next(slot for slot, held in open_ones.items() if held == alert_id)
            return _act(db, person, alert_id, slot, action, at, via=via)
        case replies.Ambiguous(slots=slots):
            words = {"slots": _slots(alerts, open_ones), "slot": str(slots[0])}
            return Made("which_slot", template="which_slot", words=words)
        case replies.UnknownSlot(slot=slot):
            ended = alerts.get(slot)
            if ended is not None:
                return _ended(ended, slot)
            if open_ones:
                words = {"slots": _slots(alerts, open_ones), "slot": str(slot)}
                return Made("unknown_slot", template="unknown_slot", words=words)
            return Made("unknown_slot", template="nothing_open")
    return Made("nothing_open", template="nothing_open")


def _slots(alerts: dict[int, Alert], open_ones: dict[int, str]) -> str:
    return ",".join(f"{slot}={alerts[slot].home}" for slot in sorted(open_ones))


def _ended(alert: Alert, slot: int) -> Made:
    """It is over: they are told how."""
    words = {"home": alert.home, "outcome": alert.outcome or "elder_cancelled", "clock": str(alert.closed_at)}
    return Made("already_closed", alert.id, slot, "already_closed", words)


def _in_a_call(db: Connection, person: Person, about: str, reply: replies.Reply, at: int, *, via: str) -> Made:
    """One alert, so the key alone says everything."""
    slot = next((slot for slot, held in person.slots.items() if held.alert == about), 0)
    if not isinstance(reply, replies.BareAction):
        return Made("not_understood", about, slot)
    alert = load(db, about)
    return _act(db, person, about, slot, reply.action, at, via=via) if alert.open else _ended(alert, slot)


def _act(db: Connection, person: Person, alert_id: str, slot: int, action: Action, at: int, *, via: str) -> Made:
    who = person.id

    def decision(alert: Alert) -> list[Event]:
        if alert.danger == DRILL:
            return lifecycle.answer_drill(alert, who=who, via=via, at=at)
        match action:
            case Action.GOING:
                return lifecycle.en_route(alert, who=who, by=who, via=via, at=at)
            case Action.NEED_HELP:
                return lifecycle.need_help(alert, who=who, via=via, at=at)
            case Action.CANNOT_GO:
                return lifecycle.declined(alert, who=who, by=who, via=via, at=at)
        return lifecycle.propose(alert, action=action.value, who=who, via=via, at=at)

    try:
        alert = decide_within(db, alert_id, decision, at=at)
    except (AlertAlreadyClosed, AlertUnknown, NotInThisState):
        return Made("refused", alert_id, slot, "nothing_open")
    if alert.danger == DRILL:
        return Made("drill", alert_id, slot, "taken_drill")
    waits = "_needs_operator" if alert.open and action in {Action.SAFE, Action.FALSE_ALARM, Action.AWAY} else ""
    if action is Action.GOING and not slot:
        waits = "_call"  # whoever has no slot can only be asked by voice
    words = {"home": alert.home, "slot": str(slot)}
    return Made(action.value, alert_id, slot, f"taken_{action.value}{waits}", words)


def _away(db: Connection, person: Person, asked: replies.AwayRequested, at: int, *, key: str) -> Made:
    """`外出 <house> <days>` for one of this person's homes; more than one needs the number.

    A sender can be forged, and a home set away is watched less: the operator sees it, grid member and elder are told.
    """
    mine = []
    for name in homes_of(db, person.id, at):
        home = registered.home(db, name)
        if home is not None and home.status == "enrolled" and person.id in may_be_told(db, name, _MAY_SET_AWAY, at):
            mine.append(home)
    meant = [h for h in mine if asked.house is None or str(h.number) == asked.house]
    if len(meant) != 1:
        return Made("refused", template="away_refused")
    home = meant[0]
    away = AwaySet(home=home.id, by=person.id, until=at + asked.days * DAY)
    record_of_home(db, home.id, home.site, away, at)
    words = {"clock": str(at), "days": str(asked.days)}
    told = [
        TellRequested(
            alert="", home=home.id, site=home.site, danger="", alert_class=4, round=0, step=0, person=other, why="away",
            template="away_told", words=words, asks=False,
        )
        for other in told_now(db, chain_of(db, home.id), at)["grid_member"]
        if other != person.id
    ]  # fmt: skip
    append(db, [New(f"person-{t.person}", t.person, t, at, key=f"tell-{key}") for t in told], recorded_at=at)
    elder_hears(db, home.id, days=asked.days, at=at, key=key)
    return Made("away", template="away_set", words={"home": home.id, "days": str(asked.days)})
