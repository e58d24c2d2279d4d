"""Text messages by Twilio, with its own client: send, find an answer that was lost, ask what became of one."""

import logging
import re
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote, urlsplit

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # ships no types
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.util import Timeout

from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.channels.deadline import can_be_cut, ends_within
from alerts.notify.channels.twilio_faults import send_failed

CALL_S: Final = 8.0
_CONNECT_S: Final = 4.0  # two lost handshake packets are repeated within it (after 1 s and 3 s)
_VALID_S: Final = (60, 36_000)  # Twilio takes 1 to 36000; under a minute a carrier drops what it would have delivered
_CLOCKS_DIFFER: Final = timedelta(seconds=10)
_NEWEST: Final = 50  # messages to one phone that are looked through for a lost one
_SECONDS: Final = re.compile(r"[0-9]{1,6}")
"""How long to wait, as Twilio says it. A date, or more than eleven days, is taken as said by somebody else."""
_CAPABILITIES: Final = Capabilities(two_way=True, links=True, receipts=True, keypad=False)


class NotOnThisComputer(Exception):
    """A Twilio at another address than Twilio's own is for tests, and must be plain HTTP on a loopback address."""


class TwilioSms:
    """May be called from several threads; each has a client of its own."""

    name = "twilio_sms"
    really_sends = True

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str = "",
        messaging_service_sid: str = "",
        public_base_url: str = "",
        api_base: str = "",
        timeout_s: float = CALL_S,
        capabilities: Capabilities = _CAPABILITIES,
    ) -> None:
        """`sender` (a number) or `messaging_service_sid`. Without a public address receipts come by asking only."""
        if bool(sender) == bool(messaging_service_sid):
            raise ValueError("either a sender or a messaging service, and not both")
        if api_base and not (api_base.startswith("http://") and _on_this_computer(api_base)):
            raise NotOnThisComputer(api_base)
        self.capabilities = capabilities
        self._account = (account_sid, auth_token)
        self._from = {"from_": sender} if sender else {"messaging_service_sid": messaging_service_sid}
        # Twilio refuses every message (21609) whose callback it cannot reach.
        reachable = public_base_url and (api_base or _public(public_base_url))
        self._hooks = f"{public_base_url.rstrip('/')}/hooks/twilio/status/" if reachable else ""
        self._api_base, self._timeout_s = api_base, timeout_s
        self._mine = threading.local()
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # at DEBUG it prints numbers in addresses
        _ = self._client  # loads Twilio's modules now and not in the first alarm

    def send(self, outgoing: Outgoing) -> Sent:
        """Create the message; its status callback carries our id."""
        callback = self.callback_of(outgoing.message)
        more = {"status_callback": callback} if callback else {}
        least, most = _VALID_S
        valid_s = min(max(outgoing.valid_s, least), most)
        self._mine.retry_after_s = None
        try:
            with ends_within(self._timeout_s):
                made = self._client.messages.create(
                    to=outgoing.to, body=outgoing.text, validity_period=valid_s, **self._from, **more
                )
            return Sent(_said(made.sid), str(made.status or ""))
        except Exception as error:
            raise send_failed(error, retry_after_s=self._mine.retry_after_s) from None

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:
        """Look through the newest messages to this number; Twilio's times are whole seconds of another clock."""
        earliest = datetime.fromtimestamp(since // 1_000_000, UTC) - _CLOCKS_DIFFER
        client = self._client
        limit_s = min(within_s, self._timeout_s)
        client.http_client.timeout = _limit(limit_s)
        try:
            with ends_within(limit_s):
                newest = client.messages.list(to=to, limit=_NEWEST)
            for one in newest:
                made_at = one.date_created
                recent = made_at is not None and made_at.replace(tzinfo=made_at.tzinfo or UTC) >= earliest
                # A trial account puts words of its own before the text.
                ours = one.body is not None and str(one.body).endswith(text) and one.direction != "inbound"
                if recent and ours and one.sid not in known:
                    return Sent(_said(one.sid), str(one.status or ""))
        except Exception as error:
            raise send_failed(error) from None
        finally:
            client.http_client.timeout = _limit(self._timeout_s)
        return None

    def fetch(self, provider_id: str) -> Report:
        """The status Twilio has now."""
        try:
            with ends_within(self._timeout_s):
                one = self._client.messages(provider_id).fetch()
            return Report(_said(one.status), str(one.error_code or ""))
        except Exception as error:
            raise send_failed(error) from None

    def callback_of(self, message: str) -> str:
        """Where Twilio reports on this message of ours; empty when it could not reach us there."""
        return self._hooks + quote(message, safe="") if self._hooks else ""

    @property
    def _client(self) -> Any:
        """One a thread: Twilio's HTTP client keeps the last response in itself, and sessions of requests promise nothing to threads."""
        client = getattr(self._mine, "client", None)
        if client is None:
            client = self._mine.client = self._made()
        return client

    def _made(self) -> Any:
        http = TwilioHttpClient(
            timeout=self._timeout_s, logger=_mute(), request_hooks={"response": [self._note_retry_after]}
        )
        can_be_cut(http.session)
        http.timeout = _limit(self._timeout_s)
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


def _limit(seconds: float) -> Timeout:
    """As one number it would count for the handshake and for each read anew."""
    return Timeout(connect=min(_CONNECT_S, seconds), total=seconds)


def _said(value: object) -> str:
    if not value:
        raise SendFailed("an answer without id or status", permanent=False, ambiguous=True, code="no_answer")
    return str(value)


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
