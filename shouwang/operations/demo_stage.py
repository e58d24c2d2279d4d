"""What the demonstration adds around the service: a folder and account of its own, the phones, and the town's life."""

import os
import secrets
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

import yaml

from shouwang.environment import Environment
from shouwang.operations.wire import device_url
from shouwang.premises import free_port
from shouwang.settings import Settings
from shouwang.supervise import Part

TOWN = Path(__file__).resolve().parents[2] / "examples" / "town.yaml"
TOKEN_FILE = "twilio-token"  # noqa: S105  # a file's name
ACCOUNT_SID = "AC" + "5" * 32
NUMBER = "+8612000009000"
"""Invented, like every number of the example town."""

_LEFT_OUT = (
    "TWILIO_", "ALIYUN_", "WECOM_", "SHOUWANG_CHANNELS", "SHOUWANG_MODEM", "DATABASE_URL", "MQTT_URL", "PUBLIC_BASE_URL", "SHOUWANG_CLOCK_FROM", "SHOUWANG_ROOMS",
    "SHOUWANG_HTTP_BIND", "SHOUWANG_MQTT_BIND", "SHOUWANG_TLS_CERT", "SHOUWANG_TLS_KEY",
)  # fmt: skip
"""What a demonstration must not take over: the real account, the real log, the doors open to the network."""


def environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of the demo's service; the account's token is made once and kept for its owner alone."""
    token = home / TOKEN_FILE
    if not token.exists():
        with os.fdopen(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(16))
    port = Environment(environ).port("SHOUWANG_DEMO_PHONES_PORT", 8010)  # a fault in it is named with all others
    phones = f"http://127.0.0.1:{port}"
    return {name: value for name, value in environ.items() if not name.startswith(_LEFT_OUT)} | {
        "SHOUWANG_HOME": str(home),
        "SHOUWANG_DEMO": "1",
        "SHOUWANG_DEMO_PHONES_URL": phones,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN_FILE": str(token),
        "TWILIO_FROM": NUMBER,
        "TWILIO_VOICE_FROM": NUMBER,
        "TWILIO_API_BASE": phones,
    }


class Stage:
    """The simulators, each a process of its own that imports nothing of ours."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.phones_port = settings.demo_phones_port
        self._world_port = free_port(self.phones_port + 1)

    def phones(self) -> Part:
        """The simulated Twilio with its page of phones; it keeps its messages over a restart."""
        here, world = self._settings, f"http://127.0.0.1:{self._world_port}"
        options = [
            "--port", str(self.phones_port), "--account-sid", ACCOUNT_SID,
            "--auth-token-file", str(here.home / TOKEN_FILE), "--number", NUMBER, "--town", str(TOWN),
            "--inbound-url", f"{here.public_base_url}/hooks/twilio/inbound", "--state", str(here.home / "phones.jsonl"),
            "--action", f"开窗|Open the window|{world}/open-window",
        ]  # fmt: skip
        for answer in _answers_by_itself():
            options += ["--auto-reply", answer]
        return Part(
            name="手机 phones",
            command=[sys.executable, "-m", "simulators.twilio", *options],
            ready=lambda: _answers(f"{here.demo_phones_url}/"),
            quiet=True,
        )

    def world(self) -> Part:
        """The homes and their devices; what they remember lets them backfill the time we were not there."""
        here = self._settings
        options = [
            "--town", str(TOWN), "--state", str(here.home / "world.json"), "--port", str(self._world_port),
            "--phones-url", str(here.demo_phones_url),
        ]  # fmt: skip
        return Part(
            name="小镇 world",
            command=[sys.executable, "-m", "simulators.world", *options],
            env={**os.environ, "MQTT_URL": device_url(here)},
            ready=lambda: _answers(f"http://127.0.0.1:{self._world_port}/health"),
            quiet=True,
        )


def _answers_by_itself() -> list[str]:
    """Whose phone replies without anybody, as the town file says it: `demo: {answers: {after_s: 10, text: ...}}`."""
    people = yaml.safe_load(TOWN.read_text("utf-8"))["people"]
    answering = [(person, person["demo"]["answers"]) for person in people if "answers" in person.get("demo", {})]
    return [f"{person['phones'][0]['number']}={answers['after_s']}:{answers['text']}" for person, answers in answering]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own, http
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
