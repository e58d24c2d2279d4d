"""What the recorded week holds, found by an oracle too simple to be wrong: one long silence, and it is the absence."""

import gzip
import os
from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from simulators.recording import read_recording

FOLDER = os.environ.get("SHOUWANG_RECORDINGS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SHOUWANG_RECORDINGS does not name the folder of recordings")
LEFT = datetime(2016, 7, 13, 7, 21, 10)
BACK = datetime(2016, 7, 16, 18, 54, 36)
TEN_MINUTES = timedelta(minutes=10)


def path():
    return Path(FOLDER) / "tm000_multiday_absence.txt.gz"


def edges():
    """False -> true of each sensor; its first report is a baseline."""
    last, found = {}, []
    with gzip.open(path(), "rt") as file:
        for line in file:
            time, sensor, state = line.split("\t")[:3]
            if state == "ON" and last.get(sensor) == "OFF":
                found.append((datetime.fromisoformat(time), sensor))
            last[sensor] = state
    return found


def is_a_person(at, sensor, edges, times):
    """Within ten minutes before or after another sensor fires, or the same one twice more."""
    near = edges[bisect_left(times, at - TEN_MINUTES) : bisect_right(times, at + TEN_MINUTES)]
    return any(other != sensor for _, other in near) or len(near) >= 3


def signs_of_life():
    found = edges()
    times = [at for at, _ in found]
    return [at for at, sensor in found if is_a_person(at, sensor, found, times)]


def test_the_absence_is_the_only_silence_longer_than_twelve_hours():
    signs = signs_of_life()
    silences = [(a, b) for a, b in pairwise(signs) if b - a > timedelta(hours=12)]
    assert [(a.replace(microsecond=0), b.replace(microsecond=0)) for a, b in silences] == [(LEFT, BACK)]


def test_fifteen_lone_triggers_fired_while_nobody_was_there():
    absent = [(at, sensor) for at, sensor in edges() if LEFT + timedelta(seconds=1) <= at < BACK]
    assert len(absent) == 15
    assert not {at for at, _ in absent} & set(signs_of_life())


def test_the_example_home_has_exactly_the_sensors_of_the_recording():
    text = Path("examples/recorded-week.yaml").read_text(encoding="utf-8")
    assert "invented" in text.splitlines()[0]
    (home,) = yaml.safe_load(text)["homes"]
    assert {each["id"] for each in home["devices"]} == {row.sensor for row in read_recording(path())}
    assert {each["model"] for each in home["devices"]} == {"motion-pir"}
