"""Away and back, said by REST and on the page of a home."""

import pytest
from test_api_rights import come_in

from events.store import read
from events.types.home import AwayEnded, AwaySet


@pytest.fixture
def operator(desk, client):
    client.headers.update(desk.token())
    return client


def _said(desk, kind):
    with desk.database.read() as db:
        return [r.event for r in read(db, 0, limit=10_000) if isinstance(r.event, kind)]


def test_an_operator_notes_a_home_as_away_and_as_back(desk, operator):
    answer = operator.post("/api/v1/homes/dp03-12/away", json={"days": 3})
    assert answer.status_code == 200, answer.text
    assert answer.json()["away_until"] == desk.now + 3 * 86_400_000_000
    assert [fact.until for fact in _said(desk, AwaySet)] == [answer.json()["away_until"]]
    assert operator.post("/api/v1/homes/dp03-12/back").json()["away_until"] is None
    assert len(_said(desk, AwayEnded)) == 1


def test_more_than_two_weeks_or_an_unknown_home_is_refused(desk, operator):
    assert operator.post("/api/v1/homes/dp03-12/away", json={"days": 15}).status_code == 422
    assert operator.post("/api/v1/homes/nowhere/away", json={"days": 2}).status_code == 404
    assert _said(desk, AwaySet) == []


def test_the_page_of_a_home_offers_it(desk, client):
    come_in(desk, client, "operator")
    assert "/homes/dp03-12/away" in client.get("/homes/dp03-12").text
    answer = client.post("/homes/dp03-12/away", data={"days": 2}, follow_redirects=False)
    assert answer.status_code in {204, 303}
    assert len(_said(desk, AwaySet)) == 1
