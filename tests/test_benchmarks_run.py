"""The measuring programs run, count exactly what they sent, and save nothing unasked. How fast is not asked here."""

import importlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import hatching

ROOT = Path(__file__).resolve().parent.parent
PERFORMANCE = ROOT / "docs" / "performance"
PROGRAMS = {
    "ingest_through_rules.py": (["--messages", "257", "--homes", "2"], "service to the slower of both"),
    "co_to_provider.py": (["--seconds", "2", "--alarms", "3", "--facts", "20"], "the bare loop, p99"),
    "replay_from_log.py": (["--facts", "1100", "--homes", "3"], "of it the engine"),
    "memory_per_home.py": (["--facts", "2", "--homes", "3"], "opened anew from snapshots"),
    "cost_of_a_tick.py": (["--homes", "30", "--homes", "40"], "a tick that rings 20"),
    "cost_of_rules.py": (["--turns", "20"], "carbon_monoxide, microseconds a fact"),
    "telling.py": (
        ["--alarms", "2", "--open", "3", "--spread", "1", "--dark", "6", "--within", "1"],
        "messages for each closed alert",
    ),
    "start_up.py": (["--facts", "300", "--homes", "2"], "until it is well"),
    "console.py": (["--alarms", "2", "--open", "12", "--streams", "2"], "from the fact on disk to the pixel, p50"),
    "pages.py": (["--homes", "6", "--times", "1"], "/reports/behind, kB compressed"),
    "weeks_of_memory.py": (["--minutes", "0.03", "--homes", "3", "--rate", "100"], "growth a day"),
    "learning_a_night.py": (["--homes", "3"], "of it the fit alone"),
    "finding_a_collapse.py": (["--homes", "1", "--days", "20", "--collapses", "3"], "hours to suspected, p90"),
    "against_node_red.py": (
        [
            "--only", "shouwang", "--only", "bare loop", "--homes", "3",
            "--seconds", "0.3", "--step", "0.2", "--start", "40", "--most", "40",
        ],
        "highest rate held",
    ),
}  # fmt: skip
"""Program -> the smallest run that goes all its ways, and a row of its table."""

_BOTH = ("ingest_through_rules.py", "replay_from_log.py", "cost_of_a_tick.py")
"""Quick enough for a second database; the others differ in it only by its address."""

pytestmark = pytest.mark.broker


def measured(program: str, folder: Path, *options: str) -> str:
    saved = {file: file.read_bytes() for file in PERFORMANCE.glob("*.json")}
    told = hatching.run(
        "tests.test_benchmarks_run:run", ROOT / "benchmarks" / program, "--rounds", 1, "--folder", folder, *options,
        environ=os.environ, seconds=200,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert {file: file.read_bytes() for file in PERFORMANCE.glob("*.json")} == saved
    assert not list(folder.iterdir()), "what was made for measuring is cleared away"
    return told.stdout


def run() -> None:
    """As `python PROGRAM ...` would, where all that it imports of ours is there already."""
    _, program, *words = sys.argv
    sys.argv = [program, *words]
    sys.path.insert(0, str(Path(program).parent))
    runpy.run_path(program, run_name="__main__")


def test_every_program_is_run_here() -> None:
    assert set(PROGRAMS) == {file.name for file in (ROOT / "benchmarks").glob("*.py")}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: str, tmp_path: Path) -> None:
    if program == "console.py" and shutil.which("chromium") is None:
        pytest.skip("needs a browser: apt-get install -y chromium")
    options, row = PROGRAMS[program]
    has_choice = (
        "--database" in (ROOT / "benchmarks" / program).read_text()
        or "databases=()" not in (ROOT / "benchmarks" / program).read_text()
    )
    only = ["--database", "sqlite"] if has_choice and program not in _BOTH else []
    told = measured(program, tmp_path, *options, *only)
    assert row in told
    if program == "co_to_provider.py":
        untold = next(line for line in told.splitlines() if "alarms never told" in line)
        assert "0" in untold.split()


def test_the_highest_rate_lies_between_what_was_held_and_what_was_not_and_is_held_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    holding = importlib.import_module("measuring.holding")
    tried = []

    def step(rate: float, seconds: float) -> "holding.Step":
        most = 1000 if seconds < 60 else 900  # the machine is slower after a while
        return holding.Step(rate, seconds, 0.0 if rate <= most else 5.0, 0.0, 0, 0.0)

    best = holding.highest(step, start=2000, most=100_000, short_s=6, long_s=60, say=tried.append)
    assert best.held and best.seconds == 60 and 900 * 0.93 < best.rate <= 900
    short = [one for one in tried if one.seconds == 6]
    held, not_held = max(one.rate for one in short if one.held), min(one.rate for one in short if not one.held)
    assert 1000 / 1.08 < held <= 1000 < not_held < 1080


def test_the_whole_service_decides_the_same(tmp_path: Path) -> None:
    options = ["--messages", "101", "--homes", "1", "--whole", "--database", "sqlite"]
    assert "whole" in measured("ingest_through_rules.py", tmp_path, *options)


def test_the_tables_of_the_documentation_are_those_of_the_saved_runs() -> None:
    """Whoever changes a figure by hand, or saves without writing the page, is found out."""
    told = subprocess.run(
        [sys.executable, "-c", "from measuring import documenting as d; print(d.written(d.PAGE.read_text()) == d.PAGE.read_text())"],
        capture_output=True, text=True, check=True, cwd=ROOT / "benchmarks",
    )  # fmt: skip
    assert told.stdout.strip() == "True"
    for file in PERFORMANCE.glob("latest-*.json"):
        assert (
            f"<!-- figures: {file.stem.removeprefix('latest-')} -->"
            in (PERFORMANCE.parent / "performance.md").read_text()
        )
        assert json.loads(file.read_text())["cases"]
