"""What the owner of the phones expects to come: said beforehand, and judged against what was accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any


class NotAsExpected(AssertionError):
    """Somebody got what nobody expected, or did not get what was; the words say who and what."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """From `least` to `most` messages to this number, each with these words in it."""

    to: str
    contains: str = ""
    least: int = 1
    most: int = 1

    def meets(self, text: "Text") -> bool:
        """Would this message do?"""
        return self.to == text.to and self.contains in text.body


@dataclass(frozen=True, slots=True)
class Text:
    """One message as it was accepted."""

    to: str
    body: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`unexpected`: what nobody expected. `missing`: what did not come, and how often it is still owed."""

    unexpected: tuple[Text, ...]
    missing: tuple[tuple[Expectation, int], ...]

    @property
    def sentences(self) -> list[str]:
        """One for each that is wrong; empty when everything was as expected."""
        strange = [f"nobody expected that {text.to} gets {text.body!r}" for text in self.unexpected]
        return strange + [
            f"{short} of {wanted.least} did not come: {wanted.to} should have got {wanted.contains or 'anything'!r}"
            for wanted, short in self.missing
        ]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"as_expected": not self.sentences, "sentences": self.sentences}


class Expectations:
    """Strict from the first word on: while nothing was said, every message is as good as any other."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._said: list[Expectation] | None = None

    def expect(self, to: str, contains: str = "", *, times: int | tuple[int, int] = 1) -> None:
        """So many messages, or between so many; said twice it is as many more."""
        least, most = times if isinstance(times, tuple) else (times, times)
        if not 0 <= least <= most:
            raise ValueError(f"times={times}: a number from 0, or two of which the second is not the smaller")
        with self._lock:
            self._said = [*(self._said or ()), Expectation(to, contains, least, most)]

    def nothing_else(self) -> None:
        """What was not expected must not come, also where nothing was expected at all."""
        with self._lock:
            self._said = self._said or []

    def clear(self) -> None:
        """Nothing is expected, and nothing is judged."""
        with self._lock:
            self._said = None

    def verdict(self, accepted: Iterable[Text]) -> Verdict:
        """Each message fulfils one expectation at most; they are shared out so that as few as possible are left over."""
        with self._lock:
            said = None if self._said is None else list(self._said)
        if said is None:
            return Verdict((), ())
        texts = list(accepted)
        # Places that are owed first, then those that are only allowed: what is owed never lacks what a leave takes.
        owed = [number for number, wanted in enumerate(said) for _ in range(wanted.least)]
        allowed = [number for number, wanted in enumerate(said) for _ in range(wanted.most - wanted.least)]
        places = owed + allowed
        taken = _matched(places, said, texts)
        short = [0] * len(said)
        for place, number in enumerate(owed):
            short[number] += place not in taken
        used = set(taken.values())
        return Verdict(
            tuple(text for number, text in enumerate(texts) if number not in used),
            tuple((wanted, short[number]) for number, wanted in enumerate(said) if short[number]),
        )


def _matched(places: list[int], said: list[Expectation], texts: list[Text]) -> dict[int, int]:
    """Place -> message, as many as can be matched (augmenting paths, Kuhn)."""
    holder: dict[int, int] = {}  # message -> place

    def find(place: int, seen: set[int]) -> bool:
        for number, text in enumerate(texts):
            if number in seen or not said[places[place]].meets(text):
                continue
            seen.add(number)
            if number not in holder or find(holder[number], seen):
                holder[number] = place
                return True
        return False

    for place in range(len(places)):
        find(place, set())
    return {place: number for number, place in holder.items()}
