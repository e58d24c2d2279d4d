"""Asks the service how it is. No answer, a bad one, or a heart that stands still: all three are trouble."""

import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError

from shouwang.watchdog.settings import on_this_machine

_ANSWERS_WITHIN_S = 8.0
_HEART_STANDS_S = 120.0
"""The service looks after itself every 30 s and moves its heartbeat when all is well: three beats may be missed."""
_MOST_BYTES = 200_000


class Found(NamedTuple):
    """`why`: silent (nobody answers), unwell (it says so itself), still (its heartbeat does not move); "" when well."""

    why: str
    detail: str = ""

    @property
    def well(self) -> bool:
        """Is everything as it should be?"""
        return not self.why


class Asking:
    """Remembers when the heartbeat last moved, by this process's own clock: nobody's wall clocks are compared."""

    def __init__(
        self,
        url: str,
        *,
        within_s: float = _ANSWERS_WITHIN_S,
        stands_s: float = _HEART_STANDS_S,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._within_s, self._stands_s, self._mono = url, within_s, stands_s, mono
        self._beat: Any = None
        self._moved = mono()

    def ask(self) -> Found:
        """Once; never raises."""
        status, said = self._fetch()
        if status == 0:
            return Found("silent", said)
        try:
            health = json.loads(said)
        except ValueError:
            return Found("unwell", f"HTTP {status}")
        if not isinstance(health, dict):
            return Found("unwell", f"HTTP {status}")
        beat, now = health.get("heartbeat_at"), self._mono()
        if beat != self._beat:
            self._beat, self._moved = beat, now
        if status != 200 or health.get("ok") is not True:
            return Found("unwell", f"HTTP {status}")
        if "heartbeat_at" in health and now - self._moved > self._stands_s:
            return Found("still", f"{now - self._moved:.0f} s")
        return Found("")

    def _fetch(self) -> tuple[int, str]:
        """Status and body; 0 and why when nobody answers."""
        trusting = ssl._create_unverified_context() if on_this_machine(self._url) else None  # noqa: S323, SLF001  # our own door, on this machine
        try:
            with urllib.request.urlopen(self._url, timeout=self._within_s, context=trusting) as answer:  # noqa: S310  # http(s) only, by the settings
                return answer.status, answer.read(_MOST_BYTES).decode("utf-8", "replace")
        except HTTPError as unwell:
            try:
                return unwell.code, unwell.read(_MOST_BYTES).decode("utf-8", "replace")
            except OSError:
                return unwell.code, ""
        except (URLError, OSError, ValueError) as failure:
            return 0, type(failure).__name__


def ping(url: str) -> bool:
    """Tell a watcher outside that all is well; whether it heard."""
    try:
        with urllib.request.urlopen(url, timeout=_ANSWERS_WITHIN_S) as answer:  # noqa: S310  # http(s) only, by the settings
            return bool(answer.status < 400)
    except (URLError, OSError, ValueError):
        return False
