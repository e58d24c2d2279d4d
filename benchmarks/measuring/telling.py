"""Engine, planner, timers and senders at work in this process, with providers that take everything at once and note when."""

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from alerts import letters
from alerts.commands.declaring import declare_channels
from alerts.engine import Engine
from alerts.notify.channel import Capabilities, Outgoing, Report, Sent
from alerts.notify.senders import Senders
from alerts.planner import Planner
from alerts.timers import Poller
from events.database import Database
from events.store import New, append
from events.types.device import CarbonMonoxideReported
from events.types.system import IngestCaughtUp
from measuring import town
from shouwang.deciding import Deciding
from shouwang.moment import now

_TEXTS = Capabilities(two_way=True, links=False, receipts=True, keypad=False)


class Taker:
    """A provider. `accepted`: our message id -> monotonic seconds when it said yes."""

    really_sends = True

    def __init__(self, name: str, capabilities: Capabilities) -> None:
        self.name, self.capabilities = name, capabilities
        self.accepted: dict[str, float] = {}
        self._numbers = itertools.count(1)

    def send(self, outgoing: Outgoing) -> Sent:
        """Yes."""
        self.accepted[outgoing.message] = time.monotonic()
        return Sent(f"{self.name}-{next(self._numbers)}", "queued")

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """No answer of ours is ever lost."""
        return None

    def fetch(self, provider_id: str) -> Report:  # noqa: ARG002  (the promise's own shape)
        """It is on its way."""
        return Report("sent", "")


class Telling:
    """The rooms that decide and tell."""

    def __init__(self, address: str | Path, homes: int) -> None:
        self.database: Database = town.new_database(address)
        town.settle(self.database, homes, now())
        texts, calls = Taker("texts", _TEXTS), Taker("calls", replace(_TEXTS, medium="voice", keypad=True))
        self.channels = [texts, calls]
        declare_channels(self.database, self.channels, at=now())
        heard = New("ingest", "all", IngestCaughtUp(since=now()), now(), key="start", digest=0)
        self.database.write(lambda db: append(db, [heard], recorded_at=now()))
        died: Callable[[BaseException], None] = lambda failure: print("died:", failure)  # noqa: E731
        engine, planner = Engine(self.database, now), Planner(self.database, now, channel="texts")
        self.deciding = Deciding(self.database, engine, planner, on_fatal=died)
        self.timers = Poller(self.database, now, on_fatal=died)
        self.senders = Senders(
            self.database, {one.name: one for one in self.channels}, now=now, render=letters.worded,
            address_of=letters.number_of, still_wanted=letters.still_wanted, on_fatal=died,
        )  # fmt: skip

    def accepted(self) -> dict[str, float]:
        """Message -> when a provider took it, of both."""
        return {**self.channels[0].accepted, **self.channels[1].accepted}


@contextmanager
def telling(address: str | Path, homes: int) -> Iterator[Telling]:
    """At work until the end of the block."""
    made = Telling(address, homes)
    made.deciding.start()
    made.deciding.settle()
    made.timers.start()
    made.senders.start()
    try:
        yield made
    finally:
        made.timers.stop()
        made.deciding.stop()
        made.senders.stop()
        made.database.close()


def alarm(home: int, *, on: bool = True) -> New:
    """Carbon monoxide in this home."""
    device, at = town.co_alarm(home), now()
    fact = CarbonMonoxideReported(device=device, alarm=on, ppm=300.0 if on else 2.0)
    return New(f"device-{device}", town.site_of(home), fact, at, key=f"{on}-{at}", digest=0)


def bare(database: Database, homes: range) -> list[float]:
    """The yardstick: each alarm is written down and handed on, nothing is decided. Seconds each."""
    taker, took = Taker("bare", _TEXTS), []
    for home in homes:
        began = time.monotonic()
        fact = alarm(home, on=False)
        database.write(lambda db, fact=fact: append(db, [fact], recorded_at=now()))
        taker.send(Outgoing(f"bare-{home}", "+8612000000001", "一氧化碳", 1, 300))
        took.append(taker.accepted[f"bare-{home}"] - began)
    return took


def until(holds: Callable[[], bool], seconds: float, *, look_s: float = 0.01) -> bool:
    """Whether it came true in time. `look_s` apart: a look may cost what is measured."""
    waiting, end = threading.Event(), time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        waiting.wait(look_s)
    return True
