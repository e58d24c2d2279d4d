"""The pages of places: the worst comes first and is said by shape and word; who sees a part sees only that."""

import re

import pytest
from desk import CLASS_1, MODELS
from test_api_rights import TWO_VILLAGES, come_in

from alerts.projections.spots import sketch
from alerts.registry import importing
from api.access.audit import latest
from events.types import alert as facts
from events.types.home import HomePaused


@pytest.fixture
def two(desk):
    """A second village."""
    desk.now += 1_000_000
    importing.apply(desk.database, importing.check(TWO_VILLAGES, MODELS), desk.now)
    desk.services.folded()
    return desk


def tile(page, home):
    """The tile of a home: its classes, whether it has a shape, and its words."""
    found = re.search(rf'<li><a class="tile ([^"]*)" href="/homes/{home}">(.*?)</a>', page, re.DOTALL)
    return found[1], "<svg" in found[2], re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[2])).strip()


def test_a_home_in_danger_is_told_by_colour_shape_and_word_up_to_the_town(two, client):
    come_in(two, client, "operator")
    before = client.get("/places").text
    assert tile(before, "dp03-12")[2].endswith("没有受保护")
    two.raises_co()
    page = client.get("/places").text
    classes, shaped, words = tile(page, "dp03-12")
    assert (classes, shaped) == ("c1 alarmed", True)
    assert "12号家" in words and "一类警情" in words and "一氧化碳" in words
    rows = page[page.index("<tbody>") :]
    assert rows.index("东坪村") < rows.index("一类警情") < rows.index("上河村"), "the village shows its worst home"
    assert page.index('href="/homes/dp03-12"') < page.index('href="/homes/dp03-15"')


def test_the_worst_of_several_counts_and_maintenance_does_not(two, client):
    come_in(two, client, "operator")
    two.raises_quiet()
    two.raises_co(home="dp03-15")
    page = client.get("/places").text
    assert tile(page, "dp03-15")[0] == "c1 alarmed"
    assert page.index('href="/homes/dp03-15"') < page.index('href="/homes/dp03-12"'), "the worst stands first"
    two.happens("home-dp03-12", "dp03", HomePaused(home="dp03-12", by="user:duty"))
    assert tile(client.get("/places/live").text, "dp03-12")[0] == "s-paused"


def test_links_lead_down_to_the_home_and_up_again(two, client):
    come_in(two, client, "operator")
    for here, there in (
        ("/places", "/places/villages/dp"), ("/places/villages/dp", "/places/grids/dp-g1"), ("/places/grids/dp-g1", "/homes/dp03-12"),
        ("/homes/dp03-12", "/places/grids/dp-g1"), ("/places/grids/dp-g1", "/places/villages/dp"), ("/places/villages/dp", "/places"),
    ):  # fmt: skip
        assert f'href="{there}"' in client.get(here).text, f"{here} -> {there}"
    assert "上河" not in client.get("/places/grids/dp-g1").text
    assert client.get("/places/grids/nowhere").status_code == 404
    assert client.get("/places/villages/nowhere/live").status_code == 404


def test_who_answers_for_a_part_finds_no_other_place(two, client):
    come_in(two, client, "village", ("dp",))
    page = client.get("/places").text
    assert "东坪村" in page and "上河" not in page
    assert client.get("/places/villages/sh").status_code == 404
    come_in(two, client, "watcher", ("p-w01",))
    page = client.get("/places/grids/dp-g1").text
    assert "12号家" in page and "15号家" not in page
    assert client.get("/places/grids/sh-g1").status_code == 404


def test_an_alert_of_no_home_stands_at_its_grid(two, client):
    come_in(two, client, "operator")
    raised = facts.AlertRaised(
        alert="unknown_device_alarm-1", home="", site="sh01", danger="unknown_device_alarm",
        reason={"at": two.now}, terms=CLASS_1, devices=[],
    )  # fmt: skip
    two.happens("alert-unknown_device_alarm-1", "sh01", raised)
    page = client.get("/places").text
    assert 'href="/alerts/unknown_device_alarm-1"' in page
    rows = page[page.index("<tbody>") :]
    assert rows.index("上河村") < rows.index("一类警情")


def test_homes_whose_place_is_registered_are_sketched_with_north_above_and_none_on_another(desk, client):
    come_in(desk, client, "operator")
    assert 'class="sketch"' not in client.get("/places").text
    town = TWO_VILLAGES.replace("    number: 12\n", "    number: 12\n    east: 103.21\n    north: 30.52\n").replace(
        "    number: 15\n", "    number: 15\n    east: 103.21\n    north: 30.50\n"
    )
    desk.now += 1_000_000
    importing.apply(desk.database, importing.check(town, MODELS), desk.now)
    desk.services.folded()
    page = client.get("/places/villages/dp").text
    found = re.findall(
        r'<a href="/homes/(dp03-\d+)" aria-label="([^"]*)" class="spot ([^"]*)"><rect x="(\d+)" y="(\d+)"', page
    )
    assert [(home, classes) for home, _, classes, _, _ in found] == [
        ("dp03-12", "s-not_protected"),
        ("dp03-15", "s-not_protected"),
    ]
    assert int(found[0][4]) < int(found[1][4]), "what lies further north stands above"
    assert found[0][1] == "东坪三组 12号家 没有受保护"
    squares = sketch({str(n): (1.0, 1.0) for n in range(9)}).squares.values()
    assert len(set(squares)) == 9
    far = sketch({"a": (0.0, 9.0), "b": (9.0, 0.0), "c": (9.0, 9.0)})
    assert far == (2, 2, {"a": (0, 0), "b": (1, 1), "c": (1, 0)}), "a phone shows them side by side"


def test_half_a_place_is_refused_by_the_town_file():
    with pytest.raises(importing.ImportRefused):
        importing.check(TWO_VILLAGES.replace("    number: 12\n", "    number: 12\n    east: 3\n"), MODELS)


@pytest.mark.parametrize(
    ("find", "homes"),
    [
        ("12号", {"dp03-12"}), ("东坪三组15号家", {"dp03-15"}), ("Dongping Group 3 12", {"dp03-12"}),
        ("sh01-3", {"sh01-3"}), ("上河", {"sh01-3"}), ("东坪", {"dp03-12", "dp03-15"}), ("赵福生", {"dp03-15"}),
        ("赵福", set()), ("%", set()),
    ],
)  # fmt: skip
def test_a_home_is_found_as_it_is_named_on_the_telephone(two, client, find, homes):
    come_in(two, client, "operator")
    page = client.get("/homes", params={"find": find}).text
    assert set(re.findall(r'<th scope="row"><a href="/homes/([^"]+)"', page)) == homes
    with two.database.read() as db:
        noted = [entry.ref for entry in latest(db) if entry.what == "shown: home found by name"]
    assert noted == (["dp03-15"] if find == "赵福生" else []), "who was found by their name is on record"


def test_of_many_homes_a_page_at_a_time_the_least_protected_first(two, client, monkeypatch):
    monkeypatch.setattr("api.console.listing._PAGE", 2)
    two.happens("home-dp03-12", "dp03", HomePaused(home="dp03-12", reason="", by="user:duty"))
    come_in(two, client, "operator")
    first, second = client.get("/homes").text, client.get("/homes?behind=2").text
    assert "1–2 / 3" in first and "/homes/dp03-12" not in first and "/homes/dp03-12" in second
    assert 'href="/homes/dp03-12"' in client.get("/homes?word=paused&village=dp").text
    come_in(two, client, "village", ("sh",))
    page = client.get("/homes?find=东坪").text
    assert "没有这样的住户" in page and "dp03-12" not in page
    assert "没有这样的住户" in client.get("/homes?find=李桂兰").text, "nor by the name of somebody elsewhere"


def test_in_a_county_the_map_shows_villages_and_a_home_is_looked_for_before_something_is_hung_up(
    two, client, monkeypatch
):
    monkeypatch.setattr("api.console.mapping._HOMES_SHOWN", 0)
    monkeypatch.setattr("api.console.mapping._GRIDS_SHOWN", 1)
    monkeypatch.setattr("api.console.equipment._CHOICE", 1)
    come_in(two, client, "operator")
    town = client.get("/places").text
    assert town.count("/places/villages/sh") == 2 and "/places/grids/" not in town, "as a tile and in the list"
    assert "/places/grids/sh-g1" in client.get("/places/villages/sh").text
    assert 'name="model"' not in client.get("/devices/new").text
    found = client.get("/devices/new?find=上河&name=hall-3").text
    assert '<option value="sh01-3">' in found and "dp03-12" not in found and 'value="hall-3"' in found
    assert '<option value="dp03-15" selected>' in client.get("/devices/new?home=dp03-15").text
