"""What a way to a person promises: say what it can do, send one text, find a lost answer, tell what became of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, runtime_checkable

Medium = Literal["sms", "voice", "group"]
"""`group`: a chat of many; what is said there is said to nobody in particular and never counts as telling a person."""

TEMPORARY_CODES: Final = frozenset({"30001", "30008"})
"""Queue overflow and unknown error of the carrier: the same message may well pass later (Twilio's error dictionary)."""


class SendFailed(Exception):
    """The call did not end in an accepted message; `reason` never holds a number, an address or the text.

    `permanent`: no repetition will help this message. `ambiguous`: the provider may have taken it, so ask first.
    `code`: the provider's own. `retry_after_s`: how long the provider asked us to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        ambiguous: bool,
        code: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.ambiguous = reason, permanent, ambiguous
        self.code, self.retry_after_s = code, retry_after_s


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`two_way`: answers come back. `links`: a link may be in the text. `receipts`: it says whether the phone got it.

    `keypad`: answers by keys during a call. `daily_budget`: messages a phone may get in a day, None for no limit.
    `identical_a_day`: so many times the same text may go to one phone in a day. `rate_per_s`: what the provider takes.
    """

    two_way: bool
    links: bool
    receipts: bool
    keypad: bool
    daily_budget: int | None = None
    medium: Medium = "sms"
    identical_a_day: int | None = None
    rate_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to one address; `message` is our own id, `valid_s` the seconds after which it is of no use.

    Providers that take approved templates only are given `template` and its `variables`, as rendered, by name.
    `spoken` is the text for a voice, with keys instead of codes; `keys` what may be pressed. `slow`: for who hears badly.
    """

    message: str
    to: str
    text: str
    alert_class: int
    valid_s: int
    template: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    language: str = "zh"
    slot: int = 0
    spoken: str = ""
    keys: str = ""
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it: its own id of the message and the state it gave."""

    provider_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says became of a message; `error_code` empty for none."""

    status: str
    error_code: str


class Channel(Protocol):
    """May be called from several threads at once. Everything that goes wrong is raised as SendFailed."""

    @property
    def name(self) -> str:
        """The name in the log; it never changes."""

    @property
    def capabilities(self) -> Capabilities:
        """What planner and senders may rely on."""

    @property
    def really_sends(self) -> bool:
        """False: nobody is told by it, and every screen must say so."""

    def send(self, outgoing: Outgoing) -> Sent:
        """Hand it to the provider, within 8 seconds."""

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:
        """The message with exactly this text accepted at or after `since` (microseconds UTC), or None.

        `within_s`: an answer later than that helps nobody and is a failure, 8 seconds at most.
        `known`: provider ids that belong to other messages of ours and are therefore not the one looked for.
        """

    def fetch(self, provider_id: str) -> Report:
        """What became of this message so far."""


@runtime_checkable
class KnowsOurIds(Protocol):
    """A provider that keeps our own id of a message, but not its text or not its own id: it is asked by ours."""

    def find_ours(self, message: str, to: str, *, since: int, within_s: float) -> Sent | None:
        """As `find`, by our id. The state is in its words; `provider_id` is its own, or made from ours."""

    def fetch_ours(self, message: str, provider_id: str, to: str, *, sent_at: int) -> Report:
        """As `fetch`, for a provider that must be told number and day too (`sent_at` in microseconds UTC)."""
