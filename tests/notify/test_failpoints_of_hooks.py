"""A door killed, broken or held up while it takes the provider's word: the provider says it again, and it counts once."""

import json
import os
from pathlib import Path

import pytest

from alerts.notify.receipts import take_receipt
from events.failpoints import REGISTER
from events.types.alert import ResponderEnRoute
from events.types.message import MessageDelivered, ReplyReceived
from tests.hatching import Hatched
from tests.house import House

PLACES = [name for name in REGISTER if name.startswith("hooks.")]
ON_DISK = {"hooks.receipt_recorded", "hooks.reply_recorded"}


def raised(house: House) -> None:
    """CO, and who is told what of it, whatever the door does."""
    house.expects(1, 3, contains="一氧化碳超标,16:00")
    house.hears("co-1", "co", {"alarm": True, "ppm": 210, "test": False})


def said(house: House, place: str) -> tuple[str, dict[str, str]]:
    """What the provider posts: a receipt of the first message, or the watcher's reply."""
    if "receipt" in place:
        name, provider_id = next(iter(house.phones.ids.items()))
        return "receipt", {"message": name, "provider_id": provider_id, "status": "delivered", "error_code": ""}
    house.expects(1, contains="已记您去")
    house.expects(3, contains="王守望员说去")
    return "reply", {"channel": house.phones.name, "provider_id": "IN-1", "number": house.phone(1).number, "text": "11"}


class Door(Hatched):
    """Another process takes the provider's word."""

    def __init__(self, house: House, folder: Path, kind: str, words: dict[str, str], failpoint: str) -> None:
        self._out = folder / "door"
        asked = [str(house.address), str(house.at), kind, json.dumps(words)]
        environ = {**os.environ, "FAILPOINT": failpoint}
        super().__init__("tests.notify.hooked:main", asked, environ, self._out, err=folder / "errors")

    def ended(self) -> tuple[int, str]:
        """Its exit code, and whether it answered."""
        return self.wait(30), self._out.read_text()


def says_again(house: House, kind: str, words: dict[str, str]) -> None:
    """As the provider does when it got no answer."""
    if kind == "receipt":
        take_receipt(house.database, **words, at=house.at)
        house.settles()
    else:
        house.phone(1).replies(words["text"], provider_id=words["provider_id"])


def counted(house: House, kind: str) -> int:
    facts = [MessageDelivered] if kind == "receipt" else [ReplyReceived, ResponderEnRoute]
    (number,) = {len(house.said(fact)) for fact in facts}
    return number


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("action", "code"), [("kill", -9), ("raise", 1)])
def test_without_an_answer_the_provider_says_it_again_and_it_counts_once(house, tmp_path, place, action, code):
    raised(house)
    kind, words = said(house, place)
    victim = Door(house, tmp_path, kind, words, f"{place}:1:{action}")
    assert victim.ended() == (code, "")
    assert counted(house, kind) == (place in ON_DISK)
    house.settles()
    for _ in range(2):
        says_again(house, kind, words)
    assert counted(house, kind) == 1


@pytest.mark.parametrize("place", PLACES)
def test_held_up_while_the_provider_says_it_again_it_counts_once(house, tmp_path, place):
    raised(house)
    kind, words = said(house, place)
    asleep = Door(house, tmp_path, kind, words, f"{place}:1:sleep=0.5")
    while asleep.poll() is None:
        says_again(house, kind, words)
    assert asleep.ended() == (0, "answered\n")
    house.settles()
    assert counted(house, kind) == 1
