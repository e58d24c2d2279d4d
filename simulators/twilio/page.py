"""The page of phones: what people of the demo see and press; it works without JavaScript too."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulators.twilio.calls import Call
from simulators.twilio.codes import ACTIONS, slot_of
from simulators.twilio.control import Number
from simulators.twilio.exchange import Exchange
from simulators.twilio.messages import Message, now
from simulators.twilio.phones import Phone
from simulators.twilio.rest import exchange_of
from simulators.twilio.ringing import CallScreen, live_call, past_calls
from simulators.twilio.words import words

router = APIRouter(include_in_schema=False)
Here = Annotated[Exchange, Depends(exchange_of)]
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("pages")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
CHINA = timezone(
    timedelta(hours=8)
)  # the texts name local times, so the bubbles do too; China has one zone, no summer time
BUBBLES = 30  # as many as anybody scrolls back through


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as it lies on the screen of a phone."""

    sid: str
    mine: bool
    body: str
    at: datetime
    clock: str
    status: str
    trouble: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """One phone as the page shows it; `badge` says who answers, `mood` colours it."""

    phone: Phone
    role: str
    badge: str
    mood: str
    bubbles: list[Bubble]
    quick: list[tuple[str, str]]
    call: CallScreen | None


@router.get("/")
async def whole(request: Request, exchange: Here) -> HTMLResponse:
    """The page."""
    return HTMLResponse(TEMPLATES.get_template("phones.html").render(_view(request, exchange)))


@router.get("/fragment")
async def fragment(request: Request, exchange: Here, seen: int = -1) -> Response:
    """The changing part, or 204 while it is as the reader has it."""
    if seen == exchange.ledger.version:
        return Response(status_code=204)
    return HTMLResponse(TEMPLATES.get_template("fragment.html").render(_view(request, exchange)))


@router.post("/phones/{number}/reply")
async def answer(
    number: Number, request: Request, exchange: Here, text: Annotated[str, Form(max_length=1600)]
) -> RedirectResponse:
    """Somebody pressed a quick reply or wrote a text."""
    if text.strip():
        exchange.reply(number, text.strip())
    return RedirectResponse(f"/?lang={_lang(request)}#phone-{number.removeprefix('+')}", 303)


@router.post("/phones/{number}/call")
async def use_call(
    number: Number,
    request: Request,
    exchange: Here,
    sid: Annotated[str, Form(max_length=40)],
    what: Annotated[Literal["answer", "hang_up", "press"], Form()] = "press",
    key: Annotated[str, Form(max_length=1)] = "",
) -> RedirectResponse:
    """Somebody took the ringing call, pressed a key, or hung up; too late is no fault of theirs."""
    board = exchange.switchboard
    if what == "answer":
        board.answer(sid)
    elif what == "hang_up":
        board.hang_up(sid)
    elif key:
        board.press(sid, key)
    return RedirectResponse(f"/?lang={_lang(request)}#phone-{number.removeprefix('+')}", 303)


@router.post("/actions/{place}")
async def press(place: int, request: Request, exchange: Here) -> RedirectResponse:
    """Somebody pressed a button of the scene."""
    try:
        await run_in_threadpool(exchange.act, place)
    except IndexError:
        raise HTTPException(404, "no such action") from None
    return RedirectResponse(f"/?lang={_lang(request)}", 303)


def _lang(request: Request) -> str:
    return "en" if request.query_params.get("lang") == "en" else "zh"


def _view(request: Request, exchange: Exchange) -> dict[str, Any]:
    lang = _lang(request)
    said = words(lang)
    version = exchange.ledger.version  # read first: what changes while we draw is drawn again
    talks: dict[str, list[Message]] = {}
    for message in exchange.ledger.all():
        number = message.sender if message.direction == "inbound" else message.recipient
        talks.setdefault(number or "", []).append(message)
    calls: dict[str, list[Call]] = {}
    for call in exchange.calls.all():
        talks.setdefault(call.recipient, [])
        calls.setdefault(call.recipient, []).append(call)
    known = {phone.number: phone for phone in exchange.phones.all()}
    # In the order of their first message: a phone never jumps away from under the hand that is about to press.
    busy = [*talks, *(number for number, phone in known.items() if phone.pinned and number not in talks)]
    screens = [
        _screen(known.get(number) or Phone(number), talks.get(number, []), calls.get(number, []), said, lang)
        for number in busy
    ]
    others = [phone for number, phone in known.items() if number not in busy]
    return {
        "lang": lang,
        "words": said,
        "version": version,
        "screens": screens,
        "others": [(phone, _role(phone, said)) for phone in others],
        "actions": [
            (place, action, clock(datetime.fromisoformat(action.done_at)) if action.done_at else "")
            for place, action in enumerate(exchange.actions.all())
        ],
    }


def _role(phone: Phone, said: dict[str, str]) -> str:
    return said.get(phone.role, phone.role)


def _screen(phone: Phone, talk: list[Message], calls: list[Call], said: dict[str, str], lang: str) -> Screen:
    asked = next((one for one in reversed(talk) if _asks(one)), None)
    slot = slot_of(asked.body) if asked else None
    answered = asked is not None and any(one.direction == "inbound" and one.seq > asked.seq for one in talk)
    badge, mood = _badge(phone, slot, answered, said, lang)
    place = 1 if lang == "en" else 0
    quick = [(f"{slot}{action}", labels[place]) for action, labels in ACTIONS.items()] if slot else []
    bubbles = [_bubble(one, said) for one in talk]
    bubbles += [
        Bubble(one.sid, False, one.body, one.at, clock(one.at), one.status, one.trouble)
        for one in past_calls(calls, said)
    ]
    bubbles = sorted(bubbles, key=lambda one: one.at)[-BUBBLES:]
    call = live_call(calls, said, lang)
    if call is not None:
        badge, mood = call.note, "rings" if call.rings else "auto"
    return Screen(phone, _role(phone, said), badge, mood, bubbles, quick, call)


def _asks(message: Message) -> bool:
    return message.received_at is not None and message.direction != "inbound" and slot_of(message.body) is not None


def _badge(phone: Phone, slot: str | None, answered: bool, said: dict[str, str], lang: str) -> tuple[str, str]:
    if phone.opted_out:
        return said["opted_out"], "off"
    if phone.delivery is not None and phone.delivery.outcome in {"undelivered", "failed", "queued"}:
        return said["unreachable"], "off"
    if phone.answers is not None:
        text = phone.answers.text.replace("{slot}", slot or "")
        if slot is None and phone.answers.text.startswith("{slot}"):
            text = ACTIONS.get(text, (text, text))[1 if lang == "en" else 0]
        return said["auto"].format(seconds=f"{phone.answers.after_s:g}", text=text), "auto"
    if slot is not None and not answered:
        return said["waits"], "waits"
    return (said["answered"], "quiet") if answered else (said["by_hand"], "quiet")


def _bubble(message: Message, said: dict[str, str]) -> Bubble:
    mine = message.direction == "inbound"
    status, trouble = said[message.status], message.status in {"undelivered", "failed"}
    if message.error_code:
        status = f"{status} {message.error_code}"
    if mine and message.taken is not None and not 200 <= message.taken < 300:
        status, trouble = f"{said['not_taken']} {message.taken or ''}".strip(), True
    return Bubble(message.sid, mine, message.body, message.created_at, clock(message.created_at), status, trouble)


def clock(at: datetime) -> str:
    """The time in China; with the day where it is not today's."""
    local = at.astimezone(CHINA)
    today = local.date() == now().astimezone(CHINA).date()
    return local.strftime("%H:%M:%S" if today else "%m-%d %H:%M")
