"""The seats of this process: taken and given back as processes come and go, each with an engine and a planner at work."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from alerts.commands.adopting import adopt
from alerts.engine import Engine
from alerts.learning import Learner
from alerts.notify.handing import NOBODY, NoHands
from alerts.planner import Planner
from alerts.seats import Seat, seats_of, share_out
from events import leases
from events.database import Database
from events.holding import LOOK_S, PROCESS, Holder
from events.leases import Lease
from events.passing import passing
from shouwang.deciding import Deciding
from shouwang.learning import Learning
from shouwang.sharing import Standing, to_give, to_take
from shouwang.tripping import Tripping

log = logging.getLogger("shouwang.seats")


class Seats:
    """Where nobody else can come, the one seat is taken at the start; elsewhere a thread takes what falls to us."""

    def __init__(
        self,
        database: Database,
        holder: Holder,
        now: Callable[[], int],
        *,
        channel: str,
        on_fatal: Callable[[BaseException], None],
        declare: Callable[[], object] = lambda: None,
        hands: NoHands = NOBODY,
    ) -> None:
        """`declare` puts on record what plans are made from, before the first seat is taken. `hands`: see `Planner`."""
        self._database, self._holder, self._now = database, holder, now
        self._channel, self._on_fatal = channel, on_fatal
        self._declare: Callable[[], object] | None = declare
        self._hands = hands
        self._all = seats_of(shared=not holder.alone)
        self._at_work: dict[int, tuple[Lease, Deciding]] = {}
        self._learning: dict[int, Learning] = {}
        self._vacant_since: dict[int, float] = {}
        self._adopted = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seats", daemon=True)

    def held(self) -> list[int]:
        """The seats this process works on."""
        return sorted(self._at_work)

    def start(self) -> None:
        """Take what is there to be taken; on a full disk later."""
        if not self._holder.alone:
            self._database.write(share_out)
            self._holder.join()
            self._holder.look()
        self._look_if_it_can_be()
        if not (self._holder.alone and self._at_work):
            self._thread.start()

    def stop(self) -> None:
        """What is in hand is finished and written; the leases are the holder's to give back."""
        self._stopping.set()
        while self._thread.is_alive():
            self._holder.wake()
            self._thread.join(0.1)
        for learning in self._learning.values():
            learning.stop()
        for _, deciding in self._at_work.values():
            deciding.stop()

    def settle(self, timeout_s: float = 60.0) -> None:
        """Return when everything in the log has been decided and planned. Raises TimeoutError."""
        until = time.monotonic() + timeout_s
        while len(self._at_work) < len(self._all) and not self._stopping.is_set():
            if time.monotonic() > until:
                raise TimeoutError("seats are held elsewhere")
            self._holder.wait(LOOK_S)
        while True:  # what one seat decides another may read
            before = self._finished()
            for _, deciding in list(self._at_work.values()):
                deciding.settle(max(0.0, until - time.monotonic()))
            learned = sum(learning.settle() for learning in list(self._learning.values()))
            if self._stopping.is_set() or (self._finished() == before and not learned):
                return

    def _finished(self) -> list[int]:
        return [deciding.finished for _, deciding in self._at_work.values()]

    def _run(self) -> None:
        try:
            while not (self._stopping.is_set() or (self._holder.alone and self._at_work)):
                self._holder.wait(LOOK_S)
                if not self._stopping.is_set():
                    self._look_if_it_can_be()
        except BaseException as failure:  # lost: a new start reads what is true
            self._on_fatal(failure)

    def _look_if_it_can_be(self) -> None:
        try:
            self._look()
        except Exception as failure:
            if not passing(failure):
                raise
            log.warning("seats stay as they are for now: %s", type(failure).__name__)

    def _look(self) -> None:
        if self._declare is not None:
            self._declare()
            self._declare = None
        if not self._adopted:
            adopt(self._database, self._now())
            self._adopted = True
        if self._holder.alone:
            self._take(self._all[0])
            return
        standing = self._standing()
        for number in to_give(standing):
            self._give_back(number)
        for number in to_take(standing):
            self._take(self._all[number])

    def _standing(self) -> Standing:
        holder, clock = self._holder, time.monotonic()
        seen = {lease.name: lease for lease in holder.seen()}
        held: dict[str, list[int]] = {holder.owner: self.held()}
        for lease in seen.values():
            if lease.name.startswith(PROCESS) and not holder.is_dead(lease):
                held.setdefault(lease.owner, [])
        vacant = []
        for seat in self._all:
            if seat.number in self._at_work:
                continue
            as_seen = seen.get(seat.lease)
            if as_seen is None or as_seen.owner in {"", holder.owner} or holder.is_dead(as_seen):
                vacant.append(seat.number)
            else:
                held.setdefault(as_seen.owner, []).append(seat.number)
        self._vacant_since = {number: self._vacant_since.get(number, clock) for number in vacant}
        return Standing(holder.owner, held, {number: clock - since for number, since in self._vacant_since.items()})

    def _take(self, seat: Seat) -> None:
        lease = self._holder.take(seat.lease)
        if lease is None:
            return
        began = time.monotonic()
        check = partial(leases.check, lease=lease)
        engine = Engine(self._database, self._now, seat=seat, check=check)
        planner = Planner(self._database, self._now, channel=self._channel, seat=seat, check=check, hands=self._hands)
        deciding = Deciding(self._database, engine, planner, on_fatal=self._on_fatal)
        learner = Learner(self._database, self._now, seat=seat, check=check)
        tripping = Tripping(
            self._database, self._now, name="learning", zh="项夜间学习出错", en="fault in what is learned at night"
        )
        learning = Learning(learner, tripping=tripping, on_fatal=self._on_fatal)
        self._at_work[seat.number] = lease, deciding
        self._learning[seat.number] = learning
        deciding.start()
        learning.start()
        log.info("seat %d of %d: at work after %.1f s", seat.number, seat.among, time.monotonic() - began)

    def _give_back(self, number: int) -> None:
        lease, deciding = self._at_work[number]
        self._learning.pop(number).stop()
        deciding.stop()
        del self._at_work[number]
        self._holder.give_back(lease)
        log.info("seat %d is left to another process", number)
