"""What a provider takes in a second: a bucket of tokens each. Class 1 never waits for one, and what it takes others owe.

The outbox lines people up fairly and class 1 first; the buckets only say whose turn has not come yet.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from alerts.notify.channel import Channel

_LEAST_BURST: Final = 1.0
_BURST_S: Final = 1.0
"""A bucket holds what flows into it in so long: a look every quarter of a second wastes nothing."""
_DEBT_S: Final = 10.0
"""However much class 1 took at once, others wait for it no longer than this."""


class Bucket:
    """`rate` tokens a second. May owe, for class 1 takes what is not there."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate, self._most = rate, max(_LEAST_BURST, rate * _BURST_S)
        self._tokens, self._at = self._most, now

    def level(self, now: float) -> float:
        """How many there are; below 1 the turn has not come."""
        self._tokens = min(self._most, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        return self._tokens

    def take(self, now: float) -> None:
        """One message goes."""
        self._tokens = max(self.level(now) - 1, -self._rate * _DEBT_S)


class Pacing:
    """The buckets of all channels that name a rate. Several threads may use one."""

    def __init__(self, channels: Mapping[str, Channel], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        rates = {name: channel.capabilities.rate_per_s for name, channel in channels.items()}
        self._buckets = {name: Bucket(rate, clock()) for name, rate in rates.items() if rate}

    def limits(self, channel: str) -> bool:
        """Does this channel name a rate?"""
        return channel in self._buckets

    def only_class(self, channel: str) -> int | None:
        """1 while only class 1 may go by this channel, None while everything may."""
        with self._lock:
            bucket = self._buckets.get(channel)
            return 1 if bucket is not None and bucket.level(self._clock()) < 1 else None

    def took(self, channel: str) -> None:
        """A message was claimed for this channel."""
        with self._lock:
            bucket = self._buckets.get(channel)
            if bucket is not None:
                bucket.take(self._clock())
