"""Text messages by Twilio, with its own client: send, find an answer that was lost, ask what became of one."""

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote

from alerts.notify.channel import Capabilities, Outgoing, Report, Sent
from alerts.notify.channels.deadline import ends_within
from alerts.notify.channels.twilio_client import CALL_S, NotOnThisComputer, TwilioLine, hooks_at, newest_of_ours, said
from alerts.notify.channels.twilio_faults import send_failed

__all__ = ["NotOnThisComputer", "TwilioSms"]

_VALID_S: Final = (60, 36_000)  # Twilio takes 1 to 36000; under a minute a carrier drops what it would have delivered
MAINLAND: Final = Capabilities(two_way=False, links=False, receipts=True, keypad=False, identical_a_day=2)
"""In mainland China: no answers come back, and the third identical text of a day is refused (Twilio, "China: SMS guidelines")."""
ANYWHERE: Final = Capabilities(two_way=True, links=True, receipts=True, keypad=False)


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
        capabilities: Capabilities = ANYWHERE,
    ) -> None:
        """`sender` (a number) or `messaging_service_sid`. Without a public address receipts come by asking only."""
        if bool(sender) == bool(messaging_service_sid):
            raise ValueError("either a sender or a messaging service, and not both")
        self.capabilities = capabilities
        self._from = {"from_": sender} if sender else {"messaging_service_sid": messaging_service_sid}
        self._timeout_s = timeout_s
        self._line = TwilioLine(account_sid, auth_token, api_base=api_base, timeout_s=timeout_s)
        hooks = hooks_at(public_base_url, api_base)
        self._hooks = f"{hooks}/status/" if hooks else ""

    def send(self, outgoing: Outgoing) -> Sent:
        """Create the message; its status callback carries our id."""
        callback = self.callback_of(outgoing.message)
        more = {"status_callback": callback} if callback else {}
        least, most = _VALID_S
        valid_s = min(max(outgoing.valid_s, least), most)
        client = self._line.fresh()
        try:
            with ends_within(self._timeout_s):
                made = client.messages.create(
                    to=outgoing.to, body=outgoing.text, validity_period=valid_s, **self._from, **more
                )
            return Sent(said(made.sid), str(made.status or ""))
        except Exception as error:
            raise send_failed(error, retry_after_s=self._line.retry_after_s) from None

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:
        """Look through the newest messages to this number."""

        def ours(one: Any) -> bool:  # a trial account puts words of its own before the text
            return one.body is not None and str(one.body).endswith(text) and one.direction != "inbound"

        return newest_of_ours(
            self._line, "messages", to, ours, since=since, known=known, within_s=within_s, timeout_s=self._timeout_s
        )

    def fetch(self, provider_id: str) -> Report:
        """The status Twilio has now."""
        try:
            with ends_within(self._timeout_s):
                one = self._line.client.messages(provider_id).fetch()
            return Report(said(one.status), str(one.error_code or ""))
        except Exception as error:
            raise send_failed(error) from None

    def callback_of(self, message: str) -> str:
        """Where Twilio reports on this message of ours; empty when it could not reach us there."""
        return self._hooks + quote(message, safe="") if self._hooks else ""
