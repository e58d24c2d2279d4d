"""Reads single environment variables and collects what is wrong with them."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def on_this_machine(host: str) -> bool:
    """Whether only this machine can reach a listener on this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def postgresql_named(url: str) -> bool:
    """Whether the address of a PostgreSQL server can be read and names a database."""
    try:
        return bool(make_url(url).database)
    except (ArgumentError, ValueError):
        return False


class Environment:
    """One reading of the environment; an empty variable counts as not set. Secrets are never repeated in a fault."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []
        self._unreadable: set[str] = set()

    def fault(self, sentence: str) -> None:
        """Note what is wrong."""
        self.faults.append(sentence)

    def text(self, name: str) -> str | None:
        """The trimmed value, None when unset or empty."""
        return self._environ.get(name, "").strip() or None

    def secret(self, name: str) -> str | None:
        """The value of NAME, or the content of the file NAME_FILE names."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if path is None:
            return value
        if value is not None:
            self.fault(f"{name} and {name}_FILE are both set: choose one")
            return value
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as failure:
            reason = failure.strerror if isinstance(failure, OSError) else "it is not text"
            return self._unread(name, f"{name}_FILE={path} cannot be read: {reason}")
        return content or self._unread(name, f"{name}_FILE={path} is empty")

    def readable(self, name: str) -> bool:
        """False when the secret is meant to be set and could not be read, which is a fault already."""
        return name not in self._unreadable

    def _unread(self, name: str, sentence: str) -> str:
        self.fault(sentence)
        self._unreadable.add(name)
        return name  # set, so that no second fault says it is missing

    def port(self, name: str, default: int) -> int:
        """A TCP port."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
            self.fault(f"{name}={text} is no port: a number from 1 to 65535")
            return default
        return int(text)

    def address(self, name: str) -> str:
        """An IP address to listen on."""
        text = self.text(name) or "127.0.0.1"
        if text == "localhost":
            return "127.0.0.1"
        try:
            ipaddress.ip_address(text)
        except ValueError:
            self.fault(f"{name}={text} is no IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all networks")
            return "127.0.0.1"
        return text

    def url(self, name: str, schemes: tuple[str, ...], *, secret: bool = False) -> str | None:
        """An address with one of these schemes and a host."""
        text = self.secret(name) if secret else self.text(name)
        if text is None or not self.readable(name):
            return None
        shown = name if secret else f"{name}={text}"
        try:
            parts = urlsplit(text)
            port_is_right = parts.port is None or parts.port > 0
        except ValueError:
            parts, port_is_right = urlsplit(""), False
        if parts.scheme not in schemes or not parts.hostname or not port_is_right:
            self.fault(f"{shown} must read {' or '.join(f'{scheme}://host[:port]' for scheme in schemes)}")
            return None
        return text

    def file(self, name: str) -> Path | None:
        """A file that can be read."""
        text = self.text(name)
        if text is None:
            return None
        path = Path(text).expanduser().absolute()
        try:
            with path.open("rb"):
                return path
        except OSError as failure:
            self.fault(f"{name}={text} cannot be read: {failure.strerror}")
            return None

    def whole(self, name: str) -> int:
        """A whole number of 0 or more; 0 when unset."""
        text = self.text(name) or "0"
        if not (text.isascii() and text.isdigit()):
            self.fault(f"{name}={text} is no whole number")
            return 0
        return int(text)

    def flag(self, name: str) -> bool:
        """1 or 0."""
        text = self.text(name)
        if text not in {None, "0", "1"}:
            self.fault(f"{name}={text}: write 1 or 0")
        return text == "1"
