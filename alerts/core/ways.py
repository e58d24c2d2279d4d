"""The ways to a person: by which channel on which phone, in which order, and which of them at once. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from events.types.channel import DeclaredChannel
from events.types.message import TellRequested

_CALLED_FOR = frozenset({"refired_first"})
"""Why somebody is told outside of a step that a call is worth: who went before is asked to go again."""


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """One phone by one channel; an empty channel is the one of a house that has not declared its channels."""

    phone: str
    channel: str
    medium: str = "sms"


class Line(msgspec.Struct):
    """What a phone is good for."""

    sms: bool = True
    voice: bool = True


def ways(
    phones: Sequence[str], lines: dict[str, Line], channels: Iterable[DeclaredChannel], *, voice_first: bool
) -> list[Way]:
    """All ways, the first choice first: by medium, by the house's preference of channels, by the order of phones."""
    known = list(channels)
    media = ("voice", "sms") if voice_first else ("sms", "voice")
    return [
        Way(phone, channel.name, medium)
        for medium in media
        for channel in known
        if channel.medium == medium
        for phone in phones
        if getattr(lines.get(phone, Line()), medium)
    ]


def all_at_once(found: Sequence[Way], *, calls: bool) -> list[Way]:
    """Class 1: every phone by the first channel of each medium; without `calls` by text where there is a text."""
    first: dict[tuple[str, str], Way] = {}
    texts = any(way.medium == "sms" for way in found)
    for way in found:
        if calls or way.medium == "sms" or not texts:
            first.setdefault((way.phone, way.medium), way)
    return list(first.values())


def asked_to_go(tell: TellRequested) -> bool:
    """Is somebody asked to go to the door, for which a call is worth its noise? Else they are only informed."""
    return tell.step > 0 or tell.why in _CALLED_FOR


def beside(failed: Way, left: Sequence[Way]) -> Way | None:
    """The same phone by the next channel of the same medium."""
    return next((way for way in left if (way.phone, way.medium) == (failed.phone, failed.medium)), None)


def provider_last(failed: Way, left: Sequence[Way]) -> list[Way]:
    """The provider did not take it: whatever else goes by it is tried last in its medium."""
    return sorted(left, key=lambda way: (_place(way.medium, left), way.channel == failed.channel))


def _place(medium: str, left: Sequence[Way]) -> int:
    return next(place for place, way in enumerate(left) if way.medium == medium)
