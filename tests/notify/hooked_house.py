"""A house whose doors for providers stand open on a real port, so that a provider can call back."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec
import uvicorn
from fastapi import APIRouter, FastAPI
from sending_room import SENDER

from alerts.commands.replies import take_reply
from alerts.letters import number_of, still_wanted, worded
from alerts.notify.channel import Channel
from alerts.notify.channels.twilio_voice import TwilioVoice
from alerts.notify.claiming import claim
from alerts.notify.delivering import Delivering
from alerts.notify.outbox import Plan, plan
from alerts.notify.receipts import take_receipt
from api import problems
from api.hooks import aliyun, twilio, twilio_calls
from api.services import Services
from events.store import New, append
from events.types.fact import SECOND
from events.types.message import MessagePlanned
from simulators.twilio import SimulatedTwilio
from tests.house import House
from tests.ports import free_port

_numbers = itertools.count(1)
_KNOCKED_AT = APIRouter()
for _each in (twilio, twilio_calls, aliyun):
    _KNOCKED_AT.include_router(_each.router)


def voice_of(provider: SimulatedTwilio, *, port: int | None = None) -> TwilioVoice:
    """A channel that calls by this exchange; its reports and keys come to `port`, without one it has neither."""
    return TwilioVoice(
        account_sid=provider.account_sid, auth_token=provider.auth_token, caller=SENDER, api_base=provider.base_url, timeout_s=5,
        public_base_url=f"http://127.0.0.1:{port}" if port else "",
    )  # fmt: skip


def delivers(house: House, channels: Iterable[Channel]) -> Delivering:
    """What brings messages of this house to their end, by these channels and in its own words."""
    return Delivering(
        house.database, {one.name: one for one in channels}, now=house.now, render=worded, address_of=number_of,
        still_wanted=still_wanted, stopping=threading.Event(),
    )  # fmt: skip


@contextmanager
def doors(house: House, **more: Any) -> Iterator[str]:
    """The public address; `more` are fields of Services. `port` may be fixed beforehand."""
    port = more.pop("port", None) or free_port()
    address = f"http://127.0.0.1:{port}"
    folded = SimpleNamespace(position=0, wait_for=lambda *_: True)
    services = Services(
        database=house.database, now=house.now, projector=folded,
        take_receipt=partial(take_receipt, house.database), take_reply=partial(take_reply, house.database),
        health=lambda: {"ok": True}, public_base_url=address, **more,
    )  # fmt: skip
    app = FastAPI(routes=list(_KNOCKED_AT.routes))  # of the whole door only what providers knock at
    app.state.services, app.state.wrong_signatures = services, twilio.WrongSignatures()
    problems.install(app)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(10)


def plans(house: House, channel: str, person: str = "w1", *, language: str = "zh", template: str = "") -> str:
    """The person is told the same by this channel too, as the planner intends it; returns the message's id."""
    first = next(one for one in house.said(MessagePlanned) if one.person == person)
    message = f"{first.message}.{channel}.{next(_numbers)}"
    planned = msgspec.structs.replace(
        first, message=message, channel=channel, language=language, template=template or first.template
    )
    at = house.at

    def write(db: Any) -> None:
        append(db, [New(f"person-{person}", person, planned, at, key=f"planned-{message}")], recorded_at=at)
        plan(db, [Plan(planned, at, at + 120 * SECOND)])

    house.database.write(write)
    return message


def sends(house: House, *channels: Channel) -> None:
    """What waits in the outbox goes out by these channels."""
    delivering = delivers(house, channels)
    for row in claim(house.database, claimer="test", now=house.at, limit=20):
        delivering.deliver(row)
