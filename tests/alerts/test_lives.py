"""From consent to retirement: who may be watched, what a pause does to what is open, and that nothing of it is silent."""

import pytest
from sqlalchemy import update

from alerts.commands import lives
from alerts.commands.leave import set_leave
from alerts.commands.lives import NotPossible
from alerts.projections.projector import Projector
from alerts.registry import tables
from alerts.registry.importing import apply, check
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import alert as facts
from events.types.fact import HOUR
from events.types.home import HomePaused, PhoneWithdrawn
from events.types.life import ChainChecked, ChainsChecked, ConsentRecorded
from tests.house import TOWN, House
from tests.registry.small_town import MODELS

HOME = "dp03-12"


def does(house: House, command, **said) -> None:
    command(house.database, HOME, by="user:zhang", at=house.at, **said)
    house.settles()


def life(house: House):
    with house.database.read() as db:
        return lives.life_of(db, HOME)


def test_each_station_says_who_and_when(house: House) -> None:
    assert life(house).stage == "enrolled"
    does(house, lives.record_consent, given="signed", text="柜子第二格")
    assert "柜子" not in repr(house.said(ConsentRecorded))
    house.at += HOUR
    does(house, lives.pause, reason="住院")
    seen = life(house)
    assert (seen.stage, seen.consent.by, seen.paused.by, seen.paused.at) == (
        "paused",
        "user:zhang",
        "user:zhang",
        house.at,
    )
    does(house, lives.resume)
    does(house, lives.retire, reason="搬走")
    assert life(house).stage == "retired"
    does(house, lives.resume)
    assert life(house).stage == "enrolled"
    does(house, lives.withdraw_consent)
    assert life(house).consent is None


def test_a_home_is_proven_only_when_every_sensor_has_shown_what_it_can(house: House) -> None:
    house.lives()

    projector = Projector(house.database)
    while projector.step():
        pass
    with pytest.raises(NotPossible) as refused:
        does(house, lives.prove)
    assert refused.value.why == "proof_owed"
    assert "dp03/co-1" in refused.value.more["devices"]
    assert "dp03/hall-1" not in refused.value.more["devices"]
    projector.stop()


def test_a_home_in_danger_is_neither_paused_nor_retired(house: House) -> None:

    projector = Projector(house.database)
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    while projector.step():
        pass
    for command in (lives.pause, lives.retire):
        with pytest.raises(NotPossible) as refused:
            does(house, command, reason="")
        assert refused.value.why == "alert_open"
    assert not house.said(HomePaused)
    projector.stop()


def test_a_pause_ends_what_nobody_was_sent_for_and_keeps_what_calls_for_a_person(house: House) -> None:
    house.hears("sos-1", "button", {"action": "help"})
    assert house.alert("help").open
    does(house, lives.pause, reason="")
    alert = house.alert("help")
    assert (alert.status, alert.closed_by, alert.closed_via) == ("closed", "system", "paused")
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})
    stranger = house.alert("unknown_device_alarm")
    assert stranger.reason["why"] == "paused", "its alarm is the operator's at once"
    assert verify(DatabaseLog(house.database)).differences == []


def test_a_pre_alarm_of_a_home_that_is_paused_sends_nobody(house: House) -> None:
    house.lives()
    house.waits(hours=12, minutes=5)
    assert house.alert("no_activity").status == "suspected"
    does(house, lives.pause, reason="")
    assert house.alert("no_activity").status == "cancelled"
    house.expects()
    house.phones.inboxes.clear()
    house.waits(hours=1)
    assert verify(DatabaseLog(house.database)).differences == []


@pytest.mark.parametrize(
    ("command", "said", "why"),
    [(lives.resume, {}, "not_paused"), (lives.withdraw_consent, {}, "already")],
)
def test_what_makes_no_sense_is_refused(house: House, command, said, why) -> None:
    with pytest.raises(NotPossible) as refused:
        does(house, command, **said)
    assert refused.value.why == why


def test_a_chain_is_looked_at_when_a_home_is_enrolled_and_holds(house: House) -> None:
    (looked,) = house.said(ChainChecked)
    assert looked.holes == []
    assert house.alerts() == []


def test_a_hole_is_a_task_for_the_office_and_ends_when_it_is_mended(address) -> None:
    house = House(address, TOWN.replace("    second_watcher: w2\n", ""))
    (looked,) = house.said(ChainChecked)
    assert [(hole.what, hole.alert_class, hole.step) for hole in looked.holes] == [("nobody", 2, 2)]
    task = house.alert("chain_hole")
    assert (task.alert_class, task.open, task.told) == (4, True, {})

    apply(house.database, check(TOWN, MODELS), house.at)
    house.settles()
    assert house.alert("chain_hole").status == "closed"
    assert verify(DatabaseLog(house.database)).differences == []
    house.close()


def test_each_night_it_is_looked_at_again_and_leave_of_the_coming_week_counts(house: House) -> None:

    begins = house.at + 9 * 24 * HOUR
    set_leave(house.database, person="v1", since=begins, until=begins + 24 * HOUR, by="user:zhang", at=house.at)
    house.settles()
    assert house.said(ChainChecked)[-1].holes == [], "it lies behind the week that is looked at"
    house.waits(hours=72, beating=False)
    (hole, *_) = house.said(ChainChecked)[-1].holes
    assert (hole.what, hole.alert_class, hole.step, hole.since) == ("nobody", 1, 2, begins)
    nights = house.said(ChainsChecked)
    assert len(nights) == 3
    assert (nights[0].with_holes, nights[-1].with_holes) == (0, 1)
    assert house.alert("chain_hole").open
    house.waits(hours=24, beating=False)
    assert len([said for said in house.said(ChainChecked) if said.holes]) == 2, (
        "said again each night until it is mended"
    )


def test_a_phone_that_is_withdrawn_is_missed_at_once(house: House) -> None:

    phones = tables.phones
    house.database.write(
        lambda db: db.execute(update(phones).where(phones.c.person == "v1").values(withdrawn_at=house.at))
    )
    house.records(PhoneWithdrawn(person="v1", phone="ph-v1-1"), "person-v1", "v1")
    assert {hole.what for hole in house.said(ChainChecked)[-1].holes} == {"no_phone"}
    assert not house.said(facts.StepTaken)
