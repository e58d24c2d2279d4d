"""A disk that forgets: what was written is safe once it was synced; of the rest a power cut keeps what it likes."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.faults.recording import Call

_SECTORS = (512, 4096)


@dataclass
class Written:
    """A write (`content`) or a truncation to `offset`."""

    offset: int
    content: bytes | None

    def apply(self, to: bytearray) -> None:
        if self.content is None:
            del to[self.offset :]
            to.extend(bytes(self.offset - len(to)))
            return
        to.extend(bytes(max(0, self.offset - len(to))))
        to[self.offset : self.offset + len(self.content)] = self.content


@dataclass
class File:
    """What is on the platter, what is only in memory, and what the kernel believes to be on the platter."""

    safe: bytearray = field(default_factory=bytearray)
    waiting: list[Written] = field(default_factory=list)
    length: int = 0

    def take(self, written: Written) -> None:
        """In memory; an append is where the file ends now."""
        if written.offset < 0:
            written.offset = self.length
        end = written.offset + len(written.content or b"")
        self.length = end if written.content is None else max(self.length, end)
        self.waiting.append(written)

    def synced(self, count: int) -> None:
        """The first `count` of what waited are safe."""
        for written in self.waiting[:count]:
            written.apply(self.safe)
        del self.waiting[:count]

    def refused(self, count: int) -> None:
        """After a failed sync the kernel calls the pages clean: no later sync writes them again."""
        del self.waiting[:count]

    def after_cut(self, chance: random.Random | None) -> bytes:
        """None: nothing but what was synced. Else any of the rest, in any order, torn between sectors."""
        if chance is None:
            return bytes(self.safe)
        kept, likely = bytearray(self.safe), chance.choice((0.1, 0.5, 0.9, 1.0))
        pieces = [piece for written in self.waiting for piece in _torn(written, chance) if chance.random() <= likely]
        if chance.random() < 0.5:
            chance.shuffle(pieces)
        for piece in pieces:
            piece.apply(kept)
        return bytes(kept)


def _torn(written: Written, chance: random.Random) -> Iterable[Written]:
    if written.content is None:
        return [written]
    sector, content = chance.choice(_SECTORS), written.content
    edges = [0, *range(sector - written.offset % sector, len(content), sector), len(content)]
    return [Written(written.offset + a, content[a:b]) for a, b in pairwise(edges)]


class Disk:
    """Follows a tape call by call; a name is safe once its folder was synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._files: dict[str, File] = {}
        self._safe_names: dict[str, File] = {}
        self._renamings: list[tuple[str, File | None]] = []
        self._under_way: dict[int, tuple[File | None, int]] = {}
        self.refused: list[str] = []
        """The files whose sync failed."""

    def follow(self, call: Call) -> None:
        """Take one call in. What has begun may already be on its way to the disk, a sync counts when it has ended."""
        again = call.number in self._under_way
        match call.verb:
            case "sync":
                file = self._files.get(call.path)
                count = len(self._renamings if call.path == self._folder else file.waiting if file else ())
                if again:
                    file, count = self._under_way.pop(call.number)
                if not call.ended:
                    self._under_way[call.number] = file, count
                else:
                    self._sync(call, file, count)
            case _ if again:
                del self._under_way[call.number]
            case "write" | "truncate" if not call.failed and call.path in self._files:
                content = call.content if call.verb == "write" else None
                self._files[call.path].take(Written(call.offset, content))
                self._begun(call)
            case "create" if not call.failed and call.path not in self._files:
                self._named(call.path, File())
                self._begun(call)
            case "unlink" if not call.failed and call.path in self._files:
                self._named(call.path, None)
                self._begun(call)
            case "rename" if not call.failed and call.path in self._files:
                self._named(call.to, self._files[call.path])
                self._named(call.path, None)
                self._begun(call)

    def process_begins(self) -> None:
        """Another process, another tape; what the last one was about will not end any more."""
        self._under_way.clear()

    def _begun(self, call: Call) -> None:
        if not call.ended:
            self._under_way[call.number] = None, 0

    def _named(self, path: str, file: File | None) -> None:
        self._renamings.append((path, file))
        if file is None:
            self._files.pop(path, None)
        else:
            self._files[path] = file

    def _sync(self, call: Call, file: File | None, count: int) -> None:
        if call.failed:
            self.refused += [Path(call.path).name]
            if file is not None:
                file.refused(count)
            return
        if file is not None:
            file.synced(count)
        elif call.path == self._folder:
            for path, named in self._renamings[:count]:
                _name(self._safe_names, path, named)
            del self._renamings[:count]

    def after_cut(self, into: Path, chance: random.Random | None) -> None:
        """Write what is there when the power comes back."""
        names = dict(self._safe_names)
        for path, file in self._renamings if chance is not None else ():
            if chance is not None and chance.random() < 0.5:
                _name(names, path, file)
        for path, file in names.items():
            (into / Path(path).name).write_bytes(file.after_cut(chance))


def _name(names: dict[str, File], path: str, file: File | None) -> None:
    if file is None:
        names.pop(path, None)
    else:
        names[path] = file
