"""The watchdog's own settings, from the environment; every fault is named, and all of them at once."""

import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DAY_S = 86400
_TOGETHER_S = 240
LEAST_PEOPLE = 2
"""One may sleep, or be the one whose phone is broken."""


class Faults(Exception):
    """The settings cannot be used; `sentences` names everything that is wrong, no secret and no number among it."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, kw_only=True)
class Account:
    """A Twilio account; better another one than the service's. `api_base`: a simulated one on this machine."""

    sid: str
    token: str = field(repr=False)
    sender: str
    api_base: str = ""


@dataclass(frozen=True, kw_only=True)
class AliyunAccount:
    """An Aliyun account for SMS in the mainland: two approved templates, by kind of text (`minding.TEXTS`)."""

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str
    templates: Mapping[str, str]
    api_base: str = ""


@dataclass(frozen=True, kw_only=True)
class WatchdogSettings:
    """`numbers` are told after `patience_s` of trouble and again each `again_s`; asked every `every_s` seconds.

    `aliyun`, `account`, `command`: one at least; a text that the first does not take goes by the next.
    """

    health_url: str
    numbers: tuple[str, ...] = field(repr=False)
    account: Account | None
    aliyun: AliyunAccount | None = None
    state: Path
    command: tuple[str, ...] = ()
    ping_url: str = ""
    every_s: float = 30.0
    patience_s: float = 120.0
    again_s: float = 3600.0


class _Reading:
    """One reading of the environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(f"SHOUWANG_WATCHDOG_{name}", "").strip() or default

    def url(self, name: str, default: str = "") -> str:
        value = self.text(name, default)
        parts = urlsplit(value)
        if value and not (parts.scheme in {"http", "https"} and parts.hostname):
            self.faults.append(f"SHOUWANG_WATCHDOG_{name} must read http(s)://host[:port]/path")
        return value

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name, str(default))
        try:
            if 0.05 <= float(value) <= _DAY_S:
                return float(value)
        except ValueError:
            pass
        self.faults.append(f"SHOUWANG_WATCHDOG_{name}={value} is no number of seconds")
        return default

    def secret(self, name: str) -> str:
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value or not path:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.faults.append(f"SHOUWANG_WATCHDOG_{name}_FILE={path} cannot be read")
            return ""

    def numbers(self) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(part.strip() for part in self.text("TO").split(",") if part.strip()))
        if wrong := sum(_NUMBER.fullmatch(number) is None for number in found):
            self.faults.append(f"SHOUWANG_WATCHDOG_TO: {wrong} of its numbers do not read +8613...")
        if len(found) < LEAST_PEOPLE:
            self.faults.append(
                f"SHOUWANG_WATCHDOG_TO names {len(found)} numbers: at least {LEAST_PEOPLE}, with commas between"
            )
        return found

    def command(self) -> tuple[str, ...]:
        """Words of a program that sends one text; number and text come after them. No shell reads them."""
        try:
            words = tuple(shlex.split(self.text("COMMAND")))
        except ValueError:
            self.faults.append("SHOUWANG_WATCHDOG_COMMAND: a quotation mark is missing")
            return ()
        if words and shutil.which(words[0]) is None:
            self.faults.append(f"SHOUWANG_WATCHDOG_COMMAND: there is no program {words[0]} that may be run")
        return words

    def account(self, *, needed: bool) -> Account | None:
        sid, token, sender = self.text("ACCOUNT_SID"), self.secret("AUTH_TOKEN"), self.text("FROM")
        if not (needed or sid or token or sender):
            return None
        for name, value in (("ACCOUNT_SID", sid), ("AUTH_TOKEN", token), ("FROM", sender)):
            if not value:
                self.faults.append(
                    f"SHOUWANG_WATCHDOG_{name} is missing: the watchdog needs a channel of its own (or SHOUWANG_WATCHDOG_ALIYUN_..., "
                    "or SHOUWANG_WATCHDOG_COMMAND)"
                )
        return Account(sid=sid, token=token, sender=sender, api_base=self.test_base("API_BASE"))

    def aliyun(self) -> AliyunAccount | None:
        """Whole or not at all."""
        key_id, secret, sign = (
            self.text("ALIYUN_KEY_ID"),
            self.secret("ALIYUN_KEY_SECRET"),
            self.text("ALIYUN_SIGN_NAME"),
        )
        trouble, well = self.text("ALIYUN_TEMPLATE_TROUBLE"), self.text("ALIYUN_TEMPLATE_WELL")
        parts = {
            "KEY_ID": key_id, "KEY_SECRET": secret, "SIGN_NAME": sign, "TEMPLATE_TROUBLE": trouble, "TEMPLATE_WELL": well,
        }  # fmt: skip
        if not any(parts.values()):
            return None
        self.faults += [f"SHOUWANG_WATCHDOG_ALIYUN_{name} is missing" for name, value in parts.items() if not value]
        return AliyunAccount(
            key_id=key_id, key_secret=secret, sign_name=sign, templates={"trouble": trouble, "well": well},
            api_base=self.test_base("ALIYUN_API_BASE"),
        )  # fmt: skip

    def test_base(self, name: str) -> str:
        """Where a simulated provider answers."""
        base = self.url(name)
        if base and not on_this_machine(base):
            self.faults.append(f"SHOUWANG_WATCHDOG_{name} may only point to this machine: it is for tests")
        return base

    def state(self) -> Path:
        home = Path(self._environ.get("SHOUWANG_HOME", "").strip() or "var")
        return Path(self.text("STATE") or home / "watchdog.json").expanduser().absolute()


def read(environ: Mapping[str, str]) -> WatchdogSettings:
    """Raises Faults."""
    said = _Reading(environ)
    command, aliyun = said.command(), said.aliyun()
    found = WatchdogSettings(
        health_url=said.url("URL", "http://127.0.0.1:8000/health"),
        numbers=said.numbers(),
        account=said.account(needed=not command and aliyun is None),
        aliyun=aliyun,
        command=command,
        state=said.state(),
        ping_url=said.url("PING_URL"),
        every_s=said.seconds("EVERY_S", 30.0),
        patience_s=said.seconds("PATIENCE_S", 120.0),
        again_s=said.seconds("AGAIN_S", 3600.0),
    )
    if found.every_s + found.patience_s > _TOGETHER_S:
        said.faults.append(
            f"SHOUWANG_WATCHDOG_EVERY_S and SHOUWANG_WATCHDOG_PATIENCE_S: together at most {_TOGETHER_S}, so that five minutes are kept"
        )
    if said.faults:
        raise Faults(said.faults)
    return found


def on_this_machine(url: str) -> bool:
    """Whether only this machine can answer there."""
    return urlsplit(url).hostname in _LOOPBACK
