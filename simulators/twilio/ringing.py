"""Calls as the phones page shows them: what rings, what is being said, which keys may be pressed, and what went before."""

from dataclasses import dataclass
from datetime import datetime

from simulators.twilio.calls import Call
from simulators.twilio.codes import ACTIONS

KEYS = (*ACTIONS, "*")
UNDER_WAY = {"ringing", "in-progress"}


@dataclass(frozen=True, slots=True)
class CallScreen:
    """A call that rings or is under way on one phone; `said` is what has been spoken so far, without repetitions."""

    sid: str
    rings: bool
    said: list[str]
    keys: list[tuple[str, str]]
    note: str


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call as it lies among the messages."""

    sid: str
    at: datetime
    body: str
    status: str
    trouble: bool


def live_call(calls: list[Call], said: dict[str, str], lang: str) -> CallScreen | None:
    """The newest one that is not over yet."""
    call = next((one for one in reversed(calls) if one.status in UNDER_WAY), None)
    if call is None:
        return None
    place = 1 if lang == "en" else 0
    labels = {**{key: both[place] for key, both in ACTIONS.items()}, "*": said["again"]}
    keys = [(key, labels[key]) for key in KEYS] if call.asks else []
    rings = call.status == "ringing"
    note = said["rings"] if rings else said["talking"]
    return CallScreen(call.sid, rings, list(dict.fromkeys(call.said)), keys, note)


def past_calls(calls: list[Call], said: dict[str, str]) -> list[PastCall]:
    """Those that are over, oldest first."""
    return [_past(call, said) for call in calls if call.over]


def _past(call: Call, said: dict[str, str]) -> PastCall:
    taken = call.status == "completed"
    machine = (call.answered_by or "").startswith("machine")
    word = said["mailbox"] if machine else said[f"call_{call.status}"]
    pressed = f"{said['pressed']} {' '.join(call.pressed)}" if call.pressed else ""
    first = call.said[0] if call.said else said["a_call"]
    status = " · ".join(part for part in (word, pressed) if part)
    return PastCall(call.sid, call.created_at, f"☎ {first}", status, not taken)
