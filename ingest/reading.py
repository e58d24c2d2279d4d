"""A message to what it becomes: facts of a device we know, or something to keep, never an exception."""

from collections.abc import Iterable

from events.store import New
from events.types.device import DeviceFact, DeviceStatusReported, ReadingsGapClosed, ReadingsGapOpened, ReadingsLost
from ingest.batch import Piece
from ingest.caught_up import CaughtUp
from ingest.codec import Decoded, Reading, Refused, alarm_in, decode
from ingest.inbox import Raw
from ingest.known import Known
from ingest.quarantine import Kept
from ingest.sequences import Sequences, status_word

Touched = dict[str, tuple[str, bool]]
"""Device -> the boot it spoke from, and whether it sent what it had buffered."""


class Reader:
    """Belongs to the intake's thread; remembers between two flushes which holes opened and who spoke."""

    def __init__(self, known: Known, sequences: Sequences, caught_up: CaughtUp) -> None:
        self._known, self._sequences, self._caught_up = known, sequences, caught_up
        self._touched: Touched = {}
        self._opened: dict[tuple[str, str, int, int], int] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self.position = 0

    def read(self, raw: Raw) -> Piece:
        """Whatever is wrong with a message ends in quarantine, with a reason."""
        try:
            decoded = decode(raw.topic, raw.payload, retained=raw.retained, received_at=raw.received_at)
        except Refused as why:
            return Piece(raw, [], [self._refused(raw, why)])
        except Exception as fault:  # a fault of ours in a codec; the bytes wait until it is mended
            return Piece(raw, [], [self._refused(raw, Refused("codec_failed", repr(fault)[:300]))])
        refusal = self._known.refusal(decoded.device)
        if refusal:
            return Piece(raw, [], [self._not_watched(raw, decoded, refusal)])
        if decoded.backfill or decoded.seq:
            self._touch(decoded)
        news = [new for reading in decoded.readings if (new := self._new(decoded, reading, raw)) is not None]
        kept = [self._item(raw, decoded, item.payload, item.why) for item in decoded.refused]
        return Piece(raw, news, kept)

    def _new(self, decoded: Decoded, reading: Reading, raw: Raw) -> New | None:
        event, at = reading.event, reading.at
        device = decoded.device
        if isinstance(event, DeviceStatusReported):
            word = status_word(event)
            if raw.retained and not self._sequences.is_news(device, word):
                return None  # the broker's memory of what we recorded already
            self._sequences.has_status(device, word)
        elif isinstance(event, ReadingsLost):
            self._sequences.lost(device, event.bootid, event.first, event.last)
        elif event.seq:
            self._came(device, event.bootid, event.seq, at)
        if not reading.trusted and not event.backfilled:
            # When it happened is unknown; while catching up it may have lain at the broker since we went deaf.
            gap_start = self._caught_up.gap_start
            at = at if gap_start is None else min(at, gap_start)
        return New(f"device-{device}", decoded.site, event, at, reading.key, reading.digest)

    def _came(self, device: str, bootid: str, seq: int, at: int) -> None:
        hole = self._sequences.came(device, bootid, seq)
        if hole:
            self._opened[device, bootid, hole[0], hole[1]] = at
        self._seen[device, bootid] = at

    def _touch(self, decoded: Decoded) -> None:
        _, before = self._touched.get(decoded.device, ("", False))
        self._touched[decoded.device] = (decoded.bootid, decoded.backfill or before)
        if decoded.backfill and decoded.seq:  # the envelope may have a number of its own
            self._came(decoded.device, decoded.bootid, decoded.seq, decoded.readings[-1].at if decoded.readings else 0)

    def gaps(self) -> list[New]:
        """Holes that opened since the last flush and are still there, and older ones that are full now."""
        found: list[New] = []
        opened, self._opened = self._opened, {}
        seen, self._seen = self._seen, {}
        for (device, bootid), at in seen.items():
            for first, last in self._sequences.closed(device, bootid):
                if opened.pop((device, bootid, first, last), None) is None:
                    closed = ReadingsGapClosed(device=device, bootid=bootid, first=first, last=last)
                    found.append(_gap(closed, at, f"~gap-closed-{bootid}-{first}-{last}"))
        for (device, bootid, first, last), at in opened.items():
            event = ReadingsGapOpened(device=device, bootid=bootid, first=first, last=last)
            found.append(_gap(event, at, f"~gap-{bootid}-{first}-{last}"))
        return found

    def touched(self) -> Touched:
        """Who spoke since the last flush."""
        touched, self._touched = self._touched, {}
        return touched

    def _refused(self, raw: Raw, why: Refused) -> Kept:
        """The bytes are safe, so their number is not missing: else one odd reading would hold the ack for ever."""
        site, device = _address(raw.topic)
        if why.seq and not self._known.refusal(device):
            self._came(device, why.bootid, why.seq, raw.received_at)
            self._touched.setdefault(device, (why.bootid, False))
        return _kept(raw, raw.payload, why.reason, why.detail, site, device)

    def _item(self, raw: Raw, decoded: Decoded, payload: bytes, why: Refused) -> Kept:
        if why.seq:
            self._came(decoded.device, why.bootid, why.seq, raw.received_at)
        return _kept(raw, payload, why.reason, why.detail, decoded.site, decoded.device, named=True)

    def _not_watched(self, raw: Raw, decoded: Decoded, reason: str) -> Kept:
        if reason != "unknown_device":
            for seq in _numbers(decoded):
                self._came(decoded.device, decoded.bootid, seq, raw.received_at)
            self._touch(decoded)
        named = decoded.tail != "status"
        return _kept(raw, raw.payload, reason, "", decoded.site, decoded.device, named=named)


def _numbers(decoded: Decoded) -> Iterable[int]:
    said = [reading.event.seq for reading in decoded.readings] + [item.why.seq for item in decoded.refused]
    return (seq for seq in said if seq)


def _kept(raw: Raw, payload: bytes, reason: str, detail: str, site: str, device: str, *, named: bool = False) -> Kept:
    danger = alarm_in(payload)
    return Kept(raw.received_at, raw.topic, payload, raw.retained, reason, detail, site, device, danger, named)


def _gap(event: DeviceFact, at: int, key: str) -> New:
    return New(f"device-{event.device}", event.device.partition("/")[0], event, at, key, 0)


def _address(topic: str) -> tuple[str, str]:
    """Site and device as far as the topic has them, for sorting what cannot be taken."""
    parts = topic.split("/")
    if len(parts) != 5 or not all(part.isascii() and part.replace("-", "").isalnum() for part in parts[2:4]):
        return "", ""
    return parts[2], f"{parts[2]}/{parts[3]}"
