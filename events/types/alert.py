"""The life of an alert, from first suspicion to closing with an outcome. All lie in the stream `alert-<id>`."""

from typing import Any

import msgspec

from events.types.fact import Event, fact


class Step(msgspec.Struct, frozen=True, gc=False):
    """One rung: who is told, and how many seconds after the alert was raised."""

    after_s: float
    levels: list[str]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers and the chain in force when the alert began; it keeps them to its end."""

    alert_class: int
    steps: list[Step]
    chain: dict[str, list[str]]
    prealarm_s: float = 0.0
    round_gap_s: float = 300.0
    answer_within_s: float = 180.0
    arrive_within_s: float = 480.0
    refire_gap_s: float = 300.0
    attended_s: float = 600.0
    reopen_s: float = 1800.0
    ask_outcome_s: float = 7200.0
    quiet_from_h: int = 0
    quiet_to_h: int = 0


@fact
class AlertSuspected(Event, frozen=True, kw_only=True):
    """Pre-alarm: the elder can still cancel."""

    alert: str
    home: str
    site: str
    danger: str
    reason: dict[str, Any]
    terms: Terms


@fact
class AlertCancelled(Event, frozen=True, kw_only=True):
    """Ended in the pre-alarm, before anybody was told. `why`: cancel, home, away, help, sign_of_life, sos."""

    alert: str
    by: str
    why: str


@fact
class AlertRaised(Event, frozen=True, kw_only=True):
    """People are told from now on. `devices` are in alarm; `lasting` is False where no condition lasts (SOS)."""

    alert: str
    home: str
    site: str
    danger: str
    reason: dict[str, Any]
    terms: Terms
    devices: list[str] = msgspec.field(default_factory=list)
    lasting: bool = True


@fact
class RoundStarted(Event, frozen=True, kw_only=True):
    """The steps begin again at the first; `without` are those who answered that they cannot go."""

    alert: str
    round: int
    without: list[str] = msgspec.field(default_factory=list)


@fact
class StepTaken(Event, frozen=True, kw_only=True):
    """A step of this round is told. Empty `persons`: it resolved to nobody and was passed over. `rest_s`: re-spacing.

    `instead`: who is told in somebody else's place -> that place, a person on leave or a rota (`@` and its id).

    `why`: due, lost, declined, overdue, need_help, still_active, refired, standstill, empty, stood_down, escalated.
    """

    alert: str
    round: int
    step: int
    persons: list[str]
    why: str
    respaced: bool = False
    instead: dict[str, str] = msgspec.field(default_factory=dict)


@fact
class StepsResumed(Event, frozen=True, kw_only=True):
    """The steps go on though somebody had said they go. `why` as in StepTaken."""

    alert: str
    why: str


@fact
class AlertAcknowledged(Event, frozen=True, kw_only=True):
    """Seen. It stops the sound and nothing else."""

    alert: str
    by: str
    via: str


@fact
class ResponderEnRoute(Event, frozen=True, kw_only=True):
    """`who` is going; `by` said so."""

    alert: str
    who: str
    by: str
    via: str


@fact
class ResponderArrived(Event, frozen=True, kw_only=True):
    """`who` is at the door."""

    alert: str
    who: str
    by: str
    via: str


@fact
class ResponderDeclined(Event, frozen=True, kw_only=True):
    """`who` cannot go."""

    alert: str
    who: str
    by: str
    via: str


@fact
class ResponderStoodDown(Event, frozen=True, kw_only=True):
    """A person said that `who` need not go any more."""

    alert: str
    who: str
    by: str


@fact
class DrillAnswered(Event, frozen=True, kw_only=True):
    """`who` answered a test, with whatever digit."""

    alert: str
    who: str
    via: str


@fact
class HelpNeeded(Event, frozen=True, kw_only=True):
    """`who` is there and needs help; 120 is prompted."""

    alert: str
    who: str
    via: str


@fact
class ArrivalOverdue(Event, frozen=True, kw_only=True):
    """`who` said they go and has not arrived within the time for it."""

    alert: str
    who: str


@fact
class OutcomeAsked(Event, frozen=True, kw_only=True):
    """Somebody arrived, nobody closed: the outcome is asked for."""

    alert: str
    persons: list[str]


@fact
class OutcomeProposed(Event, frozen=True, kw_only=True):
    """`by` says how it ended; it waits for the operator where it does not close by itself."""

    alert: str
    outcome: str
    by: str
    via: str


@fact
class ConditionCleared(Event, frozen=True, kw_only=True):
    """What raised it is over. Never closes classes 1 and 2."""

    alert: str
    reason: dict[str, Any] = msgspec.field(default_factory=dict)


@fact
class DeviceJoined(Event, frozen=True, kw_only=True):
    """The alarm of `device` belongs to this alert now, without a new round."""

    alert: str
    device: str


@fact
class AlertRefired(Event, frozen=True, kw_only=True):
    """In alarm again, a further press, or another device. `attended`: only those who attend are told.

    `new_round` False and not attended: within the gap between rounds, recorded only. `goes_on`: who attends may have left
    by then; if nobody sets out or ends it, others are called.
    """

    alert: str
    reason: dict[str, Any]
    device: str = ""
    new_round: bool = False
    attended: bool = False
    goes_on: bool = False


@fact
class AlertReopened(Event, frozen=True, kw_only=True):
    """In alarm again soon after closing: the alert is open again. `goes_on` as in AlertRefired."""

    alert: str
    reason: dict[str, Any]
    device: str = ""
    goes_on: bool = False


URGENT, CALL_120 = "urgent", "call_120"
"""How severe an alert has become, beyond its class: it may rise, and never falls."""


@fact
class AlertSeverityRaised(Event, frozen=True, kw_only=True):
    """It is worse than it was. `severity`: urgent, or call_120; `reason`: by which reading.

    `all_at_once`: all steps that are left are told now.
    """

    alert: str
    severity: str
    reason: dict[str, Any] = msgspec.field(default_factory=dict)
    all_at_once: bool = False


@fact
class CancelPressed(Event, frozen=True, kw_only=True):
    """The elder pressed cancel after people were told; those going are told, nothing is closed."""

    alert: str


@fact
class ActivityNoticed(Event, frozen=True, kw_only=True):
    """Something moved in the house after people were told: perhaps the helper. Changes nothing."""

    alert: str
    device: str


@fact
class AlertClosed(Event, frozen=True, kw_only=True):
    """Closed with an outcome; `out_of_service` sensors were still in alarm."""

    alert: str
    outcome: str
    by: str
    via: str
    note: str = ""
    out_of_service: list[str] = msgspec.field(default_factory=list)


@fact
class OutcomeCorrected(Event, frozen=True, kw_only=True):
    """The outcome on record was wrong; `reason` is the registry's id of why."""

    alert: str
    outcome: str
    by: str
    reason: str


@fact
class AlertNoted(Event, frozen=True, kw_only=True):
    """A note lies in the registry under this id."""

    alert: str
    note: str
    by: str


@fact
class MessageAsked(Event, frozen=True, kw_only=True):
    """The duty desk has a message sent to somebody of this alert. `what`: note, go, arrived or outcome.

    `note`: the registry's id of what was written. The request itself is a TellRequested in the person's stream.
    """

    alert: str
    person: str
    by: str
    what: str
    note: str = ""


@fact
class DeathConfirmed(Event, frozen=True, kw_only=True):
    """The second, separate confirmation of the outcome `deceased`."""

    alert: str
    by: str


@fact
class DeathConfirmationUndone(Event, frozen=True, kw_only=True):
    """It was a mistake; the home is watched again."""

    alert: str
    by: str


@fact
class AlertShelved(Event, frozen=True, kw_only=True):
    """An operator put it aside for a while: it makes no sound and stands below. Steps go on. `reason`: a text's id."""

    alert: str
    by: str
    reason: str
    until: int


@fact
class AlertUnshelved(Event, frozen=True, kw_only=True):
    """It stands among the others again. `why`: due, person."""

    alert: str
    by: str
    why: str


@fact
class AreaHomeJoined(Event, frozen=True, kw_only=True):
    """Another home of the site is dark since `since`, and belongs to this area incident. `by`: will, mains or misses."""

    alert: str
    home: str
    since: int
    by: str


@fact
class AreaHomeLeft(Event, frozen=True, kw_only=True):
    """This home can be seen again, and has power: it is no part of the incident any more."""

    alert: str
    home: str


@fact
class AreaHomeQuiet(Event, frozen=True, kw_only=True):
    """Nobody was seen in this home since `last_seen`, longer than its limit: a line of the incident, no message of its own."""

    alert: str
    home: str
    last_seen: int
    limit_s: int
