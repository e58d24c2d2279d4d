"""What can be seen of a home at a moment, and if nothing, why: told apart by what is still heard from it. Pure.

A sensor that tells life covers a minute when it was online (DESIGN section 3). When none is, the home is dark: because its
power is gone (its devices said so before), because its gateway or all of it is silent, because only the sensors are, or
because the whole site is (an area incident says that). In the first minutes after a hole of our own we cannot tell.
"""

from typing import NamedTuple

from alerts.core.household import MISSES, Dark, Household, Sensor
from alerts.core.policy import Policy
from events.types.fact import SECOND
from events.types.home import Sight


class Finding(NamedTuple):
    """The word for a home: one of Sight's, or `away`, or `quiet`: seen, and nobody moves. `silent`: devices not heard."""

    state: str
    since: int
    silent: tuple[str, ...]


def look(home: Household, at: int, policy: Policy) -> Dark:
    """What can be seen of the home at `at`."""
    watching = _watching(home)
    if not any(sensor.lease_until for sensor in watching):
        return Dark("never_seen", home.since, dark=True)
    powerless = _powerless_since(home, at)
    if any(online(sensor, at) for sensor in watching):
        if powerless is not None:
            return Dark("no_power", powerless, dark=False, by="mains")
        return Dark("seen", max(home.hearing_since, min(s.lease_from for s in watching if online(s, at))), dark=False)
    ended = max(sensor.lease_until for sensor in watching)
    since = max(ended, home.hearing_since)
    by = "will" if any(sensor.will_at and sensor.will_at == ended for sensor in home.sensors.values()) else "misses"
    if by == "misses" and ended <= home.hearing_since and at < _found_again(home, policy):
        return Dark("we_were_down", since, dark=True, by="hole")
    return Dark(_why(home, at, powerless=powerless is not None), since, dark=True, by=by)


def _why(home: Household, at: int, *, powerless: bool) -> Sight:
    if powerless:
        return "no_power"
    if home.area:
        return "site_cut_off"
    gateways = [sensor for sensor in home.sensors.values() if sensor.kind == "gateway" and sensor.heard]
    there = gateways or list(home.sensors.values())
    return "sensor_dead" if any(online(sensor, at) for sensor in there) else "gateway_cut"


def triage(home: Household, last: int | None, limit: int, at: int, policy: Policy) -> Finding:
    """Which of the six it is, beside that all is well (`seen`). `last`: the newest sign of life; `limit` of silence."""
    silent = tuple(sorted(s.device for s in home.sensors.values() if s.lease_until and not online(s, at)))
    if home.away_since is not None and home.is_away(at):
        return Finding("away", home.away_since, silent)
    found = look(home, at, policy)
    if not found.dark and last is not None and home.seen(at).within(last, at) >= limit:
        return Finding("quiet", last, silent)
    return Finding(found.state, found.since, silent)


def next_look(home: Household, at: int, policy: Policy) -> int | None:
    """When the home may be dark at the earliest without another word; None: only a word changes what is seen."""
    watching = _watching(home)
    until = max((sensor.lease_until for sensor in watching if online(sensor, at)), default=0)
    if until:
        return until + SECOND
    settled = _found_again(home, policy)
    return settled if any(sensor.lease_until for sensor in watching) and settled > at else None


def _found_again(home: Household, policy: Policy) -> int:
    """After a hole of ours nothing is missed before each of its devices had its three intervals to speak in."""
    slowest = max((sensor.interval for sensor in _watching(home)), default=0)
    return home.hearing_since + max(MISSES * slowest, policy.span("backfill.most_s", home.home))


def online(sensor: Sensor, at: int) -> bool:
    """Was it heard so lately that it is there?"""
    return sensor.lease_from <= at <= sensor.lease_until and sensor.lease_until > sensor.lease_from


def _watching(home: Household) -> list[Sensor]:
    """Who sees life; in a home where nobody does, whoever says anything."""
    life = [sensor for sensor in home.sensors.values() if home.covers(sensor)]
    return life or list(home.sensors.values())


def _powerless_since(home: Household, at: int) -> int | None:
    """Since when the home has no mains: some device said so, and none that is there says otherwise."""
    said = [sensor for sensor in home.sensors.values() if sensor.mains is not None]
    if any(sensor.mains and online(sensor, at) for sensor in said):
        return None
    return min((sensor.mains_at for sensor in said if not sensor.mains), default=None)
