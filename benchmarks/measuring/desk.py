"""A duty desk in a process of its own: a town with so many open alerts, the console on it, and facts on request."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn

from alerts.projections.projector import Projector
from api.access.sessions import make_login_link
from api.access.users import create_user
from api.app import create_app, end_streams
from api.services import Channel, Services
from events.database import Database
from events.store import New, append, head
from events.types.alert import AlertAcknowledged, AlertRaised, Step, StepTaken, Terms
from events.types.fact import DAY
from measuring import town
from shouwang.moment import now

_BUILT_IN = 200


def raised(number: int, alert_class: int, *, name: str = "", village: str = "v-1", at: int | None = None) -> list[New]:
    """An alert of this class in the home of this number, its first step taken."""
    home, site, at = f"h{number}", town.site_of(number), now() if at is None else at
    chain = {"watcher": [f"w-{site}"], "grid_member": [f"g-{site}"], "village": [village], "town": ["t-1"]}
    steps = [Step(0, ["watcher", "grid_member"]), Step(120, ["village"]), Step(240, ["town"])]
    danger = {1: "carbon_monoxide", 2: "no_activity", 3: "low_temperature"}[alert_class]
    quiet = {"last_seen": at - 50_000_000_000, "where": town.co_alarm(number), "limit_s": 43_200, "silent_s": 50_000}
    reason = quiet if alert_class == 2 else {"device": town.co_alarm(number), "at": at, "ppm": 210.0}
    name = name or f"{danger}-{number}"
    terms = Terms(alert_class=alert_class, chain=chain, steps=steps)
    facts = [
        AlertRaised(alert=name, home=home, site=site, danger=danger, reason=reason, terms=terms, devices=[]),
        StepTaken(alert=name, round=1, step=1, persons=[f"w-{site}", f"g-{site}"], why="due"),
    ]
    return [New(f"alert-{name}", site, fact, at) for fact in facts]


class Desk:
    """What the parent asks for by name; each answer is a moment in seconds, by the wall both read."""

    def __init__(self, folder: Path, homes: int) -> None:
        self.database: Database = town.new_database(folder / "shouwang.db")
        self._settle(self.database, homes)
        create_user(self.database, "duty", "administrator", "twelve-black-stoves", now=now())
        self.projector = Projector(self.database)
        self.projector.start()
        self._until_shown(600)
        services = Services(
            database=self.database, now=now, projector=self.projector, take_receipt=lambda **_: None,
            take_reply=lambda **_: None, health=lambda: {"ok": True}, sms_really_sent=True,
            channels=[Channel("twilio_sms", really_sends=True)],
        )  # fmt: skip
        self.app = create_app(services)
        self._last = 0

    def _settle(self, database: Database, homes: int) -> None:
        town.settle(database, homes, now() - DAY)

    def opens(self, count: int, alert_class: int) -> float:
        """So many more alerts, and wait until people can see them."""
        for first in range(0, count, _BUILT_IN):
            numbers = [self._next() for _ in range(first, min(count, first + _BUILT_IN))]
            self._append([new for number in numbers for new in raised(number, alert_class)])
        self._until_shown(60)
        return time.time()

    def _until_shown(self, within_s: float) -> None:
        """Wait until people can see everything that is in the log."""
        with self.database.read() as db:
            position = head(db)
        if not self.projector.wait_for(position, within_s):
            raise TimeoutError(f"after {within_s:g} s the desk does not show {position} facts")

    def raises(self) -> float:
        """One more, now: the moment it is committed."""
        self._append(raised(self._next(), 2))
        return time.time()

    def acknowledges(self, name: str, site: str) -> float:
        """Something that repaints the board."""
        fact = AlertAcknowledged(alert=name, by="user:other", via="console")
        self._append([New(f"alert-{name}", site, fact, now())], after=2)
        return time.time()

    def link(self) -> str:
        """A path that logs in once."""
        return make_login_link(self.database, "duty", now(), 600)

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _append(self, news: list[New], after: int = 0) -> None:
        self.database.write(lambda db: append(db, news, recorded_at=now(), after={n.stream: after for n in news}))


def serve(folder: Path, homes: int, orders: Connection, kind: type[Desk] = Desk) -> None:
    """Run it until the parent hangs up. The first answer is the port."""
    desk = kind(folder, homes)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(desk.app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        orders.send(listener.getsockname()[1])
        try:
            while order := orders.recv():
                name, *given = order
                orders.send(getattr(desk, name)(*given))
        except EOFError:
            pass
        end_streams(desk.app)
        server.should_exit = True
        thread.join(10)
    desk.projector.stop()
    desk.database.close()


class Orders:
    """The desk, as its parent speaks to it."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.port: int = line.recv()

    def __call__(self, *order: Any) -> Any:
        """Have it done; what it answers."""
        self._line.send(order)
        return self._line.recv()


@contextmanager
def desk_apart(folder: Path, homes: int, kind: type[Desk] = Desk) -> Iterator[Orders]:
    """In a process of its own, gone at the end."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, homes, theirs, kind))
    process.start()
    theirs.close()
    try:
        yield Orders(ours)
    finally:
        ours.close()
        process.join(20)
        if process.is_alive():
            process.kill()
