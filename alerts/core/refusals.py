"""Why something asked of an alert is refused. Each carries what the person must be told."""


class AlertUnknown(Exception):
    """There is no alert with this id."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"there is no alert {alert_id}")
        self.alert_id = alert_id


class AlertAlreadyClosed(Exception):
    """It was closed before, with this outcome, by this person, at this time (microseconds)."""

    def __init__(self, alert_id: str, outcome: str, by: str, at: int) -> None:
        super().__init__(f"alert {alert_id} was closed as {outcome} by {by}")
        self.alert_id, self.outcome, self.by, self.at = alert_id, outcome, by, at


class StaleView(Exception):
    """Something happened that the person has not seen: `changes` in words of the lifecycle."""

    def __init__(self, alert_id: str, changes: list[str]) -> None:
        super().__init__(f"alert {alert_id} has changed: {', '.join(changes)}")
        self.alert_id, self.changes = alert_id, changes


class OutcomeNotAllowed(Exception):
    """This outcome does not belong to this class of alert."""

    def __init__(self, outcome: str, allowed: list[str]) -> None:
        super().__init__(f"outcome {outcome!r} is not one of {', '.join(allowed)}")
        self.outcome, self.allowed = outcome, allowed


class ConditionStillActive(Exception):
    """A life-safety alert whose condition goes on closes only as a fault or false alarm of the device."""

    def __init__(self, alert_id: str, allowed: list[str]) -> None:
        super().__init__(f"alert {alert_id} is still in alarm")
        self.alert_id, self.allowed = alert_id, allowed


class NotInThisState(Exception):
    """What was asked makes no sense now."""

    def __init__(self, alert_id: str, why: str) -> None:
        super().__init__(f"alert {alert_id}: {why}")
        self.alert_id, self.why = alert_id, why
