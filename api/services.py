"""What the house hands to this door: everything the routes use is named here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from alerts.projections.watching import Folded
from events.database import Database
from events.store import head


class TakeReceipt(Protocol):
    """Records what the provider says became of a message; returns when it is committed."""

    def __call__(self, *, message: str, provider_id: str, status: str, error_code: str, at: int) -> object: ...


class TakeReply(Protocol):
    """Records what a person answered, `about` the alert of a call if it was one; returns when it is committed."""

    def __call__(
        self, *, channel: str, provider_id: str, number: str, text: str, at: int, about: str = ""
    ) -> object: ...


class TakeKey(Protocol):
    """Takes a key of a call of ours; returns what the call does next, in the provider's markup, when it is committed."""

    def __call__(self, *, message: str, turn: int, key: str, call: str, number: str, at: int) -> str: ...


class TakePressed(Protocol):
    """Takes the keys of a call that its provider reports afterwards; False for a call that is none of ours."""

    def __call__(self, *, channel: str, message: str, keys: str, call: str, at: int) -> bool: ...


@dataclass(frozen=True)
class Channel:
    """A way to people as screens name it; `really_sends` False: nothing leaves this machine by it."""

    name: str
    really_sends: bool
    daily_budget: int | None = None
    medium: str = "sms"
    two_way: bool = False
    receipts: bool = False
    keypad: bool = False


@dataclass(frozen=True)
class Limits:
    """How much anybody may ask of us. `lock_after_s`: so long nobody at a console, and it locks; 0: never.

    `backtest_s`: so long a change may be judged over the log before it is given up.
    """

    body_bytes: int = 64 * 1024
    logins_a_minute: int = 20
    wrong_signatures_a_minute: int = 6
    streams: int = 200
    stalled_s: float = 20.0
    heartbeat_s: float = 10.0
    folded_within_s: float = 2.0
    lock_after_s: float = 0.0
    backtest_s: float = 120.0


@dataclass(frozen=True)
class Services:
    """`models`: device models by name, as the town file takes them. `now` in microseconds UTC; `health` gives at least `ok`; `settings` are shown, so they hold no secret."""

    database: Database
    now: Callable[[], int]
    projector: Folded
    take_receipt: TakeReceipt
    take_reply: TakeReply
    health: Callable[[], Mapping[str, Any]]
    public_base_url: str = "http://127.0.0.1:8000"
    demo: bool = False
    demo_phones_url: str = ""
    sms_really_sent: bool = False
    channels: Sequence[Channel] = ()
    twilio_auth_token: str | None = None
    take_key: TakeKey | None = None
    take_pressed: TakePressed | None = None
    aliyun_hook_token: str | None = field(default=None, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def calls(self) -> bool:
        """Are people called by telephone?"""
        return any(one.medium == "voice" for one in self.channels)

    @property
    def https(self) -> bool:
        """Do people reach us over TLS?"""
        return urlsplit(self.public_base_url).scheme == "https"

    def folded(self) -> bool:
        """Wait until people can see what was just committed; False: it takes longer than we wait."""
        with self.database.read() as db:
            position = head(db)
        return self.projector.wait_for(position, self.limits.folded_within_s)
