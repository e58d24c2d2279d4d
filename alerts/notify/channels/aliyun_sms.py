"""Text messages by Aliyun, with its own client: approved templates and their variables only; answers come back (SmsUp)."""

import json
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final

from alibabacloud_dysmsapi20170525 import models  # type: ignore[import-untyped]  # ships no types
from alibabacloud_dysmsapi20170525.client import Client  # type: ignore[import-untyped]

from alerts.core.wording import TEMPLATES
from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.channels.aliyun_client import CALL_S, AliyunLine, day_of, mainland
from alerts.notify.channels.aliyun_faults import accepted
from alerts.notify.receipts import BY_OUR_ID
from events.types.fact import DAY

ENDPOINT: Final = "dysmsapi.aliyuncs.com"
_STATES: Final = {1: "sent", 2: "undelivered", 3: "delivered"}
"""Waiting for the receipt, failed, received (QuerySendDetails, SendStatus)."""
_PAGE: Final = 50
_CLOCKS_DIFFER: Final = 10_000_000


class AliyunSms:
    """May be called from several threads."""

    name = "aliyun_sms"
    really_sends = True

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        sign_name: str,
        templates: Mapping[str, str],
        two_way: bool = True,
        api_base: str = "",
        timeout_s: float = CALL_S,
    ) -> None:
        """`templates`: our template's id (`first_smoke`, or `first_smoke.en`) -> Aliyun's code (`SMS_...`)."""
        # Notices to one phone: 50 in 24 hours unless the account asked for more (Aliyun SMS, "Rate limits").
        self.capabilities = Capabilities(
            two_way=two_way, links=False, receipts=True, keypad=False, daily_budget=50, rate_per_s=100.0
        )
        self._sign_name, self._templates = sign_name, dict(templates)
        self._line = AliyunLine(
            Client, key_id=key_id, key_secret=key_secret, endpoint=ENDPOINT, api_base=api_base, timeout_s=timeout_s
        )

    def send(self, outgoing: Outgoing) -> Sent:
        """Its own id and our id go with it; the text is the template's, which the carriers have approved."""
        code = code_of(self._templates, outgoing)
        request = models.SendSmsRequest(
            phone_numbers=mainland(outgoing.to), sign_name=self._sign_name, template_code=code,
            template_param=variables_of(outgoing), out_id=outgoing.message,
        )  # fmt: skip
        answer = self._line.call("send_sms", request)
        accepted(answer.code)
        if not answer.biz_id:
            raise SendFailed("an answer without an id", permanent=False, ambiguous=True, code="no_answer")
        return Sent(str(answer.biz_id), "accepted")

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """Aliyun is asked by our id, see `find_ours`: of the text it keeps a version of its own."""
        return None

    def find_ours(self, message: str, to: str, *, since: int, within_s: float) -> Sent | None:
        """Among what was sent to this number on that day and the next."""
        days = dict.fromkeys((day_of(since - _CLOCKS_DIFFER), day_of(since + DAY // 24)))
        for day in days:
            if self._of(message, self._details(to, day, within_s=within_s)) is not None:
                return Sent(f"{BY_OUR_ID}{message}", "accepted")
        return None

    def fetch(self, provider_id: str) -> Report:
        """Aliyun must be told the number too, see `fetch_ours`."""
        raise SendFailed(f"{provider_id} cannot be asked for alone", permanent=True, ambiguous=False, code="internal")

    def fetch_ours(self, message: str, provider_id: str, to: str, *, sent_at: int) -> Report:
        """What became of it; without an entry it is on its way."""
        biz_id = "" if provider_id.startswith(BY_OUR_ID) else provider_id
        found = self._of(message, self._details(to, day_of(sent_at), biz_id=biz_id))
        if found is None:
            return Report("accepted", "")
        state = _STATES.get(int(found.send_status or 0), "accepted")
        return Report(state, str(found.err_code or "") if state == "undelivered" else "")

    def _details(self, to: str, day: str, *, biz_id: str = "", within_s: float | None = None) -> list[Any]:
        wanted = partial(models.QuerySendDetailsRequest, phone_number=mainland(to), send_date=day, page_size=_PAGE)
        answer = self._line.call("query_send_details", wanted(current_page=1, biz_id=biz_id or None), within_s=within_s)
        accepted(answer.code)
        details = answer.sms_send_detail_dtos
        return list(details.sms_send_detail_dto or []) if details else []

    @staticmethod
    def _of(message: str, details: list[Any]) -> Any:
        return next((one for one in details if one.out_id == message), None)


def code_of(templates: Mapping[str, str], outgoing: Outgoing, *, otherwise: str = "") -> str:
    """Aliyun's code for this template in this language. Raises SendFailed where none has been approved yet."""
    # A copy of a text has a template of its own; where that is not approved, the first one's is better than none.
    names = [outgoing.template, outgoing.template.removesuffix("_again"), otherwise]
    if outgoing.language != "zh":
        names = [f"{name}.{outgoing.language}" for name in names if name] + names
    code = next((templates[name] for name in names if name in templates), "")
    if not code:
        raise SendFailed(
            f"no approved template for {outgoing.template}", permanent=True, ambiguous=False, code="no_template"
        )
    return code


def variables_of(outgoing: Outgoing) -> str:
    """The variables that the template has, as JSON."""
    known = TEMPLATES.get(outgoing.template)
    names = known.variables.keys() if known else outgoing.variables.keys()
    wanted = {name: outgoing.variables[name] for name in names if name in outgoing.variables}
    return json.dumps(wanted, ensure_ascii=False)
