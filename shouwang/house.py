"""The house: joins the rooms, their threads, and the order in which they start and stop."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from alerts import letters
from alerts.commands.replies import take_reply
from alerts.engine import Engine
from alerts.notify import outbox
from alerts.notify.channel import Channel
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.receipts import take_receipt
from alerts.notify.senders import Senders
from alerts.planner import Planner
from alerts.projections.projector import Projector
from alerts.timers import Poller
from api.app import create_app
from api.services import Channel as ShownChannel
from api.services import Services
from events.keepers import make_database
from ingest.addressing import Patience
from ingest.service import Ingest
from shouwang.clock import DrivenClock, FactsGate, real_now
from shouwang.deciding import Deciding
from shouwang.serving import Serving
from shouwang.settings import Settings

log = logging.getLogger("shouwang.house")

_STALE_S = 60.0


class House:
    """All rooms of one process. `failed` is set when a part of it died: then the process must end."""

    def __init__(self, settings: Settings, *, clock: Callable[[], int] | None = None) -> None:
        """`settings.mqtt_url` names the broker, also the embedded one. `clock` gives microseconds UTC."""
        self.settings, self.failed = settings, threading.Event()
        driven = DrivenClock(settings.clock_from) if settings.clock_from is not None else None
        self.now = clock or (driven.now if driven else real_now)
        self.database = make_database(settings.database_path, on_fatal=self._died)
        self.database.create()
        self.channel = channel_of(settings)
        self.projector = Projector(self.database, on_fatal=self._died)
        self.engine = Engine(self.database, self.now)
        self.planner = Planner(self.database, self.now, channel=self.channel.name)
        self.deciding = Deciding(self.database, self.engine, self.planner, on_fatal=self._died)
        self.timers = None if driven else Poller(self.database, self.now, on_fatal=self._died)
        self.senders = Senders(
            self.database,
            {self.channel.name: self.channel},
            now=self.now,
            render=letters.text_of,
            address_of=letters.number_of,
            still_wanted=letters.still_wanted,
            on_fatal=self._died,
        )
        self.ingest = Ingest(
            self.database,
            mqtt_url=settings.mqtt_url or f"mqtt://{settings.mqtt_bind}:{settings.mqtt_port}",
            now=self.now,
            gate=FactsGate(self.database, driven, self._settle) if driven else None,
            patience=Patience(ping_every_s=3.0) if settings.demo else None,
            on_fatal=self._died,
        )
        self.serving = Serving(create_app(self._services()), settings, on_fatal=self._died)

    def _services(self) -> Services:
        settings, channel = self.settings, self.channel
        return Services(
            database=self.database,
            now=self.now,
            projector=self.projector,
            take_receipt=lambda **said: take_receipt(self.database, **said),
            take_reply=lambda **said: take_reply(self.database, **said),
            health=self.health,
            public_base_url=settings.public_base_url,
            demo=settings.demo,
            demo_phones_url=settings.demo_phones_url or "",
            sms_really_sent=channel.really_sends,
            channels=[ShownChannel(channel.name, channel.really_sends, channel.capabilities.daily_budget)],
            twilio_auth_token=settings.twilio.auth_token if settings.twilio else None,
            settings={"clock": "facts" if settings.clock_from is not None else "real"},
        )

    def _settle(self) -> None:
        """For a driven clock: everything in the log is decided, and everything planned is sent."""
        while not self.failed.is_set():
            self.deciding.settle()
            with self.database.read() as db:
                if not outbox.busy(db, self.now()):
                    return
            time.sleep(0.002)

    def start(self) -> None:
        """From the memory outwards; devices are let in last, when everything behind the door is there."""
        self.projector.start()
        self.deciding.start()
        if self.timers is not None:
            self.timers.start()
        self.senders.start()
        self.serving.start()
        self.ingest.start()

    def stop(self) -> None:
        """The other way round: first the door is shut, then what came in is finished."""
        self.ingest.stop()
        if self.timers is not None:
            self.timers.stop()
        self.serving.stop()
        self.deciding.stop()
        self.senders.stop()
        self.projector.stop()
        self.database.close()

    def health(self) -> dict[str, Any]:
        """How each part is, without asking the database. `ok` False: somebody must look now."""
        door = self.ingest.stats()
        now = self.now()
        heard_s = (now - door.caught_up_at) / 1_000_000 if door.caught_up_at else None
        hears = self.timers is None or (heard_s is not None and heard_s < _STALE_S)
        return {
            "ok": not self.failed.is_set() and door.connected and not door.storage_full and hears,
            "connected": door.connected,
            "catching_up": door.catching_up,
            "heard_everything_up_to": door.caught_up_at,
            "storage_full": door.storage_full,
            "queued": door.queued,
            "quarantined_since_start": door.quarantined,
            "really_sends": self.channel.really_sends,
            "now": now,
        }

    def _died(self, failure: BaseException) -> None:
        log.critical("a part of the house died: %s: %s", type(failure).__name__, failure, exc_info=failure)
        self.failed.set()


def channel_of(settings: Settings) -> Channel:
    """The SMS channel the settings name: Twilio, or without credentials the logbook, which sends nothing."""
    twilio = settings.twilio
    if twilio is None:
        return Logbook()
    return TwilioSms(
        account_sid=twilio.account_sid,
        auth_token=twilio.auth_token,
        sender=twilio.sender or "",
        messaging_service_sid=twilio.messaging_service or "",
        public_base_url=settings.public_base_url,
        api_base=twilio.api_base or "",
    )
