"""Too much at once: one device that cannot stop, and ten times the normal load with a CO alarm in it."""

import random
import time
from statistics import median, quantiles

from sqlalchemy import select

from events.tables import events
from tests.faults.audit import audit
from tests.faults.crowd import Crowd
from tests.faults.round import Figure, Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_HOMES = 400
_NEIGHBOURS = 50.0
_CHATTER = 100.0
_CHATTY_S, _TURNS = 30.0, 5
_KEEPS = (2.0, 50.0)
"""The neighbours' p95 may be at most so many times as long, or so many milliseconds longer: noise of a busy machine."""

_COUNTY = 170.0
"""Messages a second of 10,000 homes, a county: 100,000 homes send about 1,700 (DESIGN section 7)."""
_STORM_S = 60.0
_ALARMS = 20
_TOLD_WITHIN_S = 10.0


def chatty(ground: Ground) -> Outcome:
    """The neighbours' way into the log, without it and with it, in turns: the machine's own moods meet both alike."""
    span = max(2.0, _CHATTY_S * ground.scale / _TURNS)
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        crowd.homes = range(2, _HOMES + 1)
        device = crowd.town.device(1, "hall")
        service.start(well=True)
        crowd.rate = _NEIGHBOURS
        time.sleep(2)  # the first facts of a new process are slower
        without: list[tuple[int, int]] = []
        during: list[tuple[int, int]] = []
        said = 0
        for turn in range(_TURNS):
            ground.say(f"turn {turn + 1} of {_TURNS}")
            began = _wall()
            time.sleep(span)
            between = _wall()
            said += _chatters(crowd, device, span)
            without.append((began, between))
            during.append((between, _wall()))
        outcome = audit(service, crowd)
        quiet, loud = (
            [ms for since, until in turns for ms in _latencies(service, device, since, until)]
            for turns in (without, during)
        )
    p95 = [quantiles(each, n=20)[-1] for each in (quiet, loud)]
    if p95[1] > max(p95[0] * _KEEPS[0], p95[0] + _KEEPS[1]):
        outcome.failures.append(f"the neighbours wait for {p95[1]:.1f} ms (p95) instead of {p95[0]:.1f}")
    figures: dict[str, Figure] = {
        "of_the_one_device": said, "neighbours_p50_ms_without": round(median(quiet), 2),
        "neighbours_p50_ms_during": round(median(loud), 2), "neighbours_p95_ms_without": round(p95[0], 2),
        "neighbours_p95_ms_during": round(p95[1], 2),
    }  # fmt: skip
    outcome.figures = figures | outcome.figures
    return outcome


def _chatters(crowd: Crowd, device: str, for_s: float) -> int:
    """100 a second, whatever else happens."""
    began, said = time.monotonic(), 0
    while (spent := time.monotonic() - began) < for_s:
        for _ in range(int(spent * _CHATTER) - said):
            said += 1
            crowd.says(device, "motion", {"occupied": said % 2 == 1})
        time.sleep(0.005)
    return said


def _latencies(service: Service, but: str, since: int, until: int) -> list[float]:
    """Milliseconds from a device's stamp to the log's, of all other devices that spoke then."""
    query = select(events.c.recorded_at - events.c.at).where(
        events.c.stream.like("device-%"), events.c.stream != f"device-{but}", events.c.at.between(since, until)
    )
    with service.memory() as database, database.read() as db:
        return [row[0] / 1000 for row in db.execute(query)]


def storm(ground: Ground) -> Outcome:
    """Ten counties through one door, and in the middle of it people who must be told at once."""
    chance = random.Random(ground.seed)
    span = max(8.0, _STORM_S * ground.scale)
    alarms = max(3, round(_ALARMS * ground.scale))
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        service.start(well=True)
        crowd.rate = _COUNTY
        time.sleep(3)
        crowd.rate = _COUNTY * 10
        began, before = time.monotonic(), len(crowd.acknowledged)
        for nth, moment in enumerate(sorted(chance.uniform(2.0, span) for _ in range(alarms)), 1):
            ground.say(f"alarm {nth} of {alarms}")
            time.sleep(max(0.0, began + moment - time.monotonic()))
            crowd.alarm(nth)
        time.sleep(max(0.0, began + span - time.monotonic()))
        rate = (len(crowd.acknowledged) - before) / (time.monotonic() - began)
        outcome = audit(service, crowd)
        told = [_told_after_ms(service, crowd, nth) for nth in range(alarms)]
    late = [ms for ms in told if ms > _TOLD_WITHIN_S * 1000]
    if late:
        outcome.failures.append(f"{len(late)} of {alarms} alarms reached the provider after {max(late):.0f} ms")
    figures: dict[str, Figure] = {
        "messages_per_s": round(rate), "co_to_provider_p50_ms": round(median(told), 1),
        "co_to_provider_max_ms": round(max(told), 1),
    }  # fmt: skip
    outcome.figures = figures | outcome.figures
    return outcome


def _told_after_ms(service: Service, crowd: Crowd, nth: int) -> float:
    """From handing the alarm to the line until the provider had the first message about that house; infinite: never."""
    alarm = crowd.alarms[nth]
    phones = set(crowd.town.at_once(alarm.home).values())
    at = [
        sms.created_at.timestamp() * 1e6 for sms in service.provider.messages
        if sms.recipient in phones and crowd.town.named(alarm.home, sms.body)
    ]  # fmt: skip
    return (min(at) - alarm.at) / 1000 if at else float("inf")


def _wall() -> int:
    return time.time_ns() // 1000


CHATTY = Round(
    "chatty-device",
    f"One device at {_CHATTER:g} messages a second while {_NEIGHBOURS:g} a second come from the other homes: "
    "its neighbours' way into the log stays as short as without it.",
    chatty,
)
STORM = Round(
    "storm",
    f"Ten times the normal load for {_STORM_S:g} s with CO alarms in it. Normal is a county of 10,000 homes, {_COUNTY:g} messages a "
    f"second; each alarm is at the provider within {_TOLD_WITHIN_S:g} s and nothing is lost.",
    storm,
    slow=True,
)
