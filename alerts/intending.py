"""What is intended becomes facts: the message in its person's stream, the answer in the alert's own. Writes nothing itself."""

from typing import Any

import msgspec

from alerts.awaiting import Awaiting
from alerts.core.alert import stream_of
from alerts.core.budget import Spent, copies, same_text
from alerts.core.groups import GROUP, notices
from alerts.core.person import Person, fold, spend
from alerts.core.ways import Way
from alerts.core.wording import TEMPLATES
from events.serial import Recorded
from events.store import New
from events.types import alert, message
from events.types.fact import Event

_COPIES_TOLD_APART = 9


class Intending(Awaiting):
    """What is intended gathers in `_news`, `_planned` and `_timers` until it is committed."""

    _channel: str
    _news: list[New]
    _planned: list[tuple[message.MessagePlanned, int]]

    def _tell_groups(self, raised: alert.AlertRaised, recorded: Recorded) -> None:
        at = recorded.recorded_at
        for planned in notices(
            raised, position=recorded.position, at=at, channels=self.declared.channels if self.declared else []
        ):
            self._planned.append((planned, at))
            key = f"planned-{planned.message}"
            self._news.append(New(f"person-{GROUP}", GROUP, planned, at, key=key, meta=_meta(recorded)))

    def _name(self, way: Way) -> str:
        return way.channel or self._channel

    def _intend(self, person: Person, planned: message.MessagePlanned, way: Way, recorded: Recorded) -> None:
        planned = self._told_apart(person, planned, way, recorded.recorded_at)
        fold(person, planned, recorded.at)
        self._planned.append((planned, recorded.recorded_at))
        self._person_fact(person, planned, recorded, key=f"planned-{planned.message}")

    def _told_apart(self, person: Person, planned: message.MessagePlanned, way: Way, at: int) -> message.MessagePlanned:
        """No phone gets one text twice in a day, for carriers refuse it: a copy says which it is. Calls need not."""
        if self.declared is None:
            return planned
        variables = TEMPLATES[planned.template].variables if planned.template in TEMPLATES else {}
        text = same_text(planned.template, variables, planned.words, planned.slot, planned.language)
        had = copies(person.spent, planned.phone, text, at=at) if way.medium == "sms" else 0
        spend(person, Spent(at, planned.message, way.phone, way.channel, text if way.medium == "sms" else ""))
        if not had:
            return planned
        words = {**planned.words, "copy": str(min(had + 1, _COPIES_TOLD_APART))}
        return msgspec.structs.replace(planned, words=words)

    def _person_fact(self, person: Person, event: Event, recorded: Recorded, *, key: str) -> None:
        stream = f"person-{person.id}"
        self._news.append(New(stream, person.id, event, recorded.recorded_at, key=key, meta=_meta(recorded)))

    def _alert_fact(self, tell: message.TellRequested, state: str, name: str, way: Way, recorded: Recorded) -> None:
        told = message.PersonTold(
            alert=tell.alert, round=tell.round, step=tell.step, person=tell.person, channel=self._name(way),
            state=state, message=name, why=tell.why,
        )  # fmt: skip
        self._alert_news(tell, told, recorded, key=f"told-{name}-{state}")

    def _lost(self, tell: message.TellRequested, why: str, recorded: Recorded, *, name: str = "") -> None:
        lost = message.PersonLost(
            alert=tell.alert, round=tell.round, step=tell.step, person=tell.person, why=why, message=name
        )
        self._alert_news(tell, lost, recorded, key=f"lost-{recorded.position}-{tell.person}")

    def _alert_news(self, tell: message.TellRequested, event: Event, recorded: Recorded, *, key: str) -> None:
        if not tell.alert:  # about the service itself: nobody else is asked instead
            return
        stream = stream_of(tell.alert)
        self._news.append(New(stream, tell.site, event, recorded.recorded_at, key=key, meta=_meta(recorded)))


def _meta(recorded: Recorded) -> dict[str, Any]:
    return {"cause": recorded.position, "read_to": recorded.position}
