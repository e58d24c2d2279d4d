"""What went wrong in a call to Twilio, sorted by what the sender must decide: repeat, ask first, wait, or give up."""

from collections.abc import Iterator
from typing import Final

from twilio.base.exceptions import TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]  # ships no types
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from alerts.notify.channel import TEMPORARY_CODES, SendFailed

_NOT_THE_MESSAGE: Final = frozenset({401, 403, 404})
"""Wrong or suspended account: not this message's fault, and an operator may mend it while we repeat."""
_DEEPEST: Final = 12


def send_failed(error: Exception, *, retry_after_s: float | None = None) -> SendFailed:
    """The failure as the sender needs it; Twilio's own words are left out, for they repeat the phone's number."""
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return _answered(int(error.status), str(error.code or ""), retry_after_s)
    if isinstance(error, SendFailed):
        return error
    kind = type(error).__name__
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in _causes(error)):
        # Refused, unknown name, no answer to the handshake: nothing of the request has left us.
        return SendFailed(f"no connection ({kind})", permanent=False, ambiguous=False, code="unreachable")
    # Time-out while reading, closed after the request, an answer that is no answer: Twilio may have taken it.
    return SendFailed(f"no answer ({kind})", permanent=False, ambiguous=True, code="no_answer")


def _answered(status: int, code: str, retry_after_s: float | None) -> SendFailed:
    reason = f"HTTP {status}, code {code}"
    if status == 429:
        return SendFailed(reason, permanent=False, ambiguous=False, code=code, retry_after_s=retry_after_s)
    if status >= 500 or status == 408:
        return SendFailed(reason, permanent=False, ambiguous=True, code=code)
    # A redirect is no answer of Twilio's but of something on the way (a captive portal).
    temporary = status < 400 or status in _NOT_THE_MESSAGE or code in TEMPORARY_CODES
    # The rest is about this message: 21610 has opted out, 21614 is a landline, 21211 is no number.
    return SendFailed(reason, permanent=not temporary, ambiguous=False, code=code)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Refused and "closed after the request" come in the same class, so the difference is looked for inside."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _DEEPEST:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__]
