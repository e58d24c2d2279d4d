"""Ties a child to its parent: `python -m shouwang.leash PARENT COMMAND...` becomes the command, and dies with PARENT.

The kernel keeps the tie over exec, so it also holds programs that are not ours. Where there is no such kernel call
(only Linux has it) the command runs untied and the parent's own stopping is all there is.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tied(parent: int, command: list[str]) -> list[str]:
    """The command, so that it gets SIGTERM when process `parent` ends however it ends."""
    return [sys.executable, "-m", "shouwang.leash", str(parent), *command]


def main() -> None:
    """Tie this process, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the tie was made
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # the caller's own command, no shell


if __name__ == "__main__":
    main()
