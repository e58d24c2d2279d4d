"""The real service while somebody sets the machine's clock: its steps keep their distances, and it says what it sees."""

import os
import time
from pathlib import Path

import pytest

from alerts.commands.settings import change_settings
from tests.faults.round import Ground
from tests.faults.service import Service
from tests.faults.town import Town
from tests.faults.walls import Wall
from tests.faults.watching import Watching

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
STEPS = {"class1.steps": [[0, ["watcher", "grid_member"]], [6, ["village"]], [12, ["town"]]]}


def test_an_hour_on_and_two_back_and_a_stop_leave_every_step_where_it_was(tmp_path: Path) -> None:
    if "LIBFAKETIME" not in os.environ:
        pytest.importorskip("libfaketime")
    wall = Wall(tmp_path)
    service = Service(Ground(tmp_path, 1, "sqlite", ""), Town(4), **wall.environ)  # type: ignore[arg-type]
    with service, service.crowd() as crowd, service.memory() as database:
        change_settings(database, STEPS, by="test", at=time.time_ns() // 1000)
        service.start(well=True)
        watch = Watching(database)
        crowd.alarm(1)
        assert watch.until_holds(lambda: "h1" in watch.raised, 10)
        wall.set(3600)
        assert watch.until_holds(lambda: watch.step("h1", 2) is not None, 10)
        village = watch.step("h1", 2)
        assert village is not None
        assert 5.7 <= village <= 8
        wall.set(-3600)
        watch.until(watch.raised["h1"][1] + 10)
        assert watch.step("h1", 3) is None
        with service.frozen():
            watch.until(watch.raised["h1"][1] + 14)
        assert watch.until_holds(lambda: watch.step("h1", 3) is not None, 3)
        town = watch.step("h1", 3)
        assert town is not None
        assert 14 <= town <= 16
        assert [len(times) for times in watch.steps.values()] == [1, 1, 1]
        assert [round(step.by_s) for step in watch.stepped] == [3600, -7200]
        assert round(service.health()["clock_off_s"]) == -3600
