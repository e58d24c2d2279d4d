"""The fold of registrations: which homes there are, what stands in them, who answers for them, who is away."""

from collections.abc import MutableMapping

from alerts.core.household import Household, Sensor
from alerts.homes import looking_at
from events.serial import Recorded
from events.types import home as facts
from events.types import life
from events.types.fact import Event

Change = tuple[str, bool]
"""Why the home's rules must look again, and whether the silence clock starts anew."""


class Registrations:
    """Keeps `homes` up to date and knows at any time in which home a device stood."""

    HEARS = frozenset({
        facts.HomeEnrolled, facts.HomePaused, facts.HomeResumed, facts.HomeRetired, facts.DeviceAssigned,
        facts.DeviceRemoved, facts.ChainSet, facts.AwaySet, facts.AwayEnded, facts.ElderPhonesSet,
        facts.SensorTakenOutOfService, facts.SensorBackInService, life.VisitRecorded,
    })  # fmt: skip

    def __init__(self, homes: MutableMapping[str, Household]) -> None:
        self._homes = homes
        self._stood: dict[str, tuple[tuple[int, str], ...]] = {}
        self._latest: tuple[tuple[int, str], ...] = ()
        """Where the device that came before stood: most come with their neighbours, and share one object."""
        self.by_site: dict[str, set[str]] = {}
        """Site -> its homes; a home has one site for ever."""
        self.watched: dict[str, int] = {}
        """Site -> how many of them are watched."""
        for name, home in looking_at(homes):
            if name == home.home and not name.startswith("site:"):
                self._enter(home)
            for sensor in [*home.former.values(), *home.sensors.values()]:
                self._stand(sensor.device, sensor.since, home.home)

    def _enter(self, home: Household) -> None:
        self.by_site.setdefault(home.site, set()).add(home.home)
        self.watched[home.site] = self.watched.get(home.site, 0) + home.watched

    def _stand(self, device: str, since: int, home: str) -> None:
        stood = tuple(sorted({*self._stood.get(device, ()), (since, home)}))
        self._latest = self._latest if stood == self._latest else stood
        self._stood[device] = self._latest

    def place(self, device: str, at: int, *, alarm: bool = False) -> tuple[Household, Sensor] | None:
        """The home in which the device was at `at`. An alarm from before its first home belongs to its first."""
        stood = self._stood.get(device)
        if not stood:
            return None
        owner = stood[0][1] if alarm else ""
        for since, home in stood:
            if since <= at:
                owner = home
        if not owner:
            return None
        found = self._homes[owner]
        sensor = found.sensors.get(device) or found.former.get(device)
        return None if sensor is None else (found, sensor)

    def fold(self, recorded: Recorded) -> tuple[Household, str, bool] | None:
        """Take a recorded registration in. None where no rule needs to look."""
        event = recorded.event
        if isinstance(event, facts.HomeEnrolled) and event.home not in self._homes:
            home = Household(event.home, event.site, recorded.at, event.no_activity_s, status_since=recorded.at)
            home.version = recorded.version or 0
            self._homes[event.home] = home
            self._enter(home)
            return home, "enrolled", False
        name = getattr(event, "home", "")
        known = self._homes.get(name)
        if known is None:
            return None
        if recorded.version is not None and recorded.stream == f"home-{name}":
            known.version = max(known.version, recorded.version)
        change = self.apply(known, event, recorded.at, recorded.recorded_at)
        return None if change is None else (known, *change)

    def apply(self, home: Household, event: Event, at: int, recorded_at: int) -> Change | None:
        """One registration on one home."""
        was = home.watched
        change = self._change(home, event, at, recorded_at)
        self.watched[home.site] = self.watched.get(home.site, 0) + home.watched - was
        return change

    def _change(self, home: Household, event: Event, at: int, recorded_at: int) -> Change | None:
        match event:
            case facts.HomeEnrolled():
                home.no_activity_s = event.no_activity_s
                if home.status == "retired":
                    home.status, home.status_since = "active", at
                    return "enrolled", True
                return "limit", False
            case facts.HomePaused():
                home.status, home.status_since = "paused", at
            case facts.HomeResumed():
                home.status, home.status_since = "active", at
                return "resumed", True
            case facts.HomeRetired():
                home.status, home.status_since = "retired", at
            case facts.DeviceAssigned(device=device):
                old = home.sensors.get(device)
                fresh = Sensor.of(event, recorded_at)
                if old is not None:  # the same device, described anew: what it last said stays known
                    fresh.boots, fresh.value, fresh.heard, fresh.in_alarm = (
                        old.boots,
                        old.value,
                        old.heard,
                        old.in_alarm,
                    )
                    fresh.lease_from, fresh.lease_until = old.lease_from, old.lease_until
                    fresh.out_of_service, fresh.registered = old.out_of_service, old.registered
                    fresh.said, fresh.owes_until = old.said, old.owes_until
                    fresh.mains, fresh.mains_at = old.mains, old.mains_at
                    fresh.will_at, fresh.cut_until, fresh.alarm_at = old.will_at, old.cut_until, old.alarm_at
                    fresh.since = min(old.since, fresh.since)  # or after a restart it would not have been here before
                home.sensors[device] = fresh
                self._stand(device, event.since, home.home)
                return "device", False
            case facts.DeviceRemoved(device=device):
                if device in home.sensors:
                    home.former[device] = home.sensors.pop(device)
                return "device", False
            case facts.ChainSet():
                home.chain = {
                    "watcher": event.watcher, "second_watcher": event.second_watcher,
                    "grid_member": event.grid_member, "village": event.village, "town": event.town,
                }  # fmt: skip
                home.chain_by_class = event.by_class
            case facts.ElderPhonesSet(phones=phones):
                home.elder_phones = phones
                return "phones", False
            case life.VisitRecorded(visited_at=visited_at):
                home.visited_at = max(home.visited_at, visited_at)
                return "visited", False
            case facts.AwaySet(until=until):
                home.away_since, home.away_until = at, until
                return "away", False
            case facts.AwayEnded():
                home.away_since = home.away_until = None
                return "back", True
        return None
