"""A log to be read through once more: the database itself, whose door for writing is shut here, or a file of it."""

import gzip
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import select

from alerts.replay.shut import Shut
from events.database import Database
from events.serial import Recorded, dump, dump_meta, load, load_meta, name_of
from events.store import head, read
from events.tables import bookmarks, events

_PAGE = 2000
_FORMAT = 1

Marked = tuple[int, str, str, str]
"""Position, stream, type and meta (as text) of a record that carries meta: what it takes to see who read ahead."""


class NotALog(ValueError):
    """The file is none of ours, or only part of one."""


class Source(Protocol):
    """`upto`: its last position. `readers`: up to where each had committed what it decided."""

    upto: int

    @property
    def readers(self) -> Mapping[str, int]:
        """By reader's name."""

    def records(self) -> Iterator[list[Recorded]]:
        """Everything up to `upto`, in order, page by page."""

    def marked(self) -> Iterator[Marked]:
        """Everything that was decided, in order."""


class DatabaseLog:
    """The log of a database as of now; what lands later is not read. Works beside a running service."""

    def __init__(self, database: Database) -> None:
        self._database = Shut(database)
        with self._database.read() as db:  # one moment: what readers decided up to their bookmarks lies before the head
            self.readers: Mapping[str, int] = {row.reader: row.position for row in db.execute(select(bookmarks))}
            self.upto = head(db)

    def records(self) -> Iterator[list[Recorded]]:
        """Short reads: a long one would keep the write-ahead log from shrinking."""
        position = 0
        while position < self.upto:
            with self._database.read() as db:
                page = [r for r in read(db, position, limit=_PAGE) if r.position <= self.upto]
            if not page:
                return
            yield page
            position = page[-1].position

    def marked(self) -> Iterator[Marked]:
        """By meta alone; nothing is decoded."""
        columns = select(events.c.position, events.c.stream, events.c.type, events.c.meta)
        position = 0
        while True:
            wanted = columns.where(events.c.position > position, events.c.position <= self.upto, events.c.meta != "{}")
            with self._database.read() as db:
                page = db.execute(wanted.order_by(events.c.position).limit(_PAGE)).all()
            if not page:
                return
            yield from ((row.position, row.stream, row.type, row.meta) for row in page)
            position = page[-1].position


class Heading(msgspec.Struct, kw_only=True):
    """The first line of a file: what it is, by which release, and how far its readers had come."""

    shouwang_log: int = _FORMAT
    release: str = ""
    upto: int
    readers: dict[str, int]


class Line(msgspec.Struct):
    """One record; `data` and `meta` are stored as they lay in the log, so that old shapes stay old."""

    position: int
    lane: int
    stream: str
    version: int | None
    key: str | None
    type: str
    at: int
    recorded_at: int
    data: msgspec.Raw
    meta: msgspec.Raw

    def recorded(self) -> Recorded:
        """The record, lifted to today's shapes."""
        return Recorded(
            self.position, self.lane, self.stream, self.version, self.key, self.at, self.recorded_at,
            load(self.type, bytes(self.data).decode()), load_meta(bytes(self.meta).decode()),
        )  # fmt: skip


_line = msgspec.json.Decoder(Line)
_heading = msgspec.json.Decoder(Heading)


class FileLog:
    """A log in a file: JSON lines, perhaps compressed. Raises NotALog."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with _opened(path) as lines:
                self.heading = _heading.decode(lines.readline())
        except (msgspec.MsgspecError, OSError, EOFError) as fault:
            raise NotALog(f"{path} does not begin like a log of ours: {fault}") from fault
        if self.heading.shouwang_log != _FORMAT:
            raise NotALog(f"{path} is of format {self.heading.shouwang_log}, this program reads {_FORMAT}")
        self.upto, self.readers = self.heading.upto, self.heading.readers

    def _lines(self) -> Iterator[Line]:
        last = 0
        with _opened(self._path) as lines:
            lines.readline()
            try:
                for text in lines:
                    line = _line.decode(text)
                    last = line.position
                    yield line
            except (msgspec.MsgspecError, OSError, EOFError) as fault:
                raise NotALog(f"{self._path} breaks off or is damaged behind position {last}: {fault}") from fault
        if last != self.upto:
            raise NotALog(f"{self._path} ends at position {last}, it should at {self.upto}")

    def records(self) -> Iterator[list[Recorded]]:
        """Page by page."""
        page: list[Recorded] = []
        for line in self._lines():
            page.append(line.recorded())
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    def marked(self) -> Iterator[Marked]:
        """Without decoding the facts."""
        for line in self._lines():
            if (meta := bytes(line.meta)) != b"{}":
                yield line.position, line.stream, line.type, meta.decode()


def write_log(source: Source, path: Path, *, release: str = "") -> int:
    """Write a log into a file; how many records it holds. The same log gives the same bytes."""
    count, encode = 0, msgspec.json.encode
    heading = Heading(release=release, upto=source.upto, readers=dict(sorted(source.readers.items())))
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(encode(heading) + b"\n")
        for page in source.records():
            for r in page:
                data, meta = msgspec.Raw(dump(r.event).encode()), msgspec.Raw(dump_meta(r.meta).encode())
                line = Line(
                    r.position, r.lane, r.stream, r.version, r.key, name_of(r.event), r.at, r.recorded_at, data, meta
                )
                out.write(encode(line) + b"\n")
            count += len(page)
    return count


def _opened(path: Path) -> BufferedReader:
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return BufferedReader(gzip.open(path, "rb")) if compressed else path.open("rb")
