"""Twilio's REST door: create, fetch and list messages and calls under API version 2010-04-01."""

import asyncio
import secrets
from base64 import b64decode
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from simulators.twilio import calling, lines, sending
from simulators.twilio.calls import call_view
from simulators.twilio.exchange import Exchange
from simulators.twilio.faults import Fault
from simulators.twilio.listing import listed, listed_calls
from simulators.twilio.messages import twilio_view
from simulators.twilio.refusals import Refused


def exchange_of(request: Request) -> Exchange:
    """The exchange behind this app."""
    exchange = request.app.state.exchange
    assert isinstance(exchange, Exchange)
    return exchange


def account_holder(request: Request, account_sid: str) -> Exchange:
    """The exchange, for whoever knows the account's token; anybody else is told to authenticate."""
    exchange = exchange_of(request)
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, token = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise Refused(20003) from None
    known = exchange.account
    right = secrets.compare_digest(token.encode(), known.token.encode())
    if scheme.lower() != "basic" or not right or user != known.sid or account_sid != known.sid:
        raise Refused(20003)
    return exchange


Holder = Annotated[Exchange, Depends(account_holder)]
router = APIRouter(prefix="/2010-04-01/Accounts/{account_sid}", include_in_schema=False)


@router.post("/Messages.json")
async def create(request: Request, exchange: Holder) -> Response:
    """Accepts a message, unless it is wrong or a fault is set."""
    form = {name: str(value) for name, value in (await request.form(max_fields=50)).items()}
    wanted = sending.checked(form)
    fault = exchange.faults.take(wanted.recipient, "create")
    await _meet(fault, request)
    if exchange.phones.get(wanted.recipient).opted_out:
        raise Refused(21610)
    message = exchange.accept(wanted)
    if fault.mode == "hang_after":
        await asyncio.sleep(fault.seconds)
    if fault.mode == "500_after":
        raise Refused(20500)
    if fault.mode == "cut_after":
        lines.cut(request)
    if fault.mode == "malformed":
        return _not_twilios(201)
    return JSONResponse(twilio_view(message), 201)


@router.get("/Messages.json")
async def index(request: Request, exchange: Holder) -> Response:
    """One page of messages."""
    fault = exchange.faults.take(request.query_params.get("To"), "read")
    await _meet(fault, request)
    if fault.mode == "malformed":
        return _not_twilios(200)
    return JSONResponse(listed(exchange.ledger.all(), request.query_params, request.url.path))


@router.get("/Messages/{sid}.json")
async def fetch(sid: str, request: Request, exchange: Holder) -> Response:
    """One message."""
    message = exchange.ledger.get(sid)
    fault = exchange.faults.take(message.recipient if message else None, "read")
    await _meet(fault, request)
    if fault.mode == "malformed":
        return _not_twilios(200)
    if message is None:
        raise Refused(20404, request.url.path)
    return JSONResponse(twilio_view(message))


@router.post("/Calls.json")
async def create_call(request: Request, exchange: Holder) -> Response:
    """Begins a call, unless it is wrong or a fault is set."""
    given = await request.form(max_fields=50)
    events = [str(value) for value in given.getlist("StatusCallbackEvent")]
    wanted = calling.checked_call({name: str(value) for name, value in given.items()}, events)
    fault = exchange.faults.take(wanted.recipient, "call")
    await _meet(fault, request)
    call = exchange.switchboard.place(wanted)
    if fault.mode == "hang_after":
        await asyncio.sleep(fault.seconds)
    if fault.mode == "500_after":
        raise Refused(20500)
    if fault.mode == "cut_after":
        lines.cut(request)
    if fault.mode == "malformed":
        return _not_twilios(201)
    return JSONResponse(call_view(call), 201)


@router.get("/Calls.json")
async def index_calls(request: Request, exchange: Holder) -> Response:
    """One page of calls."""
    await _meet(exchange.faults.take(request.query_params.get("To"), "read"), request)
    return JSONResponse(listed_calls(exchange.calls.all(), request.query_params, request.url.path))


@router.get("/Calls/{sid}.json")
async def fetch_call(sid: str, request: Request, exchange: Holder) -> Response:
    """One call."""
    call = exchange.calls.get(sid)
    await _meet(exchange.faults.take(call.recipient if call else None, "read"), request)
    if call is None:
        raise Refused(20404, request.url.path)
    return JSONResponse(call_view(call))


def _not_twilios(status: int) -> Response:
    """What a captive portal on the way answers."""
    return HTMLResponse("<html>please log in to the network</html>", status)


async def _meet(fault: Fault, request: Request) -> None:
    fault.before()
    if fault.mode == "cut_before":
        lines.cut(request)
        raise Refused(20503)
    if fault.mode == "hang_before":
        await asyncio.sleep(fault.seconds)
        raise Refused(20503)
