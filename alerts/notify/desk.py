"""The senders of one channel: threads that wake when a message is planned for it, so that no channel waits for another.

A provider that hangs holds its own threads for as long as a call may last, and nobody else's.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from alerts.notify.claiming import Line
from alerts.notify.outbox import OutboxRow

_REMEMBERED: Final = 1000
_LINED_UP: Final = 64
"""So many are looked up at once: of them whoever was served longest ago comes first where a provider is slow."""
OTHERS: Final = ""
"""The desk for messages of channels that this house does not have: somebody must say that they will not arrive."""


@dataclass(eq=False, slots=True)
class Draft:
    """A message that is about to be planned. `settled`: we know whether it is; `planned`: it is, and so it reads."""

    row: OutboxRow
    settled: bool = False
    planned: OutboxRow | None = None


class Desk:
    """With two workers or more the first one sends class 1 only, so that no storm of lesser messages holds one up."""

    def __init__(self, channel: str, workers: int, stopping: threading.Event, *, paced: bool = False) -> None:
        """`paced`: the provider takes so many a second and no more."""
        self.channel, self.workers, self._paced = channel, workers, paced
        self._stopping, self._woken = stopping, threading.Condition()
        self._urgent = self._other = self._waiting = self._promised = 0
        self._handed: deque[OutboxRow] = deque()
        self._drafts: dict[str, Draft] = {}
        self._worded: dict[str, Draft] = {}
        """By message: those that nobody has taken yet, and those at which somebody is."""
        self._one_by_one = threading.Lock()
        self._served: dict[str, int] = {}
        self.line = Line(most=_LINED_UP)

    def jobs(
        self,
        drain: Callable[["Desk", int | None], None],
        send: Callable[["Desk", OutboxRow], None],
        word: Callable[["Desk", Draft], None],
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        """Name and work of each thread: to look what is there, to send what is handed over, to word what is about to be."""
        name = self.channel or "others"
        for number in range(self.workers):
            only_class = 1 if number == 0 and self.workers > 1 else None
            yield f"sender-{name}-{number}", self._work(drain, send, word, only_class)

    def _work(
        self,
        drain: Callable[["Desk", int | None], None],
        send: Callable[["Desk", OutboxRow], None],
        word: Callable[["Desk", Draft], None],
        only_class: int | None,
    ) -> Callable[[], None]:
        def work() -> None:
            while woken := self._wait(urgent_only=only_class == 1):
                if isinstance(woken, Draft):
                    word(self, woken)
                elif isinstance(woken, OutboxRow):
                    send(self, woken)
                else:
                    drain(self, only_class)

        return work

    def turn(self, only_class: int | None) -> "threading.Lock | nullcontext[None]":
        """Held while claiming what has to be paced: of two who see one token, one takes it. Class 1 does not queue."""
        return self._one_by_one if self._paced and only_class is None else nullcontext()

    @property
    def fairly(self) -> Callable[[OutboxRow], tuple[int, int]] | None:
        """Where messages queue for a provider: class 1 first, then who was served longest ago."""
        return (lambda row: (row.alert_class, self._served.get(row.person, 0))) if self._paced else None

    def serves(self, row: OutboxRow) -> None:
        """This person's turn has come."""
        if self._paced:
            self._served[row.person] = max(self._served.values(), default=0) + 1
            if len(self._served) > _REMEMBERED:
                self._served.clear()

    def wake(self, urgent: int, other: int) -> None:
        """So many of class 1 and of other classes have come. Class 1 waits behind nobody who stands in line."""
        if urgent:
            self.line.disperse()
        with self._woken:
            self._urgent = min(self.workers, self._urgent + urgent)
            self._other = min(self.workers, self._other + other)
            self._woken.notify_all()

    def promise(self) -> bool:
        """Keep one who has nothing to do for a message that is about to be planned; `hand` or `withdraw` must follow."""
        with self._woken:
            if self._free <= self._urgent + self._other or self._stopping.is_set():
                return False
            self._promised += 1
            return True

    def draft(self, row: OutboxRow) -> None:
        """The message that was promised for, as its plan is being written: whoever waits for it may word it already."""
        with self._woken:
            if row.message not in self._worded:  # a transaction that is begun anew writes it anew
                self._drafts[row.message] = Draft(row)
                self._woken.notify_all()

    def withdraw(self, message: str) -> None:
        """Nothing comes of it."""
        with self._woken:
            self._settle(message, None)

    def hand(self, row: OutboxRow) -> bool:
        """The message that was promised for. False: nobody takes it, we are stopping."""
        with self._woken:
            if self._stopping.is_set():
                self._settle(row.message, None)
                return False
            if not self._settle(row.message, row):
                self._handed.append(row)
            return True

    def _settle(self, message: str, row: OutboxRow | None) -> bool:
        """True: who words it is told. Else whoever it is may take it."""
        self._woken.notify_all()
        draft = self._worded.pop(message, None)
        if draft is None:
            self._drafts.pop(message, None)
            self._promised -= 1
            return False
        draft.settled, draft.planned = True, row
        return True

    def planned(self, draft: Draft) -> OutboxRow | None:
        """Wait until it is settled. None: it does not go, or we are stopping and have not been given it."""
        with self._woken:
            self._woken.wait_for(lambda: draft.settled or self._stopping.is_set())
            if not draft.settled:
                del self._worded[draft.row.message]
            return draft.planned

    def _wait(self, *, urgent_only: bool) -> OutboxRow | Draft | bool:
        """A message that was handed over, or one to be worded, True to look what is there, False to end."""
        with self._woken:
            self._waiting += 1
            self._woken.wait_for(
                lambda: self._handed or self._drafts or self._stopping.is_set() or self._called(urgent_only)
            )
            self._waiting -= 1
            if self._handed:  # also when we are stopping: it is claimed
                return self._handed.popleft()
            if self._drafts:
                message = next(iter(self._drafts))
                draft = self._worded[message] = self._drafts.pop(message)
                self._promised -= 1  # kept: here he is
                return draft
            if self._urgent:
                self._urgent -= 1
            elif not urgent_only:
                self._other -= 1
            return not self._stopping.is_set()

    def _called(self, urgent_only: bool) -> bool:
        """Somebody must look, and it need not be one who was promised."""
        calls = self._urgent > 0 or (self._other > 0 and not urgent_only)
        return calls and self._free > 0

    @property
    def _free(self) -> int:
        """So many wait, and for no message in particular."""
        return self._waiting - self._promised - len(self._handed)
