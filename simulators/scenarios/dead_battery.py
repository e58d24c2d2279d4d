"""Dead battery: a sensor warns, warns again, and falls silent while the elder is perfectly well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.devices import Message, messages
from simulators.scenarios.scenario import Deaf, Step, Turn, device_of
from simulators.town import TownHome

BEATS = 12


class DeadBattery(Deaf):
    """The last percent in a dozen heartbeats."""

    name = "dead_battery"
    says = "a motion sensor's battery runs out; the door goes on being used"

    def steps(self, homes: Sequence[TownHome], rng: Random) -> Iterator[Step]:
        """Falling percentages, battery_low at 10, then nothing; the door moves throughout."""
        home = homes[0]
        sensor = next(each for each in home.devices if each.id == device_of(home, "motion-pir"))
        door = device_of(home, "door-contact")
        warned = False
        for beat in range(BEATS):
            at = float(beat * sensor.interval_s)
            left = 12 - beat
            said = messages.heartbeat(interval_s=sensor.interval_s, rssi_dbm=-70, battery_pct=left, mains=None)
            yield Step(at, home.id, sensor.id, said)
            if left <= 10 and not warned:
                warned = True
                yield Step(at + 1, home.id, sensor.id, messages.about_itself(battery_low=True))
            yield from _door(home, door, at + rng.uniform(60, sensor.interval_s - 60))
        dies = BEATS * float(sensor.interval_s)
        yield Step(dies, home.id, sensor.id, Turn.DARK)
        for hour in range(1, 6):
            yield from _door(home, door, dies + hour * 3600.0)


def _door(home: TownHome, door: str, at: float) -> list[Step]:
    said: tuple[Message, Message] = (messages.contact(open=True), messages.contact(open=False))
    return [Step(at + 8 * n, home.id, door, each) for n, each in enumerate(said)]
