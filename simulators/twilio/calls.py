"""One call: how the switchboard keeps it, how Twilio shows it, how the control door shows it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from secrets import token_hex
from threading import Condition
from typing import Any, Literal, TypeVar

Found = TypeVar("Found")
PickUp = Literal["by_hand", "answers", "mailbox", "busy", "no_answer", "failed"]
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True)
class CallHabit:
    """How a phone takes calls: `by_hand` rings until somebody answers on the page or by the control door.

    `keys` are pressed one a question, `after_s` after it was asked; then it listens and hangs up when all is said.
    `twice`, `backwards`: how the provider's reports about its calls come.
    """

    pick_up: PickUp = "by_hand"
    keys: str = ""
    after_s: float = 0.05
    twice: bool = False
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`said`: what was spoken so far. `asks`: where the next key goes, None while none is asked for. Times in UTC."""

    sid: str
    account_sid: str
    sender: str
    recipient: str
    status: str
    created_at: datetime
    updated_at: datetime
    twiml: str | None = None
    url: str | None = None
    status_callback: str | None = None
    events: tuple[str, ...] = ("completed",)
    machine_callback: str | None = None
    detects: bool = False
    rings_s: float = 60.0
    seq: int = 0
    step: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str | None = None
    said: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    asks: str | None = None
    pressed: str = ""
    reports: int = 0

    @property
    def over(self) -> bool:
        """Has it ended?"""
        return self.status in OVER


class Calls:
    """All calls, safe for many threads; `touch` tells whoever looks at a page that something has changed."""

    def __init__(self, touch: Callable[[], None]) -> None:
        self._changed, self._calls, self._touch, self._seq = Condition(), dict[str, Call](), touch, 0

    def add(self, call: Call) -> Call:
        """Numbers the call and keeps it."""
        with self._changed:
            self._seq += 1
            return self._keep(replace(call, seq=self._seq))

    def change(self, sid: str, *, only_step: int | None = None, **changes: Any) -> Call | None:
        """The call with other values; None if it is over, gone, or no more at the step meant."""
        with self._changed:
            before = self._calls.get(sid)
            if before is None or before.over or only_step not in (None, before.step):
                return None
            return self._keep(replace(before, **changes))

    def count_report(self, sid: str) -> int:
        """The number of the next report of this call."""
        with self._changed:
            before = self._calls.get(sid)
            if before is None:
                return 0
            self._calls[sid] = replace(before, reports=before.reports + 1)
            return before.reports

    def _keep(self, call: Call) -> Call:
        self._calls[call.sid] = call
        self._changed.notify_all()
        self._touch()
        return call

    def get(self, sid: str) -> Call | None:
        """One call."""
        with self._changed:
            return self._calls.get(sid)

    def all(self) -> list[Call]:
        """All of them, oldest first."""
        with self._changed:
            return list(self._calls.values())

    def clear(self) -> None:
        """Forgets every call."""
        with self._changed:
            self._calls.clear()
            self._changed.notify_all()
        self._touch()

    def wait(self, found: Callable[[], Found | None], timeout_s: float) -> Found | None:
        """Waits until `found` finds something, woken by each change."""
        with self._changed:
            result: list[Found] = []

            def look() -> bool:
                answer = found()
                result.extend([] if answer is None else [answer])
                return answer is not None

            self._changed.wait_for(look, timeout_s)
        return result[0] if result else None


def new_call_sid() -> str:
    """A call's identity in Twilio's shape."""
    return f"CA{token_hex(16)}"


def call_view(call: Call) -> dict[str, Any]:
    """The Call resource of API version 2010-04-01; its times are RFC 2822 in whole seconds."""
    path = f"/2010-04-01/Accounts/{call.account_sid}/Calls/{call.sid}"
    parts = ("Events", "Notifications", "Payments", "Recordings", "Siprec", "Streams", "Transcriptions")
    lasted = int((call.ended_at - call.started_at).total_seconds()) if call.ended_at and call.started_at else 0
    return {
        "account_sid": call.account_sid,
        "answered_by": call.answered_by,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": format_datetime(call.created_at),
        "date_updated": format_datetime(call.updated_at),
        "direction": "outbound-api",
        "duration": str(lasted) if call.over else None,
        "end_time": call.ended_at and format_datetime(call.ended_at),
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": "PN" + "0" * 32,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": call.started_at and format_datetime(call.started_at),
        "status": call.status,
        "subresource_uris": {part.lower(): f"{path}/{part}.json" for part in parts},
        "to": call.recipient,
        "to_formatted": call.recipient,
        "trunk_sid": None,
        "uri": f"{path}.json",
    }


def plain_call(call: Call) -> dict[str, Any]:
    """What the control door tells: everything, in ISO UTC."""
    told = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(call).items()}
    return {**told, "from": told.pop("sender"), "to": told.pop("recipient")}
