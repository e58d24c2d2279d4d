"""What the engine knows of one home: its devices, its chain, what its sensors last said, its open alerts."""

from typing import Any

import msgspec

from alerts.core.alert import Alert
from alerts.core.coverage import Spans, union
from events.types.fact import SECOND
from events.types.home import DeviceAssigned, Sight

LIFE_KINDS = frozenset({"motion", "contact", "button", "power", "water"})
"""Kinds whose reports can be signs of life (power and water only above a floor)."""

MISSES = 3
"""A device is online until this many of its intervals have passed unheard (DESIGN section 3, Blind)."""


class Gap(msgspec.Struct, omit_defaults=True):
    """Sequence numbers not yet arrived, with what was known before them and when the next one after was reported.

    `value_seq`: the number of the report that `value_before` comes from. A time is None where nobody knows it.
    """

    first: int
    last: int
    value_before: bool | None
    at_before: int | None
    at_after: int | None
    value_seq: int = 0


class Doubt(msgspec.Struct, omit_defaults=True):
    """A state, and the one known before it, with numbers missing in between: whether it is a change is not decided.

    `value_seq`: the number of the report that `value_before` comes from; `told`: since when something certainly changed.
    """

    kind: str
    seq: int
    at: int
    value: bool
    backfilled: bool = False
    value_before: bool | None = None
    value_seq: int = 0
    told: int = 0


class Boot(msgspec.Struct, omit_defaults=True):
    """One run of a device between two restarts: the highest sequence number, its time, the state then, the holes.

    `value_seq`: the number of the report that `value` comes from; heartbeats say no state.
    """

    bootid: str
    seq: int
    at: int | None
    value: bool | None = None
    gaps: list[Gap] = []
    value_seq: int = 0
    doubts: list[Doubt] = []


class Sensor(msgspec.Struct, omit_defaults=True):
    """A device in this home, as registered, and what it last said. Times in microseconds.

    `said`: when the newest thing it told of happened; `owes_until`: so long it may have more for us (0: nothing).
    `mains` as it last said, at `mains_at`; `will_at`: a last will ended what we had of it; `cut_until`: what its gateway's
    will took from it, and gives back; `alarm_at`: when it last said that it is in alarm.
    """

    device: str
    kind: str
    since: int
    registered: int = 0
    room: str = ""
    role: str = ""
    interval: int = 3600 * SECOND
    battery: bool = True
    pulse: bool = False
    retrigger_s: float = 60.0
    use_floor: float | None = None
    boots: list[Boot] = []
    value: bool | None = None
    heard: int = 0
    lease_from: int = 0
    lease_until: int = 0
    in_alarm: bool = False
    test_since: int = 0
    out_of_service: bool = False
    said: int = 0
    owes_until: int = 0
    mains: bool | None = None
    mains_at: int = 0
    will_at: int = 0
    cut_until: int = 0
    alarm_at: int = 0

    @property
    def tells_life(self) -> bool:
        """Can this sensor show that somebody lives?"""
        if self.kind in {"power", "water"}:
            return self.use_floor is not None
        return self.kind in LIFE_KINDS

    def says_mains(self, mains: bool | None, at: int) -> None:
        """The device says whether it has mains; since when it has been so is kept."""
        if mains is not None and at >= self.mains_at and mains != self.mains:
            self.mains, self.mains_at = mains, at

    @staticmethod
    def of(fact: DeviceAssigned, registered: int) -> "Sensor":
        """A sensor as registered at `registered`."""
        return Sensor(
            device=fact.device, kind=fact.kind, since=fact.since, registered=registered, room=fact.room, role=fact.role,
            interval=int(fact.interval_s * SECOND), battery=fact.battery, pulse=fact.pulse,
            retrigger_s=fact.retrigger_s, use_floor=fact.use_floor,
        )  # fmt: skip


class Hole(msgspec.Struct):
    """A time in which we did not hear, or the home was dark (`cause`), and which spans of it nobody saw, as last counted."""

    since: int
    until: int
    blind: list[list[int]] = []
    cause: str = "we_were_down"


class Dark(msgspec.Struct):
    """What could be seen of the home when it was last looked at, as in `core.sight`; `since` microseconds."""

    state: Sight
    since: int
    dark: bool
    by: str = ""


class Routine(msgspec.Struct, omit_defaults=True):
    """What was learned of this person: `limits` and `usual` as `routine.limits.packed`, from so many `days`."""

    limits: bytes
    usual: bytes
    days: int
    until: int


class Household(msgspec.Struct, omit_defaults=True):
    """One home. `memory` holds each rule's own state; `timers` what has been asked of the clock.

    `lived`: today's page of the diary (`routine.diary`); `routine`: None until something is learned.
    `listed`: alert -> who has it in their digest, or knows of it as one of their area incidents.
    `area`: the incident it is a part of; `area_until`: until when one was that it was a part of; `blind_s`: counted blind
    seconds by cause and day (since 1970, local). `buttons_cover`: whether a button that is there counts as seeing whether anybody
    moves, as it did before the third generation of rules; `elder_phones`: how many those who live here have.
    """

    home: str
    site: str
    since: int
    no_activity_s: int
    status: str = "active"
    status_since: int = 0
    hearing_since: int = 0
    away_since: int | None = None
    away_until: int | None = None
    version: int = 0
    visited_at: int = 0
    chain: dict[str, list[str]] = {}
    chain_by_class: dict[str, dict[str, list[str]]] = {}
    sensors: dict[str, Sensor] = {}
    former: dict[str, Sensor] = {}
    by_seq: Spans = msgspec.field(default_factory=Spans)
    heard: Spans = msgspec.field(default_factory=Spans)
    seen_more: bool = False
    holes: list[Hole] = []
    fired: list[tuple[int, str, bool]] = []
    memory: dict[str, Any] = {}
    timers: dict[str, int] = {}
    alerts: dict[str, Alert] = {}
    recent: dict[str, Alert] = {}
    failed_rules: list[str] = []
    lived: list[int] = []
    lived_day: int = 0
    routine: Routine | None = None
    sight: Dark | None = None
    area: str = ""
    area_until: int = 0
    blind_s: dict[str, dict[int, int]] = {}
    listed: dict[str, list[str]] = {}
    buttons_cover: bool = True
    elder_phones: int = 0

    @property
    def watched(self) -> bool:
        """Are alarms raised for this home?"""
        return self.status == "active"

    def covers(self, sensor: Sensor) -> bool:
        """Would it show that somebody moves? Who lies on the floor presses no button, and who is well need not."""
        return sensor.tells_life and (self.buttons_cover or sensor.kind != "button")

    def chain_for(self, alert_class: int) -> dict[str, list[str]]:
        """Level -> places, as an alert of this class keeps them."""
        return {**self.chain, **self.chain_by_class.get(str(alert_class), {})}

    def is_away(self, at: int) -> bool:
        """Is the elder away at `at`? Away ends by itself when its time is over."""
        return self.away_since is not None and (self.away_until is None or at < self.away_until)

    def seen(self, until: int) -> Spans:
        """All minutes in which a sensor that tells life was there to hear, up to `until`."""
        leases = Spans()
        for sensor in self.sensors.values():
            if self.covers(sensor) and sensor.lease_until > sensor.lease_from:
                leases.add(sensor.lease_from, min(sensor.lease_until, until))
        return union(self.by_seq, self.heard, leases)

    def lit(self, at: int) -> bool:
        """Is any sensor that tells life online at `at`?"""
        return any(self.covers(s) and s.lease_from <= at <= s.lease_until for s in self.sensors.values())

    def hear(self, sensor: Sensor, at: int) -> bool:
        """The device spoke at `at` (receipt): it is online for three of its intervals. True: it was not before."""
        sensor.heard = max(sensor.heard, at)
        sensor.will_at = sensor.cut_until = 0
        until = at + MISSES * sensor.interval
        if sensor.lease_from <= at <= sensor.lease_until:
            sensor.lease_until = max(sensor.lease_until, until)
            return False
        self.end_lease(sensor, at)  # ended before, or begins later: then the clock was set back
        sensor.lease_from, sensor.lease_until = at, until
        return True

    def end_lease(self, sensor: Sensor, at: int) -> None:
        """The device is not online any more from `at` on; what was heard of it is kept."""
        end = min(at, sensor.lease_until)
        if self.covers(sensor) and end > sensor.lease_from > 0:
            self.heard.add(sensor.lease_from, end)
        sensor.lease_from = sensor.lease_until = end

    def cut(self, sensor: Sensor, at: int) -> None:
        """A last will: the device is gone; with a gateway all that speaks through it. The broker may say it again."""
        if sensor.will_at and sensor.lease_until <= sensor.will_at:
            return
        gone = self.sensors.values() if sensor.kind == "gateway" else [sensor]
        for each in gone:
            if each is not sensor and each.lease_until > at:
                each.cut_until = each.lease_until
            if each is sensor or each.lease_until >= at:
                self.end_lease(each, at)
                each.will_at = max(1, each.lease_until)

    def joins_again(self, gateway: Sensor, at: int) -> None:
        """The gateway is back: what spoke through it is there again for as long as it was thought to be."""
        for each in self.sensors.values():
            if each is not gateway and each.cut_until > at:
                each.lease_from, each.lease_until, each.will_at, each.cut_until = at, each.cut_until, 0, 0

    def forget_before(self, at: int) -> None:
        """What was seen before is asked for no more, unless blind minutes may still be counted there."""
        at = min([at, *(hole.since for hole in self.holes)])
        self.by_seq.forget_before(at)
        self.heard.forget_before(at)

    def skip(self, since: int, at: int) -> None:
        """Our clock goes on at `at`: the time in between never was, and no number proves it."""
        self.deaf(since, at)
        for sensor in self.sensors.values():
            for boot in sensor.boots:
                boot.at = None

    def set_back(self, at: int) -> None:
        """Our clock says `at` again: what was seen behind it is not seen yet, and who was there still is."""
        self.heard.cut(at, max([at, *(end for _, end in self.heard.spans)]) + 1)
        self.hearing_since = min(self.hearing_since, at)
        for sensor in self.sensors.values():
            sensor.heard = min(sensor.heard, at)
            if sensor.lease_from > at:
                sensor.lease_until, sensor.lease_from = at + sensor.lease_until - sensor.lease_from, at
            elif sensor.lease_until > at:
                sensor.lease_until = min(sensor.lease_until, at + MISSES * sensor.interval)

    def deaf(self, since: int, at: int) -> None:
        """We did not hear between `since` and `at`: what rests on hearing alone is not covered."""
        self.hearing_since = at
        for sensor in self.sensors.values():
            until = sensor.lease_until
            if until > since:
                self.end_lease(sensor, since)
                if until > at:
                    sensor.lease_from, sensor.lease_until = at, until
        self.heard.cut(since, at)
