"""Calls by Twilio: the message is said twice, a key answers it. A call that was answered proves nothing until one is pressed."""

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote

from alerts.core.wording import Language
from alerts.notify.channel import Capabilities, Outgoing, Report, Sent
from alerts.notify.channels.deadline import ends_within
from alerts.notify.channels.twilio_client import CALL_S, TwilioLine, hooks_at, newest_of_ours, said
from alerts.notify.channels.twilio_faults import send_failed
from alerts.notify.channels.twilio_script import script

_RINGS_S: Final = (20, 35)
"""Shorter and an old person does not reach the telephone; longer and a mailbox takes over."""
_LONGEST_CALL_S: Final = 180
MACHINES: Final = ("machine", "fax")
"""Beginnings of Twilio's words for who has answered, where it was no person."""


class TwilioVoice:
    """May be called from several threads; each has a client of its own."""

    name = "twilio_voice"
    really_sends = True

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        caller: str,
        public_base_url: str = "",
        api_base: str = "",
        timeout_s: float = CALL_S,
    ) -> None:
        """`caller`: the number that calls. Without a public address keys cannot reach us: then it is a call that only tells."""
        self._hooks = hooks_at(public_base_url, api_base)
        answers = bool(self._hooks)
        self.capabilities = Capabilities(
            two_way=answers, links=False, receipts=True, keypad=answers, medium="voice", rate_per_s=1.0
        )
        self._caller, self._timeout_s = caller, timeout_s
        self._line = TwilioLine(account_sid, auth_token, api_base=api_base, timeout_s=timeout_s)

    def send(self, outgoing: Outgoing) -> Sent:
        """Begin the call. What it says goes with the request, so that it is said even if nobody reaches us by then."""
        language: Language = "en" if outgoing.language == "en" else "zh"
        text = outgoing.spoken or outgoing.text
        least, most = _RINGS_S
        says = script(text, outgoing.keys, language, keys_url=self.keys_of(outgoing.message, 1), slow=outgoing.slow)
        client = self._line.fresh()
        try:
            with ends_within(self._timeout_s):
                made = client.calls.create(
                    to=outgoing.to, from_=self._caller, twiml=says, time_limit=_LONGEST_CALL_S,
                    timeout=min(max(outgoing.valid_s, least), most), **self._reports(outgoing.message),
                )  # fmt: skip
            return Sent(said(made.sid), str(made.status or ""))
        except Exception as error:
            raise send_failed(error, retry_after_s=self._line.retry_after_s) from None

    def _reports(self, message: str) -> dict[str, Any]:
        if not self._hooks:
            return {}
        ours = quote(message, safe="")
        return {
            "status_callback": f"{self._hooks}/calls/{ours}",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
            # Beside the call, for a person who says hello must not wait until it is sure that he is one.
            "machine_detection": "Enable",
            "async_amd": "true",
            "async_amd_status_callback": f"{self._hooks}/answerers/{ours}",
        }

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (a call keeps no text)
        """A call to this number since then that belongs to no other message."""

        def ours(one: Any) -> bool:
            return bool(one.direction == "outbound-api")

        return newest_of_ours(
            self._line, "calls", to, ours, since=since, known=known, within_s=within_s, timeout_s=self._timeout_s
        )

    def fetch(self, provider_id: str) -> Report:
        """How far the call has come; one that a machine has answered reached nobody."""
        try:
            with ends_within(self._timeout_s):
                one = self._line.client.calls(provider_id).fetch()
            status = said(one.status)
        except Exception as error:
            raise send_failed(error) from None
        return Report("machine" if str(one.answered_by or "").startswith(MACHINES) else status, "")

    def keys_of(self, message: str, turn: int) -> str:
        """Where the keys of a call are sent; a turn has an address of its own, so that what is sent twice is known."""
        return f"{self._hooks}/keys/{turn}/{quote(message, safe='')}" if self._hooks else ""
