"""A disk that fails an fsync under the working service, and PostgreSQL on a disk that is full."""

import contextlib
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg

from tests.faults.audit import audit
from tests.faults.recording import NoStrace, strace
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.small_disk import NoSmallDisk, SmallDisk, small_disk
from tests.faults.town import Town
from tests.postgres import Server

_HOMES = 100
_RATE = 200.0
_REFUSALS = 10
_LATEST_SYNC = 400
_ENDS_WITHIN_S = 30.0
_MEGABYTES = 320
_FILLINGS = 6
_FULL_S = 4.0
_WAITS_S = 1.0
_INJECTED = "(INJECTED)"


def refused_at_work(ground: Ground) -> Outcome:
    """The process ends by itself and never syncs again; what it had acknowledged the next one has."""
    chance, failures = random.Random(ground.seed), []
    times, slowest = max(2, round(_REFUSALS * ground.scale)), 0.0
    try:
        strace()
    except NoStrace as why:
        return Outcome({"skipped": str(why)})
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        for nth in range(times):
            if nth:
                service.start()
            service.until(service.hears, "it hears")
            refusing = chance.randrange(1, _LATEST_SYNC)
            ground.say(f"sync {refusing} refused, {nth + 1} of {times}")
            crowd.alarm(nth * 2 + 1)
            with refusing_sync(service, refusing) as tape:
                service.until(lambda tape=tape: _INJECTED in tape.read_text(), "it syncs so often")  # type: ignore[misc]
                began = time.monotonic()
                crowd.alarm(nth * 2 + 2)
                service.died(_ENDS_WITHIN_S)
                slowest = max(slowest, time.monotonic() - began)
                behind = tape.read_text().partition(_INJECTED)[2].count("fdatasync(")
                if behind:
                    failures.append(f"after the refused sync it synced {behind} times more")
        service.start()
        outcome = audit(service, crowd)
    outcome.failures = failures + outcome.failures
    outcome.figures = {"syncs_refused": times, "slowest_end_s": round(slowest, 1), **outcome.figures}
    return outcome


@contextlib.contextmanager
def refusing_sync(service: Service, nth: int) -> Iterator[Path]:
    """The nth fdatasync from now on, of each thread, fails. Yields what was seen of them."""
    assert service.process is not None
    tape = service.ground.folder / f"syncs-{service.starts}"
    tape.touch()
    words = [strace(), "-f", "-qq", "-e", "trace=fdatasync", "-e", "signal=none"]
    words += ["-e", f"inject=fdatasync:error=EIO:when={nth}", "-o", str(tape), "-p", str(service.process.pid)]
    watching = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield tape
    finally:
        watching.terminate()
        watching.wait(10)


def postgresql_full(ground: Ground) -> Outcome:
    """It refuses, or goes down; the service waits for it, acknowledges nothing, and goes on when there is room."""
    place = Path(tempfile.mkdtemp(prefix="full-"))
    place.chmod(0o755)  # the server is not root
    try:
        with small_disk(place / "disk", _MEGABYTES) as disk:
            server = Server(disk.folder / "pg")
            try:
                with psycopg.connect(server.url("postgres"), autocommit=True) as db:
                    db.execute("CREATE DATABASE town")
                return _filled(replace(ground, address=server.url("town")), server, disk)
            finally:
                server.stop()
    except NoSmallDisk as why:
        return Outcome({"skipped": str(why)})
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _filled(ground: Ground, server: Server, disk: SmallDisk) -> Outcome:
    chance, revived = random.Random(ground.seed), 0
    times = max(2, round(_FILLINGS * ground.scale))
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = 2 * _RATE  # the server extends its files by much more than a message
        for nth in range(times):
            ground.say(f"full, {nth + 1} of {times}")
            time.sleep(chance.uniform(0.5, 2.0))
            crowd.alarm(nth * 2 + 1)
            disk.fill(chance.choice((0, 65_536, 1_000_000)))
            crowd.alarm(nth * 2 + 2)
            service.until(lambda: not service.alive or _met(service), "it meets the end of its server's disk")
            time.sleep(_FULL_S)
            disk.empty()
            revived += server.revived()
            service.until(lambda: not service.alive or service.health().get("ok"), "it is well again")
        died = not service.alive
        if died:
            service.start()
        outcome = audit(service, crowd)
    if died:
        outcome.failures.insert(0, "the process did not live through it")
    outcome.figures = {"filled": times, "times_the_server_ended": revived, **outcome.figures}
    return outcome


def _met(service: Service) -> bool:
    health = service.health()
    return bool(health.get("storage_full")) or float(health.get("database_waits_s", 0)) > _WAITS_S


REFUSED_AT_WORK = Round(
    "eio-at-work", "An fsync fails under the working service: it ends, never syncs again, and nothing acknowledged is lost.",
    refused_at_work, databases=("sqlite",), slow=True,
    alone="On SQLite only: a PostgreSQL whose fsync fails ends by itself, see restarted.",
)  # fmt: skip
POSTGRESQL_FULL = Round(
    "postgresql-full", "PostgreSQL's disk is full, again and again: the service waits, and goes on by itself.",
    postgresql_full, databases=("postgresql",), slow=True,
    alone="On SQLite it is another fault: see full.",
)  # fmt: skip
