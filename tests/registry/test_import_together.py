"""The importer is a process of its own: the service may have the database open, read it, and write in it meanwhile."""

import subprocess
import sys
import threading

import pytest
from small_town import NOW, facts, take

from alerts.registry import tables
from alerts.registry.importing import registered

pytestmark = pytest.mark.both

# Reads, then holds the writer's lock until its standard input closes, then writes once and ends.
OTHER = """
import sys
from pathlib import Path
from alerts.registry import homes, texts
from events.keepers import make_database

database = make_database(sys.argv[1])
with database.read() as db:
    assert homes.homes(db) == []
def hold(db):
    texts.keep_text(db, "note", "held", "user:a", 1)
    print("holding", flush=True)
    sys.stdin.read()
database.write(hold)
with database.read() as db:
    print(len(homes.homes(db)), flush=True)
database.close()
"""


def test_an_import_waits_for_another_process_that_is_writing_and_then_takes_all(database):
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(database.address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "holding\n"
        taken = []
        taking = threading.Thread(target=lambda: taken.append(take(database)))
        taking.start()
        if not database.shared:  # one writer at a time; where several write, only the same rows wait
            taking.join(0.2)
            assert not taken
        other.stdin.close()
        taking.join(60)
        (report,) = taken
        seen = other.stdout.readline()
        assert other.wait(30) == 0
    assert report.homes == 2
    assert seen in ("0\n", "2\n")  # all or nothing, whenever it looked
    assert len(facts(database)) == sum(report.recorded.values())


def test_two_imports_of_the_same_file_at_once_are_one(database):
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from events.keepers import make_database; "
        "from small_town import take; database = make_database(sys.argv[1]); print(take(database).nothing_new); "
        "database.close()"
    )
    folder = __file__.rsplit("/", 1)[0]
    command = [sys.executable, "-c", script, str(database.address), folder]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [take(database, now=NOW).nothing_new] + [o.communicate(timeout=60)[0] == "True\n" for o in others]
    assert sorted(answers) == [False, True, True]
    assert len(facts(database)) == 15


def test_no_import_lands_between_two_tables_that_another_reads(database, monkeypatch):
    reports, other = {}, threading.Thread(target=lambda: reports.update(other=take(database)))
    by_id = registered._by_id

    def reads(db, table):
        found = by_id(db, table)
        if table is tables.homes and other.ident is None:
            other.start()
            other.join(0.5)  # it would land now
        return found

    monkeypatch.setattr(registered, "_by_id", reads)
    assert not take(database).nothing_new
    other.join(30)
    assert reports["other"].nothing_new
