"""A `shouwang` that really runs, on ports of its own: started, waited for, and stopped as its user would."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

from tests.ports import asking, free_port

ROOT = Path(__file__).resolve().parents[2]
SHOUWANG = Path(sys.executable).parent / "shouwang"


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def until(holds: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.1)
    return found


def processes_naming(text: str) -> list[int]:
    """Processes whose command line or environment names this folder: all that a start has brought to life."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if text.encode() in told:
                found.append(int(entry.name))
    return found


class Running:
    """`with Running("up", home) as up:` ends it on leaving, however the test ended."""

    def __init__(self, command: str, home: Path, *options: str, **environ: str) -> None:
        self.http, self.mqtt, self.phones = free_ports(3)
        self.home, self.words = home, [str(SHOUWANG), command, *options]
        self.log = home.parent / f"{home.name}-{command}-{self.http}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHOUWANG_", "TWILIO_"))}
        self.environ = clean | {
            "SHOUWANG_HOME": str(home), "SHOUWANG_HTTP_PORT": str(self.http), "SHOUWANG_MQTT_PORT": str(self.mqtt),
            "SHOUWANG_DEMO_PHONES_PORT": str(self.phones), "SHOUWANG_PRECEDENCE": "none", "COLUMNS": "200",
        } | environ  # fmt: skip
        self.url = f"http://127.0.0.1:{self.http}"
        self.asking = asking()

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.words, env=self.environ, cwd=ROOT, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def says(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def well(self) -> bool:
        assert self.process.poll() is None, self.says()
        try:
            return self.asking.get(f"{self.url}/health").status_code == 200
        except httpx.HTTPError:
            return False

    def link(self) -> str:
        return until(lambda: re.search(r"http://\S+/login/link/\S+", self.says()), "login link")[0]

    def interrupted(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)
