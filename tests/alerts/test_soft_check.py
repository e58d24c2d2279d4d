"""Shortly before silence becomes a suspicion the elder's own telephone rings: any key says "I am well", and nobody else hears of it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from alerts.calls import Calls, take_pressed
from alerts.commands.away import set_away
from alerts.notify.channels.twilio_script import script
from alerts.notify.receipts import take_receipt
from alerts.registry.importing import apply, check
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.fact import HOUR, MINUTE
from events.types.home import ElderPhonesSet
from events.types.message import MessagePlanned, PersonLost, TellRequested
from events.types.routine import ElderAnswered, ElderAsked
from ingest.models import load_models
from tests.house import TOWN, VOICE, House, Phones

WITH_PHONES = TOWN.replace(
    "residents: [{name: 周某某, born: 1941}]",
    'residents: [{name: 周某某, born: 1941, phone: "+8613000000001"}, {name: 吴某某, phone: "+8613000000002"}]',
)
ELDER, OTHER = "+8613000000001", "+8613000000002"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A home whose two elders have telephones, and whose watchers could be called too."""
    made = House(tmp_path, WITH_PHONES, also=[Phones(VOICE)])
    made.lives()
    yield made
    assert verify(DatabaseLog(made.database)).differences == []
    assert ELDER not in str([recorded.event for recorded in made.log()]), "the log knows no number"
    made.close()


def presses(house: House, number: str, key: str) -> str:
    """In the last call to this telephone; what the call says then."""
    name = [message for message, to in house.calls.went if to == number][-1]
    taken = Calls(house.database, channel=house.calls.name, keys_of=lambda message, turn: "").take_key(
        message=name, turn=1, key=key, call=house.calls.ids[name], number=number, at=house.at
    )
    house.settles()
    return taken


def takes_it(house: House, number: str, status: str) -> None:
    """How the call ended, by the provider's word."""
    name = [message for message, to in house.calls.went if to == number][-1]
    take_receipt(
        house.database, message=name, provider_id=house.calls.ids[name], status=status, error_code="", at=house.at
    )
    house.settles()


def everybody_elses(house: House) -> list[str]:
    """What came to anybody but the elders, save for the morning's list of repairs."""
    others = [*house.phones.inboxes.items(), *house.calls.inboxes.items()]
    said = [text for number, texts in others if number not in {ELDER, OTHER} for text in texts]
    return [text for text in said if "今日待办" not in text]


@pytest.mark.parametrize("key", ["1", "0", "*"])
def test_any_key_says_i_am_well_and_the_silence_counts_anew(home: House, key: str) -> None:
    home.waits(hours=11, minutes=52)
    assert home.calls.inboxes[ELDER] == [
        "示例守望。您好,11个小时没见您走动了。您没事,请按任意一个键。要人帮忙就别按,我们会叫人来看您。"
    ]
    assert "知道您没事" in presses(home, ELDER, key)
    answered = home.at
    home.waits(hours=11, minutes=40)
    assert [alert.danger for alert in home.alerts() if alert.alert_class < 4] == []
    assert everybody_elses(home) == []
    assert len(home.said(ElderAnswered)) == 1
    home.waits(minutes=25)
    alert = home.alert("no_activity")
    assert alert.suspected_at is not None
    assert abs(alert.suspected_at - answered - 12 * HOUR) < 2 * MINUTE


def test_a_mailbox_never_counts_the_other_telephone_rings_and_the_alarm_comes_at_its_time(home: House) -> None:
    last = home.at
    home.waits(hours=11, minutes=52)
    takes_it(home, ELDER, "machine")
    assert len(home.calls.inboxes[OTHER]) == 1
    takes_it(home, OTHER, "machine")
    home.waits(minutes=20)
    alert = home.alert("no_activity")
    assert alert.status == "raised"
    assert alert.suspected_at is not None
    assert abs(alert.suspected_at - last - 12 * HOUR) < MINUTE
    assert home.said(ElderAnswered) == []
    assert home.said(PersonLost) == [], "that the elder did not answer pulls nobody's step"


def test_an_answer_in_the_ten_minutes_before_the_first_message_cancels_it(home: House) -> None:
    home.waits(hours=12, minutes=3)
    assert home.alert("no_activity").status == "suspected"
    presses(home, ELDER, "5")
    assert home.alert("no_activity").status == "cancelled"
    assert everybody_elses(home) == []


def test_the_same_key_told_twice_is_one_answer_and_a_strangers_call_is_none(home: House) -> None:
    home.waits(hours=11, minutes=52)
    for _ in range(2):
        presses(home, ELDER, "1")
    assert len(home.said(ElderAnswered)) == 1
    name = home.calls.went[-1][0]
    forged = Calls(home.database, channel=home.calls.name, keys_of=lambda message, turn: "")
    forged.take_key(message=name, turn=1, key="1", call="CA0", number="+8613999999999", at=home.at)
    assert len(home.said(ElderAnswered)) == 1


def test_a_provider_that_reports_keys_at_the_end_of_the_call_is_believed_too(home: House) -> None:
    home.waits(hours=11, minutes=52)
    name, _ = home.calls.went[-1]
    assert take_pressed(
        home.database, channel=home.calls.name, message=name, keys="8", call=home.calls.ids[name], at=home.at
    )
    home.settles()
    assert len(home.said(ElderAnswered)) == 1


def test_it_can_be_switched_off_and_then_nobody_is_called(home: House) -> None:
    home.set(soft_check__call=0)
    home.waits(hours=11, minutes=55)
    assert home.calls.inboxes == {}
    assert len(home.said(ElderAsked)) == 1, "the light of the button asks all the same"


def test_without_a_channel_that_calls_the_light_asks_alone(tmp_path: Path) -> None:
    house = House(tmp_path, WITH_PHONES)
    house.lives()
    house.waits(hours=12, minutes=12)
    assert [m.person for m in house.said(MessagePlanned)] == ["w1"]
    assert [t.person for t in house.said(TellRequested) if t.why == "soft_check"] == ["elder-dp03-12"]
    house.close()


def test_a_telephone_taken_out_of_the_file_is_not_called(home: House) -> None:
    models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
    apply(home.database, check(TOWN, models), home.at)
    home.settles()
    assert [fact.phones for fact in home.said(ElderPhonesSet)] == [2, 0]
    home.waits(hours=11, minutes=55)
    assert home.calls.inboxes == {}


def test_what_is_said_when_no_key_comes() -> None:
    says = script("您好", "0123456789*#", "zh", keys_url="https://x/keys")
    assert "我们会请人来看您" in says
    assert "星号" not in says, "star is a key like any other here"


def test_who_is_set_away_by_somebody_else_hears_it_on_their_own_telephone_and_can_object(home: House) -> None:
    assert home.phone(1).replies("外出12 3") == "away"
    texts = home.phones.inboxes
    assert ["外出3天" in text and "若不对" in text for text in texts[ELDER]] == [True]
    assert OTHER not in texts, "the first telephone is enough"
    set_away(home.database, "dp03-12", days=20, by="user:zhang", at=home.at)
    home.settles()
    assert "外出14天" in texts[ELDER][-1], "also from the console, as long as it holds"


def test_an_elder_whose_telephone_takes_no_text_is_called(home: House) -> None:
    home.phones.refuses |= {ELDER, OTHER}
    set_away(home.database, "dp03-12", days=2, by="user:zhang", at=home.at)
    home.settles()
    assert "已登记外出2天" in home.calls.inboxes[ELDER][-1]
    assert not home.said(PersonLost)


def test_the_elder_who_presses_away_and_a_home_without_a_telephone_get_no_text(home: House) -> None:
    home.hears("sos-1", "button", {"action": "away"})
    assert ELDER not in home.phones.inboxes
