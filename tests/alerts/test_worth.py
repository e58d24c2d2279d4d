"""Until when a message is worth delivering: what the provider is told, and when we stop trying."""

from sqlalchemy import select

from alerts.core.worth import quiet_from, worth_until
from alerts.notify.outbox import outbox
from events.types.fact import DAY, HOUR, MINUTE, SECOND
from tests.house import START, House


def worth_s(house: House, person: str) -> list[int]:
    """Of this person's messages, in seconds from their planning."""
    with house.database.read() as db:
        rows = db.execute(select(outbox).where(outbox.c.person == person).order_by(outbox.c.planned_at)).all()
    return [(row.valid_until - row.planned_at) // SECOND for row in rows]


def test_while_the_steps_run_until_the_next_round_tells_everybody_anew(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert worth_s(house, "w1") == [240 + 300]
    house.waits(minutes=2)
    assert worth_s(house, "v1") == [120 + 300]
    house.waits(minutes=7, seconds=10)
    assert worth_s(house, "w1")[1] == 540


def test_while_somebody_goes_until_they_are_overdue(house: House) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    house.phone(1).replies("11")
    assert worth_s(house, "g1")[1] == 480, "that somebody else goes"


def test_class_3_is_not_delivered_into_the_quiet_hours(house: House) -> None:
    house.hears("sos-1", "button", {"action": "help"})  # at 16:00 in the town
    assert worth_s(house, "w1") == [4 * 3600]


def test_how_it_ended_is_worth_its_class_and_nothing_less_than_a_minute() -> None:
    assert worth_until(None, 1, START) == START + 5 * MINUTE
    assert worth_until(None, 5, START) == START + HOUR, "an area incident"


def test_quiet_hours_begin_today_or_tomorrow_or_never() -> None:
    assert quiet_from(START, 20, 8) == START + 4 * HOUR
    assert quiet_from(START + 5 * HOUR, 20, 8) == START + 4 * HOUR + DAY
    assert quiet_from(START, 0, 0) is None
