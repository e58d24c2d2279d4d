"""The live stream: each fact once and in order, after it can be seen, also after a break."""

import json
import socket
import threading
from dataclasses import replace

import httpx
import pytest
from desk import Desk, until

from api.access.tokens import revoke_token
from events.types.device import HeartbeatReceived, OccupancyReported
from events.types.setting import SettingChanged


class Listener:
    """Reads a stream in a thread."""

    def __init__(self, address, headers, path="/api/v1/stream", last=None):
        self.events, self.beats, self.resets = [], [], 0
        more = {"last-event-id": str(last)} if last is not None else {}
        self._client = httpx.Client(timeout=30)
        self._stream = self._client.stream("GET", address + path, headers={**headers, **more})
        self._answer = self._stream.__enter__()
        assert self._answer.status_code == 200
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        until(lambda: self.beats)

    def _read(self):
        current = {}
        try:
            for line in self._answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    current[name] = value
                    continue
                self._take(current)
                current = {}
        except (httpx.HTTPError, OSError):
            return

    def _take(self, event):
        kind = event.get("event")
        if kind == "heartbeat":
            self.beats.append(int(event["id"]))
        elif kind == "reset":
            self.resets += 1
        elif "data" in event:
            data = json.loads(event["data"])
            assert data["position"] == int(event["id"])
            self.events.append(data)

    @property
    def positions(self):
        return [event["position"] for event in self.events]

    def close(self):
        self._answer.close()
        self._client.close()


@pytest.fixture
def listen(desk, served):
    header, opened = desk.token("auditor"), []

    def begin(path="/api/v1/stream", last=None):
        opened.append(Listener(served, header, path, last))
        return opened[-1]

    yield begin
    for listener in opened:
        listener.close()


def test_a_new_alert_is_heard_and_can_be_read_at_that_moment(desk, served, listen):
    listener = listen()
    id = desk.raises_co()
    until(lambda: len(listener.events) >= 2)
    assert [event["type"] for event in listener.events] == ["AlertRaised", "StepTaken"]
    shown = httpx.get(f"{served}/api/v1/alerts/{id}", headers=desk.token("auditor", "another"))
    assert shown.json()["alert"]["position"] >= listener.events[-1]["position"]


def test_a_reader_that_comes_back_misses_nothing_and_hears_nothing_twice(desk, listen):
    first = listen()
    desk.raises_co("carbon_monoxide-1")
    until(lambda: len(first.events) == 2)
    first.close()
    desk.raises_co("carbon_monoxide-2")
    again = listen(last=first.positions[-1])
    desk.raises_co("carbon_monoxide-3")
    until(lambda: len(again.events) == 4)
    heard = first.positions + again.positions
    assert heard == sorted(set(heard))
    alerts = [event["data"]["alert"] for event in first.events + again.events if event["type"] == "AlertRaised"]
    assert alerts == [f"carbon_monoxide-{number}" for number in (1, 2, 3)]


def test_many_facts_behind_an_old_position_come_whole(desk, listen):
    start = desk.projector.position
    for number in range(40):
        changes = [SettingChanged(name="attended_s", value=str(number), by="t") for _ in range(40)]
        desk.happens("settings", "all", *changes)
    listener = listen(f"/api/v1/stream?after={start}")
    until(lambda: len(listener.events) == 1600)
    assert listener.positions == list(range(start + 1, start + 1601))


def test_readings_come_only_to_those_who_ask_for_everything(desk, listen):
    some, everything = listen(), listen("/api/v1/stream?all=true")
    desk.reports(OccupancyReported(device="dp03/hall-1", occupied=True), "m1")
    desk.raises_co()
    until(lambda: len(some.events) == 2 and len(everything.events) == 3)
    assert everything.events[0]["type"] == "OccupancyReported"
    assert "OccupancyReported" not in {event["type"] for event in some.events}


def test_the_address_of_a_page_begins_where_the_page_was_made(desk, listen):
    made_at = desk.projector.position
    desk.raises_co()
    listener = listen(f"/api/v1/stream?after={made_at}")
    until(lambda: len(listener.events) == 2)


def test_a_position_of_another_log_is_answered_with_a_reset(desk, listen):
    listener = listen(last=999_999_999)
    until(lambda: listener.resets == 1)
    desk.raises_co()
    until(lambda: len(listener.events) == 2)


def test_an_id_that_is_no_number_is_refused(served, desk):
    header = {**desk.token("auditor"), "last-event-id": "x'; --"}
    assert httpx.get(f"{served}/api/v1/stream", headers=header).status_code == 400


@pytest.fixture
def quick(tmp_path):
    """A desk whose heart beats fast."""
    desk = Desk(tmp_path)
    limits = replace(desk.services.limits, heartbeat_s=0.1, stalled_s=0.5, streams=2)
    object.__setattr__(desk.services, "limits", limits)
    yield desk
    desk.close()


class TestWithAQuickHeart:
    @pytest.fixture
    def desk(self, quick):
        return quick

    def test_the_heart_beats_though_nothing_relevant_happens(self, desk, listen):
        listener = listen()
        for number in range(20):
            desk.reports(HeartbeatReceived(device="dp03/hall-1"), f"h{number}")
        until(lambda: len(listener.beats) > 5)
        until(lambda: listener.beats[-1] == desk.projector.position)
        assert listener.events == []

    def test_a_stream_ends_when_its_token_is_revoked(self, desk, served):
        listener = Listener(served, desk.token("auditor", "gone"))
        revoke_token(desk.database, "gone", desk.now)
        until(lambda: not listener.thread.is_alive())

    def test_more_streams_than_allowed_are_refused_plainly(self, desk, served, listen):
        listen()
        listen()
        refused = httpx.get(f"{served}/api/v1/stream", headers=desk.token("auditor", "third"))
        assert refused.status_code == 503

    def test_a_reader_that_takes_nothing_is_dropped(self, desk, served):
        desk.happens("settings", "all", *[
            SettingChanged(name="class1.steps", value="[" * 4000, by="t") for _ in range(2000)
        ])  # fmt: skip
        host, port = served.removeprefix("http://").split(":")
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect((host, int(port)))
            token = desk.token("auditor", "stalled")["authorization"]
            request = f"GET /api/v1/stream?after=0 HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n\r\n"
            stalled.sendall(request.encode())
            clients = desk.app.state.broadcast.clients
            until(lambda: clients() == 1)
            until(lambda: clients() == 0)
