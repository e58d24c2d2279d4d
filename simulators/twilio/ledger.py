"""Every message of the exchange, kept in memory and, if wished, in a file of JSON lines that a restart reads again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

from simulators.twilio.messages import Message

Found = TypeVar("Found")


class Ledger:
    """Safe for many threads; `version` moves with every change, so that a page knows when to look again."""

    def __init__(self, file: Path | None = None) -> None:
        self._changed = Condition()
        self._messages: dict[str, Message] = {}
        self._seq = 0
        self.version = 0
        self._file = file
        if file is not None:
            self._load(file)

    def _load(self, file: Path) -> None:
        """The last line about a message wins; a line torn by a crash is passed over."""
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        for line in lines:
            try:
                message = Message.from_record(json.loads(line))
            except (ValueError, TypeError):
                continue
            self._messages[message.sid] = message
        self._seq = max((message.seq for message in self._messages.values()), default=0)
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = "".join(_line(message) for message in self._messages.values())
        fresh = file.with_name(f"{file.name}.new")
        fresh.write_text(whole, "utf-8")
        fresh.replace(file)  # rewritten at start only, so that the file does not grow with each status for ever

    def add(self, message: Message) -> Message:
        """Numbers the message and keeps it."""
        with self._changed:
            self._seq += 1
            return self._keep(replace(message, seq=self._seq))

    def change(self, sid: str, **changes: Any) -> Message | None:
        """The message with other values, or nothing if it has been cleared away meanwhile."""
        with self._changed:
            before = self._messages.get(sid)
            return before and self._keep(replace(before, **changes))

    def _keep(self, message: Message) -> Message:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(_line(message))
        self._messages[message.sid] = message
        self._tell()
        return message

    def _tell(self) -> None:
        self.version += 1
        self._changed.notify_all()

    def touch(self) -> None:
        """Something else that people look at has changed: a phone's owner, a behaviour, an action."""
        with self._changed:
            self._tell()

    def get(self, sid: str) -> Message | None:
        """One message by its identity."""
        with self._changed:
            return self._messages.get(sid)

    def all(self) -> list[Message]:
        """All of them, oldest first."""
        with self._changed:
            return list(self._messages.values())

    def clear(self) -> None:
        """Forgets every message, in the file too; numbering goes on."""
        with self._changed:
            self._messages.clear()
            if self._file is not None:
                self._file.write_text("", "utf-8")
            self._tell()

    def wait(self, found: Callable[[], Found | None], timeout_s: float) -> Found | None:
        """Waits until `found` finds something, woken by each change."""
        result: list[Found] = []

        def look() -> bool:
            answer = found()
            if answer is not None:
                result.append(answer)
            return answer is not None

        with self._changed:
            self._changed.wait_for(look, timeout_s)
        return result[0] if result else None


def _line(message: Message) -> str:
    return json.dumps(message.record(), ensure_ascii=False) + "\n"
