"""A line that breaks as a claim is committed costs nobody the time until a claim is dead."""

from collections.abc import Iterator

import pytest
from sending_room import Room
from sqlalchemy import make_url

from alerts.notify.claiming import claim
from tests.postgres import Databases
from tests.wire import FirstCommit, Wire, through


@pytest.fixture
def url(postgresql: Databases) -> Iterator[str]:
    with postgresql.fresh() as made:
        yield made


@pytest.fixture
def wire(url: str) -> Iterator[Wire]:
    made = Wire(make_url(url).port or 5432)
    yield made
    made.close()


@pytest.mark.parametrize("fate", ["cut", "deaf"], ids=["it never arrived", "it is done and the answer is lost"])
def test_a_claim_whose_commit_is_unclear_is_taken_all_the_same_and_once(url: str, wire: Wire, fate: str) -> None:
    room = Room(url)
    room.plans("m1")
    far = through(url, wire)
    wire.on_asked = lost = FirstCommit(fate)
    taken = claim(far, claimer="today", now=room.time, limit=1)
    assert lost.met
    assert [(row.message, row.state, row.claim) for row in taken] == [("m1", "claimed", 1)]
    assert taken == [room.row("m1")]
    assert claim(far, claimer="today", now=room.time, limit=1) == []
    far.close()
    room.close()
