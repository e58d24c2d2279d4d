"""By which ways people can be told, and how somebody would rather be told."""

from typing import Literal

import msgspec

from events.types.fact import Event, fact

Medium = Literal["sms", "voice", "group"]


class DeclaredChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One channel as the planner may count on it; `daily_budget` messages a phone in 24 h, None for no limit.

    `identical_a_day`: as many copies of one text a phone may get in 24 h, None for no limit; `rate_per_s`: what the
    provider takes. `receipts`: it says whether the phone got it. `keypad`: answers by keys during a call.
    """

    name: str
    medium: Medium = "sms"
    two_way: bool = False
    links: bool = False
    receipts: bool = False
    keypad: bool = False
    daily_budget: int | None = None
    identical_a_day: int | None = None
    rate_per_s: float | None = None


@fact
class ChannelsDeclared(Event, frozen=True, kw_only=True):
    """The channels of this house from here on, in order of preference. What is decided, is decided by the last of these."""

    channels: list[DeclaredChannel]


@fact
class PersonPreferencesSet(Event, frozen=True, kw_only=True):
    """How this person is told: a call before a text, and spoken slowly."""

    person: str
    voice_first: bool = False
    slow_speech: bool = False
