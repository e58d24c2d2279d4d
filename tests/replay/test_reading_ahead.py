"""People who act between the engine's reading and its writing: it decides again, knowing more, and the log says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.commands import alerts as commands
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from alerts.timers import ring
from events.types.alert import StepTaken
from events.types.fact import MINUTE
from events.types.system import DecisionReadAhead
from tests.house import House
from tests.replay.town import two_homes
from tests.replay.weeks import Interrupted

pytestmark = pytest.mark.both


@pytest.fixture
def house(address: str | Path) -> House:
    """Two homes with carbon monoxide, and the second step of both is due."""
    made = House(address, two_homes())
    for device in ("co-1", "b-co-1"):
        made.hears(device, "co", {"alarm": True, "ppm": 300, "test": False})
    made.engine = Interrupted(made.database, made.now)
    made.at += 2 * MINUTE
    made.database.write(lambda db: ring(db, made.at))
    return made


def goes(house: House, alert: str) -> Callable[[], object]:
    return lambda: commands.en_route(house.database, alert, who="w1", by="w1", via="sms", at=house.at)


def sees(house: House, alert: str) -> Callable[[], object]:
    return lambda: commands.acknowledge(house.database, alert, by="user:zhang", via="console", at=house.at)


def test_two_who_act_on_two_alerts_in_one_moment_do_not_hold_the_engine_up(house: House) -> None:
    first, second = house.alerts()
    house.engine.meanwhile = [goes(house, first.id), goes(house, second.id)]  # type: ignore[attr-defined]
    for _ in range(5):
        house.engine.step(0)
    assert house.engine.step(0) == 0, "it stands at the head"
    assert [step.step for step in house.said(StepTaken)] == [1, 1], "who goes stops the steps"
    assert {noted.alert for noted in house.said(DecisionReadAhead)} == {first.id, second.id}


def test_what_was_not_decided_because_of_it_is_not_decided_again_either(house: House) -> None:
    first, second = house.alerts()
    house.engine.meanwhile = [goes(house, first.id), sees(house, second.id)]  # type: ignore[attr-defined]
    house.settles()
    house.waits(minutes=30)
    house.engine.commit()
    house.planner.commit()
    assert sorted(step.step for step in house.said(StepTaken) if step.alert == second.id)[:2] == [1, 1]
    verdict = verify(DatabaseLog(house.database))
    assert verdict.differences == []
    assert verdict.waiting == 0
