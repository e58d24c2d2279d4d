"""Fail points: what may be asked for, that it happens once at the right time, and that each place is really in the code."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from events.failpoints import REGISTER, Armed, FailPointReached, FailPoints, NoSuchFailPoint, parse

ROOMS = ("events", "ingest", "alerts", "api", "shouwang")


def test_each_place_of_the_register_is_once_in_the_code_and_no_other() -> None:
    """Two keepers have one promise, so `append.committed` stands in both."""
    root = Path(__file__).parents[2]
    found = [
        name for room in ROOMS for file in (root / room).rglob("*.py")
        for name in re.findall(r'\bfailpoint\("([^"]+)"\)', file.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert sorted(set(found)) == sorted(REGISTER)
    assert {name for name in found if found.count(name) > 1} == {"append.committed"}


@pytest.mark.parametrize(
    "said", ["nowhere:1:kill", "engine.read", "engine.read:0:kill", "engine.read:x:kill", "engine.read:1:explode",
             "engine.read:1:sleep=long"],
)  # fmt: skip
def test_what_cannot_happen_is_refused_in_words(said: str) -> None:
    with pytest.raises(NoSuchFailPoint, match=re.escape(said)):
        parse(said)


def test_several_are_separated_by_commas() -> None:
    assert parse("engine.read:3:kill, timers.due:1:sleep=0.5") == [
        Armed("engine.read", 3, "kill"), Armed("timers.due", 1, "sleep", 0.5)
    ]  # fmt: skip


def test_it_happens_at_the_nth_time_and_once() -> None:
    points = FailPoints(parse("engine.read:3:raise"))
    points.reach("engine.read")
    points.reach("engine.decided")
    points.reach("engine.read")
    with pytest.raises(FailPointReached):
        points.reach("engine.read")
    points.reach("engine.read")


def test_sleep_holds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    FailPoints(parse("engine.read:1:sleep=7")).reach("engine.read")
    assert slept == [7.0]


def run(code: str, failpoint: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FAILPOINT": failpoint}
    return subprocess.run(
        [sys.executable, "-c", code], check=False, env=environment, capture_output=True, text=True, timeout=60
    )


def test_kill_leaves_no_time_for_anything() -> None:
    done = run(
        "from events.failpoints import failpoint; failpoint('engine.read'); print('alive')", "engine.read:1:kill"
    )
    assert (done.returncode, done.stdout) == (-9, "")


def test_a_process_asked_for_a_fault_that_does_not_exist_does_not_start() -> None:
    done = run("import events.store; print('alive')", "engine.raed:1:kill")
    assert (done.returncode, done.stdout) == (2, "")
    assert "engine.raed" in done.stderr


WRITING = """
import sys
from events.database import CommitUnclear
from events.keepers import make_database
from events.store import New, append, head
from events.types.system import SecurityNoted
died = []
database = make_database(sys.argv[1], on_fatal=died.append)
database.create()
fact = New("security", "all", SecurityNoted(what="x"), 1, key="1", digest=0)
try:
    database.write(lambda db: append(db, [fact], recorded_at=1))
except CommitUnclear:
    print("unclear", len(died) or "soon")
"""


def test_a_writer_that_ends_leaves_nobody_waiting(tmp_path: Path) -> None:
    code = WRITING.replace("sys.argv[1]", repr(str(tmp_path / "log.db")))
    done = run(code, "append.committed:1:raise")
    assert done.stdout.startswith("unclear"), done.stderr
