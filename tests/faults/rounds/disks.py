"""Disks that are full: under the database and under the broker, in every phase, and with a start in the middle of it."""

import random
import threading
import time
from typing import Any

from ingest.broker import Broker
from tests.faults.audit import audit
from tests.faults.backups import Backups
from tests.faults.crowd import Crowd
from tests.faults.draining import logged
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.small_disk import NoSmallDisk, small_disk
from tests.faults.town import Town
from tests.ports import free_port

_HOMES = 100
_RATE = 200.0
_MEGABYTES = 256
_FILLINGS = 12
_LEAVES = (0, 4096, 65_536, 300_000, 800_000)
"""So that the log's growth, its index, the copying of it and the database itself meet the end of the disk in turn."""
_FULL_S = 4.0
_BROKER_FILLINGS = 3
_BROKER_FULL_S = 8.0
_WINDOW = 100
"""Messages that were on disk when it became full, and whose answer was on its way."""


def full(ground: Ground) -> Outcome:
    """Nothing is acknowledged, /health says so, reading goes on, and so does all else when there is room."""
    chance, failures = random.Random(ground.seed), []
    times, dead = max(3, round(_FILLINGS * ground.scale)), 0
    said: dict[str, int] = {}
    try:
        with small_disk(ground.folder / "disk", _MEGABYTES) as disk:
            service = Service(ground, Town(_HOMES))
            service.home = disk.folder / "service"
            with service, service.crowd() as crowd:
                service.start(well=True)
                crowd.rate = _RATE
                backups = Backups(service)
                for nth in range(times):
                    leave = _LEAVES[nth % len(_LEAVES)]
                    ground.say(f"full but for {leave} bytes, {nth + 1} of {times}")
                    time.sleep(chance.uniform(0.5, 2.0))
                    crowd.alarm(nth * 3 + 1)
                    disk.fill(leave)
                    crowd.alarm(nth * 3 + 2)
                    if nth % 3 == 0:
                        backups.makes()
                    failures += _while_full(service, crowd, said)
                    if nth % 3 == 2:
                        service.kill()
                        service.start()  # on a full disk
                        time.sleep(_FULL_S)
                    disk.empty()
                    crowd.alarm(nth * 3 + 3)
                    dead += not service.alive
                    if not service.alive:
                        service.start()
                    service.until(lambda: service.health().get("ok"), "it is well again")
                outcome = audit(service, crowd)
                backups.judge(outcome, may_fail=True)
    except NoSmallDisk as why:
        return Outcome({"skipped": str(why)})
    if dead:
        failures.append(f"{dead} of {times} times the process did not live through it")
    outcome.failures = failures + outcome.failures
    outcome.figures = {"filled": times, **said, **outcome.figures}
    return outcome


def _while_full(service: Service, crowd: Crowd, said: dict[str, int]) -> list[str]:
    """Until the service says that it is full, and some time longer."""
    until, failures, told = time.monotonic() + 20, [], False
    while service.alive and not told and time.monotonic() < until:
        told = bool(service.health().get("storage_full"))
        time.sleep(0.05)
    if not told:
        failures.append(f"/health did not say that the disk is full: {service.health()}")
        return failures
    with service.memory() as database:
        before = logged(database)
        time.sleep(_FULL_S)
        grown = logged(database) - before
    health: dict[str, Any] = service.health()
    said["said_by_health"] = said.get("said_by_health", 0) + bool(health.get("storage_full"))
    if health.get("ok"):
        failures.append(f"/health says that all is well on a full disk: {health}")
    said["facts_landed_in_what_was_left"] = said.get("facts_landed_in_what_was_left", 0) + grown
    return failures


def broker_full(ground: Ground) -> Outcome:
    """Devices get no PUBACK and send again; when there is room the broker is started anew, by itself."""
    chance, failures = random.Random(ground.seed), []
    times = max(1, round(_BROKER_FILLINGS * ground.scale))
    unheard = 0
    try:
        with small_disk(ground.folder / "disk", _MEGABYTES) as disk:
            service = Service(ground, Town(_HOMES))
            service.broker = Broker(disk.folder / "broker", port=free_port())
            told_to_stop = threading.Event()
            keeper = threading.Thread(target=service.broker.look_after, args=(told_to_stop,), daemon=True)
            with service, service.crowd() as crowd:
                service.start(well=True)
                keeper.start()  # as the broker's own process does
                crowd.rate = _RATE
                for nth in range(times):
                    ground.say(f"full, {nth + 1} of {times}")
                    time.sleep(chance.uniform(0.5, 2.0))
                    disk.fill(chance.choice(_LEAVES[:2]))  # what is delivered is deleted: it hardly grows
                    service.until(lambda: service.broker.stuck, "the broker meets the end of its disk")
                    before = len(crowd.acknowledged)
                    crowd.alarm(nth * 2 + 1)
                    time.sleep(_BROKER_FULL_S)
                    grown = len(crowd.acknowledged) - before
                    unheard += crowd.waiting
                    if grown > _WINDOW:
                        failures.append(f"{grown} messages were acknowledged on a full disk")
                    disk.empty()
                    crowd.alarm(nth * 2 + 2)
                    service.until(lambda: crowd.waiting < _RATE, "the devices are answered again")
                told_to_stop.set()
                keeper.join(10)
                outcome = audit(service, crowd)
    except NoSmallDisk as why:
        return Outcome({"skipped": str(why)})
    outcome.failures = failures + outcome.failures
    outcome.figures = {"filled": times, "kept_by_devices_meanwhile": unheard, **outcome.figures}
    return outcome


BROKER_FULL = Round(
    "broker-full", "The broker's disk is full: devices are not answered and send again, and it goes on by itself.",
    broker_full, databases=("sqlite",), slow=True,
    alone="Once: the broker and its disk are the same beside either database.",
)  # fmt: skip
FULL = Round(
    "full", "The database's disk is full, again and again: it reads, acknowledges nothing, says so, and goes on by itself; a "
    "backup begun then is whole or says why it is not.",
    full, databases=("sqlite",), slow=True,
    alone="On PostgreSQL it is another fault: see postgresql-full.",
)  # fmt: skip
