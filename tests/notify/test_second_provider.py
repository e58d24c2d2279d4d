"""Two providers of texts on real sockets, the first in trouble: class 1 is with the second within 15 s, and with nobody thrice."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sending_room import twilio

from alerts import letters
from alerts.commands.declaring import declare_channels
from alerts.core.wording import TEMPLATES
from alerts.notify.channels.aliyun_sms import AliyunSms
from alerts.notify.delivering import Delivering
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.message import MessagePlanned, MessageSent, PersonLost
from simulators.aliyun import SimulatedAliyun
from simulators.twilio import SimulatedTwilio, exchange
from tests.house import House

WANG, ZHAO = "+8612000000001", "+8612000000003"
CODES = {name: f"SMS_{place}" for place, name in enumerate(TEMPLATES)}
TEXTS = {CODES[name]: one.zh.replace("{", "${") for name, one in TEMPLATES.items()}


class Town(House):
    """One home; texts go by Twilio, and by Aliyun where that fails."""

    def __init__(self, folder: Path, first: SimulatedTwilio, second: SimulatedAliyun) -> None:
        super().__init__(folder)
        self.first, self.second = first, second
        self.calls_last()
        declare_channels(self.database, list(self._ways), at=self.at)
        self.settles()

    def calls_last(self, seconds: float = 5.0, *, asking: float = 10.0) -> None:
        """So long a call to the first provider, and asking it whether it has a text."""
        self._ways = (twilio(self.first, timeout_s=seconds), AliyunSms(
            key_id=self.second.key_id, key_secret=self.second.key_secret, sign_name=self.second.sign_name,
            templates=CODES, api_base=self.second.base_url,
        ))  # fmt: skip
        self._delivering = Delivering(
            self.database, {one.name: one for one in self._ways}, now=self.now, render=letters.worded,
            address_of=letters.number_of, still_wanted=letters.still_wanted, stopping=Event(), ask_for_s=asking,
        )  # fmt: skip

    def co(self) -> None:
        self.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})

    def passes(self, seconds: int) -> None:
        """Second by second, as senders do who look four times in each."""
        for _ in range(seconds):
            self.waits(seconds=1)
            self.settles()

    def texts(self) -> list[tuple[str, str]]:
        """What lies at the providers about the alarm, number and text."""
        by_first = [(one.recipient, one.body) for one in self.first.messages if one.direction != "inbound"]
        by_second = [(f"+86{one.number}", one.text) for one in self.second.sms]
        return [(to, text) for to, text in [*by_first, *by_second] if "一氧化碳" in text]

    def by_second(self) -> set[str]:
        return {f"+86{one.number}" for one in self.second.sms}


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with ExitStack() as providers:
        first = providers.enter_context(SimulatedTwilio())
        second = providers.enter_context(SimulatedAliyun(TEXTS))
        made = Town(tmp_path, first, second)
        monkeypatch.setattr(exchange, "now", lambda: datetime.fromtimestamp(made.at / 1e6, UTC))
        yield made
        again = verify(DatabaseLog(made.database))
        assert (again.differences, again.waiting) == ([], 0)
        made.close()


@pytest.mark.parametrize(
    "trouble",
    [{"mode": "429"}, {"mode": "429", "retry_after": "3600"}, {"mode": "500_before"}, {"mode": "cut_before"}],
    ids=["busy", "busy for an hour", "500 before accepting", "cut before accepting"],
)
def test_what_the_first_does_not_take_is_with_the_second_in_15_seconds(town: Town, trouble: dict[str, Any]) -> None:
    town.first.fault(**trouble)
    town.co()
    town.passes(16)
    assert town.by_second() == {WANG, ZHAO}
    assert not town.said(PersonLost)
    town.first.fault("ok")
    town.passes(20)
    for phone in (WANG, ZHAO):
        had = [text for to, text in town.texts() if to == phone]
        assert 1 <= len(had) == len(set(had)) <= 2, "one too many at most, and it says which copy it is"


@pytest.mark.parametrize("mode", ["500_after", "cut_after", "hang_after"])
def test_what_the_first_took_without_saying_so_is_found_there_and_nobody_is_told_twice(town: Town, mode: str) -> None:
    town.calls_last(seconds=1.0)
    town.first.fault(mode, times=2, seconds=3.0)
    town.co()
    town.passes(16)
    assert sorted(to for to, _ in town.texts()) == [WANG, ZHAO]
    assert town.by_second() == set()
    assert [one.found for one in town.said(MessageSent)][:2] == [True, True]


def test_while_the_first_hangs_and_cannot_be_asked_the_second_tells_them(town: Town) -> None:
    town.calls_last(seconds=0.5, asking=0.5)
    town.first.fault("hang_before", seconds=1.0)
    town.first.fault("500_before", on="read")
    town.co()
    town.waits(seconds=16)
    assert town.by_second() == {WANG, ZHAO}
    reasons = {(m.channel, m.because) for m in town.said(MessagePlanned) if m.person == "w1"}
    assert reasons == {("twilio_sms", "all_at_once"), ("aliyun_sms", "provider_slow")}


def test_a_phone_the_first_refuses_is_told_by_the_second_in_the_same_second(town: Town) -> None:
    town.first.fault("refuse", WANG, code=21612)
    town.co()
    assert town.by_second() == {WANG}
    assert not town.said(PersonLost)
