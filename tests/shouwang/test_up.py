"""`shouwang up` as the one who runs the server meets it: started, knocked down, and stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shouwang.exits import Exit
from tests.shouwang.running import Running, processes_naming, until

pytestmark = pytest.mark.broker


def service_of(home: Path) -> list[int]:
    return [
        pid for pid in processes_naming(str(home)) if b"shouwang.service" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def brokers_of(home: Path) -> list[int]:
    return [pid for pid in processes_naming(str(home)) if b"nats-server" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def policies_of(pid: int) -> set[int]:
    """How the kernel lets each of its threads run."""
    return {os.sched_getscheduler(int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()}


def allowed() -> int:
    """What a program of ours may have here."""
    said = [
        sys.executable,
        "-c",
        "import os; from events.precedence import go_first; go_first(); print(os.sched_getscheduler(0))",
    ]
    return int(subprocess.run(said, capture_output=True, text=True, check=True).stdout)


def test_one_start_serves_logs_in_survives_a_crash_and_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Running("up", home, SHOUWANG_PRECEDENCE="realtime") as up:
        until(up.well, "healthy")
        (running,), (broker,) = service_of(home), brokers_of(home)
        assert policies_of(running) == policies_of(broker) == {allowed()}
        assert policies_of(up.process.pid) == {os.SCHED_OTHER}
        with httpx.Client(follow_redirects=True) as browser:
            page = {"accept": "text/html"}
            assert browser.get(up.url, headers=page).url.path == "/login"
            browser.get(up.link(), headers=page)
            assert (
                browser.get(up.url, headers=page).url.path == "/account"
            )  # the first thing is a password of one's own
            own = {"fresh": "a-long-enough-word", "again": "a-long-enough-word"}
            chosen = browser.post(f"{up.url}/account/password", data=own, headers={**page, "origin": up.url})
            assert chosen.url.path == "/"
            assert browser.get(up.url, headers=page).url.path == "/"
        with httpx.Client(follow_redirects=True) as stranger:
            stranger.get(up.link(), headers=page)
            assert stranger.get(up.url, headers=page).url.path == "/login"  # the link is used up
        assert "NOTHING IS REALLY SENT" in up.says()

        second = subprocess.run(up.words, env=up.environ, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == Exit.BUSY
        assert str(up.process.pid) in second.stderr

        (first,) = service_of(home)
        os.kill(first, signal.SIGKILL)
        until(lambda: service_of(home) not in ([], [first]) and up.well(), "started again")
        assert "SIGKILL" in up.says()

        assert up.interrupted() == Exit.OK
    assert processes_naming(str(home)) == []
    with Running("up", home) as again:
        until(again.well, "healthy again")
        until(lambda: "ready:" in again.says(), "welcome")
        assert "/login/link/" not in again.says()  # in service a link lies in no log after the first


def test_a_killed_parent_takes_everything_with_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Running("up", home) as up:
        until(up.well, "healthy")
        up.process.kill()
        until(lambda: processes_naming(str(home)) == [], "all gone")
