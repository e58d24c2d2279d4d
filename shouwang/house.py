"""The house: joins the rooms, their threads, and the order in which they start and stop."""

import logging
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from alerts.calls import Calls, take_pressed
from alerts.commands.replies import take_reply
from alerts.notify.channels.modem.sms import ModemSms
from alerts.notify.channels.twilio_voice import TwilioVoice
from alerts.notify.receipts import take_receipt
from alerts.projections.projector import READER as PROJECTIONS
from alerts.projections.watching import Folded, Watching
from alerts.timers import mark_of
from api.app import create_app
from api.services import Channel as ShownChannel
from api.services import Limits, Services, TakeKey
from events.follow import bookmark
from events.holding import Holder
from events.store import head
from ingest.addressing import Patience
from ingest.line import BrokerSilent
from ingest.service import Ingest, Stats
from ingest.standby import Standby
from shouwang.alerting import Alerting
from shouwang.channels import channels_of, first_sms
from shouwang.checking import Checking, heartbeat
from shouwang.clock import DrivenClock, FactsGate
from shouwang.clock_watch import ClockWatch
from shouwang.exits import Exit
from shouwang.known_models import known_models
from shouwang.nightly import Nightly
from shouwang.operations import backing_up
from shouwang.operations.memory import made_memory
from shouwang.serving import Serving
from shouwang.settings import Settings
from shouwang.steady import SteadyClock, boot_name, origin_for

log = logging.getLogger("shouwang.house")

_STALE_S = 60.0
_WAITS_S = 10.0
"""A database that has not answered for so long is held by somebody, or gone."""
LEAST_FREE = 50_000_000
"""Bytes: with less somebody must make room, before database and broker stop taking what comes."""
_FAR_BEHIND = 50_000
"""Facts not folded yet: so many are a minute's work, more mean that nobody folds."""


class House:
    """The rooms of one process. `failed` is set when a part of it died: then the process must end, with `ends_with`."""

    def __init__(self, settings: Settings, *, clock: Callable[[], int] | None = None) -> None:
        """`settings.mqtt_url` names the broker, also the embedded one. `clock` gives microseconds UTC."""
        self.settings, self.failed, self.ends_with = settings, threading.Event(), Exit.FAILED
        driven = DrivenClock(settings.clock_from) if settings.clock_from is not None else None
        self.driven = driven is not None
        self.database = made_memory(settings, on_fatal=self._died)
        self.clock_watch: ClockWatch | None = None
        self.now = clock or (driven.now if driven else self._steady())
        self.holder = Holder(self.database, on_fatal=self._died)
        self.channels = channels_of(settings)
        self.channel = first_sms(self.channels)
        self.modem = next((one for one in self.channels if isinstance(one, ModemSms)), None)
        self.alerting = None
        if "alerts" in settings.rooms:
            self.alerting = Alerting(
                self.database, self.now, self.channels, self.holder,
                ticks=driven is None, on_fatal=self._died, failed=self.failed,
            )  # fmt: skip
        self.checking = None
        if self.alerting and not self.driven:
            self.checking = Checking(self.database, self.now, check=self.holder.check)
        self.nightly = None
        if settings.backup_folder is not None and settings.whole and not self.driven:
            self.nightly = Nightly(self.database, settings.backup_folder, self.now)
        self.ingest: Ingest | Standby | None = None
        if "ingest" in settings.rooms:
            gate = FactsGate(self.database, driven, self.alerting.settle) if driven and self.alerting else None
            open_door = partial(
                Ingest,
                self.database,
                mqtt_url=settings.mqtt_url or f"mqtt://{settings.mqtt_bind}:{settings.mqtt_port}",
                now=self.now,
                gate=gate,
                patience=Patience(ping_every_s=3.0) if settings.demo else None,
                on_fatal=self._died,
            )
            alone = self.holder.alone
            self.ingest = open_door() if alone else Standby(self.database, self.holder, open_door, on_fatal=self._died)
        self.watching = self.serving = None
        if "api" in settings.rooms:
            if self.alerting is None:
                self.watching = Watching(self.database, on_fatal=self._died)
            folded = self.alerting.projector if self.alerting else self.watching
            assert folded is not None
            self.serving = Serving(create_app(self._services(folded)), settings, on_fatal=self._died)

    def _steady(self) -> Callable[[], int]:
        """Time that nobody sets behind our back."""
        boot = boot_name()
        steady = SteadyClock(self.database.write(lambda db: origin_for(db, boot)))
        self.clock_watch = ClockWatch(self.database, steady, boot, on_fatal=self._died)
        return steady.now

    def _services(self, folded: Folded) -> Services:
        settings, channels = self.settings, self.channels
        return Services(
            database=self.database,
            now=self.now,
            projector=folded,
            take_receipt=lambda **said: take_receipt(self.database, **said),
            take_reply=lambda **said: take_reply(self.database, **said),
            health=self.health,
            public_base_url=settings.public_base_url,
            demo=settings.demo,
            demo_phones_url=settings.demo_phones_url or "",
            sms_really_sent=self.channel.really_sends,
            channels=[
                ShownChannel(
                    one.name,
                    one.really_sends,
                    one.capabilities.daily_budget,
                    one.capabilities.medium,
                    two_way=one.capabilities.two_way,
                    receipts=one.capabilities.receipts,
                    keypad=one.capabilities.keypad,
                )
                for one in channels
            ],
            take_key=self._keys(),
            take_pressed=partial(take_pressed, self.database),
            aliyun_hook_token=settings.providers.aliyun.hook_token if settings.providers.aliyun else None,
            twilio_auth_token=settings.twilio.auth_token if settings.twilio else None,
            models=known_models(),
            limits=Limits(lock_after_s=0.0 if settings.demo else settings.lock_after_s),
            settings={"clock": "facts" if settings.clock_from is not None else "real"},
        )

    def _keys(self) -> TakeKey | None:
        """Who takes the keys of calls, where somebody calls."""
        voice = next((one for one in self.channels if isinstance(one, TwilioVoice)), None)
        return Calls(self.database, channel=voice.name, keys_of=voice.keys_of).take_key if voice else None

    def _listen_to_modem(self) -> None:
        """Where we send, what a modem of our own brings is taken too."""
        modem, database = self.modem, self.database
        if modem is None or self.alerting is None:
            return

        def text(provider_id: str, number: str, said: str) -> None:
            take_reply(database, channel=modem.name, provider_id=provider_id, number=number, text=said, at=self.now())

        def report(message: str, provider_id: str, word: str) -> None:
            take_receipt(database, message=message, provider_id=provider_id, status=word, error_code="", at=self.now())

        modem.start(take_text=text, take_report=report)

    def start(self) -> None:
        """From the memory outwards; devices are let in last, when everything behind the door is there."""
        self.holder.start()
        self._listen_to_modem()
        for room in (
            self.clock_watch,
            self.alerting,
            self.watching,
            self.serving,
            self.ingest,
            self.checking,
            self.nightly,
        ):
            if room is not None:
                room.start()

    def stop(self) -> None:
        """The other way round: first the door is shut, then what came in is finished."""
        for looking in (self.nightly, self.checking):
            if looking is not None:
                looking.stop()
        if self.ingest is not None:
            self.ingest.stop()
        if self.alerting is not None:
            self.alerting.stop_ticking()
        for room in (self.serving, self.watching, self.alerting):
            if room is not None:
                room.stop()
        if self.modem is not None:
            self.modem.stop()
        if self.clock_watch is not None:
            self.clock_watch.stop()
        self.holder.stop()
        self.database.close()

    def health(self) -> dict[str, Any]:
        """How each part is, and what was found when it was last checked. `ok` False: somebody must look now."""
        door = self.ingest.stats() if self.ingest is not None else None
        found = self._health_of_door(door) if door is not None and door.active else self._health_of_others()
        if self.modem is not None and self.alerting is not None:
            found["modem_there"] = self.modem.there
        if self.checking is not None:
            found |= {"ok": found["ok"] and self.checking.ok, **self.checking.state()}
        elif not self.driven and not (door is not None and door.active):
            found["heartbeat_at"] = self._heartbeat()
        return found | self._backups()

    def _backups(self) -> dict[str, Any]:
        """When the last one was made, and when one failed since; 0: never. In itself never ill: nobody is in danger by it."""
        try:
            with self.database.read() as db:
                made, failed = backing_up.last(db)
        except OperationalError:
            return {}
        return {"backup_at": made, "backup_failed_at": failed}

    def _health_of_door(self, door: Stats) -> dict[str, Any]:
        now = self.now()
        hears = self.driven or _fresh(door.caught_up_at, now)
        stuck, free = door.waits_s > _WAITS_S, _free_bytes(self.settings.home)
        return {
            "ok": not self.failed.is_set()
            and door.connected
            and hears
            and not (door.storage_full or stuck)
            and free >= LEAST_FREE,
            **self._share(),
            "connected": door.connected,
            "catching_up": door.catching_up,
            "heard_everything_up_to": door.caught_up_at,
            "storage_full": door.storage_full,
            "database_waits_s": round(door.waits_s, 1),
            "disk_free_mb": free // 1_000_000,
            "disk_low": free < LEAST_FREE,
            "queued": door.queued,
            "quarantined_since_start": door.quarantined,
            "really_sends": self.channel.really_sends,
            "now": now,
            **self._clock_health(),
        }

    def _heartbeat(self) -> int:
        """Of the processes that decide, where this one does not."""
        try:
            return heartbeat(self.database)
        except OperationalError:
            return 0

    def _clock_health(self) -> dict[str, Any]:
        """Whether the machine's clock was set: how far it is from ours, and when it last happened. Never in itself ill."""
        watch = self.clock_watch
        if watch is None:
            return {}
        return {
            "clock_off_s": watch.off_s,
            "clock_stepped_at": watch.stepped_at,
            "clock_stepped_by_s": round(watch.by / 1_000_000, 3),
        }

    def _health_of_others(self) -> dict[str, Any]:
        """What ingest and alerts leave in the database: up to when everything was heard, and how far it is folded.

        Only where ingest is elsewhere the database is asked.
        """
        now = self.now()
        try:
            with self.database.read() as db:
                heard = mark_of(db)
                behind = max(0, head(db) - bookmark(db, PROJECTIONS))
        except OperationalError:
            heard, behind = 0, -1
        return {
            "ok": not self.failed.is_set() and _fresh(heard, now) and 0 <= behind < _FAR_BEHIND,
            **self._share(),
            "heard_everything_up_to": heard,
            "behind": behind,
            "really_sends": self.channel.really_sends,
            "now": now,
            **self._clock_health(),
        }

    def _share(self) -> dict[str, Any]:
        """What of the work is this process's own. One that only stands by is well as long as the work is done."""
        parts: dict[str, Any] = {}
        if self.ingest is not None:
            parts["ingest"] = _role(active=self.ingest.stats().active)
        if self.alerting is not None:
            folding = self.alerting.projector
            parts["seats"] = self.alerting.seats.held()
            parts["projections"] = _role(active=folding.active)
        main = parts.get("ingest", "active" if parts.get("seats", True) else "standby")
        return {"role": main, **parts}

    def _died(self, failure: BaseException) -> None:
        log.critical("a part of the house died: %s: %s", type(failure).__name__, failure, exc_info=failure)
        if not self.failed.is_set() and isinstance(failure, BrokerSilent):
            self.ends_with = Exit.BROKER_SILENT
        self.failed.set()


def _role(*, active: bool) -> str:
    return "active" if active else "standby"


def _free_bytes(folder: Path) -> int:
    """Where log and broker write; when nobody can say, it is not the disk's size that is wrong."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return LEAST_FREE


def _fresh(heard: int, now: int) -> bool:
    return heard > 0 and (now - heard) / 1_000_000 < _STALE_S
