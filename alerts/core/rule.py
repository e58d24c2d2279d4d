"""What a rule is: it watches one home for one danger and says what it knows, whether it is danger, when to wake it.

A rule is pure. It never reads a clock: time enters as `at` on facts and as a deadline that passed. To add one: one
file in `rules/`, one line in its register, one story in the tests.
"""

from typing import Any, Protocol

import msgspec

from alerts.core.household import Household
from alerts.core.policy import Policy
from events.types.command import Do
from events.types.fact import Event


class Seen(msgspec.Struct, frozen=True):
    """A fact or signal as a rule sees it: when it happened, when we heard of it (microseconds)."""

    at: int
    received: int
    event: Event


class DeadlineReached(Event, frozen=True, kw_only=True):
    """The rule's own timer rang; judge by `due`."""

    due: int


class HomeChanged(Event, frozen=True, kw_only=True):
    """Something of the home itself changed: enrolled, resumed, away, back, limit, hearing, closing.

    `restart` says that the silence clock starts anew at this moment.
    """

    why: str
    restart: bool = False


class Danger(msgspec.Struct, frozen=True):
    """Danger, with the reason as data: which reading, which limit, since when.

    In the reason `severity` says how bad it is from the beginning, `all_at_once` that all steps are told now. `again`: it
    has lasted for long and is said again.
    """

    reason: dict[str, Any]
    device: str = ""
    lasting: bool = True
    again: bool = False


class Ask(msgspec.Struct, frozen=True):
    """Something for the devices of the home to do, for so many seconds; who of them can is known by kind and role."""

    do: Do
    for_s: float
    why: str


class Cleared(msgspec.Struct, frozen=True):
    """The condition is over."""

    reason: dict[str, Any]


class Worse(msgspec.Struct, frozen=True):
    """How severe it is: `urgent` or `call_120`, and by which reading. Less than what an alert has reached is nothing.

    `all_at_once`: nobody is to wait for a turn any more.
    """

    level: str
    reason: dict[str, Any]
    all_at_once: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What the rule knows now. `cancel`: a sign of life that ends a pre-alarm; `wake_at`: when to look again.

    `asks`: what devices of the home are to do now; a paused home's do nothing. `facts`: what else is to be on
    record in the home's stream, each with its key; with an empty key it is a decision about the home. `ends_day`:
    the local day whose page of the diary is to be closed when it is over.
    """

    state: dict[str, Any]
    danger: Danger | None = None
    cleared: Cleared | None = None
    cancel: str = ""
    wake_at: int | None = None
    back_in_service: str = ""
    asks: tuple[Ask, ...] = ()
    facts: tuple[tuple[str, Event], ...] = ()
    ends_day: int | None = None
    worse: Worse | None = None


class Rule(Protocol):
    """`name` is stored (timers, states); `hears` are the types it wants; `waits_for_hearing`: its timers judge silence."""

    name: str
    danger: str
    hears: tuple[type[Event], ...]
    waits_for_hearing: bool

    def watch(self, state: dict[str, Any], seen: Seen, home: Household, policy: Policy) -> Verdict | None:
        """One more fact; None: nothing new."""
        ...
