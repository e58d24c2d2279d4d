"""The real service as a process, its broker and the simulated provider around it: started, killed and held up at will."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from events.database import Database
from events.keepers import make_database
from ingest.broker import Broker
from shouwang.exits import Exit
from shouwang.leash import tied
from shouwang.operations.migrating import migrate
from simulators.twilio import SimulatedTwilio
from tests.faults.crowd import Crowd
from tests.faults.round import Ground
from tests.faults.town import Town
from tests.hatching import Hatched
from tests.ports import asking, free_port

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60.0


class NeverCame(AssertionError):
    """Something that had to happen did not, within its time."""


class Service:
    """`with Service(ground, Town(40)) as service:` has broker, provider and an imported town; `start` it yourself.

    `ack_wait_s`: the broker's own, less than the product's 5 s only where a test would wait for nothing else.
    `hatched`: processes are forked from one that has imported the service, which saves a second at each start.
    """

    def __init__(
        self, ground: Ground, town: Town, *, ack_wait_s: float = 5.0, hatched: bool = False, **environ: str
    ) -> None:
        self.ground, self.town = ground, town
        self.provider = SimulatedTwilio()
        self.broker = Broker(ground.folder / "broker", port=free_port(), ack_wait_s=ack_wait_s)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = ground.folder / "service"
        self.log = ground.folder / "service.log"
        self.process: subprocess.Popen[bytes] | Hatched | None = None
        self._hatched = hatched
        self.starts = self.broker_anew = 0
        self._environ = environ
        self._mqtt_url = ""
        self._asking = asking()

    @property
    def address(self) -> str | Path:
        """What `make_database` opens: the service's own file, or the round's URL."""
        return self.home / "shouwang.db" if self.ground.database == "sqlite" else self.ground.address

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True)
        database = make_database(self.address)
        try:
            migrate(database)
            self.town.settle(database, _now())
        finally:
            database.close()
        self.broker.start()
        self.broker.wait_ready()
        self.provider.__enter__()
        self.provider.inbound_url = f"{self.url}/hooks/twilio/inbound"
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self.stop, lambda: self.provider.__exit__(None, None, None), self.broker.stop):
            with contextlib.suppress(Exception):
                end()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def through(self, mqtt_url: str) -> None:
        """From the next start on the broker is reached by this way."""
        self._mqtt_url = mqtt_url

    def crowd(self, *, boot: str = "b1") -> Crowd:
        """The town's devices, at the broker."""
        return Crowd(self.town, self.broker.devices_url, self.ground.seed, boot=boot)

    # -- the process

    def environ(self, **more: str) -> dict[str, str]:
        """All the service is told, and nothing of this machine's own settings."""
        shared = {"DATABASE_URL": self.ground.address} if self.ground.database == "postgresql" else {}
        return {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.home), "SHOUWANG_HOME": str(self.home),
            "SHOUWANG_HTTP_PORT": str(self.port), "MQTT_URL": self._mqtt_url or self.broker.service_url,
            "TWILIO_ACCOUNT_SID": self.provider.account_sid, "TWILIO_AUTH_TOKEN": self.provider.auth_token,
            "TWILIO_FROM": "+8612000009000", "TWILIO_API_BASE": self.provider.base_url, "PUBLIC_BASE_URL": self.url,
            "SHOUWANG_PRECEDENCE": "none", **shared, **self._environ, **more,
        }  # fmt: skip

    def start(self, *, well: bool = False, ahead_s: float = 0.0, **environ: str) -> None:
        """A new process; `well`: return when it says that it is. For this start only: `ahead_s` of its wall clock, `environ`."""
        assert not self.alive, "it runs already"
        assert not (ahead_s and self._hatched), "who is hatched has the clock of all"
        run = ["tests.faults.shifted", str(ahead_s)] if ahead_s else ["shouwang.service"]
        if self._hatched:
            self.process = Hatched("shouwang.service:main", (), self.environ(**environ), self.log)
        else:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    tied(os.getpid(), [sys.executable, "-m", *run]), env=self.environ(**environ), cwd=ROOT, stdout=log,
                    stderr=log, stdin=subprocess.DEVNULL,
                )  # fmt: skip
        self.starts += 1
        if well:
            self.until(lambda: self.health().get("ok"), "the service is well")

    @property
    def alive(self) -> bool:
        """Is there a process?"""
        return self.process is not None and self.process.poll() is None

    def health(self) -> dict[str, Any]:
        """What it says of itself; empty while nobody answers."""
        try:
            return dict(self._asking.get(f"{self.url}/health").json())
        except (httpx.HTTPError, ValueError):
            return {}

    def hears(self) -> bool:
        """Whether devices are let in: the whole start is behind it."""
        return bool(self.health().get("connected"))

    def kill(self) -> None:
        """SIGKILL, and it is over."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As its user would, at most half a minute."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def died(self, within_s: float = _PATIENCE_S) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        assert self.process is not None
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise NeverCame(f"the service did not end within {within_s:g} s\n{self.says()}") from None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP for as long as the block takes."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def says(self, characters: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-characters:] if self.log.exists() else ""

    def until(self, holds: Callable[[], Any], what: str, within_s: float = _PATIENCE_S) -> Any:
        """The first true value of `holds`. Raises NeverCame, with the log's end."""
        began = time.monotonic()
        while not (found := holds()):
            self.look_after()
            waited = time.monotonic() - began
            if waited > within_s:
                raise NeverCame(f"never within {within_s:g} s: {what}\n{self.says()}")
            time.sleep(0.05 if waited < 1 else 0.25)  # asked for its health all the time it is busy with nothing else
        return found

    def look_after(self) -> None:
        """As its parent would: a broker by which nothing comes any more is started anew, and the service with it."""
        if self.process is not None and self.process.poll() == Exit.BROKER_SILENT:
            self.broker.stop()
            self.broker.start()
            self.broker.wait_ready()
            self.broker_anew += 1
            self.start()

    # -- the broker

    def kill_broker(self) -> None:
        """SIGKILL of the server; `self.broker.start()` brings it back on the same port and files."""
        pid = self.broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while self.broker.pid is not None and time.monotonic() < until:
            time.sleep(0.01)

    def start_broker(self) -> None:
        """Up again, on what its disk has."""
        self.broker.start()
        self.broker.wait_ready()

    # -- the log

    @contextlib.contextmanager
    def memory(self) -> Iterator[Database]:
        """The database, opened beside the service."""
        database = make_database(self.address, on_fatal=_raise)
        try:
            yield database
        finally:
            database.close()


def _now() -> int:
    return time.time_ns() // 1000


def _raise(failure: BaseException) -> None:
    raise failure
