"""The rooms that decide and tell: projections, engines and planners by seats, timers, senders."""

import threading
import time
from collections.abc import Callable, Sequence

from alerts import letters
from alerts.commands.declaring import declare_channels
from alerts.notify import outbox
from alerts.notify.channel import Channel
from alerts.notify.senders import Senders
from alerts.projections.folding import Folding
from alerts.projections.projector import Projector
from alerts.timers import Poller
from events.database import Database
from events.holding import Holder
from shouwang.channels import first_sms
from shouwang.seats import Seats
from shouwang.stewarding import Stewarding


class Alerting:
    """Their threads, and the order in which they start and stop."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int],
        channels: Sequence[Channel],
        holder: Holder,
        *,
        ticks: bool,
        on_fatal: Callable[[BaseException], None],
        failed: threading.Event,
    ) -> None:
        """`channels` in the order of preference, one at least. `holder` has started before us. `ticks` False: the owner of a driven clock rings the timers.

        `failed`: nothing is waited for any more.
        """
        self._database, self._now, self._failed = database, now, failed
        self.projector: Projector | Folding = (
            Projector(database, on_fatal=on_fatal) if holder.alone else Folding(database, holder, on_fatal=on_fatal)
        )
        self.senders = Senders(
            database,
            {channel.name: channel for channel in channels},
            now=now,
            render=letters.worded,
            address_of=letters.number_of,
            still_wanted=letters.still_wanted,
            on_fatal=on_fatal,
            process=holder.owner,
            living=holder.living,
        )
        self.seats = Seats(
            database, holder, now, channel=first_sms(channels).name, on_fatal=on_fatal,
            declare=lambda: declare_channels(database, channels, at=now()), hands=self.senders.hands,
        )  # fmt: skip
        self.stewarding = Stewarding(database, holder, now, on_fatal=on_fatal)
        self.timers = Poller(database, now, on_fatal=on_fatal) if ticks else None

    def start(self) -> None:
        """From the memory outwards."""
        self.projector.start()
        self.seats.start()
        self.stewarding.start()
        if self.timers is not None:
            self.timers.start()
        self.senders.start()

    def stop_ticking(self) -> None:
        """No timer rings any more; may be called before `stop`."""
        if self.timers is not None:
            self.timers.stop()
            self.timers = None

    def stop(self) -> None:
        """What is in hand is finished."""
        self.stop_ticking()
        self.stewarding.stop()
        self.seats.stop()
        self.senders.stop()
        self.projector.stop()

    def settle(self) -> None:
        """For a driven clock: everything in the log is decided, and everything planned is sent."""
        while not self._failed.is_set():
            self.stewarding.settle()
            self.seats.settle()
            with self._database.read() as db:
                if not outbox.busy(db, self._now()):
                    return
            time.sleep(0.002)
