"""What was acknowledged is in the log, also when the process was killed the moment after."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from events.keepers import make_database
from tests.events.saying import fact, tell, whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("acknowledgements", [1, 60, 400])
def test_every_acknowledged_fact_survives_a_kill(tmp_path: Path, acknowledgements: int) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-m", "tests.events.appending_forever", str(tmp_path / "log.db")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert victim.stdout is not None
    try:
        acknowledged = [victim.stdout.readline().split() for _ in range(acknowledgements)]
    finally:
        victim.kill()
        rest, _ = victim.communicate()
    acknowledged += [line.split() for line in rest.splitlines() if line.endswith(tuple("0123456789"))]
    database = make_database(tmp_path / "log.db")
    try:
        found = {(str(r.position), str(r.key)) for r in whole(database)}
        whole_lines = {(position, key) for position, key in acknowledged[:acknowledgements]}
        assert len(whole_lines) == acknowledgements
        assert whole_lines <= found
        assert {position for position, *_ in acknowledged} <= {position for position, _ in found}
        assert sorted(int(position) for position, _ in found) == list(range(1, len(found) + 1))
        made = tell(database, fact("after"))
        assert made.recorded[0].position == len(found) + 1
    finally:
        database.close()
