"""Somebody tries a detector where it hangs: no alarm waits for it, whatever is tried, signed or given up."""

import pytest

from alerts.commands.fitting import fit_device
from alerts.commands.trials import NotTried, begin_trial, fail_trial, sign_trial
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import MINUTE
from events.types.message import MessagePlanned
from events.types.trial import DeviceTrialSigned
from ingest.known import Known
from tests.house import House

pytestmark = pytest.mark.both

CO = "dp03/co-1"


def alarm(house: House, *, test: bool = False) -> None:
    house.hears("co-1", "co", {"alarm": True, "ppm": 5 if test else 210, "test": test})


def test_an_alarm_while_its_detector_is_tried_is_told_to_the_same_people_at_once(house: House) -> None:
    house.expects(1, 3, contains="一氧化碳超标")
    begin_trial(house.database, CO, trial="witnessed", by="user:zhang", at=house.at)
    house.at += MINUTE
    alarm(house)
    assert list(house.alert("carbon_monoxide").told) == ["w1", "g1"]
    sign_trial(house.database, CO, by="user:zhang", witness="w1", sounded=True, at=house.at)
    house.settles()
    assert house.alert("carbon_monoxide").open, "a signature closes nothing"
    assert verify(DatabaseLog(house.database)).differences == []


def test_the_test_button_of_a_detector_tells_nobody_and_can_be_signed_for(house: House) -> None:
    house.expects()
    begin_trial(house.database, CO, trial="witnessed", by="user:zhang", at=house.at)
    alarm(house, test=True)
    with pytest.raises(NotTried):
        sign_trial(house.database, CO, by="user:zhang", at=house.at)
    sign_trial(house.database, CO, by="user:zhang", witness="w1", sounded=True, at=house.at)
    (signed,) = house.said(DeviceTrialSigned)
    assert (signed.witness, signed.shown) == ("w1", "CarbonMonoxideReported")
    assert house.alerts() == [] and house.said(MessagePlanned) == []
    with pytest.raises(NotTried):
        fail_trial(house.database, CO, by="user:zhang", at=house.at)


def test_a_detector_hung_up_by_hand_is_heard_and_its_alarm_is_told(house: House) -> None:
    house.expects(1, 3, contains="一氧化碳超标")
    values = {"kind": "co", "interval_s": 300.0, "battery": True}
    id = fit_device(
        house.database, home="dp03-12", name="co-9", model="co-alarm", values=values, room="西屋", at=house.at
    )
    house.settles()
    known = Known(house.database)
    known.refresh()
    assert (id, known.refusal(id)) == ("dp03/co-9", "")
    known.close()
    house.at += MINUTE
    house.hears("co-9", "co", {"alarm": True, "ppm": 210, "test": False})
    assert house.alert("carbon_monoxide").devices == [id]
    assert verify(DatabaseLog(house.database)).differences == []
