"""A disk of a few megabytes that can be filled and emptied: a tmpfs, which only root may mount."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 4096


class NoSmallDisk(Exception):
    """None can be mounted here; the message says why."""


class SmallDisk:
    """`fill` takes what room there is, `empty` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def free(self) -> int:
        """Bytes."""
        return shutil.disk_usage(self.folder).free

    def fill(self, leave: int = 0) -> None:
        """All but `leave` bytes, rounded up to blocks."""
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while self.free() > leave:
                file.write(bytes(min(1 << 20, max(_BLOCK, self.free() - leave))))

    def empty(self) -> None:
        """There is room again."""
        self._filler.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted for as long as the block takes. Raises NoSmallDisk."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or unmount is None:
        raise NoSmallDisk("only root may mount a small disk")
    folder.mkdir(parents=True)
    words = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    if told.returncode:
        raise NoSmallDisk(f"no small disk can be mounted here: {told.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run([unmount, "-l", str(folder)], check=True)
