"""The simulated Aliyun as a web app: one path, the action in a header, signed; and what shall go wrong."""

import asyncio
import secrets
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from simulators.aliyun.exchange import Exchange, Refused
from simulators.aliyun.signing import WrongSignature, check
from simulators.twilio import lines
from simulators.twilio.faults import Fault, Faults
from simulators.twilio.refusals import Refused as Stopped

READS = {"QuerySendDetails", "QueryCallDetailByCallId"}
STATUS_CODES = {"429": (400, "Throttling.User"), "401": (404, "InvalidAccessKeyId.NotFound")}


def app_for(exchange: Exchange, faults: Faults, *, key_id: str, secret: str) -> FastAPI:
    """The app; `faults` are those of the other simulated provider, kept by number and for creating or reading."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    nonces: set[str] = set()

    @app.post("/")
    async def act(request: Request) -> Response:
        """Whatever `x-acs-action` says."""
        query, action = dict(request.query_params), request.headers.get("x-acs-action", "")
        try:
            headers = {**request.headers}
            check(key_id, secret, query=query, headers=headers, body=await request.body(), nonces=nonces)
        except WrongSignature as wrong:
            return _error(404 if "NotFound" in wrong.code else 400, wrong.code)
        number = query.get("PhoneNumbers") or query.get("PhoneNumber") or query.get("CalledNumber")
        fault = faults.take(number, "read" if action in READS else "create")
        if (before := await _before(fault, request)) is not None:
            return before
        try:
            answer = _done(exchange, action, query)
        except Refused as refused:
            return JSONResponse({"RequestId": _id(), "Code": refused.code, "Message": f"refused for {number}"})
        return await _after(fault, request, {"RequestId": _id(), "Code": "OK", "Message": "OK", **answer})

    return app


def _done(exchange: Exchange, action: str, query: dict[str, str]) -> dict[str, Any]:
    match action:
        case "SendSms":
            return exchange.send_sms(query)
        case "QuerySendDetails":
            return exchange.details(query)
        case "IvrCall" | "SingleCallByTts":
            return exchange.call(action, query)
        case "QueryCallDetailByCallId":
            return exchange.call_detail(query)
    raise Refused("InvalidAction.NotFound")


async def _before(fault: Fault, request: Request) -> Response | None:
    """What is answered before anything is accepted; None: it goes on."""
    if fault.mode == "refuse":
        code = {21612: "isv.BUSINESS_LIMIT_CONTROL", 30001: "isv.AMOUNT_NOT_ENOUGH"}.get(fault.code, "isv.UNKNOWN")
        return JSONResponse({"RequestId": _id(), "Code": code, "Message": "refused"})
    if fault.mode in STATUS_CODES:
        return _error(*STATUS_CODES[fault.mode])
    try:
        fault.before()
    except Stopped as stopped:
        return _error(stopped.status, "InternalError")
    if fault.mode == "cut_before":
        lines.cut(request)
        return _error(503, "ServiceUnavailable")
    if fault.mode == "hang_before":
        await asyncio.sleep(fault.seconds)
        return _error(503, "ServiceUnavailable")
    return None


async def _after(fault: Fault, request: Request, answer: dict[str, Any]) -> Response:
    if fault.mode == "hang_after":
        await asyncio.sleep(fault.seconds)
    if fault.mode == "500_after":
        return _error(500, "InternalError")
    if fault.mode == "cut_after":
        lines.cut(request)
    if fault.mode == "malformed":
        return HTMLResponse("<html>please log in to the network</html>")
    return JSONResponse(answer)


def _error(status: int, code: str) -> Response:
    return JSONResponse({"RequestId": _id(), "Code": code, "Message": "no", "HostId": "127.0.0.1"}, status)


def _id() -> str:
    return secrets.token_hex(16).upper()
