"""Which part of the engine hears which fact. Reads and writes nothing: the engine decides with it, `verify` again."""

from collections.abc import Callable

from alerts.books import Books
from alerts.core import lifecycle, settling
from alerts.core.household import Household
from alerts.core.policy import GENERATION_NAME, READ_AGAIN
from alerts.core.roster import FACTS
from alerts.judging import Judging
from alerts.registrations import Registrations
from alerts.seats import POLICY, ROSTER, WHOLE, Seat
from events.serial import Recorded
from events.types import alert as alert_facts
from events.types import home, life, message, system
from events.types.device import DeviceFact
from events.types.fact import Event
from events.types.routine import ElderAnswered, RoutineLearned
from events.types.setting import SettingChanged

_ALERT_FACTS = frozenset(
    {cls for cls in vars(alert_facts).values() if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event}
    | {message.PersonTold, message.PersonLost}
)


class Taking:
    """What is decided gathers in `books.made`."""

    books: Books
    seat: Seat = WHOLE
    _judging: Judging

    def take(self, recorded: Recorded) -> None:
        """Take one fact in and decide what follows; nothing is committed yet."""
        event, books = recorded.event, self.books
        if isinstance(event, DeviceFact):
            self._judging.device_fact(recorded, event)
        elif type(event) in _ALERT_FACTS:
            self._judging.cases.told(recorded)
        elif isinstance(event, system.DeadlinePassed):
            self._judging.deadline(recorded, event)
        elif type(event) in Registrations.HEARS:
            self._registration(recorded)
        elif isinstance(event, RoutineLearned):
            self._judging.learned(recorded, event)
        elif isinstance(event, ElderAnswered):
            self._judging.answered(recorded, event)
        elif isinstance(event, SettingChanged):
            books.policy.fold(event)
            books.made.touched.add(POLICY)
            if event.name == GENERATION_NAME:
                self._all(self._of_this_generation)
            elif event.scope in books.homes:
                self._judging.changed(books.homes[event.scope], recorded, "setting")
            elif event.scope == "all":
                books.unseen.update(books.homes)  # what is shorter now may be due already
        elif isinstance(event, life.ChainChecked | life.DrillStarted | home.ChainExhausted):
            self._of_home(recorded, event)
        elif isinstance(event, life.DrillSummed):
            self._judging.cases.drill_summed(event, recorded)
        elif isinstance(event, FACTS):
            books.roster.fold(event, recorded.at)
            books.made.touched.add(ROSTER)
        elif isinstance(event, system.IngestCaughtUp):
            self._all(lambda home: self._missed(home, event.since, recorded))
        elif isinstance(event, system.ClockFollowed):
            if event.after > event.before:
                self._all(lambda home: home.skip(event.before, event.after))
            else:
                self._all(lambda home: home.set_back(event.after))
        elif isinstance(event, home.ResponderUnreachable):
            if self.seat.owns(event.site):
                lost = {"person": event.person, "phone": event.phone, "homes": event.homes, "why": event.why}
                self._judging.cases.of_site(event.site, "responder_unreachable", lost, event.phone, recorded)
        elif isinstance(event, system.ReadingQuarantined) and event.danger and self.seat.owns(event.site):
            reason = {
                "device": event.device,
                "danger": event.danger,
                "quarantine": event.quarantine,
                "why": event.reason,
            }
            self._judging.cases.of_site(event.site, "unknown_device_alarm", reason, event.device, recorded)

    def _of_home(self, recorded: Recorded, event: life.ChainChecked | life.DrillStarted | home.ChainExhausted) -> None:
        household = self.books.homes.get(event.home)
        if household is None:
            return
        self.books.touch(household)
        if isinstance(event, life.DrillStarted):
            self._judging.cases.drill(household, event, recorded)
        elif isinstance(event, home.ChainExhausted):
            self._judging.cases.nobody_left(household, event, recorded)
        else:
            self._judging.seen(household, recorded)

    def _all(self, happens: Callable[[Household], None]) -> None:
        """Something of ours that touches every home; their rules look again."""
        for each in self.books.homes.values():
            happens(each)
            self.books.touch(each)
            self.books.unseen.add(each.home)

    def _of_this_generation(self, household: Household) -> None:
        household.buttons_cover = self.books.policy.generation < READ_AGAIN

    def _missed(self, home: Household, since: int, recorded: Recorded) -> None:
        at = recorded.at
        settling.missed(home, since, at, self.books.policy, shown=recorded.recorded_at)
        if home.holes and home.holes[-1].until == at:
            self._judging.sights.ask_to_count(home, at)

    def _registration(self, recorded: Recorded) -> None:
        if "cause" in recorded.meta:  # our own, folded when it was decided
            return
        change = self.books.registrations.fold(recorded)
        if change is not None:
            household, why, restart = change
            if why == "enrolled":
                self._of_this_generation(household)
            self.books.touch(household)
            if isinstance(recorded.event, home.AwaySet):
                self._nobody_there(household, recorded, recorded.event.by)
            self._judging.changed(household, recorded, why, restart=restart)
            if isinstance(recorded.event, life.VisitRecorded):
                self._judging.cases.visited(household, recorded.event.who, recorded)
        elif isinstance(recorded.event, home.HomePaused | home.HomeRetired):
            stopped = self.books.homes.get(recorded.event.home)
            if stopped is not None:
                self.books.touch(stopped)
                why = "paused" if isinstance(recorded.event, home.HomePaused) else "retired"
                self._judging.cases.stopped(stopped, why, recorded)

    def _nobody_there(self, household: Household, recorded: Recorded, by: str) -> None:
        """Somebody says that the elder is away before anybody was told of the silence: nobody need be."""
        at = recorded.recorded_at
        for alert in [a for a in household.alerts.values() if a.status == "suspected" and a.alert_class == 2]:
            self._judging.cases.decide(
                household, alert, recorded, lambda a: lifecycle.cancel(a, by=by, why="away", at=at)
            )
