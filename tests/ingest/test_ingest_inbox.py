"""The inbox tells whoever gathers more that something looks like an alarm."""

import pytest

from ingest import inbox as inbox_module
from ingest.inbox import Inbox, Raw
from tests.right_of_way import StandingWay


def raw(payload: bytes) -> Raw:
    return Raw(1, 1, 1, "shouwang/v1/dp03/co-1/event", payload, False, 1)


@pytest.fixture(autouse=True)
def way(monkeypatch: pytest.MonkeyPatch) -> StandingWay:
    """On which an alarm passes until it ends."""
    standing = StandingWay()
    monkeypatch.setattr(inbox_module, "WAY", standing)
    return standing


@pytest.mark.parametrize(
    "payload", [b'{"data":{"alarm":true}}', b'{"data":{"alarm": true}}', b'{"data":{"action":"sos"}}']
)
def test_what_looks_like_an_alarm_presses_and_has_the_right_of_way(payload: bytes, way: StandingWay) -> None:
    inbox = Inbox()
    inbox.put(raw(payload))
    assert inbox.pressing.is_set()
    assert way.taken


def test_everyday_words_do_not(way: StandingWay) -> None:
    inbox = Inbox()
    inbox.put(raw(b'{"data":{"alarm":false,"ppm":3}}'))
    inbox.put(raw(b'{"data":{"occupied":true}}'))
    assert not inbox.pressing.is_set()
    assert not way.taken
