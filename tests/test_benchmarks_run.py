"""The measuring programs run, count exactly what they sent, and save nothing unasked. How fast is not asked here."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PERFORMANCE = ROOT / "docs" / "performance"

pytestmark = pytest.mark.broker


def measured(program: str, folder: Path, *options: str) -> str:
    saved = {file: file.read_bytes() for file in PERFORMANCE.glob("*.json")}
    told = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / program, "--rounds", "1", "--folder", folder, *options],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert {file: file.read_bytes() for file in PERFORMANCE.glob("*.json")} == saved
    assert not list(folder.iterdir()), "what was made for measuring is cleared away"
    return told.stdout


def test_ingest_beside_its_two_yardsticks(tmp_path: Path) -> None:
    told = measured("ingest_through_rules.py", tmp_path, "--messages", "257", "--homes", "2")
    for row in ("raw drain", "raw insert", "through the rules", "service to the slower of both", "committer"):
        assert row in told


def test_the_whole_service_decides_the_same(tmp_path: Path) -> None:
    assert "whole" in measured("ingest_through_rules.py", tmp_path, "--messages", "101", "--homes", "1", "--whole")


def test_every_alarm_reaches_the_provider(tmp_path: Path) -> None:
    told = measured("co_to_provider.py", tmp_path, "--seconds", "3", "--alarms", "3", "--facts", "20")
    row = next(line for line in told.splitlines() if "alarms never told" in line)
    assert [word for word in row.split() if word.isdigit()] == ["0", "0", "0"]
    for part in ("p50", "p99", "published to recorded", "to the provider"):
        assert part in told
