"""The small parent: what dies starts again, what hangs is ended, and nothing outlives it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shouwang.exits import Exit
from shouwang.supervise import Part, Supervisor

WAITS = "import time; time.sleep(600)"


def until(holds: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """A zombie that nobody has reaped yet no longer runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def diary(folder: Path, name: str, then: str = WAITS) -> list[str]:
    """A stand-in that writes down its pid at each start."""
    note = f"import os; open({str(folder / name)!r}, 'a').write(f'{{os.getpid()}}\\n'); "
    return [sys.executable, "-c", note + then]


def pids(folder: Path, name: str) -> list[int]:
    file = folder / name
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


@contextmanager
def supervised(*parts: Part) -> Iterator[tuple[Supervisor, list[str]]]:
    said: list[str] = []
    supervisor = Supervisor(parts, say=said.append)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor, said
    finally:
        supervisor.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_a_killed_child_starts_again_and_the_reason_is_said(tmp_path: Path) -> None:
    with supervised(Part(name="service", command=diary(tmp_path, "s"))) as (_, said):
        until(lambda: len(pids(tmp_path, "s")) == 1, "first start")
        os.kill(pids(tmp_path, "s")[0], signal.SIGKILL)
        until(lambda: len(pids(tmp_path, "s")) == 2, "second start")
        assert "service" in said[0]
        assert "SIGKILL" in said[0]
    assert not any(alive(pid) for pid in pids(tmp_path, "s"))


def test_a_child_that_keeps_dying_is_started_more_and_more_slowly(tmp_path: Path) -> None:
    part = Part(name="broker", command=diary(tmp_path, "b", "raise SystemExit(7)"))
    with supervised(part) as (_, said):
        until(lambda: len(said) == 3, "three deaths")
    assert ["0.5" in said[0], "1 秒" in said[1], "2 秒" in said[2]] == [True, True, True]
    assert "exit 7" in said[0]


def test_a_broker_by_which_nothing_comes_is_started_anew_with_the_service_that_says_so(tmp_path: Path) -> None:
    says_so_once = (
        f"import sys; first = open({str(tmp_path / 's')!r}).read().count('\\n') == 1; sys.exit(4) if first else None; "
    )
    broker = Part(name="broker", command=diary(tmp_path, "b"), anew_on=frozenset({Exit.BROKER_SILENT}))
    phones = Part(name="phones", command=diary(tmp_path, "p"))
    with supervised(broker, phones, Part(name="service", command=diary(tmp_path, "s", says_so_once + WAITS))) as (
        _,
        said,
    ):
        until(lambda: len(pids(tmp_path, "s")) == 2 and len(pids(tmp_path, "b")) == 2, "both start anew")
        assert len(pids(tmp_path, "p")) == 1, "and nothing else does"
        assert any("broker" in line and "started anew" in line for line in said)
        assert not alive(pids(tmp_path, "b")[0])


def test_a_bad_configuration_ends_the_parent_instead_of_starting_for_ever(tmp_path: Path) -> None:
    part = Part(name="service", command=diary(tmp_path, "s", "raise SystemExit(2)"))
    assert Supervisor([part], say=lambda _: None).run() is Exit.BAD_INPUT
    assert len(pids(tmp_path, "s")) == 1


def test_the_second_part_waits_until_the_first_is_ready_and_both_stop_in_reverse(tmp_path: Path) -> None:
    order = tmp_path / "order"
    polite = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: (open({order!r}, 'a').write('{name} '), sys.exit())); "
        "open({ready!r}, 'w').close(); time.sleep(600)"
    )
    opened = threading.Event()

    def part(name: str, ready: Callable[[], bool]) -> Part:
        words = polite.format(order=str(order), name=name, ready=str(tmp_path / f"{name}-up"))
        return Part(name=name, command=diary(tmp_path, name, words), ready=ready)

    broker, service = part("broker", opened.is_set), part("service", (tmp_path / "service-up").exists)
    with supervised(broker, service):
        until((tmp_path / "broker-up").exists, "broker up")
        assert pids(tmp_path, "service") == []
        opened.set()
        until((tmp_path / "service-up").exists, "service up")
    assert order.read_text().split() == ["service", "broker"]


def test_on_ready_is_called_once_even_when_the_part_starts_again(tmp_path: Path) -> None:
    told: list[int] = []
    part = Part(name="service", command=diary(tmp_path, "s"), on_ready=lambda: told.append(1))
    with supervised(part):
        until(lambda: len(told) == 1 and bool(pids(tmp_path, "s")), "ready")
        os.kill(pids(tmp_path, "s")[0], signal.SIGKILL)
        until(lambda: len(pids(tmp_path, "s")) == 2, "second start")
    assert told == [1]


def test_a_child_that_will_not_stop_is_ended_with_all_it_started(tmp_path: Path) -> None:
    deaf = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"c = subprocess.Popen([sys.executable, '-c', {WAITS!r}]); "
        f"open({str(tmp_path / 'grandchild')!r}, 'w').write(f'{{c.pid}}\\n'); c.wait()"
    )
    with supervised(Part(name="service", command=diary(tmp_path, "s", deaf), grace_s=0.3)) as (_, said):
        until(lambda: len(pids(tmp_path, "grandchild")) == 1, "grandchild")
    assert "0.3" in said[-1]
    until(lambda: not any(alive(p) for p in pids(tmp_path, "s") + pids(tmp_path, "grandchild")), "all gone")


def test_a_parent_that_is_killed_leaves_no_orphan(tmp_path: Path) -> None:
    parent = (
        "import sys; from shouwang.supervise import Part, Supervisor; "
        f"Supervisor([Part(name='service', command={diary(tmp_path, 's')!r})], say=print).run()"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        until(lambda: len(pids(tmp_path, "s")) == 1, "child up")
        process.kill()
    until(lambda: not alive(pids(tmp_path, "s")[0]), "child gone")
