"""A room for tests of sending: the outbox, a clock one can push, the simulated provider, and what the log says."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from sqlalchemy import select

from alerts.notify.channel import Channel
from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.handing import NOBODY, NoHands
from alerts.notify.outbox import OutboxRow, Plan, outbox, plan, row_of
from alerts.notify.receipts import take_receipt
from alerts.notify.senders import Senders
from events.database import Database
from events.store import New, append, read_stream
from events.types.fact import SECOND, Event
from events.types.message import MessagePlanned
from simulators.twilio import SimulatedTwilio
from tests.hatching import Hatched
from tests.prepared import opened

F = TypeVar("F", bound=Event)
SENDER = "+8612000009000"
NUMBERS = {"ph-wang": "+8612000000001", "ph-li": "+8612000000002", "ph-zhao": "+8612000000003"}


def until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true value of the condition; an AssertionError when it does not come."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
    return value


def intended(
    message: str, person: str = "wang", *, alert_class: int = 1, channel: str = "twilio_sms", at: int = 0
) -> Plan:
    """A plan for one of them."""
    meant = MessagePlanned(
        message=message, tell=1, alert=f"a-{message}", site="dp03", alert_class=alert_class, round=1, step=0,
        person=person, phone=f"ph-{person}", channel=channel, template="co", words={"house": "12号家"}, slot=3,
    )  # fmt: skip
    return Plan(meant, at, at + 120 * SECOND)


def write_plan(
    database: Database, meant: Plan, *, hands: NoHands = NOBODY, then: Callable[[], Any] = lambda: None
) -> None:
    """As the planner does: the row in the transaction of the fact, and `hands` around it. `then` happens within it."""
    with hands.promised([meant], meant.at) as plans:

        def write(db: Any) -> None:
            hands.written(plans, plan(db, plans))
            told, at = meant.message, meant.at
            new = New(f"person-{told.person}", told.person, told, at, key=f"planned-{told.message}")
            append(db, [new], recorded_at=at)
            then()

        database.write(write)


class Room:
    """Everything around the senders; people are called wang, li and zhao and have a phone each."""

    def __init__(self, address: str | Path) -> None:
        self.database = opened(address)
        self.time = time.time_ns() // 1000
        self.closed_alerts: dict[str, str] = {}
        self.unwordable: set[str] = set()
        self.fatal: list[BaseException] = []
        self.running: list[Senders] = []

    def now(self) -> int:
        return self.time

    def waits(self, seconds: float) -> None:
        self.time += int(seconds * SECOND)

    def plans(
        self, message: str, person: str = "wang", *, alert_class: int = 1, channel: str = "twilio_sms", **more: Any
    ) -> None:
        """As `write_plan` does, here and now."""
        meant = intended(message, person, alert_class=alert_class, channel=channel, at=self.time)
        write_plan(self.database, meant, **more)

    def row(self, message: str) -> OutboxRow:
        with self.database.read() as db:
            return row_of(db.execute(select(outbox).where(outbox.c.message == message)).one())

    def facts(self, kind: type[F], person: str = "wang") -> list[F]:
        with self.database.read() as db:
            events = [one.event for one in read_stream(db, f"person-{person}")]
        return [event for event in events if isinstance(event, kind)]

    def hears(self, kind: type[F], message: str, person: str = "wang") -> F:
        """Waits until the log says so."""
        return until(lambda: [one for one in self.facts(kind, person) if one.message == message])[0]  # type: ignore[attr-defined]

    def senders(self, *channels: Channel, start: bool = True, **more: Any) -> Senders:
        """A pool over these channels; it is stopped at the end of the test."""

        def render(_db: Any, row: OutboxRow) -> str:
            if row.message in self.unwordable:
                raise ValueError("no such template for 王一一 +8612000000001")
            return text_of(row.message)

        made = Senders(
            self.database, {one.name: one for one in channels}, now=self.now, render=render,
            address_of=lambda _db, phone: NUMBERS.get(phone),
            still_wanted=lambda _db, row: self.closed_alerts.get(row.alert, ""),
            on_fatal=self.fatal.append, **more,
        )  # fmt: skip
        if start:
            made.start()
            self.running.append(made)
        return made

    def close(self) -> None:
        for senders in self.running:
            senders.stop()
        self.database.close()
        assert self.fatal == []


def text_of(message: str) -> str:
    return f"【示例守望】{message},12号家一氧化碳超标。去看回31,去不了回39"


def twilio(provider: SimulatedTwilio, *, timeout_s: float = 5.0, **more: Any) -> TwilioSms:
    """Our channel, pointed at the simulated provider."""
    settings: dict[str, Any] = {"api_base": provider.base_url, "sender": SENDER, **more}
    return TwilioSms(account_sid=provider.account_sid, auth_token=provider.auth_token, timeout_s=timeout_s, **settings)


def killed_sender(room: Room, provider: SimulatedTwilio, **environ: str) -> Hatched:
    """Another process that sends to Wang what the outbox has of `m1`; with `PLANS` it plans that itself."""
    words = [str(room.database.address), provider.base_url, provider.account_sid, provider.auth_token, SENDER]
    words += [NUMBERS["ph-wang"], text_of("m1")]
    return Hatched("tests.notify.killed_sender:main", words, {**os.environ, **environ}, Path(os.devnull))


@contextmanager
def hooks(room: Room) -> Iterator[str]:
    """The public address at which the provider's reports are taken."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            prefix, _, message = self.path.rpartition("/")
            assert prefix == "/hooks/twilio/status"
            take_receipt(
                room.database, message=unquote(message), provider_id=form["MessageSid"],
                status=form["MessageStatus"], error_code=form.get("ErrorCode", ""), at=room.now(),
            )  # fmt: skip
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
