"""From states to signs of life: an edge is a change, or a deliberate act. Pure.

Each boot of a device has its own thread of sequence numbers, so that a report which arrives late is compared with the
one before it in the device's order, not in ours.
"""

from alerts.core.household import Boot, Gap, Household, Sensor
from events.types.device import ButtonPressed, ContactReported, DeviceFact, OccupancyReported, UseReported
from events.types.fact import Event

_BOOTS_KEPT = 3
_GAPS_KEPT = 64


class SignOfLifeSeen(Event, frozen=True, kw_only=True):
    """Somebody moved or did something. A signal between rooms of the core, never recorded.

    `deliberate`: a button; `backfilled`: it comes out of a device's memory.
    """

    device: str
    kind: str
    deliberate: bool = False
    backfilled: bool = False


def note(home: Household, sensor: Sensor, fact: DeviceFact, at: int) -> SignOfLifeSeen | None:
    """Take one report in: its place in the device's order, the minutes it covers, and the edge it makes, if any."""
    value = _value_of(fact)
    before = _place(home, sensor, fact, at, value)
    if fact.retained or fact.history:
        return None
    match fact:
        case ButtonPressed():
            return SignOfLifeSeen(device=fact.device, kind="button", deliberate=True, backfilled=fact.backfilled)
        case UseReported(amount=amount) if sensor.use_floor is not None and amount > sensor.use_floor:
            return SignOfLifeSeen(device=fact.device, kind="use", backfilled=fact.backfilled)
        case OccupancyReported(occupied=True) if sensor.pulse or before is False:
            return SignOfLifeSeen(device=fact.device, kind="motion", backfilled=fact.backfilled)
        case ContactReported(open=opened) if before is not None and before != opened:
            return SignOfLifeSeen(device=fact.device, kind="contact", backfilled=fact.backfilled)
    return None


def _value_of(fact: DeviceFact) -> bool | None:
    match fact:
        case OccupancyReported(occupied=value) | ContactReported(open=value):
            return value
    return None


def _place(home: Household, sensor: Sensor, fact: DeviceFact, at: int, value: bool | None) -> bool | None:
    """Put the report in its place; returns the state before it in the device's own order (None: a baseline)."""
    if fact.retained:
        return None
    if not fact.seq:  # no numbers: the order of arrival is all there is
        before, sensor.value = sensor.value, sensor.value if value is None else value
        return before
    boot = next((b for b in reversed(sensor.boots) if b.bootid == fact.bootid), None)
    if boot is None:
        boot = Boot(fact.bootid, fact.seq, at, value, value_seq=0 if value is None else fact.seq)
        if fact.seq > 1:
            boot.gaps.append(Gap(1, fact.seq - 1, None, None, at))
        sensor.boots = [*sensor.boots[1 - _BOOTS_KEPT :], boot]
        return None
    if fact.seq > boot.seq:
        before = boot.value
        if fact.seq == boot.seq + 1:
            _cover(home, sensor, boot.at, at)
        else:
            gap = Gap(boot.seq + 1, fact.seq - 1, boot.value, boot.at, at, boot.value_seq)
            boot.gaps = [*boot.gaps[1 - _GAPS_KEPT :], gap]
        boot.seq, boot.at = fact.seq, at
        if value is not None:
            boot.value, boot.value_seq = value, fact.seq
        return before
    return _fill(home, sensor, boot, fact.seq, at, value)


def _fill(home: Household, sensor: Sensor, boot: Boot, seq: int, at: int, value: bool | None) -> bool | None:
    """A late report falls into a hole: it covers the time to its neighbours where these are known."""
    for index, gap in enumerate(boot.gaps):
        if not gap.first <= seq <= gap.last:
            continue
        at_start, at_end = seq == gap.first, seq == gap.last
        before = gap.value_before if at_start else None
        if at_start and gap.at_before is not None:
            _cover(home, sensor, gap.at_before, at)
        if at_end:
            _cover(home, sensor, at, gap.at_after)
        after_value = value if value is not None else before
        parts = []
        if not at_start:
            parts.append(Gap(gap.first, seq - 1, gap.value_before, gap.at_before, at, gap.value_seq))
        if not at_end:
            parts.append(Gap(seq + 1, gap.last, after_value, at, gap.at_after, gap.value_seq if at_start else 0))
        boot.gaps[index : index + 1] = parts
        if value is not None:
            _know_from(boot, seq, value)
        return before
    return None


def _know_from(boot: Boot, seq: int, value: bool) -> None:
    """What came late is the state from there on, up to the next report that said one."""
    for gap in boot.gaps:
        if gap.first > seq > gap.value_seq:
            gap.value_before, gap.value_seq = value, seq
    if seq > boot.value_seq:
        boot.value, boot.value_seq = value, seq


def _cover(home: Household, sensor: Sensor, start: int, end: int) -> None:
    """Two consecutive reports: the time between them was seen. What was blind until now may bring a deadline nearer."""
    if not sensor.tells_life:
        return
    start, end = min(start, end), max(start, end)
    known_until = home.by_seq.spans[-1][1] if home.by_seq.spans else 0
    home.by_seq.add(start, end)
    if known_until < sensor.lease_from or end < known_until:
        home.seen_more = True
