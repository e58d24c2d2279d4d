"""People who act between the engine's reading and its writing: it decides again, knowing more, and says so in the log."""

import pytest

from alerts.commands import alerts as commands
from alerts.engine import Engine
from events.types.alert import StepTaken
from tests.house import House
from tests.replay.town import two_homes

pytestmark = pytest.mark.both


class Interrupted(Engine):
    """Before it writes for the first time, people act."""

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        self.acts = []

    def commit(self) -> None:
        acts, self.acts = self.acts, []
        for act in acts:
            act(self._database)
        super().commit()


def test_two_who_act_on_two_alerts_in_one_moment_do_not_hold_the_engine_up(address) -> None:
    house = House(address, two_homes())
    for device in ("co-1", "b-co-1"):
        house.hears(device, "co", {"alarm": True, "ppm": 300, "test": False})
    first, second = house.alerts()
    engine = house.engine = Interrupted(house.database, house.now)
    with house.database.read() as db:
        house.at += 120_000_000

    def goes(alert, who):
        return lambda database: commands.en_route(database, alert, who=who, by=who, via="sms", at=house.at)

    engine.acts = [goes(first.id, "w1"), goes(second.id, "w1")]
    from alerts.timers import ring

    house.database.write(lambda db: ring(db, house.at))
    for n in range(20):
        print(n, engine.step(0))
    print([r for r in house.log() if isinstance(r.event, StepTaken)])
    assert engine.step(0) == 0
