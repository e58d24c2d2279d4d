"""A device's own order: its reports by boot and number, the holes among them, and which of them are changes. Pure.

A change is sure when nothing is missing between a report and the state before it. Across a hole it is a doubt: that
something changed is certain, when is not, so it is told as of the hole's beginning; once the hole is filled it is
decided anew, at its true time or as no change at all. So no order of arrival loses a change, and none adds one.
"""

from typing import NamedTuple

from alerts.core.household import Boot, Doubt, Gap, Household, Sensor
from events.types.device import ContactReported, DeviceFact, OccupancyReported

_BOOTS_KEPT = 3
_GAPS_KEPT = 64


State = tuple[bool | None, int]
"""What a device said last before some number, and under which number it said it."""


class Change(NamedTuple):
    """Motion began, or a door moved. `sure` False: at some time from `at` on."""

    kind: str
    at: int
    backfilled: bool
    sure: bool


def place(home: Household, sensor: Sensor, fact: DeviceFact, at: int) -> list[Change]:
    """Put a report in its place: the minutes it covers, and the changes it makes or decides, its own and later ones."""
    report = _stated(fact, at)
    if not fact.seq:  # no numbers: the order of arrival is all there is
        if report is None:
            return []
        report.value_before, sensor.value = sensor.value, report.value
        return [] if fact.history or not _is_change(report) else [Change(report.kind, at, report.backfilled, sure=True)]
    boot = sensor.boots[-1] if sensor.boots else None
    if boot is not None and boot.bootid != fact.bootid:
        boot = next((b for b in reversed(sensor.boots) if b.bootid == fact.bootid), None)
    # What a device buffered under a wild clock happened at a time nobody knows: it proves no minutes.
    time = None if fact.history or (fact.backfilled and fact.clock_suspect) else at
    before: State | None = (None, 0)
    if boot is None:
        boot = Boot(fact.bootid, fact.seq, time)
        if fact.seq > 1:
            boot.gaps.append(Gap(1, fact.seq - 1, None, None, time))
        sensor.boots = [*sensor.boots[1 - _BOOTS_KEPT :], boot]
    elif fact.seq > boot.seq:
        before = _extend(home, sensor, boot, fact.seq, time)
    else:
        before = _fill(home, sensor, boot, fact.seq, time)
    if before is None:
        return []
    if report is not None:
        report.value_before, report.value_seq = before
        _know_from(boot, report.seq, report.value)
        if not boot.gaps and not boot.doubts:  # nearly always: nothing is missing and nothing waits
            changes = _is_change(report) and not fact.history
            return [Change(report.kind, at, report.backfilled, sure=True)] if changes else []
        if not fact.history:
            boot.doubts.append(report)
    found = _decide(boot) if boot.doubts else []
    if len(boot.gaps) > _GAPS_KEPT:
        _forget_oldest(boot)
    return found


def _stated(fact: DeviceFact, at: int) -> Doubt | None:
    match fact:
        case OccupancyReported(occupied=value):
            return Doubt("motion", fact.seq, at, value, fact.backfilled)
        case ContactReported(open=value):
            return Doubt("contact", fact.seq, at, value, fact.backfilled)
    return None


def _is_change(report: Doubt) -> bool:
    if report.kind == "motion":
        return report.value and report.value_before is False
    return report.value_before is not None and report.value_before != report.value


def _extend(home: Household, sensor: Sensor, boot: Boot, seq: int, time: int | None) -> State:
    """The newest number so far; returns the state known before it."""
    before = boot.value, boot.value_seq
    if seq == boot.seq + 1:
        _cover(home, sensor, boot.at, time)
    else:
        boot.gaps.append(Gap(boot.seq + 1, seq - 1, boot.value, boot.at, time, boot.value_seq))
    boot.seq, boot.at = seq, time
    return before


def _forget_oldest(boot: Boot) -> None:
    """This hole is not remembered any more: what was known across it is not known."""
    gap = boot.gaps.pop(0)
    boot.doubts = [d for d in boot.doubts if not d.value_seq < gap.first <= d.seq]
    for other in boot.gaps:
        if other.value_seq < gap.first:
            other.value_before = None
    if boot.value_seq < gap.first:
        boot.value = None


def _fill(home: Household, sensor: Sensor, boot: Boot, seq: int, time: int | None) -> State | None:
    """A late report falls into a hole and covers the time to its neighbours. None: there is no hole, it is a repeat."""
    for index, gap in enumerate(boot.gaps):
        if not gap.first <= seq <= gap.last:
            continue
        parts = []
        if seq == gap.first:
            _cover(home, sensor, gap.at_before, time)
        else:
            parts.append(Gap(gap.first, seq - 1, gap.value_before, gap.at_before, time, gap.value_seq))
        if seq == gap.last:
            _cover(home, sensor, time, gap.at_after)
        else:
            parts.append(Gap(seq + 1, gap.last, gap.value_before, time, gap.at_after, gap.value_seq))
        boot.gaps[index : index + 1] = parts
        return gap.value_before, gap.value_seq
    return None


def _know_from(boot: Boot, seq: int, value: bool) -> None:
    """What came is the state from there on, up to the next report that said one."""
    for gap in boot.gaps:
        if gap.first > seq > gap.value_seq:
            gap.value_before, gap.value_seq = value, seq
    for doubt in boot.doubts:
        if doubt.seq > seq > doubt.value_seq:
            doubt.value_before, doubt.value_seq = value, seq
    if seq > boot.value_seq:
        boot.value, boot.value_seq = value, seq


def _decide(boot: Boot) -> list[Change]:
    """What is sure now is decided, and no doubt any more; of the rest is told what is certain."""
    found: list[Change] = []
    waiting: list[Doubt] = []
    for doubt in boot.doubts:
        hole = _between(boot, doubt)
        if hole is None:
            if _is_change(doubt):
                found.append(Change(doubt.kind, doubt.at, doubt.backfilled, sure=True))
            continue
        waiting.append(doubt)
        if _is_change(doubt) and hole.at_before is not None and hole.at_before > doubt.told:
            doubt.told = hole.at_before
            found.append(Change(doubt.kind, min(hole.at_before, doubt.at), doubt.backfilled, sure=False))
    boot.doubts = waiting
    return found


def _between(boot: Boot, doubt: Doubt) -> Gap | None:
    """The first hole between this report and the state known before it."""
    return next((gap for gap in boot.gaps if doubt.value_seq < gap.first and gap.last < doubt.seq), None)


def _cover(home: Household, sensor: Sensor, start: int | None, end: int | None) -> None:
    """Two consecutive reports: the time between them was seen. What was blind until now may bring a deadline nearer.

    Where the clock went back between them, no time of day lies between.
    """
    if start is None or end is None or end < start or not home.covers(sensor):
        return
    known_until = home.by_seq.spans[-1][1] if home.by_seq.spans else 0
    home.by_seq.add(start, end)
    if known_until < sensor.lease_from or end < known_until:
        home.seen_more = True
