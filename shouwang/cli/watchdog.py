"""`shouwang watchdog`: gives its place to a process that knows nothing of the service."""

import os
import sys


def watchdog() -> None:
    """独立看门狗：服务停了、卡了或自报异常，五分钟内短信告诉两位管理员 · Tell two administrators when the service is dead, frozen or unwell.

    Examples:
      SHOUWANG_WATCHDOG_TO=+8613...,+8613... SHOUWANG_WATCHDOG_ACCOUNT_SID=AC... shouwang watchdog

    A service of its own (see docs/operations.md): better on another machine, with another account. Exit codes: 0 stopped, 2 bad configuration.

    """
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "shouwang.watchdog"])  # noqa: S606  # ourselves, no shell
