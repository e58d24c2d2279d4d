"""The town's group is told that something is wrong, by house and danger alone; nobody counts as told by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.notify.channel import Capabilities, Outgoing, SendFailed
from alerts.notify.channels.wecom_group import WeComGroup
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.message import MessagePlanned, MessageSent, PersonTold
from simulators.wecom import KEY, SimulatedWeCom
from tests.house import House, Phones

GROUP = Capabilities(two_way=False, links=False, receipts=False, keypad=False, medium="group")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, also=[Phones(GROUP, name="wecom_group")])
    yield made
    again = verify(DatabaseLog(made.database))
    assert (again.differences, again.waiting) == ([], 0)
    assert again.messages == len(made.said(MessagePlanned))
    made.close()


def group(house: House) -> list[str]:
    return house.channels[1].inboxes.get("", [])


def test_a_class_1_alert_is_told_once_without_names_and_counts_for_nobody(town: House) -> None:
    town.hears("co-1", "co", {"alarm": True, "ppm": 210})
    town.waits(minutes=12)  # rounds go on, the group is not told again
    [text] = group(town)
    assert "东坪三组12号家" in text
    assert "一氧化碳超标" in text
    for name in ("王", "周", "李", "1200000", "示例路"):
        assert name not in text
    assert {one.person for one in town.said(PersonTold)} == {"w1", "g1", "v1", "t1"}
    [sent] = [one for one in town.said(MessageSent) if one.channel == "wecom_group"]
    assert sent.provider_id


def test_a_class_2_alert_is_told_when_it_is_raised_and_not_while_the_elder_may_cancel(town: House) -> None:
    town.lives()
    town.waits(hours=12, minutes=5)
    assert group(town) == []
    town.waits(minutes=6)
    assert len(group(town)) == 1


def test_what_is_not_urgent_is_no_business_of_a_group(town: House) -> None:
    town.hears("sos-1", "button", {"action": "help"})
    town.waits(minutes=5)
    assert group(town) == []


def test_a_closed_alert_is_not_told_any_more(town: House) -> None:
    channel = town.channels[1]
    channel.down = True
    town.hears("sos-1", "button", {"action": "sos"})
    town.operator_closes("sos", "rescued")
    channel.down = False
    town.waits(minutes=2)
    assert group(town) == []


def test_the_robot_says_in_the_body_what_it_did(tmp_path: Path) -> None:
    with SimulatedWeCom() as robot:
        made = House(tmp_path, also=[WeComGroup(key=KEY, api_base=robot.base_url, timeout_s=3)])
        robot.trouble, robot.errcode = "errcode", 45009
        made.hears("sos-1", "button", {"action": "sos"})
        assert robot.texts == []
        robot.trouble = "ok"
        made.waits(minutes=2)
        assert len(robot.texts) == 1
        assert set(robot.bodies[0]) == {"msgtype", "text"}
        made.close()


def test_whatever_else_is_planned_for_a_group_does_not_leave_the_house() -> None:
    with SimulatedWeCom() as robot:
        channel = WeComGroup(key=KEY, api_base=robot.base_url, timeout_s=3)
        for template, text in (("first_sos", "12号家老人按了呼救"), ("group_notice", "12号家,请打 139-1234 5678")):
            with pytest.raises(SendFailed) as refused:
                channel.send(Outgoing("m1", "", text, 1, 60, template=template))
            assert (refused.value.code, refused.value.permanent) == ("not_for_groups", True)
        assert robot.texts == []
