"""Our programs without the time that each start takes to read them: forked from one process that has read them all.

The same program from its `main` on, with words, environment, files and exit code of its own. What is about the start
itself (an installed `shouwang`, what an import does, another clock under the whole process) starts one for real.
"""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from events import failpoints

ROOT = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG = 1
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.hatchery"])


class Hatched:
    """As much of a `subprocess.Popen` as a test needs. `main`: `module:function`, which finds its words in `sys.argv`."""

    def __init__(
        self, main: str, words: Sequence[str], environ: Mapping[str, str], out: Path, *, err: Path | None = None, stdin: str = ""
    ) -> None:  # fmt: skip
        """What it says is added to the files `out` and `err`; without the second all goes into the first."""
        told = (main, [*map(str, words)], dict(environ), str(out), str(err or out), stdin)
        self._process: ForkServerProcess = _context.Process(target=_live, args=told)
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


def run(
    main: str, *words: object, environ: Mapping[str, str], stdin: str = "", seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """To its end, for so long at most: exit code, what it said and what it complained of."""
    asked = [*map(str, words)]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = Hatched(main, asked, environ, out, err=err, stdin=stdin)
        try:
            code = process.wait(seconds)
        finally:
            process.kill()
        return subprocess.CompletedProcess(asked, code, out.read_text("utf-8"), err.read_text("utf-8"))


def _live(main: str, words: list[str], environ: dict[str, str], out: str, err: str, stdin: str) -> None:
    # Should the test be killed, nothing outlives it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    for number, file in ((1, out), (2, err)):
        said = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(said, number)
        os.close(said)
    with tempfile.TemporaryFile() as asked:
        asked.write(stdin.encode())
        asked.seek(0)
        os.dup2(asked.fileno(), 0)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    module, _, function = main.partition(":")
    sys.argv = [module.partition(".")[0], *words]
    armed = environ.get(failpoints.VARIABLE, "")
    # As its import would have done.
    failpoints._here = failpoints.FailPoints(failpoints.parse(armed)) if armed else None
    sys.exit(getattr(import_module(module), function)())
