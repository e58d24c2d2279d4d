"""The watchdog's own channel: one SMS by Twilio's client, nothing more."""

import logging
from typing import Any

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # ships no types
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from shouwang.watchdog.settings import Account

_CALL_S = 8.0
log = logging.getLogger("shouwang.watchdog")


class Telling:
    """Says whether the provider took it. Sending twice is better than not at all, so nothing is looked up first."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client: Any = Client(account.sid, account.token, http_client=TwilioHttpClient(timeout=_CALL_S))
        if account.api_base:
            self._client.api.base_url = account.api_base

    def send(self, to: str, text: str) -> bool:
        """Never raises; no number and no text goes into the log."""
        try:
            self._client.messages.create(to=to, from_=self._account.sender, body=text)
        except (TwilioException, OSError) as failure:
            log.warning("an SMS was not taken: %s %s", type(failure).__name__, getattr(failure, "code", ""))
            return False
        return True
