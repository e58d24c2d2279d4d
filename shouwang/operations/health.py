"""Asking the service from outside how it is."""

import ssl
import time
import urllib.request
from http import HTTPStatus
from urllib.error import HTTPError, URLError

from shouwang.settings import Settings

_UNWELL_SHOWN_AFTER_S = 20.0


class Health:
    """Asks the service until it says that it is well. When it answers for long that it is not, people may look too."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._unwell_since = settings, 0.0
        self.said = ""

    def ready(self) -> bool:
        """Well, or up and unwell for so long that somebody should see it."""
        well, self.said = _ask(self._settings)
        if well or not self.said:
            self._unwell_since = 0.0
            return well
        self._unwell_since = self._unwell_since or time.monotonic()
        return time.monotonic() - self._unwell_since > _UNWELL_SHOWN_AFTER_S


def _ask(settings: Settings) -> tuple[bool, str]:
    """Whether it is well, and what it says when it is not; nothing said: nobody answers."""
    trusting = ssl._create_unverified_context() if settings.tls else None  # noqa: S323, SLF001  # our own door, on this machine
    try:
        with urllib.request.urlopen(f"{settings.console_url}/health", timeout=2, context=trusting) as answer:  # noqa: S310  # http(s) only
            return bool(answer.status == HTTPStatus.OK), ""
    except HTTPError as unwell:
        return False, unwell.read(2000).decode("utf-8", "replace") or str(unwell.code)
    except (URLError, OSError, ValueError):
        return False, ""
