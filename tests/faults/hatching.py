"""Processes of the service that need not import it first: forked from one that has, for tests that start it many times."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from events import failpoints
from shouwang.service import main

_PR_SET_PDEATHSIG = 1
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.hatching"])


class Hatched:
    """As much of a `subprocess.Popen` as a Service needs; the same program from its `main` on."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._process: ForkServerProcess = _context.Process(target=_live, args=(dict(environ), str(log)))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        """As a shell's; negative for a signal."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """None while it lives."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("hatched", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Where it still lives."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()


def _live(environ: dict[str, str], log: str) -> None:
    ctypes.CDLL(None).prctl(
        _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0
    )  # should the test be killed, nothing outlives it
    os.environ.clear()
    os.environ.update(environ)
    said = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    armed = environ.get(failpoints.VARIABLE, "")
    failpoints._here = (
        failpoints.FailPoints(failpoints.parse(armed)) if armed else None
    )  # as its import would have done
    sys.exit(main())
