"""The soft check by a real client and over a real socket: the elder's telephone rings, is answered, and a key is pressed."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hooked_house import delivers, doors, voice_of
from sending_room import until

from alerts.calls import Calls
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.message import MessageDelivered, MessagePlanned
from events.types.routine import ElderAnswered
from simulators.twilio import SimulatedTwilio
from tests.house import TOWN, House
from tests.ports import free_port

ELDER = "+8613000000001"
WITH_PHONE = TOWN.replace("{name: 周某某, born: 1941}", f'{{name: 周某某, born: 1941, phone: "{ELDER}"}}')


@pytest.fixture
def line(tmp_path: Path, provider: SimulatedTwilio) -> Iterator[SimpleNamespace]:
    """A home from engine to telephone: only the exchange behind Twilio's REST interface is played."""
    port = free_port()
    voice = voice_of(provider, port=port)
    house = House(tmp_path, WITH_PHONE, also=[voice])  # type: ignore[list-item]  # it only has to call
    house._delivering = delivers(house, house.channels)
    calls = Calls(house.database, channel=voice.name, keys_of=voice.keys_of)
    with doors(house, port=port, twilio_auth_token=provider.auth_token, take_key=calls.take_key):
        house.lives()
        yield SimpleNamespace(house=house, provider=provider)
    assert verify(DatabaseLog(house.database)).differences == []
    house.close()


def test_the_elder_is_called_shortly_before_the_limit_and_a_key_ends_it(line: SimpleNamespace) -> None:
    line.provider.takes_calls(ELDER, pick_up="answers", keys="5")
    line.house.waits(hours=11, minutes=52)
    call = line.provider.wait_for_call(ELDER, lambda one: one.over)
    assert "11个小时没见您走动了" in call.said[0]
    assert "知道您没事" in "".join(call.said)
    until(lambda: line.house.said(ElderAnswered))
    [told] = line.house.said(MessagePlanned)
    assert (told.person, told.channel, told.template) == ("elder-dp03-12", "twilio_voice", "soft_check")
    assert until(lambda: line.house.said(MessageDelivered))[0].message == told.message
    line.house.settles()
    line.house.waits(hours=11, minutes=30)
    assert [alert for alert in line.house.alerts() if alert.danger == "no_activity"] == []


def test_a_mailbox_presses_nothing_and_the_alarm_comes_at_its_time(line: SimpleNamespace) -> None:
    line.provider.takes_calls(ELDER, pick_up="mailbox")
    line.house.waits(hours=11, minutes=52)
    line.provider.wait_for_call(ELDER, lambda one: one.over)
    line.house.waits(minutes=20)
    assert line.house.said(ElderAnswered) == []
    assert line.house.alert("no_activity").status == "raised"
