"""Every open alert is answered in time or has a next step due; when that is broken the administrators hear of it."""

import pytest
from sqlalchemy import delete

from alerts.auditing import left, paging, promises
from alerts.auditing.promises import Promises
from alerts.commands import alerts as commands
from alerts.projections.projector import Projector
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from alerts.timers import timers
from events.types.alert import AlertReopened
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.system import PromiseBroken, ReadingQuarantined
from tests.house import House

pytestmark = pytest.mark.both


def co(house: House, alarm: bool = True) -> None:
    house.hears("co-1", "co", {"alarm": alarm, "ppm": 210, "test": False})


class Look:
    """The audit as the service makes it, whenever it is told to."""

    def __init__(self, house: House) -> None:
        self.house, self.promises = house, Promises(house.database)

    def finds(self) -> list[str]:
        found = self.promises.look(self.house.at)
        left.record(self.house.database, self.promises.exhausted, self.house.at)
        paging.page(self.house.database, found, self.house.at)
        self.house.settles()
        return [each.name for each in found]


@pytest.fixture
def look(house: House) -> Look:
    house.set(administrators=["t1"])
    return Look(house)


def sleeps(house: House) -> None:
    """The engine takes nothing in any more; everything else goes on."""
    house.engine.step = lambda *_, **__: 0  # type: ignore[method-assign]


def test_a_whole_life_of_alerts_breaks_no_promise(house: House, look: Look) -> None:
    co(house)
    house.hears("sos-1", "button", {"action": "help"})
    for minutes in (1, 1, 1, 2, 5, 20):
        house.waits(minutes=minutes)
        assert look.finds() == []
    house.phone(1).replies("11")
    assert look.finds() == []
    house.waits(minutes=9)
    house.phone(3).replies("13")
    house.waits(minutes=30)
    assert look.finds() == []
    co(house, False)
    house.operator_closes("carbon_monoxide", "rescued")
    assert look.finds() == []
    assert {alert.danger for alert in look.promises._open.values()} == {"help", "device_silent"}
    house.waits(minutes=10)
    co(house)
    assert house.said(AlertReopened)
    assert look.finds() == []
    assert look.promises.open == 3, "one that opens again is looked after again"


def test_a_step_that_nobody_takes_is_found_within_a_minute_and_told_once_an_hour(house: House, look: Look) -> None:
    co(house)
    assert look.finds() == []
    sleeps(house)
    house.waits(minutes=2, seconds=29)
    assert look.finds() == []
    house.waits(seconds=10)
    for _ in range(8):
        assert look.finds() == ["alert_late"]
    assert [text.partition("】")[2] for text in house.phone(5).inbox if "系统自查" in text] == [
        "系统自查16:02:1起警情没有按时往下走。请马上打开值班台处理,并查看服务器。"
    ]
    assert [fact.count for fact in house.said(PromiseBroken)] == [1]
    house.at += HOUR
    look.finds()
    assert len([text for text in house.phone(5).inbox if "系统自查" in text]) == 2
    house._open()
    house.settles()
    house.rings()
    assert look.finds() == [], "mended"
    with house.database.read():
        assert verify(DatabaseLog(house.database)).same


def test_a_timer_that_is_gone_is_found_before_its_moment_comes(house: House, look: Look) -> None:
    co(house)
    house.database.write(lambda db: db.execute(delete(timers).where(timers.c.timer.like("alert:%"))))
    assert look.finds() == [], "the engine may be about to set it"
    house.at += 31 * SECOND
    assert look.finds() == ["alert_unarmed"]


def test_a_state_that_leads_nowhere_is_found(house: House, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    co(house)
    monkeypatch.setattr(promises, "next_due", lambda _alert: None)
    assert look.finds() == ["alert_forgotten"]


def test_an_alert_for_the_operator_alone_that_nobody_looks_at_is_told_and_is_no_fault_of_the_service(
    house: House, look: Look
) -> None:
    stranger = ReadingQuarantined(
        quarantine=1, reason="unknown_device", site="dp03", device="co-99", danger="carbon_monoxide"
    )
    house.records(stranger, "quarantine", "all", key="quarantined-1")
    assert look.finds() == []
    house.at += 3 * MINUTE + SECOND
    assert look.finds() == ["operator_silent"]
    assert not any(each.grave for each in look.promises.look(house.at))
    alert = house.alert("unknown_device_alarm")
    commands.acknowledge(house.database, alert.id, by="user:zhang", via="console", at=house.at)
    assert look.finds() == []


def test_an_alert_of_which_no_provider_takes_a_word_stops_the_heartbeat_though_its_steps_go_on(
    house: House, look: Look
) -> None:
    house.phones.down = True
    co(house)
    assert look.finds() == []
    house.waits(minutes=2)
    house.rows_go_out()
    assert look.finds() == []
    house.waits(minutes=2)
    assert look.finds() == ["nobody_reached"]
    assert "nobody_reached" in {each.name for each in look.promises.look(house.at) if each.grave}, "a watchdog hears it"
    house.phones.down = False
    house.waits(minutes=5)
    assert look.finds() == []


def test_an_alert_whose_whole_chain_refuses_our_texts_is_told_to_the_administrators(house: House, look: Look) -> None:
    house.set(administrators=["w2"])
    for number in (1, 3, 4, 5):
        house.phone(number).refuses()
    co(house)
    house.waits(seconds=10)
    assert look.finds() == ["nobody_left"]
    assert "系统自查" in house.phone(2).last
    house.waits(minutes=3)
    assert look.finds() == ["nobody_reached", "nobody_left"]


def test_an_alert_of_class_2_that_reached_nobody_has_a_quarter_of_an_hour_and_a_desk_that_has_seen_it_is_enough(
    house: House, look: Look
) -> None:
    house.phones.down = True
    house.lives()
    house.waits(hours=12, minutes=11)
    assert house.alert("no_activity").status == "raised"
    assert look.finds() == []
    house.waits(minutes=13)
    assert "nobody_reached" not in look.finds()
    house.waits(minutes=2)
    assert look.finds() == ["nobody_reached"]
    assert Look(house).finds() == ["nobody_reached"], "whoever looks only now sees it too"
    alert = house.alert("no_activity")
    commands.acknowledge(house.database, alert.id, by="user:zhang", via="console", at=house.at)
    house.settles()
    assert look.finds() == []


def test_whoever_starts_in_the_midst_knows_what_is_open(house: House, look: Look) -> None:
    co(house)
    projector = Projector(house.database)
    while projector.step():
        pass
    projector.stop()
    fresh = Look(house)
    assert fresh.promises.open == 1
    sleeps(house)
    house.waits(minutes=3)
    assert fresh.finds() == ["alert_late"]


def test_without_administrators_it_is_recorded_all_the_same(house: House) -> None:
    look = Look(house)
    co(house)
    sleeps(house)
    house.waits(minutes=3)
    assert look.finds() == ["alert_late"]
    assert house.said(PromiseBroken)
    assert not house.phone(5).inbox


def test_a_safe_that_may_be_forged_stops_the_steps_and_nobody_s_watch_over_the_desk(house: House, look: Look) -> None:
    """A sender can be forged: the true owner of the phone gets the confirmation, and the desk has minutes to look."""
    house.hears("sos-1", "button", {"action": "sos"})
    assert house.phone(1).replies("12") == "safe"
    alert = house.alert("sos")
    assert (alert.status, alert.proposal, alert.running) == ("raised", "safe_at_home", False)
    assert "值班员" in house.phone(1).last, "whoever owns the phone reads what was said in their name"
    house.waits(minutes=3)
    assert look.finds() == []
    house.waits(seconds=10)
    assert look.finds() == ["word_awaited"]
    assert not any(each.grave for each in look.promises.look(house.at)), "the service does what it should"
    assert "系统自查" in house.phone(5).last
    house.phone(1).replies("19")
    assert house.alert("sos").running, "the owner takes it back with one digit, and the next is told"
    commands.acknowledge(house.database, alert.id, by="user:zhang", via="console", at=house.at)
    house.settles()
    assert look.finds() == []
