"""What becomes of a message after it was accepted: its statuses in time, and which of them are reported."""

from dataclasses import dataclass, replace
from typing import Literal

Outcome = Literal["delivered", "undelivered", "failed", "never", "queued"]
OUTCOMES: tuple[Outcome, ...] = ("delivered", "undelivered", "failed", "never", "queued")
RANK = {"accepted": 0, "queued": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
Report = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the network treats a phone's messages; `never` = received, but no status is ever reported."""

    outcome: Outcome = "delivered"
    error_code: int | None = None
    delay_s: float = 0.0
    twice: bool = False
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from acceptance to the first report, and between reports; in calls the share of real time, and a letter's."""

    first_s: float = 0.02
    next_s: float = 0.05
    keys_share: float = 0.08
    letter_s: float = 0.0

    def key_wait(self, timeout_s: float, letters: int) -> float:
        """So long somebody has to press a key, from the first word on."""
        return timeout_s * self.keys_share + letters * self.letter_s


@dataclass(frozen=True, slots=True)
class Step:
    """After `after_s` the message gets this status; `reports` are posted to its StatusCallback in this order."""

    after_s: float
    status: str
    error_code: int | None = None
    reaches_phone: bool = False
    reports: tuple[Report, ...] = ()


def journey(delivery: Delivery, pace: Pace, *, validity_s: int) -> list[Step]:
    """The steps of one message; default error codes: 30003 handset unreachable, 30007 filtered, 30036 validity over."""
    first, then = pace.first_s, pace.next_s + delivery.delay_s
    code = delivery.error_code
    match delivery.outcome:
        case "never":
            return [Step(first, "queued"), Step(then, "sent", reaches_phone=True)]
        case "queued":
            steps = [Step(first, "queued"), Step(validity_s, "failed", code or 30036)]
        case "failed":
            steps = [Step(first, "queued"), Step(then, "failed", code or 30007)]
        case "undelivered":
            steps = [Step(first, "queued"), Step(pace.next_s, "sent"), Step(then, "undelivered", code or 30003)]
        case "delivered":
            steps = [Step(first, "queued"), Step(pace.next_s, "sent"), Step(then, "delivered", reaches_phone=True)]
    copies = 2 if delivery.twice else 1
    if not delivery.backwards:
        return [replace(step, reports=((step.status, step.error_code),) * copies) for step in steps]
    # Backwards: the last report arrives first, as when several servers of the provider race each other.
    late = tuple((step.status, step.error_code) for step in reversed(steps) for _ in range(copies))
    return [*steps[:-1], replace(steps[-1], reports=late)]
