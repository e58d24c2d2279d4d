"""The control door /sim: tests and the demo read inboxes, let phones answer, and set what shall go wrong."""

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.twilio import webhooks
from simulators.twilio.actions import Action
from simulators.twilio.calls import CallHabit, PickUp, plain_call
from simulators.twilio.delivery import OUTCOMES, Delivery, Outcome
from simulators.twilio.exchange import Exchange
from simulators.twilio.faults import Fault, Mode
from simulators.twilio.messages import plain_view
from simulators.twilio.phones import AutoAnswer
from simulators.twilio.rest import exchange_of
from simulators.twilio.sending import E164

router = APIRouter(prefix="/sim", include_in_schema=False)
Here = Annotated[Exchange, Depends(exchange_of)]
Number = Annotated[str, Field(pattern=rf"^{E164.pattern}$")]


class Order(BaseModel):
    """A JSON body of which every key is known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ReplyOrder(Order):
    """What the phone shall send."""

    text: Annotated[str, Field(min_length=1, max_length=1600)]


class AnswersOrder(Order):
    """An automatic answer."""

    after_s: Annotated[float, Field(ge=0, le=86_400)]
    text: Annotated[str, Field(min_length=1, max_length=1600)]


class BehaviourOrder(Order):
    """How a phone behaves; what is left out stays as it was, `answers: null` ends the automatic answer."""

    answers: AnswersOrder | None = None
    delivery: Outcome | None = None
    error_code: int | None = None
    delay_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    twice: bool = False
    backwards: bool = False
    opted_out: bool | None = None
    pinned: bool | None = None

    def changes(self) -> dict[str, Any]:
        """Only what was said."""
        said = self.model_fields_set
        changes = {name: getattr(self, name) for name in ("opted_out", "pinned") if getattr(self, name) is not None}
        if "answers" in said:
            changes["answers"] = self.answers and AutoAnswer(self.answers.after_s, self.answers.text)
        if said & {"delivery", "error_code", "delay_s", "twice", "backwards"}:
            outcome: Outcome = self.delivery or "delivered"
            changes["delivery"] = Delivery(outcome, self.error_code, self.delay_s, self.twice, self.backwards)
        return changes


class CallsOrder(Order):
    """How a phone takes calls from now on."""

    pick_up: PickUp = "by_hand"
    keys: Annotated[str, Field(max_length=20, pattern=r"^[0-9*#]*$")] = ""
    after_s: Annotated[float, Field(ge=0, le=3600)] = 0.05
    twice: bool = False
    backwards: bool = False


class KeyOrder(Order):
    """A key of a telephone."""

    key: Annotated[str, Field(pattern=r"^[0-9*#]$")]


class FaultOrder(Order):
    """A fault of the provider, or of the network (a delivery's outcome); without a number it meets everybody."""

    number: Number | None = None
    mode: Mode | Outcome
    code: int | None = None
    seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    times: Annotated[int, Field(ge=1)] | None = None
    on: Literal["create", "read", "call"] = "create"
    retry_after: Annotated[str | None, Field(max_length=400, pattern=r"^[ -~]+$")] = None

    @model_validator(mode="after")
    def _outcomes_have_no_times(self) -> Self:
        if self.mode in OUTCOMES and (self.times is not None or self.on != "create"):
            raise ValueError(
                "a delivery's outcome holds until told otherwise; `times` and `on` belong to faults of requests"
            )
        return self


class PhoneOrder(Order):
    """A phone and whose it is."""

    number: Number
    name: Annotated[str, Field(max_length=80)] = ""
    role: Annotated[str, Field(max_length=40)] = ""
    pinned: bool = False


class ActionOrder(Order):
    """A button for the phones page."""

    label: Annotated[str, Field(min_length=1, max_length=40)]
    label_en: Annotated[str, Field(max_length=40)] = ""
    url: str


class InboundOrder(Order):
    """Where replies go from now on; null = nowhere."""

    url: str | None


@router.get("/health")
async def health(exchange: Here) -> dict[str, Any]:
    """Whether it runs."""
    return {"ok": True, "messages": len(exchange.ledger.all())}


@router.get("/phones")
async def phones(exchange: Here) -> list[dict[str, Any]]:
    """Every known phone."""
    return [exchange.phone_view(phone) for phone in exchange.phones.all()]


@router.post("/phones")
async def name_phone(order: PhoneOrder, exchange: Here) -> dict[str, Any]:
    """A new phone, or a new owner."""
    return exchange.phone_view(exchange.change_phone(**order.model_dump()))


@router.get("/phones/{number}/inbox")
async def inbox(number: Number, exchange: Here) -> list[dict[str, Any]]:
    """What has reached that phone, oldest first."""
    return [plain_view(message) for message in exchange.inbox(number)]


@router.post("/phones/{number}/reply", status_code=201)
async def reply(number: Number, order: ReplyOrder, exchange: Here) -> dict[str, Any]:
    """The phone sends a text."""
    return plain_view(exchange.reply(number, order.text))


@router.post("/phones/{number}/behaviour")
async def behave(number: Number, order: BehaviourOrder, exchange: Here) -> dict[str, Any]:
    """How that phone behaves from now on."""
    return exchange.phone_view(exchange.change_phone(number, **order.changes()))


@router.post("/phones/{number}/calls")
async def take_calls(number: Number, order: CallsOrder, exchange: Here) -> dict[str, Any]:
    """How that phone takes calls from now on."""
    return exchange.phone_view(exchange.change_phone(number, calls=CallHabit(**order.model_dump())))


@router.get("/calls")
async def calls(exchange: Here, since: int = 0) -> list[dict[str, Any]]:
    """All calls numbered above `since`, oldest first."""
    return [plain_call(call) for call in exchange.calls.all() if call.seq > since]


@router.post("/calls/{sid}/{what}")
async def use_phone(
    sid: str, what: Literal["answer", "hang_up", "press"], exchange: Here, order: KeyOrder | None = None
) -> dict[str, Any]:
    """The phone in the hand: answers a ringing call, presses a key that is asked for, hangs up."""
    board = exchange.switchboard
    done = None
    if what == "press" and order is not None:
        done = board.press(sid, order.key)
    elif what != "press":
        done = board.answer(sid) if what == "answer" else board.hang_up(sid)
    if done is None:
        raise HTTPException(409, "this call is not waiting for that")
    return plain_call(done)


@router.get("/messages")
async def messages(exchange: Here, since: int = 0, direction: str | None = None) -> list[dict[str, Any]]:
    """All messages numbered above `since`, both ways or one (`inbound`, `outbound-api`), oldest first."""
    chosen = [one for one in exchange.ledger.all() if one.seq > since and direction in {None, one.direction}]
    return [plain_view(message) for message in chosen]


@router.get("/callbacks")
async def callbacks(exchange: Here) -> list[dict[str, Any]]:
    """The webhooks called so far and what they answered; 0 = nobody there."""
    return list(exchange.posts)


@router.get("/faults")
async def faults(exchange: Here) -> dict[str, Any]:
    """What is set to go wrong."""
    set_now = [{"number": number, **asdict(fault)} for number, fault in exchange.faults.listed()]
    return {"faults": set_now, "delivery": asdict(exchange.delivery)}


@router.post("/faults")
async def put_fault(order: FaultOrder, exchange: Here) -> dict[str, Any]:
    """Sets a fault; `ok` takes the number's (or everybody's) faults and delivery troubles away."""
    set_fault(exchange, order)
    return await faults(exchange)


def set_fault(exchange: Exchange, order: FaultOrder) -> None:
    """Faults of a request and troubles of delivery go to their own places."""
    mode = order.mode
    if mode == "ok" or mode in OUTCOMES:
        delivery = None if mode == "ok" else Delivery(mode, order.code)
        if order.number is None:
            exchange.delivery = delivery or Delivery()
        else:
            exchange.change_phone(order.number, delivery=delivery)
    if mode not in OUTCOMES:
        fault = Fault(mode, seconds=order.seconds, times=order.times, on=order.on, retry_after=order.retry_after)  # type: ignore[arg-type]  # the rest are Modes
        exchange.faults.put(order.number, replace(fault, code=order.code) if order.code else fault)


@router.post("/actions")
async def offer(order: ActionOrder, exchange: Here) -> dict[str, Any]:
    """One more button on the scene."""
    try:
        wanted = Action(order.label, order.label_en or order.label, webhooks.checked(order.url))
    except webhooks.NotOnThisComputer:
        raise HTTPException(422, "the URL must be plain HTTP on a loopback address") from None
    exchange.actions.offer(wanted)
    exchange.ledger.touch()
    return asdict(wanted)


@router.post("/actions/{place}")
async def act(place: int, exchange: Here) -> dict[str, Any]:
    """Presses a button of the scene."""
    try:
        return asdict(await run_in_threadpool(exchange.act, place))
    except IndexError:
        raise HTTPException(404, "no such action") from None


@router.post("/inbound")
async def inbound(order: InboundOrder, exchange: Here) -> dict[str, Any]:
    """Where replies go from now on."""
    try:
        exchange.account.inbound_url = order.url and webhooks.checked(order.url)
    except webhooks.NotOnThisComputer:
        raise HTTPException(422, "the URL must be plain HTTP on a loopback address") from None
    return {"url": exchange.account.inbound_url}


@router.post("/reset")
async def reset(exchange: Here) -> dict[str, Any]:
    """No messages, no faults, every phone as at the start."""
    exchange.reset()
    return {"ok": True}
