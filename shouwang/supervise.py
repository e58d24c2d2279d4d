"""The small parent: starts its parts in order, starts again what dies, stops them in reverse, leaves no orphan."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from shouwang.exits import Exit
from shouwang.leash import tied

_LOOK_EVERY_S = 0.1
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0
_STEADY_S = 30.0
"""What ran this long had a good start: its next death is waited for from the beginning again."""


@dataclass(kw_only=True)
class Part:
    """One child process that has to stay up. `ready` is asked until it says yes; then `on_ready` is called once.

    `anew_on`: where another one ends with such a code, this one is what ails it, and is started anew as well.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    grace_s: float = 10.0
    ready: Callable[[], bool] | None = None
    on_ready: Callable[[], None] | None = None
    inherited: tuple[int, ...] = ()
    quiet: bool = False
    anew_on: frozenset[int] = frozenset()
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    began: float = field(default=0.0, init=False)
    start_at: float = field(default=0.0, init=False)
    waits_s: float = field(default=_FIRST_WAIT_S, init=False)
    is_ready: bool = field(default=False, init=False)
    was_ready: bool = field(default=False, init=False)


class Supervisor:
    """Runs until it is told to stop. `say` prints one line for the person at the terminal."""

    def __init__(self, parts: Sequence[Part], *, say: Callable[[str], None]) -> None:
        self._parts, self._say = list(parts), say
        self._stop = threading.Event()
        self._end = Exit.OK

    def stop(self) -> None:
        """Ask it to end; may be called from a signal handler or another thread."""
        self._stop.set()

    def on_signals(self) -> None:
        """End on Ctrl-C, SIGTERM and a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())

    def run(self) -> Exit:
        """Start everything, watch it, and stop it in reverse order before returning."""
        try:
            while not self._stop.is_set():
                self._look_after()
                self._stop.wait(_LOOK_EVERY_S)
        finally:
            for part in reversed(self._parts):
                self._stop_part(part)
        return self._end

    def _look_after(self) -> None:
        """One round. A part is started for the first time only when all before it are ready."""
        for part in self._parts:
            if part.running is None:
                if time.monotonic() >= part.start_at:
                    self._start(part)
            elif (code := part.running.poll()) is not None:
                self._died(part, code)
            elif not part.is_ready:
                self._ask(part)
            if not part.was_ready:
                return

    def _start(self, part: Part) -> None:
        """In a process group of its own: Ctrl-C reaches us alone, and we stop the parts in order."""
        part.is_ready = False
        part.running = subprocess.Popen(  # noqa: S603  # our own commands, no shell
            tied(os.getpid(), list(part.command)),
            env=dict(part.env) if part.env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if part.quiet else None,
            process_group=0,
            pass_fds=part.inherited,
        )
        part.began = time.monotonic()

    def _ask(self, part: Part) -> None:
        part.is_ready = part.ready is None or part.ready()
        if part.is_ready and not part.was_ready:
            part.was_ready = True
            if part.on_ready:
                part.on_ready()

    def _died(self, part: Part, code: int) -> None:
        _end_group(part)
        part.running, now = None, time.monotonic()
        if code == Exit.BAD_INPUT:  # it would say the same again
            self._end = Exit.BAD_INPUT
            self.stop()
            return
        if now - part.began >= _STEADY_S:
            part.waits_s = _FIRST_WAIT_S
        self._say(f"{part.name} 已停止（{_how(code)}），{part.waits_s:g} 秒后重启 · it ended and starts again")
        part.start_at = now + part.waits_s
        part.waits_s = min(part.waits_s * 2, _LONGEST_WAIT_S)
        for other in self._parts:
            if other.running is not None and code in other.anew_on:
                self._say(f"{other.name} 也重新启动 · is started anew as well")
                self._stop_part(other)

    def _stop_part(self, part: Part) -> None:
        if part.running is None:
            return
        if part.running.poll() is None:
            part.running.terminate()
            try:
                part.running.wait(part.grace_s)
            except subprocess.TimeoutExpired:
                self._say(f"{part.name} 未在 {part.grace_s:g} 秒内停止，强制结束 · killed")
        _end_group(part)
        part.running.wait()
        part.running = None


def _end_group(part: Part) -> None:
    """Whatever the part itself started ends with it."""
    if part.running is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(part.running.pid, signal.SIGKILL)


def _how(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit {code}"
