"""The service as `shouwang up` runs it: its own process, on a town, with a provider of ours in the place of Twilio."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from events.precedence import Precedence
from measuring.lines import BrokerStalled, free_port
from measuring.places import url_of
from measuring.provider import ACCOUNT
from shouwang.settings import read_settings

_HERE = Path(__file__).resolve().parents[1]
_PATIENCE_S = 60.0


@contextmanager
def service(
    folder: Path,
    address: str | Path,
    mqtt_url: str,
    provider_port: int,
    *,
    profile: Path | None = None,
    more: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[int]:
    """Its process id, once it has said that it is well: it hears everything and everything behind the door runs."""
    port = port or free_port()
    environ = {
        "PATH": os.environ["PATH"], "PYTHONPATH": f"{_HERE}{os.pathsep}{_HERE.parent}", "SHOUWANG_HOME": str(folder),
        "SHOUWANG_HTTP_PORT": str(port), "MQTT_URL": mqtt_url, "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "measuring", "TWILIO_FROM": "+15005550006",
        "TWILIO_API_BASE": f"http://127.0.0.1:{provider_port}", "DATABASE_URL": url_of(address),
        **_said_of_precedence(), **(more or {}),
    }  # fmt: skip
    what = ["measuring.profiled", str(profile.resolve())] if profile else ["shouwang.service"]
    with (folder / "service.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", *what], env=environ, stderr=log, cwd=folder)
        try:
            _wait_until_well(port, process, folder / "service.log")
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def precedence(address: str | Path) -> Precedence:
    """As the service beside this database asks for it: what this run's environment says, or its default."""
    environ = {"DATABASE_URL": url_of(address), **_said_of_precedence()}
    return read_settings(environ).precedence


def _said_of_precedence() -> dict[str, str]:
    said = os.environ.get("SHOUWANG_PRECEDENCE")
    return {"SHOUWANG_PRECEDENCE": said} if said else {}


def _wait_until_well(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                if json.load(answer)["ok"]:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass  # not yet
        time.sleep(0.2)
    raise BrokerStalled(f"the service did not become well:\n{log.read_text()[-2000:]}")
