"""What REST takes and says about alerts. All times are microseconds since 1970, UTC; names stand beside ids."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from alerts.projections.alerts import AlertSeen
from api.names import Names


class Given(BaseModel):
    """A body: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


PersonId = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class Somebody(Given):
    """Who: a person in a chain; left out, it is who asks."""

    who: PersonId | None = None


class Closing(Given):
    """With an outcome, always."""

    outcome: Annotated[str, Field(min_length=1, max_length=32)]
    note: Annotated[str, Field(max_length=2000)] = ""


class Correction(Given):
    """The right outcome and why the old one was wrong."""

    outcome: Annotated[str, Field(min_length=1, max_length=32)]
    reason: Words


class Shelving(Given):
    """Why, and for how many seconds."""

    reason: Words
    for_s: Annotated[int, Field(ge=60, le=604_800)]


class Note(Given):
    """Free text; it is kept in the registry."""

    text: Words


class ResponderOut(BaseModel):
    """Somebody who goes."""

    who: str
    name: str
    en_route_at: int | None
    arrived_at: int | None
    overdue_from: int


class NextOut(BaseModel):
    """What happens by itself, and whom it reaches."""

    at: int
    what: str
    step: int
    persons: list[str]


class AlertOut(BaseModel):
    """An alert: condition, acknowledgement and handling are three independent marks."""

    id: str
    home: str
    home_name: str
    site: str
    danger: str
    alert_class: int
    status: str
    condition: str
    acknowledged_by: str
    acknowledged_at: int | None
    handling: str
    responders: list[ResponderOut]
    declined: list[str]
    reason: dict[str, Any]
    devices: list[str]
    round: int
    next: NextOut | None
    answer_by: int | None
    arrive_by: int | None
    suspected_at: int | None
    raised_at: int | None
    closed_at: int | None
    outcome: str
    closed_by: str
    proposal: str
    help_needed: bool
    shelved_until: int
    shelved_by: str
    allowed_outcomes: list[str]
    version: int
    position: int

    @classmethod
    def of(cls, alert: AlertSeen, names: Names) -> "AlertOut":
        """With names."""
        following = alert.next
        return cls(
            id=alert.id, home=alert.home, home_name=names.home(alert.home), site=alert.site, danger=alert.danger,
            alert_class=alert.alert_class, status=alert.status, condition="active" if alert.active else "cleared",
            acknowledged_by=alert.acknowledged_by, acknowledged_at=alert.acknowledged_at, handling=alert.handling,
            responders=[
                ResponderOut(
                    who=r.who, name=names.person(r.who), en_route_at=r.en_route_at, arrived_at=r.arrived_at,
                    overdue_from=r.overdue_from,
                )
                for r in alert.responders
            ],
            declined=list(alert.declined), reason=dict(alert.reason), devices=list(alert.devices), round=alert.round,
            next=NextOut(at=following.at, what=following.what, step=following.step, persons=list(following.persons))
            if following else None,
            answer_by=alert.answer_by, arrive_by=alert.arrive_by, suspected_at=alert.suspected_at,
            raised_at=alert.raised_at, closed_at=alert.closed_at, outcome=alert.outcome, closed_by=alert.closed_by,
            proposal=alert.proposal, help_needed=alert.help_needed, shelved_until=alert.shelved_until, shelved_by=alert.shelved_by, allowed_outcomes=list(alert.allowed_outcomes),
            version=alert.version, position=alert.position,
        )  # fmt: skip


class TimelineOut(BaseModel):
    """One line of an alert's story."""

    position: int
    at: int
    recorded_at: int
    type: str
    person: str
    name: str
    message: str
    data: dict[str, Any]


class AlertWithTimeline(BaseModel):
    """One alert, its whole story, and its messages with what became of them."""

    alert: AlertOut
    timeline: list[TimelineOut]
    messages: list[dict[str, Any]]


class AlertList(BaseModel):
    """A page; `next_before` asks for the following one."""

    alerts: list[AlertOut]
    next_before: int | None


class WhyMessageOut(BaseModel):
    """Why one message went to this person, by this way, now."""

    message: str
    person: str
    channel: str
    at: int
    round: int
    step: int
    levels: list[str]
    why: str
    because: str
    instead_of: str
    sentence: str


class WhyLostOut(BaseModel):
    """Why somebody will not hear of it."""

    person: str
    at: int
    step: int
    why: str
    sentence: str


class WhatNextOut(BaseModel):
    """What happens if nobody does anything; `at` null: nothing."""

    at: int | None
    what: str
    step: int
    persons: list[str]
    sentence: str


class ExplainedOut(BaseModel):
    """An alert explained, as data and in sentences."""

    alert: str
    next: WhatNextOut
    messages: list[WhyMessageOut]
    lost: list[WhyLostOut]
