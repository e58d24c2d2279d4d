"""Which process this is, in words another one can check: machine, process and start; and whether such a one has ended."""

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PARTS = 3
_STATE, _STARTED = 0, 19
"""Places in /proc/PID/stat behind the name, which may hold anything and ends with the last parenthesis."""
_ENDED = ("Z", "X")


def this_process(session: str) -> str:
    """`machine/pid-start/session`; `session` tells apart two who share a process."""
    pid = os.getpid()
    return f"{_machine()}/{pid}-{_started(pid) or 0}/{session}"


def session_of(owner: str) -> str:
    """The last part of a name that `this_process` gave."""
    return owner.rpartition("/")[2]


def has_ended(owner: str) -> bool:
    """Whether that process certainly lives no more: it was on this machine, and it is not there. Else nobody knows."""
    parts = owner.split("/")
    if len(parts) != _PARTS or parts[0] != _machine():
        return False
    pid, _, started = parts[1].partition("-")
    return pid.isdecimal() and started.isdecimal() and int(started) > 0 and _started(int(pid)) != int(started)


@cache
def _machine() -> str:
    """Host, boot and process namespace: two containers of one host count different processes by the same numbers."""
    boot = namespace = ""
    with suppress(OSError):
        boot = _BOOT.read_text("ascii").strip()
        namespace = str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116  # a path object would be resolved no better
    return ":".join((socket.gethostname().replace("/", "_"), boot, namespace))


def _started(pid: int) -> int | None:
    """Ticks after boot; None when there is no such process, or it only waits for its parent to notice its end."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = said.rpartition(")")[2].split()
    return None if fields[_STATE] in _ENDED else int(fields[_STARTED])
