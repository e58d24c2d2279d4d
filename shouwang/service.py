"""The service's own process, as `shouwang up` starts it: the house, until it is told to stop or a part of it dies."""

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading

import structlog

from events import failpoints
from events.precedence import go_first
from shouwang.cli.speech import EXPLAINED, explain
from shouwang.exits import Exit
from shouwang.house import House
from shouwang.settings import read_settings
from shouwang.tidying import tidy_rarely

_STOP_WITHIN_S = 9.0
"""Less than the parent's patience, so that we end ourselves and can say what hung."""

_M_ARENA_MAX, _ARENAS = -8, 2
"""Of glibc's mallopt(3). By itself it gives nearly every thread a heap of its own, and what lies free in one serves no other:
of 160 MB it was 2.4."""

log = structlog.get_logger("shouwang.service")


def main() -> int:
    """0 after an orderly stop, 1 when a part died, 2 when the configuration cannot be used, 4 when the broker is silent."""
    _write_logs_plainly()
    _share_heaps()
    if failpoints.ARMED:
        log.critical("faults are armed in this process", failpoints=[list(one) for one in failpoints.ARMED])
    try:
        settings = read_settings()
        got = go_first(settings.precedence)  # before there is any other thread
        log.info("before other programs of this machine", wanted=settings.precedence, got=got)
        house = House(settings)
    except EXPLAINED as failure:
        return explain(failure)
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    house.start()
    tidy_rarely()
    while not told_to_stop.is_set() and not house.failed.wait(0.1):
        pass
    died = house.failed.is_set()
    _end_if_stopping_hangs()
    house.stop()
    if died:
        logging.shutdown()
        # Else the interpreter would close the database, and sync what a failing disk has refused.
        os._exit(house.ends_with)
    return Exit.OK


def _share_heaps() -> None:
    """Before there is a second thread. Where there is no such call, memory is shared in another way anyhow."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def _end_if_stopping_hangs() -> None:
    """What is committed is on disk already; a thread that does not end must not keep the next start waiting."""

    def end() -> None:
        threads = sorted(thread.name for thread in threading.enumerate() if not thread.daemon)
        log.error("stopping takes too long, ending at once", threads=threads)
        os._exit(Exit.FAILED)

    timer = threading.Timer(_STOP_WITHIN_S, end)
    timer.daemon = True
    timer.start()


def _write_logs_plainly() -> None:
    """One line an event on stderr, where systemd or the terminal keeps it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that is skipped is caught up by the next
    for noisy in ("twilio", "httpx", "urllib3", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # twilio logs phone numbers at INFO


if __name__ == "__main__":
    sys.exit(main())
