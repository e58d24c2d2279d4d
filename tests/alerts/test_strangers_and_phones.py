"""Alarms of devices nobody registered, alarms out of quarantine, and people with two phones."""

from pathlib import Path

from events.store import New, append
from events.types.device import CarbonMonoxideReported
from events.types.fact import MINUTE
from events.types.message import MessagePlanned, PersonLost
from events.types.system import ReadingQuarantined
from tests.house import TOWN, House

TWO_PHONES = TOWN.replace(
    '{id: w1, name: 王一一, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]}',
    '{id: w1, name: 王一一, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05},'
    ' {number: "+8612000000011", verified: 2026-01-05}]}',
)


def stranger(house: House, number: int) -> None:
    fact = ReadingQuarantined(
        quarantine=number, reason="unknown_device", site="dp03", device="co-99", danger="carbon_monoxide"
    )
    house.records(fact, "quarantine", "all", key=f"quarantined-{number}")


def test_the_alarm_of_an_unknown_device_is_for_the_operator_at_once(house: House) -> None:
    stranger(house, 1)
    alert = house.alert("unknown_device_alarm")
    assert (alert.alert_class, alert.site, alert.home) == (1, "dp03", "")
    assert alert.reason["device"] == "co-99"
    house.waits(minutes=30)
    assert not house.said(MessagePlanned), "nobody knows whose door it is"
    house.operator_closes("unknown_device_alarm", "device_fault")


def test_a_stranger_that_goes_on_is_one_alert(house: House) -> None:
    for number in range(1, 6):
        stranger(house, number)
    assert len(house.alerts()) == 1


def test_an_alarm_out_of_quarantine_is_told_while_it_is_fresh(house: House) -> None:
    _redecoded(house, house.at - 20 * MINUTE)
    assert house.phone(1).inbox


def test_an_old_alarm_out_of_quarantine_is_shown_and_told_to_nobody(house: House) -> None:
    _redecoded(house, house.at - 31 * MINUTE)
    assert house.alert("carbon_monoxide").status == "raised"
    house.waits(minutes=20)
    assert not house.said(MessagePlanned)


def _redecoded(house: House, at: int) -> None:
    event = CarbonMonoxideReported(device="dp03/co-1", bootid="b1", seq=1, alarm=True, ppm=300, redecoded=True)
    fact = New("device-dp03/co-1", "dp03", event, at, key="b1-1", digest=1)
    house.database.write(lambda db: append(db, [fact], recorded_at=house.at))
    house.settles()


def test_class_1_goes_to_every_phone_of_a_person(tmp_path: Path) -> None:
    house = House(tmp_path, TWO_PHONES)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    assert house.phone(1).inbox == house.phone(11).inbox
    house.close()


def test_otherwise_the_second_phone_is_tried_when_the_first_fails_and_only_then_the_person_is_lost(
    tmp_path: Path,
) -> None:
    house = House(tmp_path, TWO_PHONES)
    house.phone(1).refuses()
    house.lives()
    house.waits(hours=12, minutes=10)
    assert "没动静" in house.phone(11).last
    assert not house.said(PersonLost)
    house.phone(11).never_gets_the_last()
    assert house.said(PersonLost)[0].person == "w1"
    assert house.phone(2).inbox, "the next step came at once"
    house.close()


def test_an_answer_from_either_phone_is_the_persons(tmp_path: Path) -> None:
    house = House(tmp_path, TWO_PHONES)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    house.phone(11).replies("11")
    assert [r.who for r in house.alert("carbon_monoxide").responders] == ["w1"]
    house.close()
