"""What devices are told: once, in time or not at all, and never forgotten by a restart."""

import json
import threading
import time
from datetime import UTC, datetime

import pytest
from door import enrol, fresh, until
from sqlalchemy import Connection

from events.keepers.sqlite import SqliteDatabase
from events.store import New, append, read
from events.types.command import DeviceCommandExpired, DeviceCommandIssued, DeviceCommandSent
from ingest.addressing import Patience
from ingest.commands import Commands
from ingest.service import Ingest
from simulators.devices import Broker as Wire
from simulators.devices import Device, Gateway
from simulators.devices.line import wait_until


class Wires:
    """The broker's side: there, or away."""

    def __init__(self) -> None:
        self.up, self.told = True, []

    def publish(self, topic, body):
        if self.up:
            self.told.append((topic, json.loads(body)))
        return self.up


def issue(database, clock, name="c1", device="dp03/co-1", do="siren", **over):
    told = DeviceCommandIssued(device=device, id=name, do=do, for_s=30.0, why="operator", **over)
    news = New(f"device-{device}", "dp03", told, clock(), key=f"~cmd-{name}", digest=0)
    database.write(lambda db: append(db, [news], recorded_at=clock()))


def became(database):
    with database.read() as db:
        return [r.event for r in read(db, 0) if isinstance(r.event, DeviceCommandSent | DeviceCommandExpired)]


def reader(database, clock, wires, **how):
    return Commands(database, wires.publish, now=clock, on_fatal=pytest.fail, **how)


def test_a_command_is_told_on_the_devices_topic_and_recorded(database, clock):
    wires = Wires()
    issue(database, clock)
    assert reader(database, clock, wires).step() == 1
    assert wires.told == [("shouwang/v1/dp03/co-1/cmd", {"id": "c1", "do": "siren", "for_s": 30.0})]
    assert became(database) == [DeviceCommandSent(device="dp03/co-1", id="c1")]


def test_after_a_restart_nothing_is_told_twice(database, clock):
    wires = Wires()
    issue(database, clock)
    reader(database, clock, wires).step()
    issue(database, clock, "c2")
    assert reader(database, clock, wires).step() == 1
    assert [told["id"] for _, told in wires.told] == ["c1", "c2"]


def test_what_was_of_use_an_hour_ago_is_not_told_and_that_is_recorded(database, clock):
    wires = Wires()
    issue(database, clock)
    clock.forward(61)
    issue(database, clock, "c2")
    reader(database, clock, wires).step()
    assert [told["id"] for _, told in wires.told] == ["c2"]
    assert became(database) == [
        DeviceCommandExpired(device="dp03/co-1", id="c1"),
        DeviceCommandSent(device="dp03/co-1", id="c2"),
    ]


def test_without_a_broker_it_waits_while_it_is_of_use(database, clock):
    wires = Wires()
    wires.up = False
    commands = reader(database, clock, wires)
    issue(database, clock)
    issue(database, clock, "c2", valid_s=600.0)
    assert commands.step() == 0
    assert became(database) == []
    clock.forward(90)
    wires.up = True
    assert commands.step() == 2
    assert [told["id"] for _, told in wires.told] == ["c2"]
    assert commands.step() == 0


def test_a_door_that_is_not_ours_any_more_records_nothing(database, clock):
    def lost(_: Connection) -> None:
        raise PermissionError("somebody else's")

    issue(database, clock)
    with pytest.raises(PermissionError):
        reader(database, clock, Wires(), check=lost).step()
    assert became(database) == []


@pytest.mark.broker
def test_a_siren_sounds_in_the_house_and_a_self_test_answers(tmp_path, broker):
    def now():
        return time.time_ns() // 1000

    database = fresh(tmp_path / "log.sqlite", SqliteDatabase)
    enrol(database)
    failed = threading.Event()
    door = Ingest(
        database, mqtt_url=broker.service_url, now=now, patience=Patience(ack_wait_s=1.0, ping_every_s=0.5),
        on_fatal=lambda _: failed.set(),
    )  # fmt: skip
    door.start()
    devices = [Device("dp03", "co-1", "co-alarm", bootid="b1"), Device("dp03", "gw", "gateway", bootid="b1")]
    gateway = Gateway(Wire.of(broker.devices_url), "dp03", devices)
    gateway.open()
    try:
        until(lambda: door.line.connected and gateway.line.subscribed, 15)
        issue(database, now)
        issue(database, now, "c2", do="selftest")

        def obeyed():
            gateway.tick(datetime.now(UTC))
            return devices[0].does("siren", datetime.now(UTC)) and len(devices[0].commands) == 2

        assert wait_until(obeyed, 15)
        assert wait_until(lambda: door.stats().facts >= 2, 10), "the self-test's alarm and its end came back"
        assert not failed.is_set()
    finally:
        gateway.close()
        door.stop()
        database.close()
