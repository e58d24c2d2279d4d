"""The page of the rounds: one machine is one machine, and a round that one database never sees says why."""

from tests.faults.report import Told, folded, page
from tests.faults.rounds import ROUNDS

_HERE = "2 cores (X), 23 GB, Linux 6.18, Python 3.11.7, SQLite 3.40.1, 4 KiB on disk in {} ms"


def test_moods_of_one_disk_are_one_machine() -> None:
    assert folded({_HERE.format("3.99"), _HERE.format("0.04"), _HERE.format("12.00")}) == _HERE.format("0.04 to 12.00")
    assert folded({_HERE.format("0.04")}) == _HERE.format("0.04")


def test_what_differs_else_is_said() -> None:
    other = _HERE.format("0.04").replace("6.18", "6.19")
    assert "Linux 6.18 or Linux 6.19" in folded({_HERE.format("0.04"), other})
    assert folded({_HERE.format("0.04"), "a lap"}) == f"{_HERE.format('0.04')}; a lap"


def test_who_has_seen_one_database_only_says_why() -> None:
    for each in ROUNDS:
        assert bool(each.alone) == (len(each.databases) == 1), each.name
        told = [Told(each.name, kind, 1, 1.0, 1.0, "c", "2026-01-01", _HERE.format("0.04")) for kind in each.databases]
        assert each.alone in page(told, ROUNDS)
