"""Named places at which a test may kill the process, raise, or hold it up: `FAILPOINT=engine.in_commit:3:kill`.

Nothing is armed unless the environment says so when the process starts; then a place costs one comparison. Several are
separated by commas. `nth` counts how often this process has come by; the fault happens once, at the nth time.
"""

import os
import signal
import sys
import threading
import time
from typing import Final, Literal, NamedTuple

REGISTER: Final[dict[str, str]] = {
    "ingest.received": "a message is copied from the socket and not queued yet",
    "ingest.read": "a batch of messages is decoded and not written yet",
    "ingest.in_commit": "its facts are appended, within the transaction",
    "ingest.committed": "it is on disk and not acknowledged yet",
    "ingest.acknowledged": "the broker has our acknowledgements, or soon will",
    "ingest.quarantining": "bad bytes are about to be kept, within the transaction",
    "ingest.telling": "a device is about to be told which number of its is on disk",
    "ingest.catching_up": "our own marker is back, the mark is not moved yet",
    "append.begin": "whoever appends is about to number",
    "append.landed": "facts have their positions, within the transaction",
    "append.committed": "a transaction is on disk and nobody in this process knows it yet",
    "engine.read": "facts are read and not judged yet",
    "engine.decided": "something is decided and not written yet",
    "engine.in_commit": "timers, states and bookmark are written, within the transaction, decisions not yet",
    "engine.committed": "decisions are on disk",
    "planner.read": "facts are read and not planned yet",
    "planner.decided": "messages are intended and not written yet",
    "planner.in_commit": "outbox rows, states and bookmark are written, within the transaction, facts not yet",
    "planner.committed": "intended messages are on disk",
    "timers.due": "something is due and not taken yet",
    "timers.in_commit": "rows are taken, within the transaction, their deadlines are not recorded yet",
    "timers.rung": "the deadlines are on disk",
    "outbox.claimed": "a message is claimed and nothing else has happened",
    "outbox.handed": "a message that was claimed as it was planned is in a sender's hands, and nothing else has happened",
    "outbox.asked": "the provider has answered whether it knows a message, and nothing is recorded",
    "outbox.calling": "the provider is about to be called",
    "outbox.called": "the provider has taken or refused a message, and nothing is recorded",
    "outbox.in_commit": "the row is settled, within the transaction, its fact is not recorded yet",
    "outbox.recorded": "what became of a message is on disk",
    "hooks.receipt": "a signed receipt is in hand and not recorded",
    "hooks.receipt_in_commit": "a receipt is recorded, within the transaction",
    "hooks.receipt_recorded": "a receipt is on disk and not answered yet",
    "hooks.reply": "a signed reply is in hand and not recorded",
    "hooks.reply_in_commit": "a reply and what it does are recorded, within the transaction",
    "hooks.reply_recorded": "a reply is on disk and not answered yet",
    "projections.in_commit": "a batch is folded, within the transaction",
    "projections.committed": "a batch is folded, on disk, and no screen knows it yet",
}
"""Every place there is, and what is true there."""

VARIABLE: Final = "FAILPOINT"
SLEEP_S: Final = 3.0
"""How long `sleep` holds up, unless it says so: `engine.read:1:sleep=20`."""
_PARTS: Final = 3


class FailPointReached(RuntimeError):
    """What `raise` raises."""


class NoSuchFailPoint(ValueError):
    """What is asked for is no place of ours, or says nothing that can be done there."""


class Armed(NamedTuple):
    """One fault to happen."""

    name: str
    nth: int
    action: Literal["kill", "raise", "sleep"]
    seconds: float = SLEEP_S


def parse(said: str) -> list[Armed]:
    """What `FAILPOINT` asks for. Raises NoSuchFailPoint."""
    return [_one(each.strip()) for each in said.split(",") if each.strip()]


def _one(said: str) -> Armed:
    parts = said.split(":")
    if len(parts) != _PARTS or parts[0] not in REGISTER:
        raise NoSuchFailPoint(f"{VARIABLE}={said}: name:nth:kill|raise|sleep, the name one of {', '.join(REGISTER)}")
    name, nth, action = parts
    action, _, seconds = action.partition("=")
    if not nth.isdecimal() or int(nth) < 1 or action not in {"kill", "raise", "sleep"}:
        raise NoSuchFailPoint(f"{VARIABLE}={said}: nth counts from 1, then kill, raise or sleep")
    try:
        held = float(seconds) if seconds else SLEEP_S
    except ValueError as fault:
        raise NoSuchFailPoint(f"{VARIABLE}={said}: seconds are a number") from fault
    return Armed(name, int(nth), action, held)  # type: ignore[arg-type]  # it is one of the three, as just seen


class FailPoints:
    """The faults armed in this process, and how often each place was passed."""

    def __init__(self, armed: list[Armed]) -> None:
        self._armed = {name: [one for one in armed if one.name == name] for name in {one.name for one in armed}}
        self._passed = dict.fromkeys(self._armed, 0)
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        """Somebody comes by."""
        waiting = self._armed.get(name)
        if not waiting:
            return
        with self._lock:
            self._passed[name] += 1
            nth = self._passed[name]
        for fault in waiting:
            if fault.nth == nth:
                _happen(fault)


def _happen(fault: Armed) -> None:
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)  # the signal is on its way: not one more step
    elif fault.action == "sleep":
        time.sleep(fault.seconds)
    else:
        raise FailPointReached(fault.name)


def _of_the_environment() -> list[Armed]:
    """A fault that was asked for and cannot happen ends the process: a test must not pass because nothing was armed."""
    try:
        return parse(os.environ.get(VARIABLE, ""))
    except NoSuchFailPoint as fault:
        print(fault, file=sys.stderr)  # noqa: T201  nothing else is there yet to say it
        raise SystemExit(2) from fault


ARMED: Final = _of_the_environment()
"""What is armed in this process: nothing, outside tests."""
_here = FailPoints(ARMED) if ARMED else None


def failpoint(name: str) -> None:
    """A place of the register; does nothing unless armed."""
    if _here is not None:
        _here.reach(name)
