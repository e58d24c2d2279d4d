"""Aliyun's own clients, made so that each call ends, tells nothing, and reaches only where it should."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]  # ships no types
from darabonba.core import DEFAULT_POOL_MAXSIZE, DaraCore  # type: ignore[import-untyped]
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]

from alerts.notify.channel import SendFailed
from alerts.notify.channels.aliyun_faults import send_failed
from alerts.notify.channels.deadline import can_be_cut, ends_within
from alerts.notify.channels.twilio_client import require_here

CALL_S: Final = 8.0
CHINA: Final = timedelta(hours=8)
MAINLAND: Final = "+86"


class AliyunLine:
    """One of Aliyun's clients; may be used from several threads, each call signs and sends for itself."""

    def __init__(
        self,
        make: Callable[[Any], Any],
        *,
        key_id: str,
        key_secret: str,
        endpoint: str,
        api_base: str,
        timeout_s: float,
    ) -> None:
        """`make` takes a Config. `api_base`: another address, for tests. Raises NotOnThisComputer."""
        require_here(api_base)
        parts = urlsplit(api_base or f"https://{endpoint}")
        self._timeout_s = timeout_s
        millis = int(timeout_s * 1000)
        self._client = make(
            Config(
                access_key_id=key_id, access_key_secret=key_secret, endpoint=parts.netloc,
                protocol=parts.scheme.upper(), read_timeout=millis, connect_timeout=min(millis, 4000),
            )
        )  # fmt: skip
        _can_be_cut(parts.scheme, parts.netloc)

    def call(self, method: str, request: Any, *, within_s: float | None = None) -> Any:
        """The body of the answer. Raises SendFailed, and never repeats a call by itself."""
        limit_s = min(self._timeout_s, within_s or self._timeout_s)
        millis = int(limit_s * 1000)
        runtime = RuntimeOptions(read_timeout=millis, connect_timeout=min(millis, 4000), autoretry=False)
        try:
            with ends_within(limit_s):
                answer = getattr(self._client, f"{method}_with_options")(request, runtime)
        except Exception as error:
            raise send_failed(error) from None
        if answer is None or answer.body is None:
            raise SendFailed("an answer without a body", permanent=False, ambiguous=True, code="no_answer")
        return answer.body


def _can_be_cut(scheme: str, host: str) -> None:
    """The session that the client will use for this host, made now; a test holds that a dripping answer is cut."""
    port = 80  # the client knows the port as part of the host only
    key = f"{scheme}://{host}:{port}:pool={DEFAULT_POOL_MAXSIZE}"
    can_be_cut(DaraCore._get_session(key, scheme.upper(), pool_size=DEFAULT_POOL_MAXSIZE))  # noqa: SLF001  (it offers no other way)


def mainland(number: str) -> str:
    """The number as Aliyun writes it. Raises SendFailed for one of elsewhere."""
    if not number.startswith(MAINLAND):
        raise SendFailed("not a number of the mainland", permanent=True, ambiguous=False, code="not_mainland")
    return number.removeprefix(MAINLAND)


def day_of(at: int) -> str:
    """The day in China of a moment in microseconds UTC, as Aliyun's queries want it."""
    return (datetime.fromtimestamp(at // 1_000_000, UTC) + CHINA).strftime("%Y%m%d")
