"""Replaying a recording: every row once, in order, the same each time, and nothing at all from a file with a bad line."""

import gzip
import json
from datetime import datetime, timedelta

import pytest
from real_broker import broker, service  # noqa: F401 -- fixtures

from simulators.recording import SHANGHAI, RecordingRefused, read_recording
from simulators.replay import main, messages_of, replay

ROWS = (
    "2016-07-12 00:00:30.600670\tBedroomABed\tON\t\n"
    "2016-07-12 00:00:31.700786\tBedroomABed\tOFF\t\n"
    "2016-07-12 01:59:58.000000\tMainEntryway\tON\t\n"
    "2016-07-12 02:00:00.500000\tMainEntryway\tOFF\t\n"
)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "home.txt.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))
    return path


def facts(said):
    return [body for _, body in said if "seq" in body]


@pytest.mark.broker
def test_a_recording_arrives_whole_with_hourly_heartbeats_after_everybody_is_online(recording, broker, service):  # noqa: F811
    done = replay(recording, broker.url, progress=False)
    # Two sensors, on the hour and a second past it: 00:00, 01:00, and at 02:00 only the first before the last row.
    assert (done.rows, done.messages) == (4, 9)
    assert done.first == datetime(2016, 7, 12, 0, 0, 30, 600670, SHANGHAI)
    said = service.waits_for(lambda said: len(facts(said)) == 9)
    online = [topic for topic, body in said if body.get("state") == "online"]
    assert online == ["shouwang/v1/tm000/bedroomabed/status", "shouwang/v1/tm000/mainentryway/status"]
    motion = [body for topic, body in said if topic.endswith("/event")]
    assert [(each["source"].split("/")[-1], each["data"]["occupied"], each["time"]) for each in motion] == [
        ("bedroomabed", True, "2016-07-11T16:00:30.600670Z"),
        ("bedroomabed", False, "2016-07-11T16:00:31.700786Z"),
        ("mainentryway", True, "2016-07-11T17:59:58Z"),
        ("mainentryway", False, "2016-07-11T18:00:00.500000Z"),
    ]


@pytest.mark.broker
def test_replaying_twice_tells_the_same_facts_under_the_same_ids(recording, broker, service):  # noqa: F811
    replay(recording, broker.url, progress=False)
    replay(recording, broker.url, progress=False)
    said = facts(service.waits_for(lambda said: len(facts(said)) == 18))
    once = {(each["source"], each["id"]): json.dumps(each, sort_keys=True) for each in said}
    assert len(once) == 9
    assert all(once[each["source"], each["id"]] == json.dumps(each, sort_keys=True) for each in said)


def test_each_sensor_counts_its_rows_and_heartbeats_without_a_hole(recording):
    seqs: dict[str, list[int]] = {}
    times = []
    for at, out in messages_of(read_recording(recording), "tm000"):
        body = json.loads(out.payload)
        seqs.setdefault(body["source"], []).append(body["seq"])
        times.append(at)
    assert seqs == {"shouwang/v1/tm000/bedroomabed": [1, 2, 3, 4, 5], "shouwang/v1/tm000/mainentryway": [1, 2, 3, 4]}
    assert times == sorted(times)


@pytest.mark.broker
def test_a_lone_trigger_can_be_put_in_as_its_own_story(recording, broker, service):  # noqa: F811
    at = datetime(2016, 7, 12, 1, 25)
    assert replay(recording, broker.url, insert=[(at, "MainEntryway")], progress=False).rows == 6
    said = service.waits_for(lambda said: len(facts(said)) == 11)
    motion = [body for topic, body in said if topic.endswith("/event") and "mainentryway" in topic]
    assert motion[0]["time"] == "2016-07-11T17:25:00Z"
    plain = {json.loads(out.payload)["bootid"] for _, out in messages_of(read_recording(recording), "tm000")}
    assert {each["bootid"] for each in facts(said)}.isdisjoint(plain)  # other facts never wear the same ids


@pytest.mark.broker
def test_a_speed_holds_messages_back(recording, broker):  # noqa: F811
    began = datetime.now()
    replay(recording, broker.url, speed=7200, progress=False)
    assert datetime.now() - began >= timedelta(seconds=1)  # two hours at 7200 to one


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("yesterday\tHall\tON", "Invalid isoformat"),
        ("2016-07-12 03:00:00\tHall\tMAYBE", "expected ON or OFF"),
        ("2016-07-12 03:00:00 Hall ON", "found 1 fields"),
        ("2016-07-12 03:00:00\tFront Door\tON", "cannot be a device id"),
        ("", "found 1 fields"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_sent(line, complaint, tmp_path, capsys):
    path = tmp_path / "bad.txt"
    path.write_text(ROWS + line + "\nalso bad\n")
    with pytest.raises(RecordingRefused) as refused:
        replay(path, "mqtt://127.0.0.1:1")  # nobody listens there: it must not even try
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["line 5", "line 6"]
    assert complaint in refused.value.faults[0]
    assert main([str(path), "--mqtt-url", "mqtt://127.0.0.1:1"]) == 2
    assert "line 5" in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_named(recording, capsys):
    assert main([str(recording), "--mqtt-url", "mqtt://127.0.0.1:1"]) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err
