"""The whole door on the real embedded broker: sessions, crashes, restarts, silence, and what it refuses."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from door import enrol, fresh, item, said, until

from events.keepers.sqlite import SqliteDatabase
from events.store import read
from events.types.device import CarbonMonoxideReported, OccupancyReported, ReadingsGapOpened
from events.types.system import IngestCaughtUp, IngestDisconnected, ReadingQuarantined
from ingest import mqtt
from ingest.addressing import Address, MqttUrlFaulty, Patience
from ingest.broker import WINDOW, Broker, BrokerNotAllowed, BrokerNotStarted, Tls
from ingest.broker_files import BrokerMissing, find_server
from ingest.inbox import Inbox
from ingest.line import BrokerSilent
from ingest.line import Line as Line_
from ingest.service import Ingest
from simulators.devices import Broker as Wire
from simulators.devices import Line, Publication
from tests.ports import free_port
from tests.right_of_way import StandingWay

pytestmark = pytest.mark.broker
QUICK = Patience(ack_wait_s=1.0, ping_every_s=0.5, pong_within_s=3.0, keepalive_s=5)


def now():
    return time.time_ns() // 1000


class Gateway:
    """A stranger with the devices' account."""

    def __init__(self, broker, listens_to=("shouwang/v1/dp03/+/ack",), url=None):
        self.heard = []
        self.line = Line(
            Wire.of(url or broker.devices_url),
            "gateway-dp03",
            listens_to=listens_to,
            on_message=lambda topic, body: self.heard.append((topic, json.loads(body))),
        )
        self.line.open()

    def says(self, *payloads, device="hall-1", tail="event"):
        for payload in payloads:
            self.line.publish(Publication(f"shouwang/v1/dp03/{device}/{tail}", payload))
        assert self.line.settle(20)


@pytest.fixture
def gateway(broker):
    found = Gateway(broker)
    yield found
    found.line.close()


def opened(database, broker, **how):
    how = {"patience": QUICK} | how
    ingest = Ingest(database, mqtt_url=broker.service_url, now=now, **how)
    ingest.start()
    until(lambda: ingest.line.connected, 15)
    return ingest


@pytest.fixture
def ingest(database, broker):
    found = opened(database, broker)
    yield found
    found.stop()


def facts(database, *types):
    with database.read() as db:
        return [r for r in read(db, 0, limit=100_000) if isinstance(r.event, types)]


def seqs(database):
    return [r.event.seq for r in facts(database, OccupancyReported)]


def live(*numbers, **more):
    return [said(seq=n, at=now() // 1_000_000 * 1_000_000, **more) for n in numbers]


def test_what_arrives_while_we_are_away_is_kept_for_us_and_proved_complete(database, broker):
    first = opened(database, broker)
    until(lambda: facts(database, IngestCaughtUp), 15)
    first.stop()
    gateway = Gateway(broker)
    gateway.says(*live(*range(1, 101)))
    gateway.line.close()
    second = opened(database, broker)
    until(lambda: len(facts(database, IngestCaughtUp)) == 2, 15)
    second.stop()
    assert sorted(seqs(database)) == list(range(1, 101))
    before, after = facts(database, IngestCaughtUp)
    assert (before.event.complete, after.event.complete) == (False, True)
    assert before.at <= after.event.since < after.at


@pytest.fixture
def way(ingest, monkeypatch):
    """An alarm is on it until the story says that it has gone."""
    standing = StandingWay()
    monkeypatch.setattr(mqtt, "WAY", standing)
    standing.begins()
    return standing


def test_reports_wait_while_an_alarm_passes_and_are_taken_when_it_has_gone(database, way, gateway):
    gateway.says(*live(1, 2, 3))
    time.sleep(0.3)
    assert seqs(database) == []
    way.has_gone()
    until(lambda: seqs(database) == [1, 2, 3])


def test_another_alarm_waits_for_none_and_takes_with_it_what_came_before(database, way, gateway):
    gateway.says(*live(1, 2))
    alarm = {"type": "shouwang.co.v1", "data": {"alarm": True, "ppm": 210, "test": False}, "at": now()}
    gateway.says(said("co-1", 1, **alarm), device="co-1")
    until(lambda: facts(database, CarbonMonoxideReported))
    until(lambda: seqs(database) == [1, 2])  # recorded behind it, and not only when it has gone
    assert way.taken


def test_where_much_has_gathered_it_is_taken_all_the_same_for_there_may_be_an_alarm_behind(
    database, way, gateway, monkeypatch
):
    monkeypatch.setattr(mqtt, "_MUCH", 2_000)
    gateway.says(*live(1))
    time.sleep(0.3)
    assert seqs(database) == []
    gateway.says(*live(*range(2, 20)))
    until(lambda: seqs(database) == list(range(1, 20)))
    assert way.taken
    assert not facts(database, IngestDisconnected), "it was not the end of the line that let them in"


def test_a_broker_that_goes_while_an_alarm_passes_is_noticed(database, ingest, way, gateway, broker):
    gateway.says(*live(1))
    broker.stop()
    until(lambda: not ingest.line.connected)
    assert way.taken


class Dying(SqliteDatabase):
    """The process dies in the moment after its commit: nothing of it is acknowledged any more."""

    def write(self, work):
        done = super().write(work)
        if getattr(done, "facts", 0):
            raise SystemExit
        return done


def test_a_crash_between_commit_and_ack_brings_the_messages_again_and_they_land_once(tmp_path, broker):
    database = fresh(tmp_path / "log.sqlite", Dying)
    enrol(database)
    died = []
    first = opened(database, broker, on_fatal=died.append)
    gateway = Gateway(broker)
    gateway.says(*live(1, 2, 3))
    until(lambda: died)
    first.line.stop()
    database.close()
    database = fresh(tmp_path / "log.sqlite")
    assert seqs(database)
    second = opened(database, broker)
    until(lambda: second.stats().repeated >= 1, 15)
    until(lambda: not second.stats().catching_up, 15)
    assert sorted(seqs(database)) == [1, 2, 3]
    second.stop()
    gateway.line.close()
    database.close()


def test_a_broker_restart_loses_nothing_and_old_numbers_acknowledge_nothing_new(database, broker, gateway):
    ingest = opened(database, broker, patience=Patience(ack_wait_s=1.0, ping_every_s=60, keepalive_s=5))
    until(lambda: not ingest.stats().catching_up, 15)
    gateway.says(*live(1, 2, 3))
    until(lambda: seqs(database) == [1, 2, 3])
    came, held, real = threading.Event(), threading.Event(), database.write
    database.write = lambda work: (came.set(), held.wait(30), real(work))[2]  # a slow disk
    gateway.says(*live(4))
    assert came.wait(10)
    gateway.says(*live(5))
    until(lambda: len(ingest.inbox) == 1)
    broker.stop()
    until(lambda: not ingest.line.connected)
    broker.start()
    broker.wait_ready()
    until(lambda: ingest.line.connected and gateway.line.subscribed, 20)
    held.set()  # commits messages of the dead connection, whose numbers the new one uses anew
    gateway.says(*live(6, 7))
    until(lambda: sorted(seqs(database)) == [1, 2, 3, 4, 5, 6, 7], 15)
    until(lambda: ingest.stats().repeated >= 2, 15)  # 4 and 5 came again: they were never acknowledged
    until(lambda: len(facts(database, IngestCaughtUp)) == 2, 15)
    assert len(facts(database, IngestDisconnected)) == 1
    ingest.stop()


def test_a_backfill_is_answered_with_the_retained_ack(database, broker, ingest, gateway):
    at = now() // 1_000_000 * 1_000_000
    gateway.says(*live(1))
    gateway.says(said(seq=None, type="shouwang.backfill.v1", id="b1-back", data={"items": [item(2, at), item(3, at)]}))
    until(lambda: ("shouwang/v1/dp03/hall-1/ack", {"bootid": "b1", "seq": 3}) in gateway.heard, 5)
    late = Gateway(broker, url=broker.devices_url)
    until(lambda: late.heard, 5)
    assert late.heard[0][1] == {"bootid": "b1", "seq": 3}
    late.line.close()


def test_one_devices_events_and_heartbeats_keep_their_order(database, ingest, gateway):
    at = now()
    for seq in range(1, 301):
        tail = "tele" if seq % 2 else "event"
        gateway.line.publish(Publication(f"shouwang/v1/dp03/hall-1/{tail}", said(seq=seq, at=at)))
    until(lambda: len(seqs(database)) == 300, 20)
    assert seqs(database) == list(range(1, 301))
    assert facts(database, ReadingsGapOpened) == []


def test_an_ack_never_reaches_a_later_connection_that_uses_the_number_anew(broker):
    class Present:
        generation, acked = 2, []

        def ack(self, mid):
            self.acked.append(mid)

    line = Line_(broker.service_url, Inbox(), now=now, client_id="c", on_fatal=print)
    line.ack([(1, 7), (2, 8), (1, 8), (3, 9)])
    line.send(Present())
    assert Present.acked == [8]
    line.stop()


def test_what_the_broker_sends_again_while_we_still_work_on_it_is_not_queued_again(database, broker):
    came, held, real = threading.Event(), threading.Event(), database.write
    database.write = lambda work: (came.set(), held.wait(30), real(work))[2]
    ingest = opened(database, broker, patience=Patience(ack_wait_s=1.0, ping_every_s=60))
    gateway = Gateway(broker)
    gateway.says(*live(1))
    assert came.wait(10)
    gateway.says(*live(*range(2, 11)))
    until(lambda: len(ingest.inbox) >= 9)
    queued = len(ingest.inbox)
    assert not held.wait(2.5)  # twice the broker's patience: it has sent all of it again
    assert len(ingest.inbox) <= queued + 6  # at most our markers came meanwhile
    held.set()
    until(lambda: len(seqs(database)) == 10)
    until(lambda: ingest.stats().queued == 0)
    assert ingest.stats().repeated == 0
    ingest.stop()
    gateway.line.close()


def test_a_full_inbox_stops_the_reading_and_nothing_is_lost(database, broker):
    ingest = Ingest(database, mqtt_url=broker.service_url, now=now, patience=QUICK)
    ingest.inbox._capacity = 20
    held, real = threading.Event(), database.write
    database.write = lambda work: (held.wait(20), real(work))[1]
    ingest.start()
    until(lambda: ingest.line.connected, 15)
    gateway = Gateway(broker)
    gateway.says(*live(*range(1, 201)))
    until(lambda: len(ingest.inbox) == 20)
    held.set()
    until(lambda: len(set(seqs(database))) == 200, 20)
    ingest.stop()
    gateway.line.close()
    assert len(seqs(database)) == 200


def test_a_silent_broker_is_left_and_found_again(database, broker):
    patience = Patience(ack_wait_s=1.0, ping_every_s=0.2, pong_within_s=0.5, keepalive_s=60, silences=2)
    fatal = []
    ingest = opened(database, broker, patience=patience, on_fatal=fatal.append)
    os.kill(broker.pid, signal.SIGSTOP)  # the connection stays up and is silent
    try:
        until(lambda: not ingest.line.connected, 10)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    until(lambda: ingest.stats().caught_up_at and ingest.stats().connected, 20)
    assert fatal == []
    assert facts(database, IngestDisconnected)[0].event.why == "our own message did not come back"
    ingest.stop()


class Mute(Broker):
    """Grants everything and lets our own messages go nowhere, as an ACL or a half-dead cluster would."""

    def _config(self):
        account = f'user: service, password: "{self.credentials.service}"'
        return (
            super()
            ._config()
            .replace(
                account,
                account + ', permissions: {publish: {deny: ["shouwang.v1._self.>"]}, subscribe: {allow: [">"]}}',
            )
        )


def test_when_nothing_ever_comes_back_the_process_is_asked_to_end(tmp_path, database):
    broker = Mute(tmp_path / "mute", port=free_port())
    broker.start()
    broker.wait_ready()
    patience = Patience(ack_wait_s=1.0, ping_every_s=0.2, pong_within_s=0.4, silences=2)
    fatal = []
    ingest = opened(database, broker, patience=patience, on_fatal=fatal.append)
    until(lambda: fatal, 20)
    assert isinstance(fatal[0], BrokerSilent)
    assert facts(database, IngestCaughtUp) == []
    ingest.stop()
    broker.stop()


def test_the_caught_up_mark_moves_on_with_each_ping(database, ingest):
    until(lambda: ingest.stats().caught_up_at, 15)
    first = ingest.stats().caught_up_at
    until(lambda: ingest.stats().caught_up_at > first, 5)
    assert len(facts(database, IngestCaughtUp)) == 1


def test_devices_may_neither_command_nor_listen_to_each_other(database, broker, ingest):
    spy = Gateway(broker, listens_to=())
    spy.line._client.subscribe("shouwang/v1/+/+/event", qos=1)
    spy.line._client.subscribe("shouwang/v1/dp03/sos-1/cmd", qos=1)
    spy.says(*live(1))
    spy.line._client.publish("shouwang/v1/dp03/sos-1/cmd", b'{"do":"siren"}', qos=1)
    until(lambda: seqs(database) == [1])
    ingest.line.publish("shouwang/v1/dp03/sos-1/cmd", b'{"id":"ours"}')
    until(lambda: spy.heard, 5)
    assert [body for _, body in spy.heard] == [{"id": "ours"}]
    spy.line.close()


def test_an_invalid_topic_is_told_to_the_operator(tmp_path):
    troubles = []
    broker = Broker(tmp_path / "broker", port=free_port(), on_trouble=troubles.append)
    broker.start()
    broker.wait_ready()
    line = Line(Wire.of(broker.devices_url), "zigbee2mqtt")
    line.open()
    line.publish(Publication("shouwang/v1/dp03/living room/event", b"{}"))
    until(lambda: any("not supported" in trouble for trouble in troubles), 10)
    line.close()
    broker.stop()


@pytest.mark.parametrize(("cores", "said", "threads"), [(2, None, "1"), (8, None, "4"), (1, None, "1"), (8, "3", "3")])
def test_the_broker_takes_half_of_the_cores_unless_told_otherwise(tmp_path, monkeypatch, cores, said, threads):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    if said:
        monkeypatch.setenv("GOMAXPROCS", said)
    assert environment_of(tmp_path)["GOMAXPROCS"] == threads


def test_where_the_system_does_not_say_which_cores_are_ours_it_takes_half_of_all(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.delenv("GOMAXPROCS", raising=False)
    assert environment_of(tmp_path)["GOMAXPROCS"] == "3"


def environment_of(folder):
    broker = Broker(folder / "broker", port=free_port())
    broker.start()
    broker.wait_ready()
    environ = Path(f"/proc/{broker.pid}/environ").read_text()
    broker.stop()
    return dict(each.split("=", 1) for each in environ.split("\0") if each)


def test_credentials_are_random_kept_and_private(tmp_path, broker):
    path = tmp_path / "broker" / "broker.credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "broker" / "broker.conf").stat().st_mode) == 0o600
    assert Broker(tmp_path / "broker", port=1).credentials == broker.credentials
    assert Broker(tmp_path / "other", port=1).credentials != broker.credentials
    assert broker.credentials.service not in repr(broker.credentials)
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        Gateway(broker, url=f"mqtt://devices:wrong@127.0.0.1:{broker.port}")


def test_beyond_this_machine_it_needs_a_certificate(tmp_path):
    with pytest.raises(BrokerNotAllowed, match="SHOUWANG_MQTT_BIND"):
        Broker(tmp_path, host="0.0.0.0")
    Broker(tmp_path, host="0.0.0.0", tls=Tls(tmp_path / "c.pem", tmp_path / "k.pem"))


def test_a_busy_port_is_named_with_what_to_set(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BrokerNotStarted, match="SHOUWANG_MQTT_PORT"):
            Broker(tmp_path, port=taken.getsockname()[1]).start()


def test_a_broker_left_over_by_a_killed_service_is_ended_first(tmp_path):
    port = free_port()
    orphan = Broker(tmp_path / "broker", port=port)
    orphan.start()
    orphan.wait_ready()
    old = orphan.pid
    again = Broker(tmp_path / "broker", port=port)
    again.start()
    again.wait_ready()
    assert orphan.pid is None
    assert again.pid not in {None, old}
    orphan._child.wait(5)
    again.stop()
    assert again.pid is None
    orphan.stop()  # what watched over it ends too


def test_an_old_server_on_the_path_is_refused(tmp_path, monkeypatch):
    old = tmp_path / "nats-server"
    old.write_text("#!/bin/sh\necho nats-server: v2.9.10\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    with pytest.raises(BrokerMissing, match=r"2\.9\.10"):
        find_server()
    assert subprocess.run([old], capture_output=True, check=True).stdout


@pytest.mark.parametrize("url", ["", "localhost:1883", "amqp://x", "mqtt://"])
def test_an_address_that_cannot_be_read_is_named(url):
    with pytest.raises(MqttUrlFaulty, match="MQTT_URL"):
        Address.of(url)


def test_a_password_is_not_shown():
    address = Address.of("mqtts://us%40er:p%2Fw@broker.example")
    assert (address.port, address.username, address.password, address.tls) == (8883, "us@er", "p/w", True)
    assert "p/w" not in repr(address)


def test_quarantined_messages_do_not_come_again(database, broker, gateway):
    first = opened(database, broker)
    gateway.says(b"{}", b"not json", said(at=now()))
    until(lambda: len(facts(database, ReadingQuarantined, OccupancyReported)) == 3)
    first.stop()
    second = opened(database, broker)
    until(lambda: not second.stats().catching_up, 15)
    assert second.stats().messages == 0
    second.stop()


def test_while_we_stand_still_the_broker_hands_over_a_window_and_no_more(database, broker):
    came, held, real = threading.Event(), threading.Event(), database.write
    database.write = lambda work: (came.set(), held.wait(60), real(work))[2]
    ingest = opened(database, broker)
    gateway = Gateway(broker)
    gateway.says(*live(1))
    assert came.wait(10)
    for seq in range(2, WINDOW + 200):
        gateway.line.publish(Publication("shouwang/v1/dp03/hall-1/event", said(seq=seq, at=now())))
    assert gateway.line.settle(60)
    until(lambda: len(ingest.inbox) >= WINDOW - 2, 20)  # one is in hand
    assert len(ingest.inbox) <= WINDOW + 6  # our markers
    held.set()
    until(lambda: len(seqs(database)) == WINDOW + 199, 60)
    assert seqs(database) == list(range(1, WINDOW + 200))
