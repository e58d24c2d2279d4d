"""Where the time goes: processor time by thread and of another process, and a profile of every thread."""

import cProfile
import os
import pstats
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


def threads_s() -> dict[str, float]:
    """Processor seconds of each living thread by its name, and of the whole process."""
    spent = {"whole process": time.process_time()}
    for thread in threading.enumerate():
        if thread.ident is not None:
            spent[thread.name] = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return spent


def process_s(pid: int) -> float:
    """Processor seconds of another process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Profiles:
    """A profile of every thread that begins while it is recording."""

    def __init__(self) -> None:
        self._of: dict[str, cProfile.Profile] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Threads that begin within are profiled until they end."""

        def begin(_frame: FrameType, _what: str, _arg: object) -> None:
            profile = self._of[threading.current_thread().name] = cProfile.Profile()
            profile.enable()  # takes this hook's place in this thread

        threading.setprofile(begin)
        try:
            yield
        finally:
            threading.setprofile(None)

    def save(self, folder: Path) -> list[Path]:
        """A file a thread, for `python -m pstats`. Call it when the threads have ended."""
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, profile in self._of.items():
            file = folder / f"{name}.pstats"
            pstats.Stats(profile).dump_stats(file)
            files.append(file)
        return files
