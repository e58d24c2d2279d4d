"""The power is cut at each fsync, and a disk fails at one: what was acknowledged is there when the power comes back."""

import os
import random
import shutil
import sys
from pathlib import Path

from tests.faults.cutting import LOG, Cutting, Found
from tests.faults.recording import NoStrace, read, recorded, strace
from tests.faults.round import Ground, Outcome, Round

_ROOT = Path(__file__).resolve().parents[3]
_BATCHES = 150
_IMAGES = 4
_REFUSALS = 16
_EVERY = 7
_SYNCS_A_BATCH = 2
"""About so many syncs a batch of each writer: where among them a disk may fail."""


class Recorded:
    """A folder, the processes that worked in it one after the other, and what they said they had done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.disk, self.acks = self.folder / "disk", self.folder / "acks"
        self.disk.mkdir(parents=True)
        self._tapes: list[Path] = []

    def works(self, batches: int, *, synchronous: str = "full", refusing: int = 0) -> int:
        """One process from its start to its end; its exit code. `refusing`: the sync that the disk fails at."""
        tape = self.folder / f"tape-{len(self._tapes)}"
        self._tapes.append(tape)
        program = [sys.executable, "-m", "tests.faults.under_load", str(self.disk / LOG), str(self.acks)]
        return recorded(
            [*program, f"p{len(self._tapes)}", str(batches), synchronous], tape, cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            inject=f"fsync,fdatasync:error=EIO:when={refusing}" if refusing else "",
        )  # fmt: skip

    def cut(self, *, seed: int, images: int, every: int = 1) -> Found:
        """Cut the power all along the tapes."""
        final = self.folder / "final.db"
        for name in ("", "-wal"):  # after the end of the last process there is at most a log that nobody shortened
            if (left := self.disk / f"{LOG}{name}").exists():
                shutil.copy(left, f"{final}{name}")
        cutting = Cutting(self.disk, self.acks, final, seed=seed, images=images)
        for tape in self._tapes:
            cutting.follow(read(tape, self.folder), every=every)
        return cutting.found


def cut_at_each_sync(ground: Ground) -> Outcome:
    """FULL must lose nothing; NORMAL must be seen to lose, or the harness proves nothing."""
    outcome = Outcome()
    try:
        strace()
    except NoStrace as why:
        return Outcome({"skipped": str(why)})
    batches = max(8, int(_BATCHES * ground.scale))
    full = Recorded(ground.folder / "full")
    _must_end_well(full.works(batches))
    ground.say("recorded with synchronous=FULL; cutting")
    found = full.cut(seed=ground.seed, images=_IMAGES)
    outcome.figures |= {
        "power_cut_at_syncs": found.cuts, "images": found.images,
        "acknowledged": found.answered, "lost": found.lost,
    }  # fmt: skip
    outcome.failures += _losses(found)
    normal = Recorded(ground.folder / "normal")
    _must_end_well(normal.works(batches, synchronous="normal"))
    ground.say("recorded with synchronous=NORMAL; cutting")
    yardstick = normal.cut(seed=ground.seed, images=_IMAGES)
    outcome.figures |= {"yardstick_lost_with_synchronous_normal": yardstick.lost}
    outcome.figures |= {"yardstick_images_that_lost": f"{yardstick.losing} of {yardstick.images}"}
    if not yardstick.lost:
        outcome.failures.append("with synchronous=NORMAL nothing was lost: the harness cannot see a loss")
    return outcome


def refuse_a_sync(ground: Ground) -> Outcome:
    """EIO at one fsync: nobody is answered after it, the next process loses nothing, even if its power is cut."""
    try:
        strace()
    except NoStrace as why:
        return Outcome({"skipped": str(why)})
    outcome, chance = Outcome(), random.Random(ground.seed)
    batches, times = max(8, int(_BATCHES * ground.scale / 4)), max(2, int(_REFUSALS * ground.scale))
    refused = ended = images = lost = 0
    first = [3, 5, *(chance.randrange(6, _SYNCS_A_BATCH * batches) for _ in range(times))][:times]
    for n, refusing in enumerate(first):
        place = Recorded(ground.folder / f"refused-{n}")
        code = place.works(batches, refusing=refusing)
        again = place.works(batches)
        found = place.cut(seed=ground.seed + n, images=1, every=_EVERY)
        refused, images, lost = refused + 1, images + found.images, max(lost, found.lost)
        ended += code != 0
        where = f"sync {refusing} refused"
        outcome.failures += [f"{where}: {said}" for said in _losses(found)]
        if found.went_on and code == 0:
            outcome.failures.append(f"{where}: {found.went_on} answers were given after it")
        if again:
            outcome.failures.append(f"{where}: the next process ended with {again}")
        shutil.rmtree(place.folder)
        ground.say(where)
    outcome.figures |= {
        "syncs_refused": refused, "processes_ended": ended,
        "images": images, "lost": lost,
    }  # fmt: skip
    return outcome


def _must_end_well(code: int) -> None:
    if code:
        raise RuntimeError(f"the process to be recorded ended with {code}")


def _losses(found: Found) -> list[str]:
    said = list(found.damaged[:3])
    if found.lost:
        said.append(f"{found.losing} of {found.images} images lose up to {found.lost} acknowledged facts")
    if not found.answered:
        said.append("nothing was acknowledged: nothing is proved")
    return said


POWER = Round(
    "power", "The power is cut at each fsync, keeping what was synced and any of the rest: nothing acknowledged is lost.",
    cut_at_each_sync, databases=("sqlite",),
    alone="On SQLite only: there our process writes the files, and its settings decide. On PostgreSQL another program does, and its write-ahead log is "
    "trusted for it; what is ours is to ask it to wait for its disk at each commit whatever the server is set to, which a test "
    "holds (tests/events/test_postgresql.py), and the rounds commits and restarted cut it off around its COMMIT.",
)  # fmt: skip
REFUSED = Round(
    "eio", "One fsync fails: the process ends and never retries, and the next one loses nothing, even at a power cut.",
    refuse_a_sync, databases=("sqlite",),
    alone="On SQLite only: a PostgreSQL whose fsync fails ends by itself (data_sync_retry is off), which is what the round restarted does to us.",
)  # fmt: skip
