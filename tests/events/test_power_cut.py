"""The power goes, or the disk refuses an fsync: what was acknowledged is there, whatever else the disk forgot."""

from pathlib import Path

import pytest

from tests.faults.recording import NoStrace, strace
from tests.faults.rounds.power import Recorded


@pytest.fixture(autouse=True)
def tool() -> None:
    """What records a process's file operations."""
    try:
        strace()
    except NoStrace as why:
        pytest.skip(str(why))


def test_a_power_cut_at_any_sync_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    place = Recorded(tmp_path / "full")
    assert place.works(8) == 0
    found = place.cut(seed=5, images=2)
    assert found.cuts >= 20
    assert found.answered > 50
    assert found.damaged == []
    assert (found.lost, found.losing) == (0, 0)


def test_without_waiting_for_the_disk_the_same_cuts_do_lose_something(tmp_path: Path) -> None:
    place = Recorded(tmp_path / "normal")
    assert place.works(8, synchronous="normal") == 0
    assert place.cut(seed=5, images=1).lost > 0


@pytest.mark.parametrize("refusing", [4, 15], ids=["while it is made", "at work"])
def test_a_refused_sync_ends_the_process_and_the_next_one_loses_nothing_at_a_power_cut(
    tmp_path: Path, refusing: int
) -> None:
    """The kernel calls the refused pages clean: they are read, never written again, and gone with the power."""
    place = Recorded(tmp_path / "refused")
    assert place.works(8, refusing=refusing) == 70
    assert place.works(8) == 0
    found = place.cut(seed=5, images=1, every=2)
    assert found.answered > 50
    assert (found.damaged, found.lost) == ([], 0)
