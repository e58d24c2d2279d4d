"""The watchdog's own ways: one SMS by Twilio, by Aliyun, or by a program of the house (a modem, another provider); no more."""

import logging
import subprocess
from collections.abc import Sequence
from typing import Any

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # ships no types
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from shouwang.watchdog.by_aliyun import ByAliyun
from shouwang.watchdog.minding import Sms
from shouwang.watchdog.settings import Account, AliyunAccount

_CALL_S = 8.0
_PROGRAM_S = 20.0
"""A modem needs some seconds for each text."""
log = logging.getLogger("shouwang.watchdog")


class Telling:
    """By the first way that takes it. Says whether one did."""

    def __init__(self, account: Account | None, aliyun: AliyunAccount | None, command: Sequence[str] = ()) -> None:
        self._ways: list[ByTwilio | ByAliyun | ByCommand] = []
        if aliyun is not None:
            self._ways.append(ByAliyun(aliyun))
        if account is not None:
            self._ways.append(ByTwilio(account))
        if command:
            self._ways.append(ByCommand(command))

    def send(self, sms: Sms) -> bool:
        """Never raises; no number and no text goes into the log."""
        return any(way.send(sms) for way in self._ways)


class ByCommand:
    """A program that gets number and text as its last two words and ends with 0 when the text is taken."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = [*command]

    def send(self, sms: Sms) -> bool:
        """Never raises; what the program prints is not kept, for it may hold the number."""
        try:
            ended = subprocess.run(  # noqa: S603  (the words are its owner's, and no shell reads them)
                [*self._command, sms.to, sms.text], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                timeout=_PROGRAM_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as failure:
            log.warning("the program did not send: %s", type(failure).__name__)
            return False
        if ended.returncode:
            log.warning("the program did not send: it ended with %d", ended.returncode)
        return not ended.returncode


class ByTwilio:
    """Says whether the provider took it. Sending twice is better than not at all, so nothing is looked up first."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client: Any = Client(account.sid, account.token, http_client=TwilioHttpClient(timeout=_CALL_S))
        if account.api_base:
            self._client.api.base_url = account.api_base

    def send(self, sms: Sms) -> bool:
        """Never raises; no number and no text goes into the log."""
        try:
            self._client.messages.create(to=sms.to, from_=self._account.sender, body=sms.text)
        except (TwilioException, OSError) as failure:
            log.warning("an SMS was not taken: %s %s", type(failure).__name__, getattr(failure, "code", ""))
            return False
        return True
