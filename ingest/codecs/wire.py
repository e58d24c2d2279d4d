"""The shapes of the native wire: topics, the CloudEvents profile, buffered items, status. Pure."""

import re
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from ingest.codecs.decoded import Refused

T = TypeVar("T")
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
BootId = Annotated[str, msgspec.Meta(max_length=64)]
Seq = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """The profile of CloudEvents that devices speak; unknown keys are ignored. `seq` 0: it has none."""

    specversion: Literal["1.0"]
    id: Id
    source: str
    type: str
    data: dict[str, Any]
    time: str | None = None
    clock: str = ""
    bootid: BootId = ""
    seq: Seq = 0


class Item(msgspec.Struct, frozen=True, gc=False):
    """A reading that waited in the device, under the id it was or would have been sent with."""

    id: Id
    seq: Seq
    type: str
    time: str
    data: dict[str, Any]


class Status(msgspec.Struct, frozen=True, gc=False):
    """Online or offline, said by the device or by its last will."""

    state: Literal["online", "offline"]
    bootid: BootId = ""


class Address(msgspec.Struct, frozen=True, gc=False):
    """A topic taken apart. `source` is what the message must name as its own."""

    site: str
    device: str
    source: str
    tail: str


_NAME = "([a-z0-9][a-z0-9-]{1,31})"
_TOPIC = re.compile(f"shouwang/v1/{_NAME}/{_NAME}/(event|tele|status)", re.ASCII)


@lru_cache(maxsize=200_000)
def address(topic: str) -> Address:
    """Where a message comes from; devices keep their topics, so each is taken apart once. Raises Refused."""
    found = _TOPIC.fullmatch(topic)
    if not found:
        raise Refused("wrong_topic", topic[:200])
    site, device, tail = found.groups()
    return Address(site, f"{site}/{device}", f"shouwang/v1/{site}/{device}", tail)


def shaped(tree: Any, cls: type[T]) -> T:
    """The tree as this shape. Raises Refused(bad_field) with the path of what does not fit."""
    try:
        return msgspec.convert(tree, cls)
    except (msgspec.ValidationError, OverflowError) as fault:
        raise Refused("bad_field", str(fault)[:200]) from None


def number(value: Any) -> float | None:
    """A JSON number as a float; None for everything else, `true` included, and for what no sensor means."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12:
        return float(value)
    return None
