"""One SMS by Aliyun's own client, from two templates that the carrier has approved: for the mainland, and nothing more."""

import json
import logging
from typing import Any, Final
from urllib.parse import urlsplit

from alibabacloud_dysmsapi20170525.client import Client  # type: ignore[import-untyped]  # ships no types
from alibabacloud_dysmsapi20170525.models import SendSmsRequest  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]

from shouwang.watchdog.minding import Sms
from shouwang.watchdog.settings import AliyunAccount

_HOME: Final = "https://dysmsapi.aliyuncs.com"
_CALL_MS: Final = 8000
_MAINLAND: Final = "+86"
log = logging.getLogger("shouwang.watchdog")


class ByAliyun:
    """Says whether the provider took it: `Code` OK in the body, for HTTP says 200 also when it has refused."""

    def __init__(self, account: AliyunAccount) -> None:
        self._account = account
        parts = urlsplit(account.api_base or _HOME)
        self._client: Any = Client(
            Config(
                access_key_id=account.key_id, access_key_secret=account.key_secret, endpoint=parts.netloc,
                protocol=parts.scheme.upper(), read_timeout=_CALL_MS, connect_timeout=_CALL_MS // 2,
            )
        )  # fmt: skip

    def send(self, sms: Sms) -> bool:
        """Never raises; no number and no text goes into the log."""
        if not sms.to.startswith(_MAINLAND):
            return False
        request = SendSmsRequest(
            phone_numbers=sms.to.removeprefix(_MAINLAND), sign_name=self._account.sign_name,
            template_code=self._account.templates[sms.kind], template_param=json.dumps(sms.words, ensure_ascii=False),
        )  # fmt: skip
        runtime = RuntimeOptions(read_timeout=_CALL_MS, connect_timeout=_CALL_MS // 2, autoretry=False)
        try:
            code = self._client.send_sms_with_options(request, runtime).body.code
        except Exception as failure:  # whatever the client makes of it: the next way is tried
            log.warning("an SMS was not taken: %s %s", type(failure).__name__, getattr(failure, "code", ""))
            return False
        if code != "OK":
            log.warning("an SMS was not taken: %s", code)
        return bool(code == "OK")
