"""What people do in a generated town: answer, go, arrive, close, change numbers, move devices, and come in between."""

import random
from collections.abc import Callable

from sqlalchemy import Connection

from alerts.commands import alerts as commands
from alerts.commands.deciding import load, record_of_home
from alerts.commands.replies import take_reply
from alerts.commands.settings import change_settings
from alerts.core.alert import Alert
from alerts.core.lifecycle import outcomes_for
from alerts.core.refusals import (
    AlertAlreadyClosed,
    AlertUnknown,
    ConditionStillActive,
    NotInThisState,
    OutcomeNotAllowed,
)
from alerts.registry.phones import phones_of
from events.database import Database
from events.store import New, append, version_of
from events.types import home as homes
from events.types.fact import HOUR
from tests.replay.town import Place

_REFUSALS = (AlertAlreadyClosed, AlertUnknown, ConditionStillActive, NotInThisState, OutcomeNotAllowed)
Act = Callable[[Database, int], object]


class People:
    """Acts are drawn from the dice alone; what is refused is refused."""

    def __init__(self, places: list[Place], dice: random.Random) -> None:
        self._places, self._dice = places, dice
        self._said = 0

    def about(self, alert_id: str) -> Act:
        """Somebody does something about this alert."""
        dice = self._dice
        what, user, who = dice.random(), f"user:{dice.choice(['zhang', 'li'])}", dice.choice(["g1", "v1", "t1", "own"])

        def act(database: Database, at: int) -> object:
            with database.read() as db:
                alert = load(db, alert_id)
            told = next(iter(alert.told), "g1")
            someone = told if who == "own" else who
            try:
                return self._does(database, alert, what, user, someone, at)
            except _REFUSALS as refusal:
                return refusal

        return act

    def _does(self, database: Database, alert: Alert, what: float, user: str, someone: str, at: int) -> object:
        dice = self._dice
        if what < 0.15:
            return commands.acknowledge(database, alert.id, by=user, via="console", at=at)
        if what < 0.45:
            return self._replies(database, someone, dice.choice("11111234599"), alert, at)
        if what < 0.52:
            return commands.en_route(database, alert.id, who=someone, by=user, via="console", at=at)
        if what < 0.57:
            return commands.arrived(database, alert.id, who=someone, by=user, via="console", at=at)
        if what < 0.60:
            return commands.declined(database, alert.id, who=someone, by=user, via="console", at=at)
        if what < 0.62:
            return commands.stand_down(database, alert.id, who=someone, by=user, at=at)
        if what < 0.65:
            return commands.escalate_now(database, alert.id, by=user, at=at)
        if what < 0.67:
            return commands.note(database, alert.id, text="门锁着", by=user, at=at)
        if alert.status == "closed":
            if alert.death_confirmed:
                return commands.undo_death(database, alert.id, by=user, at=at)
            if alert.outcome == "deceased":
                return commands.confirm_death(database, alert.id, by=user, at=at)
            return commands.correct_outcome(database, alert.id, outcome="safe_at_home", reason="记错了", by=user, at=at)
        allowed = outcomes_for(alert)
        outcome = dice.choice(allowed if dice.random() < 0.2 else [o for o in allowed if o != "deceased"])
        return commands.close(
            database, alert.id, outcome=outcome, by=user, via="console", seen_version=alert.version, note="", at=at
        )

    def _replies(self, database: Database, person: str, action: str, alert: Alert, at: int) -> object:
        with database.read() as db:
            numbers = [phone.number for phone in phones_of(db, person)]
        if not numbers:
            return None
        slot = self._dice.randrange(1, 4)
        text = self._dice.choice([f"{slot}{action}", f"{slot}{action}", action, "好的", "什么事", f"回{slot}{action}"])
        self._said += 1
        return take_reply(
            database, channel="twilio_sms", provider_id=f"in-{at}-{self._said}", number=numbers[-1], text=text, at=at
        )

    def daily(self) -> Act:
        """Something of the running of a town: settings, pauses, devices that hang elsewhere, phones, absences."""
        dice, place = self._dice, self._dice.choice(self._places)
        what = dice.randrange(11)

        def act(database: Database, at: int) -> object:
            home, site = place.home, place.site
            match what:
                case 0:
                    change_settings(database, {"class2.prealarm_s": dice.choice([300, 600])}, by="zhang", at=at)
                case 1:
                    change_settings(
                        database, {"no_activity_s": dice.choice([28800, 43200])}, by="li", at=at, scope=home
                    )
                case 2:
                    change_settings(database, {"device_silent.misses": dice.choice([3, 4])}, by="li", at=at)
                case 3:
                    return _records(database, place, homes.HomePaused(home=home, by="zhang"), at)
                case 4:
                    return _records(database, place, homes.HomeResumed(home=home, by="zhang"), at)
                case 5:
                    return _records(database, place, homes.AwaySet(home=home, by="li", until=at + 9 * HOUR), at)
                case 6:
                    return _records(database, place, homes.AwayEnded(home=home, by="li"), at)
                case 7:
                    moved = homes.DeviceAssigned(
                        device=place.device("bed"), home=home, since=at, model="motion-pir", kind="motion", room="堂屋"
                    )
                    return _records(database, place, moved, at)
                case 8 | 9:
                    return _phone(database, place.watcher, withdrawn=what == 8, at=at)
                case _:
                    chain = homes.ChainSet(
                        home=home,
                        watcher=[place.watcher],
                        second_watcher=[],
                        grid_member=["g1"],
                        village=["v1"],
                        town=["t1"],
                    )
                    return _records(database, place, chain, at)
            return site

        return act


def _records(database: Database, place: Place, event: homes.Event, at: int) -> object:
    return database.write(lambda db: record_of_home(db, place.home, place.site, event, at))


def _phone(database: Database, person: str, *, withdrawn: bool, at: int) -> object:
    """The first phone is no longer this person's; or it is again."""
    stream = f"person-{person}"

    def work(db: Connection) -> object:
        phone = phones_of(db, person)[0].id
        event = (homes.PhoneWithdrawn if withdrawn else homes.PhoneVerified)(person=person, phone=phone)
        return append(db, [New(stream, person, event, at)], recorded_at=at, after={stream: version_of(db, stream)})

    return database.write(work)
