"""The real NATS broker with MQTT for tests, and a listener that remembers what was published."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators.devices import Broker, Line
from simulators.devices.line import wait_until
from tests.ports import free_port

BINARY = Path(sys.executable).with_name("nats-server")


class RealBroker:
    """Can be stopped and started again on the same port and files."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.url = f"mqtt://sim:secret@127.0.0.1:{self.port}"
        self.log = (home / "nats.log").open("wb")
        self.child: subprocess.Popen | None = None
        (home / "nats.conf").write_text(
            f"""
            server_name: testbroker
            listen: "127.0.0.1:{free_port()}"
            jetstream {{ store_dir: "{home / "js"}", sync_interval: always }}
            mqtt {{ listen: "127.0.0.1:{self.port}", ack_wait: "5s" }}
            authorization {{ user: sim, password: secret }}
            """
        )

    def start(self) -> None:
        self.child = subprocess.Popen([BINARY, "-c", self.home / "nats.conf"], stdout=self.log, stderr=self.log)
        assert wait_until(self._answers, 10), (self.home / "nats.log").read_text()

    def stop(self) -> None:
        if self.child:
            self.child.terminate()
            self.child.wait(10)
            self.child = None

    def _answers(self) -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Listener:
    """A persistent subscriber stands for the service: it remembers everything and can answer with acks."""

    line: Line | None = None
    heard: deque = field(default_factory=deque)
    more: threading.Condition = field(default_factory=threading.Condition)

    def take(self, topic: str, payload: bytes) -> None:
        with self.more:
            self.heard.append((topic, payload))
            self.more.notify_all()

    def waits_for(self, condition, seconds: float = 20) -> list:
        """Until `condition(list of (topic, decoded payload))` holds."""
        with self.more:
            assert self.more.wait_for(lambda: condition(self.said()), seconds), self.said()[-5:]
            return self.said()

    def said(self) -> list[tuple[str, dict]]:
        return [(topic, json.loads(payload)) for topic, payload in list(self.heard)]


@pytest.fixture
def broker(tmp_path):
    found = RealBroker(tmp_path)
    found.start()
    yield found
    found.stop()
    found.log.close()


@pytest.fixture
def service(broker):
    """Listens before any device speaks."""
    topics = ("shouwang/v1/+/+/event", "shouwang/v1/+/+/tele", "shouwang/v1/+/+/status")
    found = Listener()
    line = Line(Broker.of(broker.url), "service", listens_to=topics, on_message=found.take)
    found.line = line
    line.open()
    assert wait_until(lambda: line.subscribed, 10)
    yield found
    line.close()
