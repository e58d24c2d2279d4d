"""A power cut over many sites within seconds, carbon monoxide in the midst: who is told how often, and how soon of the alarms."""

import random
import time
from collections import Counter
from typing import Any

from alerts.commands.settings import change_settings
from events.store import New, append, read
from events.types.device import DeviceStatusReported, HeartbeatReceived
from events.types.message import MessagePlanned
from measuring import town
from measuring.figures import quantile
from measuring.telling import Telling, alarm, until
from shouwang.moment import now

_LONGER_S = 5.0
"""An incident is told so much later than all are dark; in force it is told after two minutes, of a minute and a half."""
_PATIENCE_S = 60.0
_INCIDENT = "area_dark"


def power_cut(house: Telling, homes: range, *, alarms: int, within_s: float) -> dict[str, Any]:
    """All `homes` dark within so many seconds, in each of the first `alarms` of them carbon monoxide at some time."""
    change_settings(house.database, {"area.prealarm_s": within_s + _LONGER_S}, by="measured", at=now())
    _says(house, [_beat(device) for home in homes for device in _life(home)])
    house.deciding.settle()
    chance = random.Random(5)
    order = chance.sample(homes, len(homes))
    after = {homes[n]: within_s * chance.random() for n in range(alarms)}
    began, rung = time.monotonic(), dict[int, float]()
    for nth, home in enumerate(order):
        _rings(house, after, rung, began, until_s=within_s * nth / len(order))
        _says(house, [_lost(device) for device in _life(home)])
    _rings(house, after, rung, began, until_s=within_s)
    until(lambda: len(_told(house, rung)) == len(rung), _PATIENCE_S, look_s=0.5)
    time.sleep(max(0.0, began + 2 * within_s + 3 * _LONGER_S - time.monotonic()))
    house.deciding.settle()
    took = list(_told(house, rung).values())
    texts = _incident_texts(house)
    return {
        "storm_p50_ms": quantile(took, 0.5) * 1000, "storm_p99_ms": quantile(took, 0.99) * 1000,
        "storm_untold": len(rung) - len(took), "storm_people": len(texts), "storm_texts": max(texts.values(), default=0),
    }  # fmt: skip


def _life(home: int) -> list[str]:
    return [f"{town.site_of(home)}/{name}-{home}" for name in town.MOTION]


def _beat(device: str) -> New:
    return _fact(HeartbeatReceived(device=device, interval_s=3600.0))


def _lost(device: str) -> New:
    return _fact(DeviceStatusReported(device=device, state="offline"))


def _fact(event: HeartbeatReceived | DeviceStatusReported) -> New:
    at = now()
    site = event.device.partition("/")[0]
    return New(f"device-{event.device}", site, event, at, key=f"{type(event).__name__}-{at}", digest=0)


def _says(house: Telling, facts: list[New]) -> None:
    house.database.write(lambda db: append(db, facts, recorded_at=now()))


def _rings(house: Telling, after: dict[int, float], rung: dict[int, float], began: float, *, until_s: float) -> None:
    """The alarms whose moment comes before then, each at its own."""
    for home, at in sorted(after.items(), key=lambda pair: pair[1]):
        if home not in rung and at <= until_s:
            time.sleep(max(0.0, began + at - time.monotonic()))
            rung[home] = time.monotonic()
            _says(house, [alarm(home)])
    time.sleep(max(0.0, began + until_s - time.monotonic()))


def _planned(house: Telling) -> list[MessagePlanned]:
    with house.database.read() as db:
        return [r.event for r in read(db, 0, limit=10_000_000, types=["MessagePlanned"])]  # type: ignore[misc]


def _told(house: Telling, rung: dict[int, float]) -> dict[int, float]:
    """Home -> seconds from its alarm to the first yes."""
    accepted = house.accepted()
    homes = {f"h{home}": home for home in rung}
    first: dict[int, float] = {}
    for planned in _planned(house):
        home = homes.get(planned.words.get("home", ""))
        if home is not None and planned.alert_class == 1 and planned.message in accepted:
            took = accepted[planned.message] - rung[home]
            first[home] = min(took, first.get(home, took))
    return first


def _incident_texts(house: Telling) -> Counter[str]:
    """Person -> texts about the power cut."""
    return Counter(each.person for each in _planned(house) if each.template.startswith(_INCIDENT))
