"""The modem: answers AT commands on a pseudo-terminal, keeps a SIM, and can be unplugged, deaf, noisy or refused."""

import contextlib
import os
import re
import select
import threading
import tty
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from simulators.modem import air

Trouble = Literal["ok", "refuse", "busy", "deaf_before", "deaf_after", "noise", "unplug_after"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A part that went out over the air."""

    number: str
    text: str
    part: tuple[int, int, int] | None
    reference: int


class SimulatedModem:
    """`device` is a link that stays; behind it a new pseudo-terminal comes with each plugging in."""

    def __init__(self, folder: Path, *, pin: str = "", direct: bool = False, reports: bool = True) -> None:
        """`direct`: texts are handed on (+CMT) and not stored, as some modems do whatever they are told."""
        self.device = str(folder / "ttyModem")
        self.submitted: list[Submitted] = []
        self.sim: dict[int, str] = {}
        self.trouble: Trouble = "ok"
        self.cms_error = 500
        self.statuses: dict[str, int] = {}
        """Number -> status octet of its delivery reports; others get 0, received."""
        self.pins: list[str] = []
        self.commands: list[str] = []
        self._pin, self._direct, self._reports = pin, direct, reports
        self._unlocked = not pin
        self._echo, self._reference = True, 0
        self._master = self._slave = -1
        self._lock = threading.RLock()
        self.changed = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated-modem", daemon=True)

    def __enter__(self) -> Self:
        """Plugged in."""
        self.plug_in()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Gone."""
        self._stopping.set()
        self._thread.join(5)
        self.unplug()

    def plug_in(self) -> None:
        """As after power on: echo, locked, and under another number of the system's."""
        with self._lock:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            self._echo, self._unlocked = True, not self._pin
            link = Path(self.device)
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """The device vanishes under whoever holds it."""
        with self._lock, contextlib.suppress(OSError):
            Path(self.device).unlink(missing_ok=True)
            for end in (self._master, self._slave):
                if end >= 0:
                    os.close(end)
            self._master = self._slave = -1

    def text_comes(self, sender: str, text: str, *, basic: bool = False, announced: bool = True) -> None:
        """Somebody sends a text, in parts where it is long."""
        room = 153 if basic else 67
        alone = 160 if basic else 70
        pieces = [text] if len(text) <= alone else [text[at : at + room] for at in range(0, len(text), room)]
        total = len(pieces)
        parts = [None] if total == 1 else [(77, total, number) for number in range(1, total + 1)]
        pairs = list(zip(pieces, parts, strict=True))
        for piece, part in reversed(pairs):  # the air keeps no order
            self.pdu_comes(air.deliver(sender, piece, part=part, basic=basic), announced=announced)

    def pdu_comes(self, pdu: str, *, announced: bool = True) -> None:
        """Anything at all arrives."""
        with self._lock:
            if self._direct:
                self._say(f"+CMT: ,{len(pdu) // 2 - 1}\r\n{pdu}")
                return
            place = next(number for number in range(1, 100) if number not in self.sim)
            self.sim[place] = pdu
            if announced:
                self._say(f'+CMTI: "SM",{place}')

    def report_comes(self, reference: int, number: str, status: int) -> None:
        """A delivery report is handed on."""
        pdu = air.report(reference, number, status)
        with self._lock:
            self._say(f"+CDS: {len(pdu) // 2 - 1}\r\n{pdu}")

    def noise(self, data: bytes) -> None:
        """Whatever comes over a bad line."""
        with self._lock:
            self._put(data)

    def wait(self, condition: Any, timeout_s: float = 10.0) -> None:
        """Until it is so, woken by each change."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout_s), f"it did not come: {self.commands[-12:]}"

    def _run(self) -> None:
        heard, waiting = b"", 0
        while not self._stopping.is_set():
            data = self._read()
            if data is None:
                heard, waiting = b"", 0
                continue
            heard += data
            while True:
                ends = r"[\x1a\x1b]" if waiting else r"[\r\n]"
                found = re.search(ends.encode(), heard)
                if found is None:
                    break
                said, end, heard = heard[: found.start()], found.group(), heard[found.end() :]
                if waiting:
                    if end == b"\x1a":
                        self._submit(said.decode("ascii", "replace").strip(), waiting)
                    waiting = 0
                elif said.strip(b"\x1b \n"):
                    waiting = self._command(said.decode("ascii", "replace").strip("\x1b \n"))

    def _read(self) -> bytes | None:
        with self._lock:
            master = self._master
        if master < 0:
            self._stopping.wait(0.02)
            return None
        try:
            ready, _, _ = select.select([master], [], [], 0.02)
            return os.read(master, 4096) if ready else b""
        except (OSError, ValueError):
            return None

    def _command(self, command: str) -> int:
        """Answers it; the length of the PDU that must follow, or 0."""
        with self.changed:
            self.commands.append(command)
            if self._echo:
                self._put(f"{command}\r".encode())
            if self.trouble == "noise":
                self._put(b"\xff\x00~~^RSSI: 12\r\nRING\r\n\x80\x81")
            waiting = self._answer(command)
            self.changed.notify_all()
        return waiting

    def _answer(self, command: str) -> int:
        if self.trouble == "deaf_before" and command.startswith("AT+CMGS"):
            return 0
        match command:
            case "ATE0":
                self._echo = False
            case "AT+CPIN?":
                self._say("+CPIN: " + ("READY" if self._unlocked else "SIM PIN"))
            case "AT+CMGL=4":
                for place, pdu in sorted(self.sim.items()):
                    self._say(f"+CMGL: {place},0,,{len(pdu) // 2 - 1}\r\n{pdu}")
            case _ if found := re.fullmatch(r'AT\+CPIN="(\d+)"', command):
                self.pins.append(found.group(1))
                self._unlocked = found.group(1) == self._pin
                if not self._unlocked:
                    self._say("+CME ERROR: 16")
                    return 0
            case _ if found := re.fullmatch(r"AT\+CMGD=(\d+)", command):
                self.sim.pop(int(found.group(1)), None)
            case _ if found := re.fullmatch(r"AT\+CMGS=(\d+)", command):
                if not self._unlocked:
                    self._say("+CMS ERROR: 311")
                    return 0
                self._put(b"\r\n> ")
                return int(found.group(1))
            case "AT" | "AT+CMEE=1" | "AT+CMGF=0":
                pass
            case _ if command.startswith(("AT+CPMS=", "AT+CNMI=")):
                pass
            case _:
                self._say("ERROR")
                return 0
        self._say("OK")
        return 0

    def _submit(self, line: str, length: int) -> None:
        if self.trouble in {"refuse", "busy"}:
            self._say(f"+CMS ERROR: {self.cms_error if self.trouble == 'refuse' else 42}")
            return
        if len(line) // 2 - 1 != length:
            self._say("+CMS ERROR: 304")
            return
        told = air.read_submit(line)
        with self.changed:
            self._reference = (self._reference + 1) % 256
            reference = self._reference
            self.submitted.append(Submitted(told["number"], told["text"], told["part"], reference))
            self.changed.notify_all()
        if self.trouble == "unplug_after":
            self.unplug()
            return
        if self.trouble == "deaf_after":
            return
        becomes = self.statuses.get(told["number"], 0)  # before the sender goes on
        self._say(f"+CMGS: {reference}\r\n\r\nOK")
        if told["report"] and self._reports:
            self.report_comes(reference, told["number"], becomes)

    def _say(self, text: str) -> None:
        self._put(f"\r\n{text}\r\n".encode())

    def _put(self, data: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._master >= 0:
                os.write(self._master, data)
