"""At each fail point the process is killed once under load, starts again, and in the end nothing is missing."""

from pathlib import Path

import pytest

from events.failpoints import REGISTER
from tests.faults.audit import audit
from tests.faults.places import HOMES, PROVOKED, Visit
from tests.faults.round import Ground
from tests.faults.service import Service
from tests.faults.town import Town

ROOMS = (("ingest",), ("append", "engine", "planner", "projections"), ("timers", "outbox"), ("hooks",))


def test_every_place_has_a_story_and_every_room_its_turn() -> None:
    assert set(PROVOKED) == set(REGISTER)
    assert {name.partition(".")[0] for name in REGISTER} == {room for rooms in ROOMS for room in rooms}


@pytest.mark.broker
@pytest.mark.timeout(240)
@pytest.mark.parametrize("rooms", ROOMS, ids="-".join)
def test_killed_at_each_of_its_places_nothing_is_lost_and_nobody_untold(rooms: tuple[str, ...], tmp_path: Path) -> None:
    ground = Ground(tmp_path, seed=7, database="sqlite", address=str(tmp_path / "unused.db"))
    with Service(ground, Town(HOMES), ack_wait_s=1.0, hatched=True) as service, service.crowd() as crowd:
        visit = Visit(service, crowd)
        visit.prepare()
        service.start()  # once, so that the broker keeps a session for it
        service.until(service.hears, "it hears")
        service.kill()
        crowd.rate = 60
        for name in PROVOKED:
            if name.partition(".")[0] in rooms:
                visit.kills(name)
        service.start()
        garbage = None if "ingest" in rooms else 0
        outcome = audit(service, crowd, quarantined=garbage)
    assert outcome.failures == []
