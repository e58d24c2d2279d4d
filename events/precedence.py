"""Who runs first on a machine that does other work too: the service before all of it, what can wait behind all of it.

A kernel shares its processors fairly, and an alarm, which passes a dozen threads, waits at each for whatever else the machine
does: beside a program that took one and a half of two processors 391 ms (p99) to the provider, 45 ms with `realtime`.
"""

import os
from pathlib import Path
from typing import Final, Literal, get_args

Precedence = Literal["realtime", "nice", "none"]
PRECEDENCES: Final[tuple[Precedence, ...]] = get_args(Precedence)

_LOWEST: Final = 1
"""Of real-time priorities: before all programs that share fairly, behind whatever a machine needs at once."""
_AHEAD, _BEHIND = -10, 10
_LEFT = Path("/proc/sys/kernel/sched_rt_runtime_us")
"""Of each second what real-time programs may take, in microseconds: usually 950,000. -1: all, so that one that hangs stops the rest."""


def go_first(wanted: Precedence = "realtime") -> Precedence:
    """This thread, and the threads and processes that it starts from now on. Returns what the machine allows of it.

    `realtime` is the lowest priority of SCHED_RR (sched(7)), and not taken where it could keep everything else from
    running: with one processor, or where the kernel keeps nothing back for others.
    """
    if wanted == "realtime" and _leaves_room():
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_LOWEST))
        except OSError:
            pass  # not allowed; perhaps the next one is
        else:
            return "realtime"
    if wanted != "none":
        try:
            os.setpriority(os.PRIO_PROCESS, 0, _AHEAD)
        except OSError:
            return "none"
        return "nice"
    return "none"


def stand_back() -> None:
    """This thread and what it starts run when nobody else wants to, whoever has started it."""
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, 0, max(_BEHIND, os.getpriority(os.PRIO_PROCESS, 0)))


def _leaves_room() -> bool:
    if not hasattr(os, "sched_setscheduler") or len(os.sched_getaffinity(0)) < 2:
        return False
    try:
        return int(_LEFT.read_text()) > 0
    except (OSError, ValueError):
        return False
