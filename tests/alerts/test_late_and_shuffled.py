"""Reports that come late, in any order, thrice, from devices that have moved house: each belongs where and when it was."""

import random

import pytest

from events.store import New, append, version_of
from events.types.fact import DAY, HOUR, MINUTE, SECOND, Event
from events.types.home import DeviceAssigned, DeviceRemoved, HomePaused
from tests.house import TOWN, House

TWO_HOMES = (
    TOWN
    + """  - id: dp03-13
    site: dp03
    number: 13
    address: 东坪村三组13号
    residents: [{name: 吴某某, born: 1940}]
    watcher: w2
    no_activity_hours: 12
    since: 2026-12-01
    devices:
      - {id: sos-2, model: sos-button, room: 床头}
"""
)


@pytest.fixture
def two(tmp_path):
    house = House(tmp_path, TWO_HOMES)
    yield house
    house.close()


def sends(house: House, message: dict, tail: str = "event") -> None:
    house.arrives(f"shouwang/v1/{message['source'].removeprefix('shouwang/v1/')}/{tail}", message)


def last_seen(house: House, home: str = "dp03-12") -> int | None:
    return house.engine.books.homes[home].memory.get("no_activity", {}).get("last")


def decides(house: House, home: str, event: Event) -> None:
    stream = f"home-{home}"
    new = New(stream, "dp03", event, house.at)
    house.database.write(lambda db: append(db, [new], recorded_at=house.at, after={stream: version_of(db, stream)}))
    house.settles()


def moves_house(house: House, device: str, since: int, *, model: str = "motion-pir", kind: str = "motion") -> None:
    """From the first home to the second."""
    decides(house, "dp03-12", DeviceRemoved(device=f"dp03/{device}", home="dp03-12"))
    decides(
        house, "dp03-13", DeviceAssigned(device=f"dp03/{device}", home="dp03-13", since=since, model=model, kind=kind)
    )


@pytest.mark.parametrize("seed", range(6))
def test_thrice_and_shuffled_two_days_of_life_are_the_same_life(house: House, seed: int) -> None:
    chance = random.Random(seed)
    start, messages = house.at, []
    for hour in range(48):
        at = start + hour * HOUR + chance.randrange(50) * MINUTE
        for device in ("hall-1", "bed-1"):
            for n, on in enumerate((True, False)):
                messages.append(house.says(device, "motion", {"occupied": on}, at=at + n * 20 * SECOND))
    last = max(start + 47 * HOUR, at)
    house.at = start + 48 * HOUR
    messages *= 3
    chance.shuffle(messages)
    for message in messages:
        sends(house, message)
    assert last_seen(house) == last, "counted at their own time, whatever the order"
    house.rings()
    assert "no_activity" not in {alert.danger for alert in house.alerts()}, "nobody was quiet at any time"


def test_four_days_late_is_history_and_no_sign_of_life(house: House) -> None:
    house.lives()
    before, old = last_seen(house), house.at
    house.at += 4 * DAY
    items = []
    for n in range(4):
        said = house.says("bed-1", "motion", {"occupied": n % 2 == 0}, at=old + (n + 1) * MINUTE)
        items.append({key: said[key] for key in ("id", "seq", "type", "time", "data")})
    pressed = house.says("sos-1", "button", {"action": "home"}, at=old + HOUR)
    for device, kept in (("bed-1", items), ("sos-1", [{k: pressed[k] for k in ("id", "seq", "type", "time", "data")}])):
        envelope = house.says(device, "backfill", {"items": kept}, seq=0, id="back")
        sends(house, envelope)
    assert last_seen(house) == before


def test_an_alarm_counts_however_late(house: House) -> None:
    old = house.at
    house.at += 4 * DAY
    said = house.says("co-1", "co", {"alarm": True, "ppm": 150, "test": False}, at=old)
    item = {key: said[key] for key in ("id", "seq", "type", "time", "data")}
    sends(house, house.says("co-1", "backfill", {"items": [item]}, seq=0, id="back"))
    assert house.alert("carbon_monoxide").reason["at"] == old


def test_late_words_of_a_device_that_moved_belong_to_the_home_it_stood_in(two: House) -> None:
    two.lives()
    two.waits(hours=3, beating=False)
    kept = [
        two.says("hall-1", "motion", {"occupied": minute % 2 == 0}, at=two.at + minute * MINUTE) for minute in range(4)
    ]
    kept += [two.says("bed-1", "motion", {"occupied": on}, at=two.at + MINUTE) for on in (True, False)]
    there_last = two.at + 2 * MINUTE
    moved = two.at + HOUR
    two.at = moved
    moves_house(two, "hall-1", moved)
    two.at += HOUR
    here = [two.says("hall-1", "motion", {"occupied": on}) for on in (False, True)]
    for message in here[:1] + kept[::-1] + here[1:]:
        sends(two, message)
    assert last_seen(two, "dp03-12") == there_last
    assert last_seen(two, "dp03-13") == two.at


def test_a_late_alarm_of_a_device_that_moved_is_raised_where_it_stood(two: House) -> None:
    said = two.says("co-1", "co", {"alarm": True, "ppm": 150, "test": False})
    two.at += HOUR
    moves_house(two, "co-1", two.at, model="co-alarm", kind="co")
    sends(two, said)
    alert = two.alert("carbon_monoxide")
    assert (alert.home, alert.status) == ("dp03-12", "raised")
    assert "12号家" in two.phone(1).last
    two.operator_closes("carbon_monoxide", "device_fault")
    assert not two.engine.books.homes["dp03-13"].sensors["dp03/co-1"].out_of_service, "it serves elsewhere now"
    assert "sensor_out_of_service" not in {a.danger for a in two.alerts()}
    two.hears("co-1", "co", {"alarm": True, "ppm": 150, "test": False})
    assert two.alert("carbon_monoxide").home == "dp03-13"


def test_an_alarm_that_was_let_in_before_the_pause_was_known_is_the_operators(two: House) -> None:
    """Also what a device said late, of a home that is paused or retired by now."""
    said = two.says("co-1", "co", {"alarm": True, "ppm": 150, "test": False})
    two.at += MINUTE
    decides(two, "dp03-12", HomePaused(home="dp03-12", by="user:wei"))
    sends(two, said)
    alert = two.alert("unknown_device_alarm")
    assert (alert.alert_class, alert.site, alert.home) == (1, "dp03", "")
    assert (alert.reason["device"], alert.reason["danger"]) == ("dp03/co-1", "carbon_monoxide")
    assert "carbon_monoxide" not in {a.danger for a in two.alerts()}, "nobody is sent to a home that is paused"


def test_a_late_sign_from_before_the_suspicion_does_not_end_it(house: House) -> None:
    house.lives()
    house.waits(minutes=10)
    late = [house.says("sos-1", "button", {"action": "home"}, at=house.at)]
    house.waits(hours=12, minutes=30)
    assert house.alert("no_activity").status == "raised"
    for message in late:
        sends(house, message)
    assert house.alert("no_activity").active, "it was more than twelve hours ago"
    house.lives()
    assert not house.alert("no_activity").active
