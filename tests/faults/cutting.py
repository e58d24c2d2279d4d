"""Cuts the power at every sync of a recorded process, and looks what the database says when it comes back."""

import random
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from events.follow import bookmark
from events.keepers.sqlite import SqliteDatabase
from tests.events.saying import fact, tell
from tests.faults.recording import Call
from tests.faults.surviving import Disk
from tests.faults.under_load import READER, counted_in

LOG = "log.db"
_LOG_ROWS = "SELECT position, stream, coalesce(key, version), data FROM events ORDER BY position"
_SAMPLE = 12

Row = tuple[int, str, str | int, str]


@dataclass
class Found:
    """What all cuts together have shown; everything behind `answered` should be 0."""

    cuts: int = 0
    images: int = 0
    answered: int = 0
    """Most answers given before a cut."""
    losing: int = 0
    """Images in which something acknowledged is missing."""
    lost: int = 0
    """Most acknowledged facts missing from one image."""
    went_on: int = 0
    """Answers given after a file's sync had failed."""
    damaged: list[str] = field(default_factory=list)
    """Images that are no sound beginning of the log, each in a sentence."""


class Cutting:
    """Follows tapes of one folder; `final` is the log as it was at the end, of which each image must be a beginning."""

    def __init__(self, folder: Path, acks: Path, final: Path, *, seed: int, images: int) -> None:
        """`images`: how many of the unsynced rest are looked at for each cut, beside the one without any of it."""
        self.found, self.disk = Found(), Disk(folder)
        self._folder, self._refused = str(folder), False
        self._acks, self._into = str(acks), final.parent / "image"
        self._chance, self._images = random.Random(seed), images
        self._final = _rows(final)
        self._where = {f"{row[2]}@{row[0]}" for row in self._final}
        self._versions = {f"{row[1].removeprefix('home-')}#{row[2]}": row[0] for row in self._final}
        self._answered: set[int] = set()
        self._told: set[int] = set()

    def follow(self, calls: Iterable[Call], *, every: int = 1) -> None:
        """Cut before each (or each `every`th) sync is done, and at the end."""
        syncs = 0
        self._refused = False
        self._told.clear()
        self.disk.process_begins()
        for call in calls:
            if call.path == self._acks and call.verb == "write":
                self._hear(call)
                continue
            if call.verb == "sync" and call.ended:
                syncs += 1
                if syncs % every == 0:
                    self._cut()
            self.disk.follow(call)
            if call.verb == "sync" and call.failed and call.path != self._folder:
                self._refused = True
        self._cut()

    def _hear(self, call: Call) -> None:
        """Somebody is answered from the moment the words are on their way."""
        if call.number in self._told:
            return
        self._told.add(call.number)
        self.found.went_on += bool(self._refused)
        kind, *words = call.content.decode().split()
        for word in words:
            match kind:
                case "fact":
                    if word not in self._where:
                        self.found.damaged.append(f"{word} was acknowledged and is not where it was in the end")
                    self._answered.add(int(word.rpartition("@")[2]))
                case "decision":
                    self._answered.add(self._versions[word])
                case "bookmark":
                    self._answered.add(int(word))

    def _cut(self) -> None:
        self.found.cuts += 1
        self.found.answered = max(self.found.answered, len(self._answered))
        for n in range(1 + self._images):
            self.found.images += 1
            shutil.rmtree(self._into, ignore_errors=True)
            self._into.mkdir()
            self.disk.after_cut(self._into, random.Random(self._chance.random()) if n else None)
            self._look(f"cut {self.found.cuts}, image {n}", goes_on=self.found.images % _SAMPLE == 0)

    def _look(self, where: str, *, goes_on: bool) -> None:
        log, found = self._into / LOG, self.found
        try:
            rows = _rows(log)
        except sqlite3.DatabaseError as failure:
            found.damaged.append(f"{where}: {failure}")
            return
        if rows != self._final[: len(rows)]:
            found.damaged.append(f"{where}: it holds what the log never held")
        missing = sum(position > len(rows) for position in self._answered)
        found.losing += bool(missing)
        found.lost = max(found.lost, missing)
        if goes_on and rows:
            self._goes_on(where, log, len(rows))

    def _goes_on(self, where: str, log: Path, head: int) -> None:
        database = SqliteDatabase(log, on_fatal=lambda failure: self.found.damaged.append(f"{where}: {failure}"))
        try:
            database.create()
            with database.read() as db:
                stands, counted = bookmark(db, READER), counted_in(db)
            if stands > head or counted != stands:
                self.found.damaged.append(f"{where}: the reader stands at {stands}, has counted {counted} of {head}")
            if (landed := tell(database, fact("after"))).recorded[0].position != head + 1:
                self.found.damaged.append(f"{where}: the next fact landed at {landed.recorded[0].position}")
        finally:
            database.close()


def _rows(log: Path) -> list[Row]:
    """The log of a sound database; empty where there is none yet. Raises sqlite3.DatabaseError."""
    if not log.exists():
        return []
    with closing(sqlite3.connect(log, isolation_level=None)) as db:
        said = db.execute("PRAGMA integrity_check").fetchall()
        if said != [("ok",)]:
            raise sqlite3.DatabaseError(f"integrity_check: {said[:3]}")
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'events'").fetchall():
            return []
        return db.execute(_LOG_ROWS).fetchall()
