"""The line to the broker: one thread that connects, serves, and connects anew for ever, with a delay of its own."""

import logging
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ingest.addressing import Address, Patience
from ingest.inbox import Disconnected, Inbox
from ingest.mqtt import Connection, Connections

log = logging.getLogger("shouwang.mqtt")

_SHORTEST_S, _LONGEST_S = 0.2, 10.0


class BrokerSilent(TimeoutError):
    """It takes our connections, and nothing comes by them, not even what we say ourselves: perhaps it has to start anew."""


class Line(Connections):
    """Everything that arrives goes into the inbox, in order; acks and messages of ours wait for the thread's turn."""

    def __init__(
        self,
        url: str,
        inbox: Inbox,
        *,
        now: Callable[[], int],
        client_id: str,
        patience: Patience | None = None,
        on_fatal: Callable[[BaseException], None],
        may_connect: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_connect`: the broker knows us by one name, so only one of us may come; it raises when that is another."""
        self._may_connect = may_connect
        self.to, self.inbox, self.now, self.client_id = Address.of(url), inbox, now, client_id
        self.patience = patience or Patience()
        self.connected = False
        self._on_fatal = on_fatal
        self._acks: deque[tuple[int, int]] = deque()
        self._outbox: deque[tuple[str, bytes, bool]] = deque()
        self._stopping = threading.Event()
        self.wake_r, self._wake_w = socket.socketpair()
        self.wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._generation = 0

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is waiting, say goodbye; the session stays, and the broker keeps what comes meanwhile."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(15)
        self.wake_r.close()
        self._wake_w.close()

    def stopping(self) -> bool:
        """We were told to leave."""
        return self._stopping.is_set()

    def ack(self, received: list[tuple[int, int]]) -> None:
        """These (generation, mid) are on disk. Of an older connection's none is acknowledged: they come again."""
        self._acks.extend(received)
        self._wake()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """At QoS 1 on the present connection; False when there is none."""
        if not self.connected:
            return False
        self._outbox.append((topic, payload, retain))
        self._wake()
        return True

    def send(self, connection: Connection) -> None:
        """Hand over what waits; called by the connection in its thread."""
        while self._acks:
            generation, mid = self._acks.popleft()
            if generation == connection.generation:  # after a reconnect the same number means another message
                connection.ack(mid)
        while self._outbox:
            topic, payload, retain = self._outbox.popleft()
            connection.publish(topic, payload, retain=retain)

    def _wake(self) -> None:
        with suppress(OSError):  # full: it is awake already; closed: it is over
            self._wake_w.send(b".")

    def _run(self) -> None:
        try:
            wait = _SHORTEST_S
            silences = 0  # connections on which nothing of ours came back: perhaps only a new process helps
            while not self._stopping.is_set():
                lasted, answered = self._one_connection() if self._may_connect() else (0.0, False)
                if answered:
                    silences = 0
                elif lasted >= self.patience.pong_within_s and (silences := silences + 1) >= self.patience.silences:
                    self._on_fatal(BrokerSilent("our own messages do not come back from the broker"))
                wait = _SHORTEST_S if lasted > _LONGEST_S else min(_LONGEST_S, wait * 2)
                self._stopping.wait(wait * random.uniform(0.5, 1.5))  # noqa: S311 -- spreads reconnects, hides nothing
        except BaseException as failure:
            log.exception("the line to the broker broke")
            self._on_fatal(failure)

    def _one_connection(self) -> tuple[float, bool]:
        """How many seconds it lasted (0: it never stood), and whether a message of ours came back on it."""
        self._generation += 1
        self._acks.clear()
        self._outbox.clear()
        connection = Connection(self._generation, self)
        began = time.monotonic()
        why = connection.serve()
        was, self.connected = self.connected, False
        if not was:
            log.info("no connection to %s:%s: %s", self.to.host, self.to.port, why)
            return 0.0, False
        if not self._stopping.is_set():
            log.warning("the broker is gone: %s", why)
            self.inbox.put(Disconnected(self.now(), why), give_up=self.stopping)
        return time.monotonic() - began, connection.answered
