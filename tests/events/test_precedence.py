"""The service asks to run before other programs, takes what it is allowed, and never what could stop a machine."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from events import precedence
from events.precedence import go_first, stand_back


@pytest.fixture()
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine of two processors that keeps a twentieth back and allows everything; what it was asked for."""
    said: list[str] = []
    left = tmp_path / "left"
    left.write_text("950000\n")
    monkeypatch.setattr(precedence, "_LEFT", left)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr(
        os, "sched_setscheduler", lambda pid, policy, param: said.append(f"{pid} {policy} {param.sched_priority}")
    )
    monkeypatch.setattr(os, "setpriority", lambda which, who, nice: said.append(f"{which} {who} nice {nice}"))
    return said


def refused(*_: object) -> None:
    raise PermissionError


REALTIME, NICE = f"0 {os.SCHED_RR} 1", f"{os.PRIO_PROCESS} 0 nice -10"


def test_it_gets_what_it_is_allowed(asked: list[str], monkeypatch: pytest.MonkeyPatch):
    assert go_first() == "realtime"
    assert go_first("nice") == "nice"
    assert go_first("none") == "none"
    assert asked == [REALTIME, NICE]
    monkeypatch.setattr(os, "sched_setscheduler", refused)
    assert go_first() == "nice"
    monkeypatch.setattr(os, "setpriority", refused)
    assert go_first() == go_first("nice") == "none"


@pytest.mark.parametrize("left", ["-1\n", "0\n", "", "much\n"])
def test_where_the_kernel_keeps_nothing_back_for_others_it_is_only_nice(asked: list[str], left: str):
    precedence._LEFT.write_text(left)
    assert go_first() == "nice"
    assert asked == [NICE]


def test_with_one_processor_or_another_kind_of_system_it_is_only_nice(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3})
    assert go_first() == "nice"
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    precedence._LEFT.unlink()
    assert go_first() == "nice"
    monkeypatch.delattr(os, "sched_setscheduler")
    assert go_first() == "nice"
    assert asked == [NICE] * 3


STANDING = """
import os, subprocess, sys, threading
from events.precedence import go_first, stand_back
got, seen = go_first(), []
thread = threading.Thread(target=lambda: seen.append(os.sched_getscheduler(0)))
thread.start(); thread.join()
ask = [sys.executable, "-c", "import os; print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))"]
child = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
stand_back()
print(got, *seen, child, os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
"""


def test_its_threads_and_children_come_along_until_one_stands_back():
    told = subprocess.run([sys.executable, "-c", STANDING], capture_output=True, text=True, check=True).stdout.split()
    policy, nice = {"realtime": (os.SCHED_RR, 0), "nice": (0, -10), "none": (0, 0)}[told[0]]
    assert told[1:] == [str(each) for each in (policy, policy, nice, os.SCHED_OTHER, 10)]


def test_who_stands_back_already_stays_where_they_are():
    seen: list[int] = []

    def work() -> None:  # niceness is a thread's own, and cannot be taken back without rights
        os.setpriority(os.PRIO_PROCESS, 0, 15)
        stand_back()
        seen.append(os.getpriority(os.PRIO_PROCESS, 0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [15]


ORDINARY = """
import os, resource
from events.precedence import go_first, stand_back
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
got = go_first()
print(got, os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
stand_back()
print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
"""


def test_the_kernel_refuses_an_ordinary_user_without_limits_and_nothing_is_lost_by_it():
    done = subprocess.run([sys.executable, "-c", ORDINARY], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"none {os.SCHED_OTHER} 0", f"{os.SCHED_OTHER} 10"]
