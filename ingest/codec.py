"""Bytes from the broker to facts: which family speaks on which topic, and what even a stranger's alarm says. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from ingest.codecs import native
from ingest.codecs.alarming import alarm_in
from ingest.codecs.decoded import Decoded, Reading, Refused, RefusedItem

__all__ = ["CODECS", "Decoded", "Reading", "Refused", "RefusedItem", "alarm_in", "decode", "device_time"]


class Family(NamedTuple):
    """What a module of `ingest.codecs` must know."""

    decode: Callable[..., Decoded]
    device_time: Callable[[bytes], int | None]


CODECS: dict[str, Family] = {"shouwang/v1/": Family(native.decode, native.device_time)}
"""Topic prefix -> the family that speaks there. To add one: a file in `codecs/`, a line here, a test."""


def decode(topic: str, payload: bytes, *, retained: bool, received_at: int) -> Decoded:
    """What the message says, as of its receipt in microseconds. Raises Refused and nothing else."""
    family = _family(topic)
    if family is None:
        raise Refused("wrong_topic", topic[:200])
    return family.decode(topic, payload, retained=retained, received_at=received_at)


def device_time(topic: str, payload: bytes) -> int | None:
    """The device's own time where its clock vouches for it; None for everything else, bad input included."""
    family = _family(topic)
    return family.device_time(payload) if family else None


def _family(topic: str) -> Family | None:
    for prefix, family in CODECS.items():
        if topic.startswith(prefix):
            return family
    return None
