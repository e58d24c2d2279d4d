"""A fault of ours between rules and alerts: one fact is passed over and said, and every other home is watched as before."""

from collections.abc import Callable
from typing import Any

import pytest

from alerts.auditing.promises import Promises
from alerts.cases import Cases
from alerts.core import escalation, lifecycle
from alerts.core.alert import Alert
from alerts.core.rule import Seen, Verdict
from alerts.core.rules.no_activity import NoActivity
from events.types import alert as facts
from events.types.system import DeadlinePassed, RuleFailed
from tests.house import House

pytestmark = pytest.mark.both


def co(house: House, device: str = "co-1") -> None:
    house.hears(device, "co", {"alarm": True, "ppm": 210, "test": False})


def trips_when(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, when: Callable[..., bool]) -> None:
    goes = getattr(owner, name)

    def trips(*args: Any, **more: Any) -> Any:
        if when(*args, **more):
            raise RuntimeError("a fault of ours")
        return goes(*args, **more)

    monkeypatch.setattr(owner, name, trips)


def test_an_alarm_over_which_the_engine_trips_is_the_operators_and_the_next_one_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips_when(monkeypatch, Cases, "_begin", lambda _self, _home, name, *_: name == "carbon_monoxide")
    house.hears("smoke-1", "smoke", {"alarm": False, "test": False})
    co(house)
    assert [(fact.home, fact.rule) for fact in house.said(RuleFailed)] == [("dp03-12", "engine")]
    assert house.alert("rule_failed").alert_class == 1
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    assert "烟" in house.phone(1).last, "everything else goes on"
    monkeypatch.undo()
    house.restarts()
    co(house, "co-2")
    assert "一氧化碳" in house.phone(1).last


def test_what_was_decided_before_in_the_same_breath_is_not_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    trips_when(monkeypatch, lifecycle, "cancel_pressed", lambda *_a, **_k: True)
    sends, house.settles = house.settles, lambda: None  # type: ignore[method-assign]
    co(house)
    house.hears("sos-1", "button", {"action": "cancel"})
    house.hears("smoke-1", "smoke", {"alarm": False, "test": False})
    house.hears("smoke-1", "smoke", {"alarm": True, "test": False})
    house.settles = sends  # type: ignore[method-assign]
    house.settles()
    assert {alert.danger for alert in house.alerts()} == {"carbon_monoxide", "smoke", "rule_failed"}
    assert len(house.said(RuleFailed)) == 1


def test_a_step_over_which_the_engine_trips_is_tried_again_and_the_alert_is_not_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    promises = Promises(house.database)
    co(house)
    trips_when(monkeypatch, escalation, "persons_of", lambda _alert, step, _at: step == 2)
    house.waits(minutes=2, seconds=10)
    assert house.phone(4).inbox == []
    assert house.said(RuleFailed)
    monkeypatch.undo()
    house.waits(minutes=1)
    assert "一氧化碳" in house.phone(4).last, "half a minute later"
    house.waits(minutes=2)
    assert house.phone(5).inbox
    assert [each.name for each in promises.look(house.at)] == ["operator_silent"], "he should have looked by now"


def test_a_word_of_a_person_over_which_it_trips_is_known_when_the_alert_is_decided_on_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    co(house)

    def going(_self: Cases, recorded: Any) -> bool:
        return isinstance(recorded.event, facts.ResponderEnRoute)

    trips_when(monkeypatch, Cases, "told", going)
    house.phone(1).replies("11")
    assert [fact.rule for fact in house.said(RuleFailed)] == ["engine"]
    monkeypatch.undo()
    house.waits(minutes=2, seconds=1)
    alert: Alert = house.alert("carbon_monoxide")
    assert [r.who for r in alert.responders] == ["w1"]
    assert house.phone(4).inbox == [], "who goes has stopped the steps after all"


@pytest.mark.timeout(60)
def test_a_rule_that_asks_for_ever_for_a_moment_that_has_passed_rings_once_a_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without that it would write to the log ten times a second."""
    house.lives()

    def asks_again(_self: Any, state: dict[str, Any], seen: Seen, *_: Any) -> Verdict:
        return Verdict(state, wake_at=seen.at)

    monkeypatch.setattr(NoActivity, "watch", asks_again)
    house.moves()
    house.waits(minutes=10)
    rang = [fact for fact in house.said(DeadlinePassed) if fact.timer == "rule:no_activity"]
    assert 2 <= len(rang) <= 12
