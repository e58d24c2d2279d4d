"""Calls by Aliyun, with its own client: a spoken template with keys (IvrCall), or only read out (SingleCallByTts)."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from alibabacloud_dyvmsapi20170525 import models  # type: ignore[import-untyped]  # ships no types
from alibabacloud_dyvmsapi20170525.client import Client  # type: ignore[import-untyped]

from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.channels.aliyun_client import CALL_S, AliyunLine, mainland
from alerts.notify.channels.aliyun_faults import accepted
from alerts.notify.channels.aliyun_sms import code_of
from alerts.notify.receipts import BY_OUR_ID

ENDPOINT: Final = "dyvmsapi.aliyuncs.com"
KEYS: Final = "123459"
ANY: Final = "any"
"""One spoken template for whatever has none of its own: `house`, `danger`, `clock`, `do_first`."""
TAKEN: Final = "taken"
"""The template said after a key; without it the call thanks by ending."""
_VOICE_NOTICES: Final = 11_000_000_300_006
"""Aliyun's number of the product of spoken notices (QueryCallDetailByCallId, ProdId)."""
_SAID: Final = 2
_WAITS_MS: Final = 6000
_SPEED: Final = {False: 0, True: -200}
STATES: Final = {
    "200000": "completed", "200001": "completed", "200008": "completed", "200100": "completed",
    "200002": "busy", "200003": "no-answer", "200005": "no-answer", "200007": "no-answer",
    "200004": "failed", "200006": "failed", "200010": "no-answer", "200011": "failed", "200103": "in-progress",
}  # fmt: skip
"""What became of a call (Aliyun voice, "Call status codes"); any other of its codes below 300000 is a failure."""


class AliyunVoice:
    """May be called from several threads. A phone may be called once a minute, five times an hour, twenty times a day."""

    name = "aliyun_voice"
    really_sends = True

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        templates: Mapping[str, str],
        show_number: str = "",
        keypad: bool = True,
        api_base: str = "",
        timeout_s: float = CALL_S,
    ) -> None:
        """`templates`: our template's id, or `any`, -> Aliyun's code (`TTS_...`). `show_number` empty: the public pool."""
        self.capabilities = Capabilities(
            two_way=keypad, links=False, receipts=True, keypad=keypad, daily_budget=20, medium="voice", rate_per_s=20.0
        )
        self._templates, self._show_number, self._keypad = dict(templates), show_number, keypad
        self._line = AliyunLine(
            Client, key_id=key_id, key_secret=key_secret, endpoint=ENDPOINT, api_base=api_base, timeout_s=timeout_s
        )

    def send(self, outgoing: Outgoing) -> Sent:
        """Begin the call; keys come back with its report, under our id."""
        code = code_of(self._templates, outgoing, otherwise=ANY)
        said = json.dumps(dict(outgoing.variables), ensure_ascii=False)
        number = mainland(outgoing.to)
        common = {"called_number": number, "called_show_number": self._show_number or None, "out_id": outgoing.message}
        if self._keypad and outgoing.keys:
            request: Any = models.IvrCallRequest(
                **common, start_code=code, start_tts_params=said, play_times=_SAID, timeout=_WAITS_MS,
                menu_key_map=self._menu(said),
            )  # fmt: skip
            answer = self._line.call("ivr_call", request)
        else:
            request = models.SingleCallByTtsRequest(
                **common, tts_code=code, tts_param=said, play_times=_SAID, speed=_SPEED[outgoing.slow]
            )
            answer = self._line.call("single_call_by_tts", request)
        accepted(answer.code)
        if not answer.call_id:
            raise SendFailed("an answer without an id", permanent=False, ambiguous=True, code="no_answer")
        return Sent(str(answer.call_id), "accepted")

    def _menu(self, said: str) -> list[Any] | None:
        code = self._templates.get(TAKEN)
        if code is None:
            return None
        return [models.IvrCallRequestMenuKeyMap(key=key, code=code, tts_params=said) for key in KEYS]

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """Aliyun has no list of calls; it refuses a second one within a minute by itself."""
        return None

    def find_ours(self, message: str, to: str, *, since: int, within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """As `find`."""
        return None

    def fetch(self, provider_id: str) -> Report:
        """Aliyun must be told the day too, see `fetch_ours`."""
        raise SendFailed(f"{provider_id} cannot be asked for alone", permanent=True, ambiguous=False, code="internal")

    def fetch_ours(self, message: str, provider_id: str, to: str, *, sent_at: int) -> Report:  # noqa: ARG002  (the promise's own shape)
        """How the call ended; a key is `read`, and known only from the report that brings it."""
        if provider_id.startswith(BY_OUR_ID):
            return Report("accepted", "")
        request = models.QueryCallDetailByCallIdRequest(
            call_id=provider_id, prod_id=_VOICE_NOTICES, query_date=sent_at // 1000
        )
        answer = self._line.call("query_call_detail_by_call_id", request)
        accepted(answer.code)
        try:
            state = str(json.loads(answer.data or "{}").get("state", ""))
        except (ValueError, AttributeError):
            state = ""
        return Report(state_of(state) if state else "accepted", "")


def state_of(code: str) -> str:
    """A status code of Aliyun's as the words that receipts are kept in."""
    return STATES.get(code, "failed" if code.startswith("200") else "in-progress")
