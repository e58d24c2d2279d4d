"""What the provider itself does wrong: refuses, is busy, breaks before or after it accepted, or does not answer."""

from collections import Counter
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal, get_args

from simulators.twilio.refusals import Refused

Mode = Literal[
    "ok", "refuse", "401", "429", "500_before", "500_after", "hang_before", "hang_after", "cut_before", "cut_after",
    "malformed", "opted_out", "landline",
]  # fmt: skip
MODES: tuple[Mode, ...] = get_args(Mode)
Request = Literal["create", "read", "call"]


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` belongs to refuse, `seconds` to the hangs, `retry_after` (as in HTTP: seconds or a date) to 429.

    `times` = for so many requests, None = until told otherwise. `cut`: the connection ends without an answer;
    `malformed`: accepted, but the answer is none of Twilio's.
    """

    mode: Mode = "ok"
    code: int = 21612
    seconds: float = 10.0
    times: int | None = None
    on: Request = "create"
    retry_after: str | None = None

    def before(self) -> None:
        """Raises what is answered before anything is accepted."""
        match self.mode:
            case "refuse":
                raise Refused(self.code)
            case "401":
                raise Refused(20003)
            case "429":
                raise Refused(20429, headers={"Retry-After": self.retry_after} if self.retry_after else None)
            case "500_before":
                raise Refused(20500)
            case "opted_out":
                raise Refused(21610)
            case "landline":
                raise Refused(21614)


OK = Fault()


class Faults:
    """The faults now in force: one for everybody, or one for a number, which goes first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._set: dict[tuple[str | None, Request], Fault] = {}
        self.met: Counter[tuple[Mode, Request]] = Counter()
        """How many requests met which fault since the start."""

    def put(self, number: str | None, fault: Fault) -> None:
        """From now on; `ok` takes every fault of that number (or of everybody) away."""
        with self._lock:
            if fault.mode == "ok":
                self._set = {key: kept for key, kept in self._set.items() if key[0] != number}
            else:
                self._set[(number, fault.on)] = fault

    def take(self, number: str | None, on: Request) -> Fault:
        """The fault this request meets; one that is limited in times is used up by it."""
        with self._lock:
            for key in ((number, on), (None, on)):
                fault = self._set.get(key)
                if fault is None:
                    continue
                self.met[fault.mode, on] += 1
                if fault.times is not None:
                    if fault.times <= 1:
                        del self._set[key]
                    else:
                        self._set[key] = replace(fault, times=fault.times - 1)
                return fault
            return OK

    def listed(self) -> list[tuple[str | None, Fault]]:
        """All that are set, with their numbers."""
        with self._lock:
            return [(number, fault) for (number, _), fault in self._set.items()]

    def clear(self) -> None:
        """The provider works."""
        with self._lock:
            self._set.clear()
