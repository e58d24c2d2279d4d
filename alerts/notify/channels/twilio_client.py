"""Twilio's own client, made so that it always ends, tells nothing and reaches only where it should."""

import logging
import re
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # ships no types
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.util import Timeout

from alerts.notify.channel import SendFailed, Sent
from alerts.notify.channels.deadline import can_be_cut, ends_within
from alerts.notify.channels.twilio_faults import send_failed

CALL_S: Final = 8.0
_CONNECT_S: Final = 4.0  # two lost handshake packets are repeated within it (after 1 s and 3 s)
_CLOCKS_DIFFER: Final = timedelta(seconds=10)
_NEWEST: Final = 50
"""So many messages or calls to one phone are looked through for a lost one."""
_SECONDS: Final = re.compile(r"[0-9]{1,6}")
"""How long to wait, as Twilio says it. A date, or more than eleven days, is taken as said by somebody else."""


class NotOnThisComputer(Exception):
    """A provider at another address than its own is for tests, and must be plain HTTP on a loopback address."""


class TwilioLine:
    """The client of an account, one for each thread: Twilio's keeps the last response in itself."""

    def __init__(self, account_sid: str, auth_token: str, *, api_base: str, timeout_s: float) -> None:
        """Raises NotOnThisComputer."""
        require_here(api_base)
        self._account = (account_sid, auth_token)
        self._api_base, self._timeout_s = api_base, timeout_s
        self._mine = threading.local()
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # at DEBUG it prints numbers in addresses
        _ = self.client  # loads Twilio's modules now and not in the first alarm

    @property
    def client(self) -> Any:
        """This thread's own."""
        client = getattr(self._mine, "client", None)
        if client is None:
            client = self._mine.client = self._made()
            self._mine.retry_after_s = None
        return client

    @property
    def retry_after_s(self) -> float | None:
        """What the last answer this thread got asked for."""
        return getattr(self._mine, "retry_after_s", None)

    def fresh(self) -> Any:
        """The client, with what the last answer asked for forgotten."""
        self._mine.retry_after_s = None
        return self.client

    def _made(self) -> Any:
        http = TwilioHttpClient(
            timeout=self._timeout_s, logger=_mute(), request_hooks={"response": [self._note_retry_after]}
        )
        can_be_cut(http.session)
        http.timeout = limit(self._timeout_s)
        # TWILIO_EDGE and TWILIO_REGION would corrupt another base address: the environment is not looked at.
        client = Client(*self._account, http_client=http, environment={"none": ""})
        if self._api_base:
            client.api.base_url = self._api_base.rstrip("/")
            http.session.trust_env = False  # a proxy of this computer is not the way to this computer
        _ = client.messages
        return client

    def _note_retry_after(self, response: Any, *_args: Any, **_more: Any) -> None:
        text = str(response.headers.get("Retry-After", ""))
        self._mine.retry_after_s = float(text) if _SECONDS.fullmatch(text) else None


def newest_of_ours(
    line: TwilioLine, kind: Literal["messages", "calls"], to: str, ours: Callable[[Any], bool], *,
    since: int, known: Collection[str], within_s: float, timeout_s: float,
) -> Sent | None:  # fmt: skip
    """The newest message or call to this number since then that is `ours` and belongs to no other message, or None.

    `since` in microseconds; Twilio's times are whole seconds of another clock. Raises SendFailed.
    """
    earliest = datetime.fromtimestamp(since // 1_000_000, UTC) - _CLOCKS_DIFFER
    client, limit_s = line.client, min(within_s, timeout_s)
    client.http_client.timeout = limit(limit_s)
    try:
        with ends_within(limit_s):
            newest = getattr(client, kind).list(to=to, limit=_NEWEST)
        for one in newest:
            made_at = one.date_created
            recent = made_at is not None and made_at.replace(tzinfo=made_at.tzinfo or UTC) >= earliest
            if recent and ours(one) and one.sid not in known:
                return Sent(said(one.sid), str(one.status or ""))
    except Exception as error:
        raise send_failed(error) from None
    finally:
        client.http_client.timeout = limit(timeout_s)
    return None


def require_here(api_base: str) -> None:
    """Raises NotOnThisComputer for a provider's address that is neither its own (empty) nor on loopback."""
    if api_base and not (api_base.startswith("http://") and _on_this_computer(api_base)):
        raise NotOnThisComputer(api_base)


def limit(seconds: float) -> Timeout:
    """As one number it would count for the handshake and for each read anew."""
    return Timeout(connect=min(_CONNECT_S, seconds), total=seconds)


def said(value: object) -> str:
    """A word of an answer that must be there; without it nobody knows whether it was taken."""
    if not value:
        raise SendFailed("an answer without id or status", permanent=False, ambiguous=True, code="no_answer")
    return str(value)


def hooks_at(public_base_url: str, api_base: str) -> str:
    """Where Twilio reaches us, or "": it refuses every message (21609) whose callback it cannot reach."""
    reachable = public_base_url and (api_base or _public(public_base_url))
    return f"{public_base_url.rstrip('/')}/hooks/twilio" if reachable else ""


def _mute() -> logging.Logger:
    """Twilio's client logs phone numbers at INFO."""
    logger = logging.getLogger("shouwang.twilio.requests")
    logger.disabled = True
    return logger


def _on_this_computer(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _public(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".")
