"""The embedded broker: a NATS server with MQTT as a child process, its files, credentials and limits in one folder.

Of four brokers measured it was the only one that kept every acknowledged message over kill -9, with
`sync_interval: always`.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import msgspec

from ingest.broker_files import credentials_in, find_server, write_private
from ingest.sweeping import EVERY_S, Sweeper

log = logging.getLogger("shouwang.broker")

_TROUBLE = ("not supported", "[ERR]", "[FTL]", "no space left", "maximum")
_STUCK = ("no space left", "critical write error", "will be DISABLED")
"""After a write that failed the server takes no message any more, also when there is room again: NATS 2.15, measured."""
_ROOM = 1 << 20
WINDOW = 1000
"""So many messages it hands over on a subscription without an acknowledgement.

All subscriptions of one session may have 65,535 together: with this a gateway may listen to 65 topics, with four times as
much to 16, and the next is refused.
"""
_LOOK_S, _LOOK_STUCK_S = 0.2, 1.0


class BrokerNotAllowed(Exception):
    """It would listen beyond this machine without TLS."""


class BrokerNotStarted(Exception):
    """It did not come up; the message says why, and which setting to change."""


class Tls(msgspec.Struct, frozen=True):
    """Certificate and key, PEM files."""

    certificate: Path
    key: Path


class Broker:
    """`on_trouble` hears the server's own complaints, such as a topic with a space that cuts a whole gateway off."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 1883,
        tls: Tls | None = None,
        on_trouble: Callable[[str], None] | None = None,
        ack_wait_s: float = 5.0,
        sweep_every_s: float = EVERY_S,
    ) -> None:
        """Raises BrokerNotAllowed, BrokerMissing."""
        if tls is None and not _is_loopback(host):
            raise BrokerNotAllowed(
                f"MQTT on {host} would be open to others without encryption: give a certificate and key, "
                "or set SHOUWANG_MQTT_BIND=127.0.0.1"
            )
        self._folder, self.host, self.port, self._tls = folder, host, port, tls
        self._binary = find_server()
        self._on_trouble, self._ack_wait_s = on_trouble, ack_wait_s
        self._child: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._last = ""
        self.stuck = False
        """A write failed: it acknowledges nothing until it is started again."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.credentials = credentials_in(folder / "broker.credentials.json")
        self._sweeper = Sweeper(folder, self.credentials.service, on_trouble=on_trouble, every_s=sweep_every_s)

    @property
    def pid(self) -> int | None:
        """The server's process, None while it does not run."""
        return self._child.pid if self._child and self._child.poll() is None else None

    @property
    def service_url(self) -> str:
        """How the service itself connects: over TLS it trusts this very certificate, whatever name it bears."""
        url = self._url("service", self.credentials.service)
        return f"{url}?cafile={quote(str(self._tls.certificate))}" if self._tls else url

    @property
    def devices_url(self) -> str:
        """How devices and gateways connect."""
        return self._url("devices", self.credentials.devices)

    def start(self) -> None:
        """Start the server. Raises BrokerNotStarted when the port is taken."""
        self._end_orphan()
        self._refuse_busy_port()
        self.stuck = False
        config = self._folder / "broker.conf"
        write_private(config, self._config())
        for said in self._folder.glob("*.ports"):  # of one that was killed
            said.unlink(missing_ok=True)
        # Text it writes is ours to read: its complaints are the operator's alarms.
        self._child = subprocess.Popen(  # noqa: S603 -- the binary we found, our own file
            [str(self._binary), "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches us, and we stop it in our order
            env=_sparing(os.environ, _cores()),
        )
        (self._folder / "broker.pid").write_text(str(self._child.pid))
        self._listener = threading.Thread(target=self._listen, args=(self._child,), name="broker-log", daemon=True)
        self._listener.start()
        self._sweeper.start(self._child.pid)

    def wait_ready(self, seconds: float = 15.0) -> None:
        """Until it takes MQTT connections. Raises BrokerNotStarted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._child is None or self._child.poll() is not None:
                raise BrokerNotStarted(f"the broker ended at once: {self._last or 'no word'}")
            if _answers(self.host, self.port):
                return
            time.sleep(0.05)
        raise BrokerNotStarted(f"the broker did not answer within {seconds:g} s: {self._last}")

    def look_after(self, told_to_stop: threading.Event) -> bool:
        """Until told to stop, starting it again when a disk that was full has room; False when it ended by itself.

        Raises BrokerNotStarted.
        """
        while not told_to_stop.wait(_LOOK_STUCK_S if self.stuck else _LOOK_S):
            if self.pid is None:
                return False
            if self.stuck and self._has_room():
                log.warning("the broker's disk has room again: starting it anew, for it takes nothing more by itself")
                self.stop()
                self.start()
                self.wait_ready()
        return True

    def _has_room(self) -> bool:
        probe = self._folder / "broker.room"
        try:
            with probe.open("wb") as file:
                file.write(bytes(_ROOM))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                probe.unlink(missing_ok=True)
        return True

    def stop(self) -> None:
        """SIGTERM, wait, reap."""
        child, self._child = self._child, None
        self._sweeper.stop()
        if child is None:
            return
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if self._listener:
            self._listener.join(5)
        (self._folder / "broker.pid").unlink(missing_ok=True)

    def _url(self, user: str, password: str) -> str:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 -- compared, not bound
        scheme = "mqtts" if self._tls else "mqtt"
        return f"{scheme}://{user}:{password}@{f'[{host}]' if ':' in host else host}:{self.port}"

    def _config(self) -> str:
        tls = ""
        if self._tls:
            tls = f"tls {{ cert_file: {_quoted(self._tls.certificate)}, key_file: {_quoted(self._tls.key)} }}"
        return f"""# Written anew at each start.
server_name: shouwang
host: "127.0.0.1"
port: -1
ports_file_dir: {_quoted(self._folder)}
max_payload: 1MB
jetstream {{
  store_dir: {_quoted(self._folder / "jetstream")}
  sync_interval: always
}}
mqtt {{
  host: {_quoted(self.host)}
  port: {self.port}
  ack_wait: "{int(self._ack_wait_s * 1000)}ms"
  max_ack_pending: {WINDOW}
  {tls}
}}
authorization {{
  users: [
    {{ user: service, password: {_quoted(self.credentials.service)} }}
    {{ user: devices, password: {_quoted(self.credentials.devices)}, permissions: {{
      publish: {{ allow: ["shouwang.v1.*.*.event", "shouwang.v1.*.*.tele", "shouwang.v1.*.*.status"] }}
      subscribe: {{ allow: ["shouwang.v1.*.*.cmd", "shouwang.v1.*.*.ack", "$MQTT.sub.>"] }}
    }} }}
  ]
}}
"""

    def _listen(self, child: "subprocess.Popen[str]") -> None:
        assert child.stderr is not None
        for line in child.stderr:
            said = line.strip()
            if any(word in said for word in _TROUBLE):
                self.stuck = self.stuck or (child is self._child and any(word in said for word in _STUCK))
                self._last = said
                log.warning("broker: %s", said)
                if self._on_trouble:
                    with contextlib.suppress(Exception):  # a listener's fault must not block the server's pipe
                        self._on_trouble(said)

    def _refuse_busy_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as fault:
                raise BrokerNotStarted(
                    f"MQTT port {self.port} on {self.host} cannot be used ({fault.strerror}): "
                    "set SHOUWANG_MQTT_PORT to a free one"
                ) from fault

    def _end_orphan(self) -> None:
        """A server of ours that outlived a killed service still holds port and files."""
        try:
            pid = int((self._folder / "broker.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return
        if str(self._folder / "broker.conf").encode() not in command:
            return
        log.warning("ending a broker left over from an earlier run, process %d", pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 15
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until and not _is_zombie(pid):
            time.sleep(0.05)


def _cores() -> int:
    """Those this process may use; all of the machine where its system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sparing(environ: Mapping[str, str], cores: int) -> dict[str, str]:
    """The server on half of the cores, unless somebody has said otherwise.

    It hands each message from one of its threads to the next; on a core that others want too, those threads look for work
    and wake each other for more than the work costs: 0.66 of a core for 7,000 messages a second beside a busy service on
    two cores, 0.42 with one thread (decision 0093).
    """
    return {"GOMAXPROCS": str(max(1, cores // 2)), **environ}


def _quoted(value: object) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _answers(host: str, port: int) -> bool:
    target = "127.0.0.1" if host in {"0.0.0.0", ""} else "::1" if host == "::" else host  # noqa: S104 -- compared
    with contextlib.suppress(OSError), socket.create_connection((target, port), timeout=1):
        return True
    return False


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True
