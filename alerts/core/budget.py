"""What a phone may still get: the carrier's limits for a day, counted when a message is intended. Pure.

Carriers in mainland China refuse the third or fourth identical text of a day and more than some ten texts to a phone
in 24 h, so that whoever sends without counting is silent in the alarm that follows. Class 1 is never held back by us.
"""

import zlib
from collections.abc import Mapping, Sequence

import msgspec

from events.types.channel import DeclaredChannel
from events.types.fact import DAY, MINUTE

_SHOWN_IN_MINUTES = "clock"
_NOT_TOLD_APART = frozenset({"person"})
"""Two people may be named alike in a message."""


class Spent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message that counts; `text`: equal where the text is."""

    at: int
    message: str
    phone: str
    channel: str
    text: str


def recent(spent: Sequence[Spent], at: int) -> list[Spent]:
    """What still counts: the last 24 h, rolling."""
    return [one for one in spent if one.at > at - DAY]


def exhausted(spent: Sequence[Spent], phone: str, channel: DeclaredChannel, *, at: int, reserve: int) -> bool:
    """Has this phone had what it may get by this channel, but for what is kept for class 1?"""
    if channel.daily_budget is None:
        return False
    had = sum(one.phone == phone and one.channel == channel.name for one in recent(spent, at))
    return had >= channel.daily_budget - reserve


def copies(spent: Sequence[Spent], phone: str, text: str, *, at: int) -> int:
    """How often this phone has had this very text in 24 h, by whichever channel: carriers count by phone."""
    return sum(one.phone == phone and one.text == text for one in recent(spent, at))


def same_text(template: str, variables: Mapping[str, str], words: Mapping[str, str], slot: int, language: str) -> str:
    """Equal for messages whose text is equal: the template and what it shows, times as they are shown."""
    shown = [language, template]
    for name in sorted(variables):
        if name in _NOT_TOLD_APART:
            continue
        value = {"slot": str(slot or words.get("slot", "")), "house": words.get("home", "")}.get(name)
        if name == "do_first":
            value = words.get("danger", "")
        if value is None:
            value = words.get(name, "")
        if name == _SHOWN_IN_MINUTES and value.isdecimal():
            value = str(int(value) // MINUTE % (24 * 60))
        shown.append(value)
    return f"{zlib.crc32('|'.join(shown).encode()):08x}"
