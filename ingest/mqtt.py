"""The line to the broker, the only place that speaks paho: one thread owns the client; others hand it acks and messages.

It drives paho through its external-loop interface, with a new client object for each connection, so that no state of a
dead connection survives, and an ack can never reach another connection than the one its message came on.
"""

import logging
import random
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ingest.addressing import Address, Patience
from ingest.inbox import Connected, Disconnected, Inbox, Marker, Raw
from ingest.markers import SELF, TAILS, Markers

log = logging.getLogger("shouwang.mqtt")

_HANDSHAKE_S = 10.0
_READS_AT_ONCE = 256
_WAIT_S = (0.2, 10.0)


class Line:
    """Keeps connected for ever. Everything that arrives goes into the inbox, in order."""

    def __init__(
        self,
        url: str,
        inbox: Inbox,
        *,
        now: Callable[[], int],
        client_id: str,
        patience: Patience | None = None,
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        self._to, self._inbox, self._now, self.client_id = Address.of(url), inbox, now, client_id
        self._patience = patience or Patience()
        self._on_fatal = on_fatal
        self._acks: deque[tuple[int, int]] = deque()
        self._outbox: deque[tuple[str, bytes, bool]] = deque()
        self._stopping = threading.Event()
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        self._wake_w.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._generation = 0
        self._silences = 0
        self._forget()

    def _forget(self) -> None:
        self.connected = False
        self._accepted = self._resumed = False
        self._refused = ""
        self._unanswered: set[int] = set()
        self._unacked: set[int] = set()
        self._heard = 0
        self._markers: Markers | None = None

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is waiting, say goodbye; the session stays, and the broker keeps what comes meanwhile."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(10)
        self._wake_r.close()
        self._wake_w.close()

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

    def _wake(self) -> None:
        with suppress(OSError):  # full: it is awake already; closed: it is over
            self._wake_w.send(b".")

    def _run(self) -> None:
        try:
            wait, most = _WAIT_S
            while not self._stopping.is_set():
                lasted = self._one_connection()
                wait = _WAIT_S[0] if lasted > most else min(most, wait * 2)
                self._stopping.wait(wait * random.uniform(0.5, 1.5))  # noqa: S311 -- spreads reconnects, hides nothing
        except BaseException as failure:
            log.exception("the line to the broker broke")
            self._on_fatal(failure)

    def _one_connection(self) -> float:
        """Connect and serve until it ends; returns how many seconds it lasted."""
        self._generation += 1
        self._forget()
        self._acks.clear()
        self._outbox.clear()
        began = time.monotonic()
        client = self._client()
        try:
            client.connect(self._to.host, self._to.port, keepalive=self._patience.keepalive_s)
            why = self._serve(client, began)
        except OSError as fault:
            why = str(fault)
        was, self.connected = self.connected, False
        sock = client.socket()
        if sock is not None:
            client.on_disconnect = None
            client.disconnect()
            sock.close()
        if was and self._stopping.is_set():
            return 0.0
        if was:
            log.warning("the broker is gone: %s", why)
            self._inbox.put(Disconnected(self._now(), why), give_up=self._stopping.is_set)
            return time.monotonic() - began
        log.info("no connection to %s:%s: %s", self._to.host, self._to.port, why)
        return 0.0

    def _client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        client.connect_timeout = _HANDSHAKE_S
        client.max_inflight_messages_set(1000)
        if self._to.username is not None:
            client.username_pw_set(self._to.username, self._to.password)
        if self._to.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_register_write = lambda *_: None  # writing is this thread's turn, see _serve
        return client

    def _serve(self, client: paho.Client, began: float) -> str:
        """Returns why it ended."""
        sock = client.socket()
        if sock is None:
            return "no socket"
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            selector.register(self._wake_r, selectors.EVENT_READ)
            while not self._stopping.is_set():
                wants = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
                selector.modify(sock, wants)
                ready = selector.select(0.0 if _pending(sock) else 0.25)
                self._drain_wake()
                if any(key.fileobj is sock for key, _ in ready) or _pending(sock):
                    for _ in range(_READS_AT_ONCE):
                        before = self._heard
                        if code := client.loop_read():
                            return paho.error_string(code)
                        if self._heard == before:
                            break
                self._send(client)
                if client.want_write() and (code := client.loop_write()):
                    return paho.error_string(code)
                if code := client.loop_misc():
                    return paho.error_string(code)
                if why := self._duties(client, began):
                    return why
            self._send(client)
            client.disconnect()
            client.loop_write()
        return "we leave"

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):
            self._wake_r.recv(65_536)

    def _send(self, client: paho.Client) -> None:
        while self._acks:
            generation, mid = self._acks.popleft()
            if generation == self._generation:
                self._unacked.discard(mid)
                client.ack(mid, 1)
        while self._outbox:
            topic, payload, retain = self._outbox.popleft()
            client.publish(topic, payload, qos=1, retain=retain)

    def _duties(self, client: paho.Client, began: float) -> str:
        """Handshake limit, markers, and whether the last one came back. Returns why the connection must end."""
        if self._refused:
            return self._refused
        if not self.connected:
            if self._accepted and not self._unanswered:
                self.connected = True
                self._inbox.put(Connected(self._generation, self._resumed, self._now()))
            elif time.monotonic() - began > _HANDSHAKE_S:
                return "no answer to our greeting"
            else:
                return ""
        markers = self._markers
        assert markers is not None
        if markers.answered:
            self._silences = 0
        if markers.overdue():
            self._silences += 1
            if self._silences >= self._patience.silences:
                self._on_fatal(TimeoutError("our own messages do not come back from the broker"))
            return "our own message did not come back"
        for topic, body in markers.due(self._now()):
            client.publish(topic, body, qos=1)
        return ""

    def _on_connect(self, client: paho.Client, _: Any, flags: Any, code: Any, __: Any) -> None:
        if code.is_failure:
            self._refused = f"refused by the broker: {code}"
            return
        self._accepted, self._resumed = True, bool(flags.session_present)
        self._markers = Markers(self._generation, self.client_id, self._patience)
        for tail in TAILS:
            mid = client.subscribe(f"shouwang/v1/+/+/{tail}", qos=1)[1]
            self._unanswered.add(mid or 0)

    def _on_subscribe(self, _: paho.Client, __: Any, mid: int, codes: Any, ___: Any) -> None:
        if any(code.is_failure or code.value != 1 for code in codes):
            self._refused = f"subscription not granted at QoS 1: {[str(code) for code in codes]}"
        self._unanswered.discard(mid)

    def _on_message(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        """Copy, queue, return. A full queue waits here, and so stops the reading of the socket."""
        self._heard += 1
        try:
            received_at = self._now()
            mid = message.mid
            if message.qos:
                if mid in self._unacked:
                    return  # sent again while we still work on it; its one ack covers both
                self._unacked.add(mid)
            try:
                topic = message.topic
            except UnicodeDecodeError as fault:
                topic = bytes(fault.object).decode(errors="backslashreplace")
            payload = bytes(message.payload)
            item: Raw | Marker
            if topic.startswith(SELF) and self._markers:
                item = self._markers.came(topic, payload, mid, message.qos)
            else:
                item = Raw(self._generation, mid, message.qos, topic, payload, message.retain, received_at)
            self._inbox.put(item, give_up=self._stopping.is_set)
        except Exception:
            log.exception("a message could not be queued")


def _pending(sock: Any) -> bool:
    """TLS may hold bytes that select cannot see."""
    pending = getattr(sock, "pending", None)
    return bool(pending and pending())
