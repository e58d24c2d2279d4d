"""`shouwang backup` again and again while something breaks: what was made is, put back, one moment of the log."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from events.database import Database
from events.keepers import make_database
from tests.faults.round import Outcome
from tests.faults.service import ROOT, Service
from tests.faults.whole_log import facts_of
from tests.postgres import programs

_PATIENCE_S = 120


class Backups:
    """One at a time, each by a process of its own, as the service's night has it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._folder = service.ground.folder / "backups"
        self._folder.mkdir()
        self._log = service.ground.folder / "backups.log"
        self._asked: list[subprocess.Popen[bytes]] = []

    def makes(self) -> None:
        """Begins one, unless one is being made."""
        if not self._asked or self._asked[-1].poll() is not None:
            self._asked.append(self._begun("backup", str(self._folder), "--keep", "1000"))

    def judge(self, outcome: Outcome, *, may_fail: bool = False) -> None:
        """Put each back somewhere else, and hold it against the whole log as it is by then; the service has stopped.

        `may_fail`: one may fail, by a sentence, and leaves no half of itself.
        """
        failed = sum(self._code(each) != 0 for each in self._asked)
        made, said = sorted(self._folder.iterdir()), self._log.read_text("utf-8", "replace")
        halves = [each.name for each in made if each.name.startswith(".")]
        outcome.figures |= {"backups": len(made)}
        if (
            (failed and not may_fail)
            or not made
            or halves
            or "Traceback" in said
            or len(made) + failed < len(self._asked)
        ):
            names = [each.name for each in made]
            outcome.failures.append(f"of {len(self._asked)} backups {failed} failed, there are {names}: {said[-600:]}")
            return
        for each in made:
            with self._put_back(each) as copy, self._service.memory() as database:
                outcome.failures += _compared(each.name, copy, database)

    def _begun(self, *words: str, **environ: str) -> "subprocess.Popen[bytes]":
        path = [str(programs())] if self._service.ground.database == "postgresql" and programs() else []
        own = self._service.environ(**{"PATH": ":".join([*path, os.environ["PATH"]]), **environ})
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "shouwang.cli", *words], env=own, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )  # fmt: skip

    def _code(self, process: "subprocess.Popen[bytes]") -> int:
        try:
            return process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    @contextlib.contextmanager
    def _put_back(self, made: Path) -> Iterator[Database]:
        home = self._service.ground.folder / f"again-{made.name}"
        with self._elsewhere() as address:
            there = {"DATABASE_URL": address} if address else {}
            code = self._code(self._begun("restore", str(made), SHOUWANG_HOME=str(home), **there))
            copy = make_database(address or home / "shouwang.db")
            try:
                if code:
                    raise AssertionError(f"{made.name} was not put back: {self._log.read_text()[-600:]}")
                yield copy
            finally:
                copy.close()

    @contextlib.contextmanager
    def _elsewhere(self) -> Iterator[str]:
        """A database beside the round's, where that is PostgreSQL."""
        if self._service.ground.database == "sqlite":
            yield ""
            return
        mine = self._service.ground.address
        with psycopg.connect(mine, autocommit=True) as server:
            server.execute("CREATE DATABASE put_back")
            try:
                yield make_url(mine).set(database="put_back").render_as_string(hide_password=False)
            finally:
                server.execute("DROP DATABASE put_back WITH (FORCE)")


def _compared(name: str, copy: Database, database: Database) -> list[str]:
    """Every fact up to the copy's last one, and no other."""
    log, last = facts_of(database), 0
    for kept in facts_of(copy):
        last = kept.position
        if (there := next(log, None)) != kept:
            return [f"{name} differs from the log at {last}: {kept}, {there}"]
    return [] if last else [f"{name} holds nothing"]
