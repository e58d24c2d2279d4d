"""Lists and figures over REST: a page at a time, nothing left out and nothing twice, and for each what is theirs."""

import pytest
from test_api_load import a_bad_day
from test_api_reports import MONTH, a_month, december
from test_api_rights import come_in, two  # noqa: F401  # a second village

from alerts.commands.months import close_month


@pytest.fixture
def program(desk, client):
    client.headers.update(desk.token(name="program"))
    return client


def walked(client, address):
    """The ids on the pages behind this one, as their links lead, page by page."""
    found = []
    while address:
        answer = client.get(address)
        found.append([one.get("id") or one["device"] for one in answer.json()])
        address = answer.links.get("next", {}).get("url")
    return found


def test_all_homes_are_gone_through_by_id_a_page_at_a_time(two, program):  # noqa: F811
    assert walked(program, "/api/v1/homes?after=&limit=2") == [["dp03-12", "dp03-15"], ["sh01-3"]]
    first = program.get("/api/v1/homes?limit=1")
    assert first.headers["x-total-count"] == "3" and len(first.json()) == 1
    assert first.links["first"]["url"] == "/api/v1/homes?after=&limit=1", "the way through all is by id"
    whole = program.get("/api/v1/homes")
    assert len(whole.json()) == 3 and "link" not in whole.headers
    assert program.get("/api/v1/homes?limit=1001").status_code == 422


def test_so_are_devices(two, program):  # noqa: F811
    pages = walked(program, "/api/v1/devices?limit=2")
    assert pages == [["dp03/co-7f2a", "dp03/hall-1"], ["dp03/hall-2", "dp03/sos-1"], ["sh01/hall-9"]]
    assert program.get("/api/v1/devices?limit=2").headers["x-total-count"] == "5"


def test_a_watcher_goes_through_their_own(two, client):  # noqa: F811
    come_in(two, client, "watcher", ("p-w01",))
    assert walked(client, "/api/v1/homes?after=") == [["dp03-12"]]
    answer = client.get("/api/v1/devices?limit=2")
    assert answer.headers["x-total-count"] == "3" and "sh01" not in answer.text + answer.headers["link"]


def test_the_figures_of_a_month_are_those_of_the_page(desk, program):
    a_month(desk)
    december(desk)
    said = program.get(f"/api/v1/reports/{MONTH}?area=grid:dp-g1").json()
    first = said["now"]["lines"]["1"]
    assert said["closed"] is None and (first["raised"]["count"], first["false"]["share"]) == (4, 0.25)
    assert first["arrived"]["spread"] == {"count": 3, "median_s": 720.0, "p90_s": 1200.0, "most_s": 1200.0}
    assert said["now"]["lines"]["drill"]["raised"]["count"] == 1 and said["now"]["outcomes"]["rescued"] == 3
    assert said["now"]["blind"] == {"homes": 1, "seconds": 5400}
    close_month(desk.database, MONTH, by="user:duty", at=desk.now)
    said = program.get(f"/api/v1/reports/{MONTH}").json()
    assert said["closed"] == said["now"] and said["closed_by"] == "user:duty"
    assert program.get(f"/api/v1/reports/{MONTH}?area=watcher:p-g01").status_code == 404
    assert program.get("/api/v1/reports/2026-13").status_code == 422


def test_the_load_is_that_of_the_page(desk, program):
    a_bad_day(desk)
    said = program.get("/api/v1/load").json()
    assert (said["raised"], said["busiest"]["count"], said["classes"]) == (12, 12, {"1": 12})
    assert said["top"]["place"][0] == {"name": "dp03-15", "count": 8, "share": 8 / 12}
    assert said["acknowledged"] == {"count": 1, "mean_s": 330.0, "most_s": 330.0, "waiting": 11}
    assert said["standing"] == ["old-1"] and said["drills"] == ["co-0"] and said["suspected"] == ["maybe"]
    assert program.get("/api/v1/load?since=9&until=3").status_code == 422


def test_a_village_reads_its_own_figures(two, client):  # noqa: F811
    come_in(two, client, "village", ("dp",))
    assert client.get("/api/v1/load").json()["raised"] == 2
    assert client.get(f"/api/v1/reports/{MONTH}").json()["now"]["lines"]["all"]["raised"]["count"] == 2
