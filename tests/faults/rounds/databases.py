"""Databases that are held by somebody else, restart, are killed, or lose the line in the middle of a COMMIT."""

import contextlib
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.faults.audit import audit
from tests.faults.crowd import Crowd
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town
from tests.postgres import Server
from tests.wire import Wire

_HOMES = 100
_RATE = 200.0
_HELD_S = 30.0
_SAYS_SO_S = 12.0
"""So long a lock must last before the service calls itself unwell: it does after 10 s."""
_RESTARTS = 12
_COMMITS_LOST = 40


def held(ground: Ground) -> Outcome:
    """Nothing is acknowledged meanwhile: who is killed within the lock has lost nothing either."""
    seconds, failures = max(3.0, _HELD_S * ground.scale), []
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _RATE
        crowd.alarm(1)
        time.sleep(1)
        with lock(service) as count:
            before = count()
            crowd.alarm(2)
            ground.say(f"held for {seconds:g} s")
            time.sleep(seconds)
            health = service.health()
            failures += _while_held(count() - before, health, seconds)
        crowd.alarm(3)
        service.until(lambda: service.health().get("ok"), "it is well again")
        survived = service.alive
        time.sleep(2)
        with lock(service):
            ground.say("held again, and killed meanwhile")
            crowd.alarm(4)
            time.sleep(min(3.0, seconds))
            service.kill()
            time.sleep(0.5)
        service.start()
        outcome = audit(service, crowd)
    if not survived:
        failures.append("the process did not live through it")
    outcome.failures = failures + outcome.failures
    waits_s = float(health.get("database_waits_s", 0))
    outcome.figures = {"held_s": seconds, "health_says_it_waits_s": waits_s, **outcome.figures}
    return outcome


def _while_held(grown: int, health: dict[str, Any], seconds: float) -> list[str]:
    said = []
    if grown:
        said.append(f"the log grew by {grown} facts while somebody else held it")
    if not health:
        said.append("/health does not answer while the database is held")
    elif seconds > _SAYS_SO_S and health.get("ok"):
        said.append(f"/health says that all is well while the database is held: {health}")
    return said


@contextlib.contextmanager
def lock(service: Service) -> Iterator[Callable[[], int]]:
    """Another process's transaction that writes and does not end. Yields how to count what is in the log."""
    asked = "SELECT count(*) FROM events"
    if service.ground.database == "sqlite":
        with contextlib.closing(sqlite3.connect(service.address, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield lambda: int(other.execute(asked).fetchone()[0])
            other.execute("ROLLBACK")
        return
    with psycopg.connect(service.ground.address) as holder:
        holder.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        yield lambda: int((holder.execute(asked).fetchone() or (0,))[0])
        holder.rollback()


def restarted(ground: Ground) -> Outcome:
    """PostgreSQL goes down fast, at once, by kill -9 of its parent and of a backend; the service stays."""
    chance, server = random.Random(ground.seed), Server()
    ways: dict[str, Callable[[str], None]] = {
        "fast": lambda _: server.restarts(signal.SIGINT),
        "immediate": lambda _: server.restarts(signal.SIGQUIT),
        "killed": lambda _: server.restarts(),
        "backend killed": _kill_a_backend,
        "backends ended": _end_backends,
    }
    times = max(len(ways), round(_RESTARTS * ground.scale))
    try:
        url = _fresh(server)
        with Service(replace(ground, address=url), Town(_HOMES)) as service, service.crowd() as crowd:
            service.start(well=True)
            crowd.rate = _RATE
            done = [list(ways)[nth % len(ways)] for nth in range(times)]
            for nth, way in enumerate(done):
                ground.say(f"{way}, {nth + 1} of {times}")
                time.sleep(chance.uniform(0.3, 2.0))
                crowd.alarm(nth * 2 + 1, chance.choice(["carbon_monoxide", "sos"]))
                ways[way](url)
                crowd.alarm(nth * 2 + 2)
                service.until(lambda: not service.alive or _writes(service, crowd), "facts land again")
            outcome = _audited(service, crowd)
    finally:
        server.stop()
    outcome.figures = {way.replace(" ", "_"): done.count(way) for way in ways} | outcome.figures
    return outcome


def commits_lost(ground: Ground) -> Outcome:
    """The line breaks as a COMMIT is sent, or when it is done and its answer on the way: each fact once, each word once."""
    chance, server = random.Random(ground.seed), Server()
    lost = {"cut": 0, "deaf": 0}
    times = max(6, round(_COMMITS_LOST * ground.scale))

    def fate(asked: bytes) -> str:
        if b"COMMIT" not in asked or not arming or chance.random() > 0.05:
            return ""
        way = chance.choice(list(lost))
        lost[way] += 1
        return way

    arming = True
    try:
        url = make_url(_fresh(server))
        wire = Wire(server.port, fate)
        far = url.set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable"})
        ground = replace(ground, address=far.render_as_string(hide_password=False))
        arming = False  # the town is imported in peace
        with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
            service.start(well=True)
            crowd.rate = _RATE
            arming = True
            for nth in range(1, _HOMES + 1):
                if sum(lost.values()) >= times and all(lost.values()):
                    break
                crowd.alarm(nth, chance.choice(["carbon_monoxide", "sos"]))
                ground.say(f"{sum(lost.values())} of {times} commits lost")
                time.sleep(chance.uniform(0.2, 1.5))
            arming = False
            outcome = _audited(service, crowd)
        wire.close()
    finally:
        server.stop()
    if not all(lost.values()):
        outcome.failures.append(f"both outcomes should have come about: {lost}")
    outcome.figures = {
        "commits_that_never_arrived": lost["cut"], "commits_done_and_not_answered": lost["deaf"]
    } | outcome.figures  # fmt: skip
    return outcome


def _audited(service: Service, crowd: Crowd) -> Outcome:
    """With the figure that counts here: the process never had to be started again."""
    died = [] if service.alive else ["the process did not live through it"]
    if died:
        service.start()
    outcome = audit(service, crowd)
    outcome.failures = died + outcome.failures
    return outcome


def _writes(service: Service, crowd: Crowd) -> bool:
    """Whether the newest alarm has arrived in the log."""
    said = crowd.alarms[-1].said
    with contextlib.suppress(psycopg.Error), psycopg.connect(service.ground.address, connect_timeout=5) as db:
        asked = "SELECT count(*) FROM events WHERE stream = %s AND key LIKE %s"
        found = db.execute(asked, (f"device-{said.device}", f"%{said.ids[0]}%")).fetchone()
        return bool(found and found[0])
    return False


def _fresh(server: Server) -> str:
    with psycopg.connect(server.url("postgres"), autocommit=True) as db:
        db.execute("CREATE DATABASE town")
    return server.url("town")


def _kill_a_backend(url: str) -> None:
    """The postmaster throws all others out and recovers."""
    with psycopg.connect(url, autocommit=True) as db:
        found = db.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "ORDER BY state_change DESC LIMIT 1"
        ).fetchone()
        if found is not None:
            os.kill(int(found[0]), signal.SIGKILL)


def _end_backends(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


HELD = Round(
    "held", "Somebody else holds the database for 30 s: nothing acknowledged, nothing lost, all drains, nobody restarts.",
    held, slow=True,
)  # fmt: skip
RESTARTED = Round(
    "restarted", "PostgreSQL restarts and is killed under load: the service waits, and goes on without a hand on it.",
    restarted, databases=("postgresql",), slow=True,
    alone="SQLite has no server that could end without us: see kills.",
)  # fmt: skip
COMMITS = Round(
    "commits", "PostgreSQL's line breaks in the middle of a COMMIT: each fact once, each decision once, nobody dies.",
    commits_lost, databases=("postgresql",), slow=True,
    alone="SQLite has no line that could break.",
)  # fmt: skip
