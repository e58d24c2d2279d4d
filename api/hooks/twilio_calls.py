"""Twilio's calls: keys that were pressed, how far a call has come, and whether a machine has taken it."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.hooks.twilio import EMPTY, Form, Serving
from api.problems import Problem

router = APIRouter(prefix="/hooks/twilio", tags=["hooks"], include_in_schema=False)


@router.post("/keys/{turn}/{message_id:path}")
def keys(turn: int, message_id: str, form: Form, serving: Serving) -> Response:
    """A key was pressed in a call about this message of ours; the answer is what the call does next."""
    if serving.take_key is None:
        raise Problem(404, "not_found")
    # `To` is whom we called: we begin every call ourselves.
    says = serving.take_key(
        message=message_id, turn=turn, key=form.get("Digits", ""), call=form.get("CallSid", ""),
        number=form.get("To", ""), at=serving.now(),
    )  # fmt: skip
    return Response(says, media_type="text/xml")


@router.post("/calls/{message_id:path}")
def call(message_id: str, form: Form, serving: Serving) -> Response:
    """How far a call of ours has come."""
    serving.take_receipt(
        message=message_id, provider_id=form.get("CallSid", ""), status=form.get("CallStatus", ""),
        error_code="", at=serving.now(),
    )  # fmt: skip
    return Response(EMPTY, media_type="text/xml")


@router.post("/answerers/{message_id:path}")
def answerer(message_id: str, form: Form, serving: Serving) -> Response:
    """Who has taken the call: a mailbox or a fax is nobody, and a voice proves nothing yet."""
    if form.get("AnsweredBy", "").startswith(("machine", "fax")):
        serving.take_receipt(
            message=message_id, provider_id=form.get("CallSid", ""), status="machine", error_code="", at=serving.now()
        )
    return Response(EMPTY, media_type="text/xml")
