"""What a stranger found who read the rules for the fault that lets somebody die, or sends people for nothing three times."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.core.household import Sensor
from alerts.core.rule import HomeChanged, Seen
from alerts.core.rules.check_flue import rule as check_flue
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import HOUR, MINUTE
from events.types.home import AwayEnded
from tests.alerts.room_air import DEVICE, T0, Room
from tests.alerts.test_away_and_doors import opens
from tests.house import TOWN, House


@pytest.fixture(autouse=True)
def decided_the_same_again(house: House) -> object:
    """Each of these stories is decided the same when it is told again."""
    yield
    assert verify(DatabaseLog(house.database)).differences == []


def dangers(house: House) -> list[str]:
    return [alert.danger for alert in house.alerts() if alert.alert_class < 4]


def only_speaks(house: House, hours: int, *devices: str) -> None:
    """Hour after hour these devices say that they are there, and no other."""
    for _ in range(hours):
        house.waits(hours=1, beating=False)
        for device in devices:
            house.hears(device, "heartbeat", {"interval_s": 3600})


def test_a_button_alone_does_not_see_that_nobody_moves(house: House) -> None:
    """Its sensors are dead, the button in the drawer lives: a home that nobody can see, and no silence of twelve hours."""
    house.lives()
    only_speaks(house, 16, "sos-1")
    assert dangers(house) == ["dark_and_quiet"], "somebody looks in by day; nobody is called at night"
    assert house.alert("dark_and_quiet").reason["sight"] == "sensor_dead"


def test_where_nothing_can_see_nobody_is_sent_for_what_was_not_seen(house: House) -> None:
    house.hears("sos-1", "button", {"action": "cancel"})
    only_speaks(house, 16, "sos-1", "co-1")
    assert dangers(house) == []


def test_with_the_other_sensor_dead_one_pass_is_somebody(house: House) -> None:
    house.lives()
    for _ in range(20):
        only_speaks(house, 1, "hall-1", "door-1")
        house.moves("hall-1")
    assert dangers(house) == [], "the dead one can be nobody's company"


def test_whoever_is_known_to_be_out_is_not_told_of_again_in_the_same_night(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.waits(hours=4)
    opens(house)
    house.waits(hours=3)
    house.operator_closes("not_home_by_night", "safe_at_home")  # at her daughter's
    told = len(house.phone(1).inbox)
    house.waits(hours=2)
    assert len(house.phone(1).inbox) == told
    house.lives()
    house.waits(minutes=5)
    opens(house)  # and out again
    house.waits(hours=2)
    assert house.alert("not_home_by_night").open


def test_a_good_word_out_of_a_memory_does_not_end_an_alarm(house: House) -> None:
    """The gateway tells the alarm first, and then what lay in its buffer: an hour of good air."""
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    house.waits(minutes=1)
    house.hears("smoke-1", "smoke", {"alarm": False, "test": False}, at=house.at - 30 * MINUTE)
    assert house.alert("smoke").active
    house.hears("smoke-1", "smoke", {"alarm": False, "test": False})
    assert not house.alert("smoke").active


def test_a_look_that_only_sets_timers_changes_nothing_that_is_known(house: House) -> None:
    """Bad air and nobody moves: told to the whole chain, though a buffered report came in the moment before."""
    house.hears("hall-1", "motion", {"occupied": False})
    house.lives()
    house.hears("co-1", "co", {"alarm": True, "ppm": 120, "test": False})
    for _ in range(19):
        house.waits(minutes=1)
        house.hears("co-1", "co", {"alarm": True, "ppm": 120, "test": False})
    house.at += 2 * MINUTE  # the timer has not rung yet
    item = house.says("bed-1", "heartbeat", {"interval_s": 3600}, at=house.at - 10 * MINUTE)
    house.arrives("shouwang/v1/dp03/bed-1/tele", house.says("bed-1", "backfill", {"items": [item]}, seq=item["seq"]))
    house.rings()
    assert house.alert("carbon_monoxide").severity == "call_120"
    assert len(house.phone(5).inbox) >= 1, "the town too, at once"


def test_asked_when_to_look_the_air_is_left_as_it_is() -> None:
    room = Room()
    room.hears(T0, 400)
    room.home.alerts["no_activity"] = None  # type: ignore[assignment]  # that there is one is all that is asked
    before = repr(room.home.memory)
    verdict = room.rule.watch(
        room.home.memory["carbon_monoxide"], Seen(T0 + HOUR, T0 + HOUR, HomeChanged(why="seen_again")), room.home,
        room.policy,
    )  # fmt: skip
    assert verdict is not None
    assert verdict.wake_at is not None
    assert repr(room.home.memory) == before


def test_figures_of_a_device_that_is_no_carbon_monoxide_alarm_are_judged_too() -> None:
    room = Room(check_flue)
    room.home.sensors[DEVICE] = Sensor(DEVICE, "gas", 0)
    for n in range(15):
        room.hears(T0 + n * 10 * MINUTE, 35)
    assert [danger.reason["by"] for _, danger in room.dangers] == ["long"]


def test_a_door_shut_since_is_not_open_because_its_memory_says_so(house: House) -> None:
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.waits(hours=5)
    opened = house.at - HOUR
    house.hears("door-1", "contact", {"open": False})
    house.hears("door-1", "contact", {"open": True}, at=opened)  # what came before it was lost
    house.waits(hours=3)
    assert "outer_door_open" not in dangers(house)


def test_a_limit_made_shorter_for_all_counts_from_that_moment_on(house: House) -> None:
    house.set(no_activity__away_s=20 * 3600)
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.set(not_home_by_night__hours=[0, 0])
    opens(house)
    house.waits(hours=5)
    house.set(no_activity__away_s=6 * 3600)
    house.waits(hours=1.2)
    assert house.alert("no_activity").open


NO_ROLE = TOWN.replace(", role: front_door", "")
NO_DOOR = TOWN.replace("      - {id: door-1, model: door-contact, room: 大门, role: front_door}\n", "")


@pytest.fixture
def away(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A home that was declared away, in a town where nobody has said which door is the front door, or without any."""
    made = House(tmp_path, request.param)
    if "door-1" in request.param:
        made.hears("door-1", "contact", {"open": False})
    made.lives()
    made.hears("sos-1", "button", {"action": "away"})
    made.waits(hours=40)
    yield made
    assert verify(DatabaseLog(made.database)).differences == []
    made.close()


@pytest.mark.parametrize("away", [NO_ROLE], indirect=True)
def test_where_nobody_said_which_is_the_front_door_any_door_ends_away(away: House) -> None:
    opens(away)
    away.waits(minutes=3)
    away.lives()
    away.waits(hours=12.3)
    assert [fact.by for fact in away.said(AwayEnded)] == ["door_and_motion"]
    assert away.alert("no_activity").open, "watched again"


@pytest.mark.parametrize("away", [NO_DOOR], indirect=True)
def test_without_any_door_it_is_asked_when_somebody_stays_inside_and_safe_at_home_ends_away(away: House) -> None:
    away.lives()
    away.waits(minutes=10)
    away.lives()  # the neighbour feeds the cat
    away.waits(hours=5)
    assert "still_away" not in dangers(away)
    for _ in range(5):
        away.lives()
        away.waits(minutes=20)
    assert "登记外出已1天" in away.phone(1).last
    away.phone(1).replies("12")
    assert [fact.by for fact in away.said(AwayEnded)] == [away.alert("still_away").id]
    away.lives()
    away.waits(hours=12.3)
    assert away.alert("no_activity").open, "watched again"
