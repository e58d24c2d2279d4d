"""What each device has sent without a hole: per boot the numbers that are missing, and what may be acknowledged."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

import msgspec

from events.types.device import DeviceFact, DeviceStatusReported, ReadingsGapClosed, ReadingsGapOpened, ReadingsLost

_MOST_BOOTS = 4
_MOST_HOLES = 512


class Boot(msgspec.Struct, omit_defaults=True):
    """`missing`: holes in order, [first, last]; `gaps`: the holes as they were first reported and are still open.

    `begin`: up to here we never heard anything, and wait for nothing.
    """

    high: int
    missing: list[list[int]] = []
    gaps: list[list[int]] = []
    begin: int = 0

    @property
    def whole(self) -> int:
        """The highest number up to which nothing is missing."""
        return self.missing[0][0] - 1 if self.missing else self.high

    def reach(self, seq: int) -> list[int] | None:
        """This number came. Returns the hole it opened."""
        if seq <= self.begin:
            return self.begin_at(seq, seq)
        if seq <= self.high:
            self.fill(seq, seq)
            return None
        hole = [self.high + 1, seq - 1] if seq > self.high + 1 else None
        if hole:
            self.missing.append(list(hole))
            self.gaps.append(hole)
            if len(self.missing) > _MOST_HOLES:  # towards the safe side: what lies between counts as missing again
                last = self.missing.pop()
                self.missing[-1][1] = last[1]
        self.high = seq
        return hole

    def begin_at(self, first: int, last: int) -> list[int] | None:
        """There was something before what we took for the beginning. Returns the hole that lies between."""
        hole = [last + 1, self.begin] if last < self.begin else None
        if hole:
            self.missing.insert(0, list(hole))
            self.gaps.insert(0, hole)
        self.begin = first - 1
        return hole

    def fill(self, first: int, last: int) -> None:
        """These numbers are here, or are gone for good."""
        start = max(0, bisect_right(self.missing, first, key=lambda hole: hole[0]) - 1)
        kept: list[list[int]] = []
        stop = start
        while stop < len(self.missing) and self.missing[stop][0] <= last:
            low, high = self.missing[stop]
            if low < first:
                kept.append([low, min(high, first - 1)])
            if high > last:
                kept.append([max(low, last + 1), high])
            stop += 1
        self.missing[start:stop] = kept

    def closed(self) -> list[list[int]]:
        """The gaps that have become full since the last question; they are forgotten."""
        open_ = [gap for gap in self.gaps if any(low <= gap[1] and high >= gap[0] for low, high in self.missing)]
        full = [gap for gap in self.gaps if gap not in open_] if len(open_) != len(self.gaps) else []
        self.gaps = open_
        return full


class Sequence(msgspec.Struct, omit_defaults=True):
    """One device: its last boots, and the last status it is recorded with."""

    boots: dict[str, Boot] = {}
    status: str = ""


class Sequences:
    """All devices. `changed` are those whose state is not yet saved; whoever was dumped lies packed until it speaks."""

    def __init__(self) -> None:
        self._open: dict[str, Sequence] = {}
        self._lying: dict[str, bytes] = {}
        self.changed: set[str] = set()

    def came(self, device: str, bootid: str, seq: int) -> list[int] | None:
        """A number came; returns the hole it opened.

        The first number we ever hear of a device is where we begin. A further boot begins at 1, unless its numbers
        simply go on. When an earlier one comes after all, the beginning was there.
        """
        sequence = self._of(device)
        boot = sequence.boots.get(bootid)
        if boot is None:
            newest = next(reversed(sequence.boots.values()), None)
            begins = seq - 1 if newest is None or seq == newest.high + 1 else 0
            boot = sequence.boots[bootid] = Boot(begins, begin=begins)
            while len(sequence.boots) > _MOST_BOOTS:
                del sequence.boots[next(iter(sequence.boots))]
        self.changed.add(device)
        return boot.reach(seq)

    def lost(self, device: str, bootid: str, first: int, last: int) -> None:
        """The device says that these are gone for good: nobody need wait for them."""
        boot = self._of(device).boots.get(bootid)
        if boot is None:
            self._of(device).boots[bootid] = Boot(last)
        elif last <= boot.begin:
            boot.begin_at(first, last)
        else:
            boot.begin = min(boot.begin, first - 1)
            boot.high, high = max(boot.high, last), boot.high
            if first > high + 1:
                boot.missing.append([high + 1, first - 1])
            boot.fill(first, last)
        self.changed.add(device)

    def closed(self, device: str, bootid: str) -> list[list[int]]:
        """Gaps of this boot that became full since the last question."""
        boot = self._of(device).boots.get(bootid)
        return boot.closed() if boot and boot.gaps else []

    def whole(self, device: str, bootid: str) -> int:
        """The highest number of this boot without a hole, 0 when there is none."""
        boot = self._of(device).boots.get(bootid)
        return boot.whole if boot else 0

    def is_news(self, device: str, status: str) -> bool:
        """Whether this differs from the last status recorded."""
        return self._of(device).status != status

    def has_status(self, device: str, status: str) -> None:
        """This status is recorded."""
        self._of(device).status = status
        self.changed.add(device)

    def fold(self, fact: DeviceFact) -> None:
        """A fact from the log's tail, at start."""
        match fact:
            case ReadingsLost():
                self.lost(fact.device, fact.bootid, fact.first, fact.last)
            case DeviceStatusReported():
                self.has_status(fact.device, status_word(fact))
            case ReadingsGapOpened() | ReadingsGapClosed():
                pass  # they follow from the numbers
            case _ if fact.seq and not fact.redecoded:
                self.came(fact.device, fact.bootid, fact.seq)
                self.closed(fact.device, fact.bootid)

    def newest(self) -> Iterator[tuple[str, str, int]]:
        """Every device's newest boot and its highest number without a hole."""
        lying = ((device, _decoder.decode(state)) for device, state in self._lying.items())
        for device, sequence in chain(self._open.items(), lying):
            for bootid in reversed(sequence.boots):
                yield device, bootid, sequence.boots[bootid].whole
                break

    def dump(self, device: str) -> bytes:
        """One device's state for its snapshot."""
        opened = self._open.pop(device, None)
        if opened is not None:
            self._lying[device] = _encoder.encode(opened)
        return self._lying.get(device) or _encoder.encode(Sequence())

    def load(self, device: str, state: bytes) -> None:
        """One device's state from its snapshot."""
        self._lying[device] = state

    def _of(self, device: str) -> Sequence:
        found = self._open.get(device)
        if found is None:
            state = self._lying.pop(device, None)
            found = self._open[device] = Sequence() if state is None else _decoder.decode(state)
        return found


def status_word(fact: DeviceStatusReported) -> str:
    """What a status says, without how it came."""
    return f"{fact.state} {fact.bootid}"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sequence)
