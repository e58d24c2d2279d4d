"""Too much at once: one device that cannot stop, and ten times the normal load with a CO alarm in it."""

import random
import time
from statistics import median, quantiles

from sqlalchemy import or_, select

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
_KEEPS = {"without": (2.0, 50.0), "as_many_of_all": (1.5, 25.0)}
"""The neighbours' p95 may be at most so many times as long, or so many milliseconds longer: noise of a busy machine."""

_COUNTY = 170.0
"""Messages a second of 10,000 homes, a county: 100,000 homes send about 1,700 (DESIGN section 7)."""
_STORM_S, _ENOUGH = 60.0, 0.9
_ALARMS = 20
_TOLD_WITHIN_S = 10.0


def chatty(ground: Ground) -> Outcome:
    """The neighbours' way into the log: alone, with so many messages of all homes alike, and beside the one; in turns."""
    span = max(2.0, _CHATTY_S * ground.scale / _TURNS)
    with Service(ground, Town(_HOMES)) as service, service.crowd() as crowd:
        crowd.homes = range(2, _HOMES + 1)
        device = crowd.town.device(1, "hall")
        service.start(well=True)
        crowd.rate = _NEIGHBOURS
        time.sleep(2)  # the first facts of a new process are slower
        spells: dict[str, list[tuple[int, int]]] = {"without": [], "as_many_of_all": [], "during": []}
        said = 0
        for turn in range(_TURNS):
            ground.say(f"turn {turn + 1} of {_TURNS}")
            for spell, spans in spells.items():  # in turns: the machine's own moods meet all alike
                began = _wall()
                crowd.alarm(2 + turn * len(spells) + list(spells).index(spell))
                crowd.rate = _NEIGHBOURS + _CHATTER * (spell == "as_many_of_all")
                if spell == "during":
                    said += _chatters(crowd, device, span)
                else:
                    time.sleep(span)
                spans.append((began, _wall()))
        outcome = audit(service, crowd)
        took = {spell: _latencies(service, device, spans) for spell, spans in spells.items()}
    p95 = {spell: quantiles(each, n=20)[-1] for spell, each in took.items()}
    for than, (times, more) in _KEEPS.items():
        if p95["during"] > max(p95[than] * times, p95[than] + more):
            outcome.failures.append(f"the neighbours wait for {p95['during']:.1f} ms (p95), {than} for {p95[than]:.1f}")
    figures: dict[str, Figure] = {"of_the_one_device": said}
    figures |= {f"neighbours_p50_ms_{spell}": round(median(each), 2) for spell, each in took.items()}
    figures |= {f"neighbours_p95_ms_{spell}": round(each, 2) for spell, each in p95.items()}
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


def _latencies(service: Service, but: str, spans: list[tuple[int, int]]) -> list[float]:
    """Milliseconds from a device's stamp to the log's, of all other devices that spoke then."""
    then = or_(*(events.c.at.between(since, until) for since, until in spans))
    query = select(events.c.recorded_at - events.c.at).where(
        events.c.stream.like("device-%"), events.c.stream != f"device-{but}", then
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
    if rate < _COUNTY * 10 * _ENOUGH:
        outcome.failures.insert(0, f"too slow a machine to prove anything: {rate:.0f} messages a second came")
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
    f"One device at {_CHATTER:g} messages a second while {_NEIGHBOURS:g} a second come from the other homes, alarms among them: its "
    "neighbours' way into the log is as short as when all homes together say as much. Without it the broker's disk has a third of the "
    "syncs to do, and the intake gathers nothing: from four messages at once on a batch gathers for up to 20 ms, which no alarm waits for.",
    chatty,
)
STORM = Round(
    "storm",
    f"Ten times the normal load for {_STORM_S:g} s with CO alarms in it. Normal is a county of 10,000 homes, {_COUNTY:g} messages a "
    f"second; each alarm is at the provider within {_TOLD_WITHIN_S:g} s and nothing is lost.",
    storm,
    slow=True,
)
