"""Aliyun's reports and answers: arrays of items, unsigned, told again until they are answered with success.

Nothing proves who speaks but the path, which holds a secret. So a report counts only for a message of ours, an answer
only from a phone of ours, and neither can close a class-1 alert.
"""

import hmac
import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from api.asking import services_of
from api.hooks.twilio import Serving, WrongSignatures
from api.problems import Problem

log = logging.getLogger("shouwang.hooks")
router = APIRouter(prefix="/hooks/aliyun", tags=["hooks"], include_in_schema=False)

SMS: Final = "aliyun_sms"
VOICE: Final = "aliyun_voice"
KEY_PRESSED: Final = "300000"
"""In the middle of a call a key was pressed (Aliyun voice, VoiceCallReport)."""
CALL_STATES: Final = {
    "200000": "completed", "200001": "completed", "200008": "completed", "200100": "completed", "200103": "in-progress",
    "200002": "busy", "200003": "no-answer", "200005": "no-answer", "200007": "no-answer", "200010": "no-answer",
}  # fmt: skip
"""What became of a call (Aliyun voice, "Call status codes"); every other code of this kind is a failure."""
_ANSWER: Final[dict[str, Any]] = {"code": 0, "msg": "接收成功"}
Item = Mapping[str, Any]


async def items(token: str, request: Request) -> list[Item]:
    """The items, once the secret of the path is right. 404 else: nobody is told that there is a door."""
    serving = services_of(request)
    right = serving.aliyun_hook_token
    if not right or not hmac.compare_digest(token.encode(), right.encode()):
        wrong: WrongSignatures = request.app.state.wrong_signatures
        await run_in_threadpool(wrong.note, serving, "/hooks/aliyun")
        raise Problem(404, "not_found")
    try:
        told = await request.json()
    except (ValueError, RecursionError):
        raise Problem(400, "malformed") from None
    return [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]


Items = Annotated[list[Item], Depends(items)]


@router.post("/{token}/sms-report")  # noqa: FAST003  (`items` takes it)
def sms_report(items: Items, serving: Serving) -> dict[str, Any]:
    """What became of messages of ours (SmsReport)."""

    def take(item: Item) -> None:
        arrived = item.get("success") in (True, "true")
        serving.take_receipt(
            message=_word(item, "out_id"), provider_id=_word(item, "biz_id"),
            status="delivered" if arrived else "undelivered", error_code="" if arrived else _word(item, "err_code"),
            at=serving.now(),
        )  # fmt: skip

    return _each(items, take)


@router.post("/{token}/sms-up")  # noqa: FAST003  (`items` takes it)
def sms_up(items: Items, serving: Serving) -> dict[str, Any]:
    """What people answered (SmsUp)."""

    def take(item: Item) -> None:
        serving.take_reply(
            channel=SMS, provider_id=_word(item, "sequence_id"), number=_number(_word(item, "phone_number")),
            text=str(item.get("content", "")), at=serving.now(),
        )  # fmt: skip

    return _each(items, take)


@router.post("/{token}/voice-report")  # noqa: FAST003  (`items` takes it)
def voice_report(items: Items, serving: Serving) -> dict[str, Any]:
    """How calls went, and which keys were pressed (VoiceReport at the end, VoiceCallReport in the middle)."""

    def take(item: Item) -> None:
        message, call, code = _word(item, "out_id"), _word(item, "call_id"), _word(item, "status_code")
        keys = str(item.get("dtmf") or "")[:20]
        ours = True
        if keys and serving.take_pressed is not None:
            ours = serving.take_pressed(channel=VOICE, message=message, keys=keys, call=call, at=serving.now())
        if (code != KEY_PRESSED and code.startswith("200")) or not ours:
            status = CALL_STATES.get(code, "failed") if ours else ""
            serving.take_receipt(message=message, provider_id=call, status=status, error_code="", at=serving.now())

    return _each(items, take)


def _each(items: list[Item], take: Callable[[Item], None]) -> dict[str, Any]:
    """Every item is tried, whatever became of those before it; what could not be recorded is told to us again."""
    failed: Exception | None = None
    for item in items:
        try:
            take(item)
        except MissingWord as missing:
            log.warning("an item of Aliyun's is left out: it says no %s", missing)
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed
    return _ANSWER


class MissingWord(Exception):
    """An item without something that it must have; it would not be better the next time."""


def _word(item: Item, name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise MissingWord(name)
    return str(value).strip()[:120]


def _number(number: str) -> str:
    """As we keep numbers: Aliyun leaves the country out, or its plus."""
    if number.startswith("+"):
        return number
    return f"+{number}" if number.startswith("86") and len(number) == 13 else f"+86{number}"
