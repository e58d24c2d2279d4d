"""Talking to a modem by AT commands over a serial line: one thread asks, and what the modem says unasked is kept for it."""

import re
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from serial import Serial, SerialException  # type: ignore[import-untyped]  # ships no types

FINAL: Final = re.compile(r"OK|ERROR|\+CM[ES] ERROR: ?(.*)")
_UNASKED: Final = re.compile(r"\+(CMTI?|CDSI?):")
_WITH_PDU: Final = ("+CMT:", "+CDS:")
_LONGEST_LINE: Final = 4096
_LINE_S: Final = 0.05


class Away(Exception):
    """The line is gone: unplugged, or held by somebody else."""


class Silent(Exception):
    """No answer in time; whether it heard us is not known."""


class Said(Exception):
    """The modem said no; `code` is its own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Dialog:
    """One open line. Only one thread may use it. Everything may raise Away."""

    def __init__(self, device: str, baud: int) -> None:
        self.unasked: deque[tuple[str, str]] = deque(maxlen=200)
        """What came by itself: its kind (CMTI, CMT, CDS) and the PDU or the rest of the line."""
        self._heard = b""
        try:
            self._line = Serial(device, baud, timeout=_LINE_S, write_timeout=2.0, exclusive=True)
        except (OSError, ValueError) as failure:
            raise Away(type(failure).__name__) from None

    def close(self) -> None:
        """Let the line go; it may be gone already."""
        try:
            self._line.close()
        except (OSError, SerialException):
            return

    def ask(self, command: str, *, within_s: float = 3.0, after_prompt: str = "") -> list[str]:
        """The lines of the answer. `after_prompt`: sent when the modem asks for it. Raises Said, Silent, Away."""
        self._write(command + "\r")
        until = time.monotonic() + within_s
        if after_prompt:
            self._await_prompt(until)
            self._write(after_prompt + "\x1a")
        lines: list[str] = []
        while True:
            line = self._next(until)
            if line is None:
                raise Silent(command[:8])
            final = FINAL.fullmatch(line)
            if final is None:
                lines.append(line)
            elif line == "OK":
                return [one for one in lines if not one.startswith("AT")]  # an echo that is not off yet
            else:
                raise Said((final.group(1) or "error").strip())

    def listen(self, seconds: float) -> None:
        """Gather what comes unasked for so long, or until something has come."""
        until = time.monotonic() + seconds
        while not self.unasked and time.monotonic() < until:
            self._next(min(until, time.monotonic() + _LINE_S))

    def give_up_prompt(self) -> None:
        """After a failure the modem may still wait for a message: escape ends it."""
        self._write("\x1b\r")

    def _await_prompt(self, until: float) -> None:
        """What comes unasked before it is kept: the report of the part before this one may."""
        while True:
            line = self._cut_line()
            if line is None:
                if b">" in self._heard:
                    self._heard = self._heard.partition(b">")[2]
                    return
                if time.monotonic() > until:
                    raise Silent("prompt")
                self._read()
            elif _UNASKED.match(line):
                self._put_aside(line)
            elif line != "OK" and (final := FINAL.fullmatch(line)) is not None:
                raise Said((final.group(1) or "error").strip())

    def _next(self, until: float) -> str | None:
        """The next line that answers something; unasked ones are put aside. None when the time is over."""
        while True:
            line = self._cut_line()
            if line is not None:
                if not _UNASKED.match(line):
                    return line
                self._put_aside(line)
            elif time.monotonic() > until:
                return None
            else:
                self._read()

    def _put_aside(self, line: str) -> None:
        kind = line[1:].partition(":")[0]
        if not line.startswith(_WITH_PDU):
            self.unasked.append((kind, line.partition(":")[2].strip()))
            return
        until = time.monotonic() + 1.0
        while (pdu := self._cut_line()) is None and time.monotonic() < until:
            self._read()
        self.unasked.append((kind, pdu or ""))

    def _cut_line(self) -> str | None:
        while b"\n" in self._heard or b"\r" in self._heard:
            place = min(at for at in (self._heard.find(b"\n"), self._heard.find(b"\r")) if at >= 0)
            line, self._heard = self._heard[:place], self._heard[place + 1 :]
            if text := line.decode("ascii", "replace").strip():
                return text
        if len(self._heard) > _LONGEST_LINE:  # noise without end
            self._heard = b""
        return None

    def _read(self) -> None:
        def read() -> bytes:
            return bytes(self._line.read(max(1, self._line.in_waiting)))

        self._heard += self._guarded(read)

    def _write(self, text: str) -> None:
        self._guarded(lambda: (self._line.write(text.encode("ascii")), b"")[1])

    def _guarded(self, work: Callable[[], bytes]) -> bytes:
        try:
            return work()
        except (OSError, SerialException, TypeError) as failure:  # a TypeError: pyserial reads a line that is closed
            raise Away(type(failure).__name__) from None
