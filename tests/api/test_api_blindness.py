"""Blind time over REST: since when a home cannot be seen, why, and for how long by cause and month."""

import pytest

from events.store import New, append, head
from events.types.fact import MINUTE
from events.types.home import HomeSightChanged
from events.types.system import HomeUnseen


@pytest.fixture
def operator(desk, client):
    client.headers.update(desk.token())
    return client


def records(desk, *facts):
    """Keyed facts in the home's stream, as the engine records them."""
    news = [New("home-dp03-12", "dp03", fact, desk.now, key=f"blind-{n}", digest=0) for n, fact in enumerate(facts)]

    def add(db):
        append(db, news, recorded_at=desk.now)
        return head(db)

    assert desk.projector.wait_for(desk.database.write(add), 5)


def test_a_home_says_since_when_it_is_dark_and_how_long_it_was(desk, operator):
    began, dark = desk.now - 300 * MINUTE, desk.now - 30 * MINUTE
    records(
        desk,
        HomeUnseen(
            home="dp03-12", site="dp03", since=began, until=began + 60 * MINUTE, blind=[[began, began + 60 * MINUTE]]
        ),
        HomeSightChanged(home="dp03-12", site="dp03", state="no_power", since=dark, dark=True, by="will"),
    )
    told = operator.get("/api/v1/homes/dp03-12/blindness").json()
    assert told["seconds"] == {"we_were_down": 3600, "no_power": 1800}
    assert told["sight"]["state"] == "no_power"
    everybody = operator.get("/api/v1/blindness").json()
    assert everybody["seconds"] == told["seconds"]
    assert [one["home"] for one in everybody["dark_now"]] == ["dp03-12"]
    assert operator.get("/api/v1/blindness?month=1999-01").json()["homes"] == []
    assert operator.get("/api/v1/blindness?month=1999-13").status_code == 422
    assert operator.get("/api/v1/homes/nowhere/blindness").status_code == 404
    page = operator.get("/homes/dp03-12").text
    assert 'id="blind"' in page
