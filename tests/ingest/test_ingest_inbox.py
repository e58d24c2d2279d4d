"""The inbox tells whoever gathers more that something looks like an alarm."""

import pytest

from ingest.inbox import Inbox, Raw


def raw(payload: bytes) -> Raw:
    return Raw(1, 1, 1, "shouwang/v1/dp03/co-1/event", payload, False, 1)


@pytest.mark.parametrize(
    "payload", [b'{"data":{"alarm":true}}', b'{"data":{"alarm": true}}', b'{"data":{"action":"sos"}}']
)
def test_what_looks_like_an_alarm_presses(payload: bytes) -> None:
    inbox = Inbox()
    inbox.put(raw(payload))
    assert inbox.pressing.is_set()


def test_everyday_words_do_not() -> None:
    inbox = Inbox()
    inbox.put(raw(b'{"data":{"alarm":false,"ppm":3}}'))
    inbox.put(raw(b'{"data":{"occupied":true}}'))
    assert not inbox.pressing.is_set()
