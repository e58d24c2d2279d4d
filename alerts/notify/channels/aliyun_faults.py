"""What went wrong in a call to Aliyun, sorted by what the sender must decide: repeat, ask first, wait, or give up."""

from collections.abc import Iterator
from typing import Any, Final

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from alerts.notify.channel import SendFailed

OK: Final = "OK"
_THIS_MESSAGE: Final = frozenset({
    "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL",
    "isv.MONTH_LIMIT_CONTROL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.INVALID_PARAMETERS",
    "isv.INVALID_JSON_PARAM", "isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL", "isv.BLACK_KEY_CONTROL_LIMIT",
    "isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.SMS_CONTENT_ILLEGAL", "isv.SMS_SIGN_ILLEGAL",
    "isv.SIGN_NAME_ILLEGAL", "isv.TTS_TEMPLATE_ILLEGAL", "isv.VOICE_FILE_ILLEGAL", "isv.SMS_TEST_SIGN_TEMPLATE_LIMIT",
    "isv.SMS_TEST_NUMBER_LIMIT", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "isv.BLACK_LIST",
})  # fmt: skip
"""No repetition helps this message on this day (Aliyun SMS, "API error codes"). A limit of the phone, the day or the
month is among them: the next channel must be tried, and not in an hour. What is not here is the account's or the
machine's (unpaid, no permission, throttled, unknown): an operator may mend it while we repeat."""
_UNCLEAR: Final = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_TIMEOUT", "InternalError", "ServiceUnavailable"})
_DEEPEST: Final = 12


def accepted(code: object) -> None:
    """Raises SendFailed unless the body's own code says OK; the HTTP status is 200 either way."""
    if code == OK:
        return
    word = str(code or "")
    if not word:
        raise SendFailed("an answer without a code", permanent=False, ambiguous=True, code="no_answer")
    raise SendFailed(f"code {word}", permanent=word in _THIS_MESSAGE, ambiguous=word in _UNCLEAR, code=word)


def send_failed(error: Exception) -> SendFailed:
    """The failure as the sender needs it; Aliyun's own words are left out, and addresses, which hold the phone's number."""
    if isinstance(error, SendFailed):
        return error
    status, code = getattr(error, "status_code", None), str(getattr(error, "code", "") or "")
    if isinstance(status, int):
        return _answered(status, code, getattr(error, "retry_after", None))
    kind = type(error).__name__
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in _causes(error)):
        return SendFailed(f"no connection ({kind})", permanent=False, ambiguous=False, code="unreachable")
    return SendFailed(f"no answer ({kind})", permanent=False, ambiguous=True, code="no_answer")


def _answered(status: int, code: str, retry_after_ms: Any) -> SendFailed:
    reason = f"HTTP {status}, code {code}"
    throttled = status == 429 or code.startswith("Throttling")
    if throttled:
        wait_s = retry_after_ms / 1000 if isinstance(retry_after_ms, int | float) else None
        return SendFailed(reason, permanent=False, ambiguous=False, code=code, retry_after_s=wait_s)
    unclear = status >= 500 or status == 408 or code in _UNCLEAR
    return SendFailed(reason, permanent=code in _THIS_MESSAGE, ambiguous=unclear, code=code)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The client wraps what happened twice and keeps it only as the context."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _DEEPEST:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            inner = getattr(cause, "inner_exception", None)
            waiting += [*cause.args, inner, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
