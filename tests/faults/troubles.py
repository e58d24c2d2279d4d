"""What may be wrong with a provider, for how long, and how it is set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from simulators.twilio import SimulatedTwilio
from simulators.twilio.delivery import Delivery
from tests.faults.front import Front

NAMELESS = "names-fail"
"""The file of a round that `nameless/sitecustomize.py` looks for."""
AMBIGUOUS = ("hang_before", "hang_after", "cut_before", "cut_after", "500_before", "500_after", "malformed")
"""After these nobody can know whether the message was taken."""
REPORTS = Delivery(twice=True, backwards=True)
"""How the provider reports throughout: each status twice, the last one first."""


class Trouble(NamedTuple):
    """A fault of the provider, how long it lasts, and how it is set."""

    name: str
    lasts_s: float
    mode: str = ""
    more: dict[str, Any] = {}  # noqa: RUF012  # never written to


TROUBLES = (
    Trouble("401", 2, "401"),
    Trouble("429", 2, "429"),
    Trouble("429 with Retry-After", 2, "429", {"retry_after": "3"}),
    Trouble("500 before accepting", 2, "500_before"),
    Trouble("500 after accepting", 2, "500_after"),
    Trouble("cut before accepting", 2, "cut_before"),
    Trouble("cut after accepting", 2, "cut_after"),
    Trouble("nonsense for an answer", 2, "malformed"),
    Trouble("hangs before accepting", 9, "hang_before", {"seconds": 12}),
    Trouble("hangs after accepting", 9, "hang_after", {"seconds": 12}),
    Trouble("slow (7 s)", 8, "hang_after", {"seconds": 7}),
    Trouble("refused connection", 3),
    Trouble("no name", 3),
    Trouble("lost answers, no reports, and asking fails", 20, "cut_after", {"times": 8}),
)


def setting(
    trouble: Trouble, provider: SimulatedTwilio, front: Front, folder: Path
) -> tuple[Callable[[], None], float, Callable[[], None]]:
    """How it begins, how long it lasts, how it ends."""
    hidden = folder / NAMELESS

    def nameless() -> None:
        hidden.write_text(str(front.port), "utf-8")
        front.cut()

    def lost() -> None:
        provider.exchange.delivery = Delivery(twice=True, backwards=True, delay_s=trouble.lasts_s)
        provider.fault("500_before", on="read")
        provider.fault(trouble.mode, **trouble.more)

    def ends() -> None:
        provider.fault("ok")
        provider.exchange.delivery = REPORTS

    match trouble.name:
        case "refused connection":
            return front.shut, trouble.lasts_s, front.open
        case "no name":
            return nameless, trouble.lasts_s, hidden.unlink
        case "lost answers, no reports, and asking fails":
            return lost, trouble.lasts_s, ends
    return lambda: provider.fault(trouble.mode, **trouble.more), trouble.lasts_s, ends
