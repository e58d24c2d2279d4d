"""The demo's world on the real broker: its past, its two dramas, its door, and a stop that nobody notices."""

import json
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.request import Request, urlopen

import pytest
import yaml
from real_broker import broker, service  # noqa: F401 -- fixtures

from simulators.devices import Broker, Line, Publication
from simulators.devices.line import wait_until
from simulators.replies import Phones, understand
from tests.ports import free_port

WATCHER, OTHER = "+8612000000001", "+8612000000009"


def town():
    def home(n, site, **more):
        models = {"hall": "motion-pir", "bed": "motion-pir", "door": "door-contact", "co": "co-alarm"}
        devices = [{"id": f"{role}-{n}", "model": model} for role, model in models.items()]
        return {"id": f"{site}-{n}", "site": site, "number": n, "watcher": "w", "devices": devices, **more}

    return {
        "people": [{"id": "w", "role": "watcher", "phones": [{"number": WATCHER}]}],
        "sites": [{"id": "aa"}, {"id": "bb"}],
        "homes": [
            home(1, "aa"),
            home(2, "aa", demo="quiet_elder", no_activity_hours=12),
            home(3, "bb", demo="co_leak"),
        ],
    }


class Confirms:
    """Stands for the service's half: confirms each device's highest seq without a hole, retained."""

    def __init__(self, broker, service):  # noqa: F811
        self.service, self.told = service, {}
        self.line = Line(Broker.of(broker.url), "confirms")
        self.line.open()
        self.running = True
        self.thread = Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        seen, self.read = {}, 0
        while self.running:
            wait_until(lambda: len(self.service.heard) > self.read or not self.running, 5)
            for topic, payload in list(self.service.heard)[self.read :]:
                self.read += 1
                body = json.loads(payload)
                if "data" in body:
                    key = (topic.rsplit("/", 1)[0], body["bootid"])
                    seen.setdefault(key, set()).update(i["seq"] for i in body["data"].get("items", [body]))
            for (source, bootid), seqs in seen.items():
                high = self.told.get((source, bootid), 0)
                while high + 1 in seqs:
                    high += 1
                if high != self.told.get((source, bootid), 0):
                    self.told[source, bootid] = high
                    ack = json.dumps({"bootid": bootid, "seq": high}).encode()
                    self.line.publish(Publication(f"{source}/ack", ack, retain=True))

    def stop(self):
        self.running = False
        self.thread.join(10)
        self.line.close()


class Running:
    """The world as a process of its own, with its door."""

    def __init__(self, broker, tmp_path, *more):  # noqa: F811
        (tmp_path / "town.yaml").write_text(yaml.safe_dump(town()))
        self.port, self.file = free_port(), tmp_path / "world.json"
        told = ["--mqtt-url", broker.url, "--town", tmp_path / "town.yaml", "--state", self.file, "--port", self.port]
        self.child = subprocess.Popen([sys.executable, "-m", "simulators.world", *map(str, [*told, *more])])
        assert wait_until(lambda: self.state().get("phase") == "live", 60), self.state()

    def state(self):
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/state", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def post(self, path):
        with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", method="POST"), timeout=5) as answer:
            return answer.status

    def stop(self, how=signal.SIGTERM):
        self.child.send_signal(how)
        return self.child.wait(20)


@pytest.fixture
def world(broker, service, tmp_path):  # noqa: F811
    confirms, started = Confirms(broker, service), []

    def start(*more):
        started.append(Running(broker, tmp_path, *more))
        return started[-1]

    yield start
    for each in started:
        if each.child.poll() is None:
            each.child.kill()
            each.child.wait(10)
    confirms.stop()


def told(service):  # noqa: F811
    """(device, bootid) -> seq -> (type, time, data), and every id must always mean the same."""
    found = {}
    for topic, body in service.said():
        if "data" not in body:
            continue
        for item in body["data"].get("items", [body]):
            key = (topic.split("/")[3], body["bootid"])
            fact = (item["type"], item["time"], item["data"])
            assert found.setdefault(key, {}).setdefault(item["seq"], fact) == fact
            assert item["id"] == f"{body['bootid']}-{item['seq']}"
    return found


def co_alarms(service):  # noqa: F811
    return [
        body["data"]["alarm"]
        for topic, body in service.said()
        if topic == "shouwang/v1/bb/co-3/event" and body["type"] == "shouwang.co.v1"
    ]


@pytest.mark.broker
def test_the_past_comes_as_backfill_without_a_hole_and_the_quiet_elders_limit_is_just_ahead(world, service):  # noqa: F811
    running = world()
    facts = told(service)
    assert len(facts) == 12
    for seqs in facts.values():
        assert set(seqs) == set(range(1, max(seqs) + 1))
        first = min(datetime.fromisoformat(time) for _, time, _ in seqs.values())
        assert timedelta(hours=71) < datetime.now(first.tzinfo) - first < timedelta(hours=72.1)
    envelopes = [body for _, body in service.said() if body.get("type") == "shouwang.backfill.v1"]
    assert max(len(body["data"]["items"]) for body in envelopes) <= 200
    # Everything is confirmed but what was said this very moment; the first heartbeats are on their way.
    assert wait_until(lambda: running.state()["unconfirmed"] <= 2, 10)
    quiet = [facts[key].values() for key in facts if key[0] in ("hall-2", "bed-2", "door-2")]
    signs = [t for each in quiet for type, t, data in each if data.get("occupied") or data.get("open")]
    to_limit = datetime.fromisoformat(max(signs)) + timedelta(hours=12) - datetime.now().astimezone()
    assert timedelta(seconds=25) < to_limit < timedelta(seconds=41)
    began = datetime.fromisoformat(running.state()["leak"]["began"])
    assert timedelta(seconds=10) < began - datetime.now().astimezone() <= timedelta(seconds=20)
    # the quiet home was published last
    backfilled = [body["source"].split("/")[-1] for body in envelopes]
    assert set(backfilled[-backfilled[::-1].index("co-2") - 1 :]) <= {"hall-2", "bed-2", "door-2", "co-2"}


@pytest.mark.broker
def test_the_leak_begins_and_an_open_window_ends_it(world, service):  # noqa: F811
    running = world("--leak-after", "3")
    assert running.state()["leak"]["phase"] == "waiting"
    assert running.post("/open-window") == 200  # nothing to air yet
    service.waits_for(lambda _: co_alarms(service) == [True], 30)
    assert running.state()["leak"]["phase"] == "leaking"
    assert running.post("/open-window") == 200
    service.waits_for(lambda _: co_alarms(service) == [True, False], 10)


@pytest.mark.broker
def test_a_stop_says_nothing_and_the_next_start_goes_on_under_the_same_boots(world, service):  # noqa: F811
    running = world("--leak-after", "1")
    service.waits_for(lambda _: co_alarms(service) == [True], 30)
    assert running.stop() == 0
    before = told(service)
    assert not [body for _, body in service.said() if body.get("state") == "offline"]
    again = world()
    assert again.state()["leak"]["phase"] == "leaking"
    heard = len(service.heard)
    service.waits_for(lambda said: any("co-3" in topic for topic, _ in said[heard:]), 20)
    after = told(service)
    assert set(after) == set(before)  # the same devices, the same boots
    assert all(set(seqs) == set(range(1, max(seqs) + 1)) for seqs in after.values())
    assert co_alarms(service) == [True]  # still the same alarm
    assert again.stop(signal.SIGINT) == 0


@pytest.mark.broker
def test_after_a_crash_the_devices_boot_anew_and_no_id_ever_means_two_things(world, service):  # noqa: F811
    running = world()
    running.child.kill()
    running.child.wait(10)
    before = told(service)
    world()
    assert set(told(service)) - set(before)  # told() itself asserts that each id means one thing
    assert {device for device, _ in before} == {device for device, _ in told(service)}


@pytest.mark.broker
def test_who_answers_that_they_are_going_is_seen_by_the_quiet_homes_sensors(world, service):  # noqa: F811
    said = [
        {
            "seq": 1,
            "direction": "outbound-api",
            "to": WATCHER,
            "body": "【示例守望】2号家12小时没动静。去看回11,去不了回19",
        },
        {"seq": 2, "direction": "inbound", "from": WATCHER, "body": "12"},
    ]
    with PlayedPhones(said) as url:
        running = world("--phones-url", url)
        assert wait_until(lambda: running.state()["quiet"]["phase"] == "found", 15)
        opened = ("shouwang/v1/aa/door-2/event", True)
        service.waits_for(lambda said: opened in [(t, b.get("data", {}).get("open")) for t, b in said], 15)


class PlayedPhones:
    """The control door of the phones, as far as the world reads it."""

    def __init__(self, said):
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                since = int(self.path.split("since=")[1])
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps([each for each in said if each["seq"] > since]).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)

    def __enter__(self):
        Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize(
    ("body", "action", "house"),
    [("32", "2", 12), (" ３２ ", "2", 12), ("41", "1", 7), ("92", "2", None), ("2", "2", 7)],
)
def test_a_reply_is_about_the_house_whose_text_offered_its_slot(body, action, house):
    texts = {
        WATCHER: [
            "【示例守望】12号家一氧化碳超标,14:32。去看回31,去不了回39",
            "【示例守望】7号家没动静。去看回41,去不了回49",
        ]
    }
    found = understand(WATCHER, body, texts)
    assert (found.action, found.house) == (action, house)


def test_chatter_is_no_reply_and_each_reply_is_read_once():
    assert understand(WATCHER, "好的", {}) is None
    said = [{"seq": 1, "direction": "inbound", "from": WATCHER, "body": "32"}]
    with PlayedPhones(said) as url:
        phones = Phones(url)
        assert [each.action for each in phones.read()] == ["2"]
        said.append({"seq": 2, "direction": "inbound", "from": OTHER, "body": "33"})
        assert [each.number for each in phones.read()] == [OTHER]
        assert phones.read() == []
        assert Phones(url, read=2).read() == []  # a second start has read them
        del said[1:]
        assert len(Phones(url, read=7).read()) == 0
    assert Phones(url).read() == []  # nobody there


def test_a_busy_port_and_a_broken_town_are_named_before_anything_starts(tmp_path, capsys):
    from simulators.world import main  # noqa: PLC0415 -- only this test needs it

    good, bad = tmp_path / "town.yaml", tmp_path / "bad.yaml"
    good.write_text(yaml.safe_dump(town()))
    bad.write_text("homes: [{id: x}]")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    told_ = ["--mqtt-url", "mqtt://127.0.0.1:1", "--state", str(tmp_path / "s.json")]
    assert main([*told_, "--town", str(good), "--port", str(server.server_port)]) == 2
    assert f"{server.server_port}" in capsys.readouterr().err
    server.server_close()
    assert main([*told_, "--town", str(bad)]) == 2
    assert "bad.yaml" in capsys.readouterr().err
