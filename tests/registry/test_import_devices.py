"""Devices that move, change, come and go from one file to the next."""

import pytest
from small_town import DAY, FEBRUARY_1, LATER, TOWN, changed, line_of, news, take, the_new

from alerts.registry import devices
from alerts.registry.importing import ImportRefused
from events.types.home import (
    DeviceRemoved,
)


def test_a_moved_device_leaves_one_home_and_enters_the_other_from_now(taken):
    plug = "      - {id: plug-12, model: power-plug, use_floor: 15}\n"
    words = changed((plug, "")) + plug
    gone, come = news(taken, words)
    assert (gone.event, gone.at) == (DeviceRemoved(device="dp03/plug-12", home="dp03-12"), LATER)
    assert (come.event.home, come.event.since, come.at) == ("dp03-7", LATER, LATER)
    assert news(taken, words, now=LATER + DAY) == []


def test_a_moved_device_may_say_when_but_not_take_its_old_homes_readings_along(taken):
    plug = "      - {id: plug-12, model: power-plug, use_floor: 15}\n"
    early = changed((plug, "")) + plug.replace("use_floor", "since: 2026-02-01, use_floor")
    with pytest.raises(ImportRefused) as refused:
        take(taken, early, LATER)
    assert [f.line for f in refused.value.faults] == [line_of(early, "id: plug-12")]
    words = early.replace("since: 2026-02-01, use_floor", "since: 2026-02-05, use_floor")
    assert news(taken, words)[1].event.since == FEBRUARY_1 + 4 * DAY
    assert news(taken, words, now=LATER + DAY) == []


def test_a_device_with_other_values_is_assigned_again_without_losing_its_date(taken):
    new = the_new(taken, changed(("use_floor: 15", "use_floor: 20")))
    assert (new.event.use_floor, new.event.since, new.at) == (20.0, FEBRUARY_1, LATER)


def test_a_device_left_out_goes_on_protecting_and_is_reported(taken):
    words = changed(("      - {id: co-12, model: co-alarm, room: 卧室}\n", ""))
    report = take(taken, words, LATER)
    assert report.nothing_new
    assert report.not_in_file == ["device dp03/co-12"]


def test_a_device_is_taken_down_only_by_saying_so_and_can_come_back(taken):
    words = changed(("model: co-alarm,", "model: co-alarm, removed: true,"))
    assert the_new(taken, words).event == DeviceRemoved(device="dp03/co-12", home="dp03-12")
    assert news(taken, words, now=LATER + DAY) == []
    with taken.read() as db:
        assert devices.device(db, "dp03/co-12").home is None
    back = the_new(taken, TOWN, now=LATER + 2 * DAY)
    assert (back.event.home, back.event.since) == ("dp03-12", LATER + 2 * DAY)


def test_a_device_that_was_never_there_need_not_be_taken_down(taken):
    hall = "      - {id: hall-12, model: motion-pir, room: 堂屋}\n"
    gone = hall.replace("hall-12", "old-12").replace("room: 堂屋", "removed: true")
    report = take(taken, changed((hall, hall + gone)), LATER)
    assert report.nothing_new
    with taken.read() as db:
        assert devices.device(db, "dp03/old-12") is None


def test_a_device_added_to_a_home_hangs_there_from_now_and_not_since_the_home_was_enrolled(taken):
    hall = "      - {id: hall-12, model: motion-pir, room: 堂屋}\n"
    new = the_new(taken, changed((hall, hall + hall.replace("hall-12", "bed-12"))))
    assert (new.event.device, new.event.since, new.at) == ("dp03/bed-12", LATER, LATER)
