"""Twilio's receipts and inbound messages. They are answered only when what they say is committed."""

import threading
from collections import deque
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from api.asking import services_of
from api.problems import Problem
from api.services import Services
from events.store import New, append
from events.types.fact import MINUTE
from events.types.system import SecurityNoted

router = APIRouter(prefix="/hooks/twilio", tags=["hooks"], include_in_schema=False)

CHANNEL: Final = "twilio_sms"
EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class WrongSignatures:
    """Notes wrong signatures, at most so many a minute: anybody can send them."""

    def __init__(self) -> None:
        self._noted: deque[int] = deque()
        self._lock = threading.Lock()

    def note(self, serving: Services, ref: str) -> None:
        """Record one, unless too many were recorded just now."""
        now = serving.now()
        with self._lock:
            while self._noted and self._noted[0] <= now - MINUTE:
                self._noted.popleft()
            if len(self._noted) >= serving.limits.wrong_signatures_a_minute:
                return
            self._noted.append(now)
        fact = New(
            "ingest", "all", SecurityNoted(what="wrong_signature", ref=ref), now, key=f"wrong-signature-{now}-{ref}"
        )
        serving.database.write(lambda db: append(db, [fact], recorded_at=now))


async def signed(request: Request) -> dict[str, str]:
    """The form, once the signature over the public address and all fields is right; else 403."""
    serving = services_of(request)
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    said = request.headers.get("x-twilio-signature")
    token = serving.twilio_auth_token
    query = f"?{request.url.query}" if request.url.query else ""
    path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace").partition("?")[0]
    address = f"{serving.public_base_url.rstrip('/')}{path}{query}"
    if not said or token is None or not RequestValidator(token).validate(address, form, said):
        wrong: WrongSignatures = request.app.state.wrong_signatures
        await run_in_threadpool(wrong.note, serving, "/hooks/twilio")
        raise Problem(403, "wrong_signature")
    return form


Form = Annotated[dict[str, str], Depends(signed)]
Serving = Annotated[Services, Depends(services_of)]


@router.post("/status/{message_id:path}")
def status(message_id: str, form: Form, serving: Serving) -> Response:
    """What became of a message of ours."""
    serving.take_receipt(
        message=message_id, provider_id=form.get("MessageSid", ""), status=form.get("MessageStatus", ""),
        error_code=form.get("ErrorCode", ""), at=serving.now(),
    )  # fmt: skip
    return Response(EMPTY, media_type="text/xml")


@router.post("/inbound")
def inbound(form: Form, serving: Serving) -> Response:
    """What somebody answered."""
    serving.take_reply(
        channel=CHANNEL, provider_id=form.get("MessageSid", ""), number=form.get("From", ""),
        text=form.get("Body", ""), at=serving.now(),
    )  # fmt: skip
    return Response(EMPTY, media_type="text/xml")
