"""A power cut over many villages: hundreds of homes dark within seconds, danger in the midst, a kill, and the power back."""

import json
import random
import time
from collections import Counter
from statistics import median

from tests.faults.audit import audit
from tests.faults.crowd import Alarm, Crowd, Said
from tests.faults.round import Figure, Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import Town

_HOMES = 300
_LIFE = ("hall", "bed", "door", "sos")
_DARK_WITHIN_S = 90.0
_ALARMS = 12
_TOLD_WITHIN_S = 10.0
_UNTIL_TOLD_S = 135.0
"""The two minutes of the incident, and some seconds."""
_AREA = "户同时"
_BEATS_WITHIN_S = 60.0


def run(ground: Ground) -> Outcome:
    """300 homes at scale 1; the two minutes stay two minutes."""
    chance = random.Random(ground.seed)
    town = Town(max(20, round(_HOMES * ground.scale)))
    dark_within, count = _DARK_WITHIN_S * max(0.1, ground.scale), max(4, round(_ALARMS * ground.scale))
    with Service(ground, town) as service, service.crowd() as crowd:
        service.start(well=True)
        for home in range(1, town.homes + 1):
            _speaks(crowd, home)
        service.until(lambda: not crowd.waiting, "every home has spoken")
        ground.say("dark")
        homes = chance.sample(range(1, town.homes + 1), town.homes)
        alarms = dict(zip(chance.sample(range(len(homes)), count), range(count), strict=True))
        began, down = time.monotonic(), [0, 0]
        for nth, home in enumerate(homes):
            time.sleep(max(0.0, began + dark_within * nth / len(homes) - time.monotonic()))
            _status(crowd, home, "offline")
            if nth in alarms:
                crowd.alarm(home, "sos" if alarms[nth] % 3 == 2 else "carbon_monoxide")
            if nth == len(homes) // 2:
                ground.say("killed in the midst")
                down = [time.time_ns() // 1000 - 3_000_000]
                service.kill()
                service.start(well=True)
                down.append(time.time_ns() // 1000)
        ground.say("two minutes")
        time.sleep(_UNTIL_TOLD_S)
        told = _area_texts(service)
        beat = (time.time_ns() // 1000 - service.health()["heartbeat_at"]) / 1e6
        ground.say("power back")
        for home in homes:
            _status(crowd, home, "online")
            _speaks(crowd, home)
        time.sleep(20)
        again = _area_texts(service)
        outcome = audit(service, crowd)
        while_up = [
            alarm for alarm in crowd.alarms if not down[0] <= alarm.at <= down[1]
        ]  # of the others the audit asks
        late = [_told_after_ms(service, town, alarm) for alarm in while_up]
    if beat > _BEATS_WITHIN_S:
        outcome.failures.append(f"the heartbeat has stood still for {beat:.0f} s: the watchdog would have rung")
    most = max(told.values(), default=0)
    if not told:
        outcome.failures.append("nobody was told of the power cut")
    if most > 1:
        outcome.failures.append(f"somebody was told {most} times of one power cut")
    if again != told:
        outcome.failures.append(f"{sum((again - told).values())} messages more when the power was back")
    if max(late) > _TOLD_WITHIN_S * 1000:
        outcome.failures.append(f"an alarm in the midst reached the provider after {max(late):.0f} ms")
    figures: dict[str, Figure] = {
        "homes_dark": town.homes, "people_told": len(told), "sms_a_person_at_most": most,
        "sms_when_power_was_back": sum((again - told).values()),
        "alarm_to_provider_p50_ms": round(median(late), 1), "alarm_to_provider_max_ms": round(max(late), 1),
    }  # fmt: skip
    outcome.figures = figures | outcome.figures
    return outcome


def _speaks(crowd: Crowd, home: int) -> None:
    for what in (*_LIFE, "co"):
        crowd.says(crowd.town.device(home, what), "heartbeat", {"interval_s": 3600, "battery_pct": 90})


def _status(crowd: Crowd, home: int, state: str) -> None:
    for what in _LIFE:
        device = crowd.town.device(home, what)
        payload = json.dumps({"state": state, "bootid": crowd.boot}).encode()
        crowd.sends(Said(device, (), f"shouwang/v1/{device}/status", payload, retain=True))


def _area_texts(service: Service) -> Counter[str]:
    return Counter(sms.recipient for sms in service.provider.messages if _AREA in sms.body)


def _told_after_ms(service: Service, town: Town, alarm: Alarm) -> float:
    phones = set(town.at_once(alarm.home).values())
    at = [
        sms.created_at.timestamp() * 1e6 for sms in service.provider.messages
        if sms.recipient in phones and town.named(alarm.home, sms.body)
    ]  # fmt: skip
    return (min(at) - alarm.at) / 1000 if at else float("inf")


POWER_CUT = Round(
    "power-cut",
    f"{_HOMES} homes of many villages dark within {_DARK_WITHIN_S:g} s, CO and SOS among them, the service killed in the midst, the power "
    "back: one SMS a person, each alarm at the provider within "
    f"{_TOLD_WITHIN_S:g} s, and no message that it is over.",
    run,
    slow=True,
)
