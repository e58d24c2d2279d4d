"""One connection to the broker, the only place that speaks paho: a new client object each time, owned by one thread.

paho is driven through its external-loop interface, so that no state of a dead connection survives, no other thread
writes to the socket, and an ack can never reach another connection than the one its message came on.
"""

import logging
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from events.failpoints import failpoint
from events.right_of_way import WAY
from ingest.addressing import Address, Patience
from ingest.gathering import GatheringClient, GatheringSocket, Report
from ingest.inbox import Connected, Inbox, Marker, Raw, looks_like_an_alarm
from ingest.markers import SELF, Markers

log = logging.getLogger("shouwang.mqtt")

PREFIX = "shouwang/v1/"
OUR_OWN = ("/ack", "/cmd")
"""Topics to devices: ours, not theirs."""

_HANDSHAKE_S = 10.0
_GLANCE_S = 0.003
_MUCH = 32_768
"""Bytes: with so many there is load enough for an alarm behind them, which has not come yet."""


class Connections(Protocol):
    """What a connection needs of the line it belongs to."""

    to: Address
    client_id: str
    patience: Patience
    inbox: Inbox
    now: Callable[[], int]
    wake_r: socket.socket
    connected: bool

    def stopping(self) -> bool:
        """The line is to leave."""

    def send(self, connection: "Connection") -> None:
        """Call `ack` and `publish` with what waits."""


class Connection:
    """From the handshake to its end, within one call of `serve`."""

    def __init__(self, generation: int, line: Connections) -> None:
        self.generation, self._line = generation, line
        self._accepted = self._resumed = False
        self._refused = ""
        self._unanswered: set[int] = set()
        self._unacked: set[int] = set()
        self._heard_at = 0.0
        self._markers = Markers(generation, line.client_id, line.patience)
        self._client = self._new_client()

    @property
    def answered(self) -> bool:
        """A message of ours came back on this connection."""
        return self._markers.answered

    def ack(self, mid: int) -> None:
        """This message is on disk."""
        self._unacked.discard(mid)
        self._client.ack_report(mid)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """At QoS 1."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def serve(self) -> str:
        """Connect and work until it ends; returns why."""
        to = self._line.to
        try:
            self._client.connect(to.host, to.port, keepalive=self._line.patience.keepalive_s)
            sock: Any = self._client.socket()
            return self._work(sock) if sock is not None else "no socket"
        except OSError as fault:
            return str(fault)
        finally:
            sock = self._client.socket()
            if sock is not None:
                with suppress(OSError):
                    sock.close()

    def _new_client(self) -> GatheringClient:
        line = self._line
        client = GatheringClient(
            CallbackAPIVersion.VERSION2,
            client_id=line.client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        client.connect_timeout = _HANDSHAKE_S
        client.max_inflight_messages_set(1000)
        if line.to.username is not None:
            client.username_pw_set(line.to.username, line.to.password)
        if line.to.tls:
            client.tls_set_context(_trust(line.to.cafile))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._unlooked_for
        client.on_socket_register_write = lambda *_: None  # or paho would write at once, in whatever thread it is
        return client

    def _work(self, sock: GatheringSocket) -> str:
        client, line, began = self._client, self._line, time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            selector.register(line.wake_r, selectors.EVENT_READ)
            while not line.stopping():
                writes = selectors.EVENT_WRITE if sock.unsent or client.want_write() else 0
                selector.modify(sock, selectors.EVENT_READ | writes)
                ready = [key.fileobj for key, _ in selector.select(0.0 if sock.pending() else 0.25)]
                if line.wake_r in ready:
                    line.wake_r.recv(65_536)
                if sock in ready or sock.pending():
                    code = self._read_all(sock)
                    if code:
                        return paho.error_string(code)
                line.send(self)
                if client.want_write() and (code := client.loop_write()):
                    return paho.error_string(code)
                sock.flush()
                if code := client.loop_misc():
                    return paho.error_string(code)
                if why := self._duties(began):
                    return why
            line.send(self)
            client.disconnect()
            client.loop_write()
        return "we leave"

    def _read_all(self, sock: GatheringSocket) -> int:
        """What one read of the socket has brought, packet after packet: reports by themselves, the rest by paho."""
        if not sock.fill():
            return 0
        self._give_way(sock)
        while packet := sock.next():
            if isinstance(packet, Report):
                self._came(packet)
            elif code := self._client.loop_read():
                return int(code)
        self._client.heard()
        return int(self._client.loop_read()) if sock.over else 0

    def _give_way(self, sock: GatheringSocket) -> None:
        """While an alarm passes, what has come is only looked at: it waits, unless there is an alarm in it, or much has gathered."""
        while not sock.over and (left := WAY.left_s()):
            came = sock.waiting
            if len(came) >= _MUCH or looks_like_an_alarm(came):
                return
            time.sleep(min(left, _GLANCE_S))
            sock.fill()

    def _duties(self, began: float) -> str:
        """Handshake limit, markers, and whether they come back. Returns why the connection must end."""
        line = self._line
        if self._refused:
            return self._refused
        if not line.connected:
            if not self._accepted or self._unanswered:
                return "no answer to our greeting" if time.monotonic() - began > _HANDSHAKE_S else ""
            line.connected = True
            self._markers.begin()
            line.inbox.put(Connected(self.generation, self._resumed, line.now()), give_up=line.stopping)
        quiet_s = time.monotonic() - self._heard_at
        if self._markers.overdue() and quiet_s > line.patience.pong_within_s:  # else it only waits behind others
            return "our own message did not come back"
        for topic, body in self._markers.due(line.now()):
            self.publish(topic, body)
        return ""

    def _on_connect(self, client: paho.Client, _: Any, flags: Any, code: Any, __: Any) -> None:
        if code.is_failure:
            self._refused = f"refused by the broker: {code}"
            return
        self._accepted, self._resumed = True, bool(flags.session_present)
        # One subscription: NATS makes a consumer of each, and between two consumers a device's reports lose their order
        # (measured: 2,094 breaks in 25,664). `#` would make two consumers as well.
        mid = client.subscribe(f"{PREFIX}+/+/+", qos=1)[1]
        self._unanswered.add(mid or 0)

    def _on_subscribe(self, _: paho.Client, __: Any, mid: int, codes: Any, ___: Any) -> None:
        if any(code.is_failure or code.value != 1 for code in codes):
            self._refused = f"subscription not granted at QoS 1: {[str(code) for code in codes]}"
        self._unanswered.discard(mid)

    def _unlooked_for(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        """Of a kind that is not asked for (QoS 2): it must not be lost in silence."""
        log.warning("a message at QoS %d was handed over, which nobody asked for", message.qos)

    def _came(self, message: Report) -> None:
        """Queue, return. A full queue waits here, and so stops the reading of the socket."""
        self._heard_at = time.monotonic()
        line, mid = self._line, message.mid
        try:
            received_at = line.now()
            if message.qos:
                if mid in self._unacked:
                    return  # sent again while we still work on it; its one ack covers both
                self._unacked.add(mid)
            try:
                topic = message.topic.decode()
            except UnicodeDecodeError:
                topic = message.topic.decode(errors="backslashreplace")
            if topic.startswith(PREFIX) and topic.endswith(OUR_OWN):
                self._own_back(mid, message.qos)
                return
            payload = message.payload
            item: Raw | Marker
            if topic.startswith(SELF):
                item = self._markers.came(topic, payload, mid, message.qos)
            else:
                item = Raw(self.generation, mid, message.qos, topic, payload, message.retained, received_at)
            failpoint("ingest.received")
            line.inbox.put(item, give_up=line.stopping)
        except Exception:  # raised further it would end paho's reading for good
            self._unacked.discard(mid)  # it comes again, and is to be taken then
            log.exception("a message could not be queued")

    def _own_back(self, mid: int, qos: int) -> None:
        """What we tell devices comes back to us by the same subscription; it is acknowledged and forgotten."""
        if qos:
            self.ack(mid)


def _trust(cafile: str | None) -> ssl.SSLContext:
    """The machine's own authorities; or only these certificates, under any name, a leaf alone being enough."""
    context = ssl.create_default_context(cafile=cafile)
    if cafile is not None:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
