"""Runs a program under strace and reads what it did to its files, in order: the tape that a power cut is cut from."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CALLS = "openat,write,pwrite64,ftruncate,fallocate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2,mkdir"
_HEX = re.compile(r"\\x([0-9a-f]{2})")
_LINE = re.compile(r"^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)(.*)$")
_BEGUN = re.compile(r"^(\d+)\s+(\w+)\((.*?),? ?<unfinished \.\.\.>$")
_ENDED = re.compile(r"^(\d+)\s+<\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+)(.*)$")
_OF_FILE = re.compile(r"^(?:AT_FDCWD|-?\d+)<([^>]*)>(\(deleted\))?(?:, )?(.*)$")
_TEXT = re.compile(r'"([^"]*)"')

Verb = Literal["create", "mkdir", "write", "truncate", "sync", "unlink", "rename"]


class NoStrace(Exception):
    """The tool that records is not here and cannot be had."""


@dataclass(frozen=True)
class Call:
    """One thing done to a file. `ended` False: it has begun, and ends with a later one of the same `number`."""

    number: int
    verb: Verb
    path: str
    ended: bool = True
    failed: bool = False
    offset: int = 0
    """Where a write goes, -1 for the end; the length of a truncation."""
    content: bytes = b""
    to: str = ""


def strace() -> str:
    """The tool, fetched where that is possible. Raises NoStrace."""
    found = shutil.which("strace")
    if found is None and (fetch := shutil.which("apt-get")) is not None:
        subprocess.run([fetch, "install", "-y", "-q", "strace"], capture_output=True, check=False, timeout=120)
        found = shutil.which("strace")
    if found is None:
        raise NoStrace("needs strace: apt-get install strace")
    return found


def recorded(
    command: Sequence[str], tape: Path, *, env: Mapping[str, str], cwd: Path, inject: str = "", seconds: float = 120
) -> int:
    """Run it to its end with all its threads on tape; the exit code. `inject`: as strace says it, for EIO."""
    words = [strace(), "-f", "--seccomp-bpf", "-qq", "-xx", "-y", "-s", "100000000", "-e", f"trace={CALLS}"]
    words += ["-e", "signal=none", *(["-e", f"inject={inject}"] if inject else []), "-o", str(tape)]
    ran = subprocess.run([*words, *command], env=env, cwd=cwd, timeout=seconds, capture_output=True, check=False)
    if ran.returncode not in {0, 70}:
        raise RuntimeError(ran.stderr.decode("utf-8", "replace")[-2000:])
    return ran.returncode


def read(tape: Path, under: Path) -> Iterator[Call]:
    """What was done to files under this folder, in order of beginning and, where others came between, of ending."""
    inside = f"{under}/"
    begun: dict[str, tuple[int, str]] = {}
    with tape.open(encoding="ascii") as lines:
        for number, line in enumerate(lines):
            if found := _LINE.match(line):
                _, name, words, code, _ = found.groups()
                calls = _calls(number, name, words, int(code) < 0, ended=True)
            elif found := _BEGUN.match(line):
                thread, name, words = found.groups()
                begun[thread] = number, words
                calls = _calls(number, name, words, False, ended=False)
            elif found := _ENDED.match(line):
                thread, name, rest, code, _ = found.groups()
                first, words = begun.pop(thread)
                joint = ", " if words and rest and not rest.startswith(",") else ""
                calls = _calls(first, name, words + joint + rest, int(code) < 0, ended=True)
            else:
                continue
            yield from (call for call in calls if f"{call.path}/".startswith(inside))


def _calls(number: int, name: str, words: str, failed: bool, *, ended: bool) -> list[Call]:
    match name:
        case "fsync" | "fdatasync":
            return [Call(number, "sync", _file(words)[0], ended, failed)]
        case "write":
            path, rest = _file(words)
            return [Call(number, "write", path, ended, failed, -1, _content(rest))]
        case "pwrite64":
            path, rest = _file(words)
            return [Call(number, "write", path, ended, failed, int(rest.rpartition(",")[2]), _content(rest))]
        case "ftruncate":
            path, rest = _file(words)
            return [Call(number, "truncate", path, ended, failed, int(rest))]
        case "openat" if "O_CREAT" in words:
            return [Call(number, "create", _names(words)[0], ended, failed)]
        case "mkdir":
            return [Call(number, "mkdir", _names(words)[0], ended, failed)]
        case "unlink" | "unlinkat":
            return [Call(number, "unlink", _names(words)[0], ended, failed)]
        case "rename" | "renameat" | "renameat2":
            path, to = _names(words)
            return [Call(number, "rename", path, ended, failed, to=to)]
        case "fallocate":
            raise NotImplementedError("a file was given room in advance: the model of the disk does not know that")
    return []


def _file(words: str) -> tuple[str, str]:
    found = _OF_FILE.match(words)
    if found is None:  # a descriptor that leads to no file
        return "", words.partition(", ")[2]
    path, gone, rest = found.groups()
    return ("" if gone else _plain(path).decode()), rest


def _names(words: str) -> list[str]:
    return [_plain(found).decode() for found in _TEXT.findall(words)]


def _content(rest: str) -> bytes:
    found = _TEXT.search(rest)
    assert found is not None, rest[:80]
    return _plain(found[1])


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
