"""Each route against each role, from the table of rights; and a reader of a part sees nothing of the rest."""

import pytest
from desk import MODELS, TOWN
from sqlalchemy import func, select, text
from test_api_access import FORM, OWN, filled, routes_of

from alerts.registry import importing, tables
from api.access import rights, rows, users
from api.access.who import ROLES, Who
from api.gate import OPEN, OPEN_UNDER
from events.tables import metadata

BESIDE = """\
  - {id: sh, name: 上河村, name_en: Shanghe, head: p-v02}
"""
TWO_VILLAGES = (
    TOWN.replace("grids:\n", BESIDE + "grids:\n")
    .replace(
        "villages:\n",
        '  - {id: p-w09, name: 田杏花, role: watcher, phones: [{number: "+8612000000009", verified: 2026-01-05}]}\n'
        '  - {id: p-v02, name: 贺石头, role: village_head, phones: [{number: "+8612000000008", verified: 2026-01-05}]}\n'
        "villages:\n",
    )
    .replace("sites:\n", "  - {id: sh-g1, village: sh, name: 上河一网格, member: p-g01}\nsites:\n")
    .replace("homes:\n", "  - {id: sh01, name: 上河一组, name_en: Shanghe Group 1, grid: sh-g1}\nhomes:\n")
    + """\
  - id: sh01-3
    site: sh01
    number: 3
    address: 上河村一组3号
    residents: [{name: 卜兰英, born: 1939}]
    watcher: p-w09
    no_activity_hours: 12
    devices:
      - {id: hall-9, model: motion-pir, room: 东屋}
"""
)
ELSEWHERE = ("上河一组", "3号家", "卜兰英", "sh01", "田杏花", "+8612000000009")


@pytest.fixture
def two(desk):
    """A second village, with an alert of its own."""
    desk.now += 1_000_000
    importing.apply(desk.database, importing.check(TWO_VILLAGES, MODELS), desk.now)
    desk.raises_co()
    desk.raises_quiet()
    desk.raises_quiet(id="no_activity-99", home="sh01-3")
    return desk


def come_in(desk, client, role, scope=()):
    """A session of somebody in this role."""
    name = f"some-{role}-{len(scope)}"
    users.create_user(desk.database, name, role, "twelve-black-stoves", scope=scope, now=desk.now)
    client.cookies.clear()
    client.get(desk.link(name))
    client.headers.update({"origin": "http://testserver"})
    return Who(f"user:{name}", role, name, scope=tuple(scope))


SCOPES = {"village": ("dp",), "watcher": ("p-w01",)}


def test_every_route_stands_in_the_table_of_rights_and_nothing_else_does(desk):
    there = {f"{method} {path}" for method, path in routes_of(desk.app) if method != "HEAD"}
    there = {
        rule for rule in there if not (rule.partition(" ")[2] in OPEN or rule.partition(" ")[2].startswith(OPEN_UNDER))
    }
    assert there - rights.RIGHTS.keys() == set(), "say in api/access/rights.py who may use these"
    assert rights.RIGHTS.keys() - there == set(), "nobody can use these"


@pytest.mark.parametrize("role", ROLES)
def test_each_route_lets_in_the_roles_of_its_rule_and_refuses_the_others(desk, client, role):
    come_in(desk, client, role, SCOPES.get(role, ()))
    for rule, roles in rights.RIGHTS.items():
        method, _, path = rule.partition(" ")
        if rule == "GET /api/v1/stream" or path.startswith(OWN):
            continue  # the stream has no end here; one's own login is told below
        answer = client.request(method, filled(path))
        refused = answer.status_code == 403
        assert refused == (role not in roles), f"{role}: {rule} answers {answer.status_code}"


def test_an_address_that_is_not_in_the_table_does_not_exist_even_for_an_administrator(desk, client):
    client.headers.update(desk.token("administrator"))
    assert client.get("/no/such/thing").status_code == 404
    assert client.delete("/api/v1/homes").status_code == 405


@pytest.mark.parametrize(("role", "sees_15"), [("village", True), ("watcher", False)])
def test_who_answers_for_a_part_finds_nothing_of_the_rest_on_any_page(two, client, role, sees_15):
    come_in(two, client, role, SCOPES[role])
    looked = 0
    for rule, roles in rights.RIGHTS.items():
        method, _, path = rule.partition(" ")
        if method != "GET" or role not in roles or rule == "GET /api/v1/stream":
            continue
        for alert, home in (("carbon_monoxide-7", "dp03-12"), ("no_activity-99", "sh01-3")):
            address = (
                path.replace("{alert_id}", alert)
                .replace("{home_id}", home)
                .replace("{site}/{device}", "sh01/hall-9")
                .replace("{person_id}", "p-w09")
            )
            for shown in ("", "?shown=1"):
                answer = client.get(address + shown)
                assert answer.status_code < 500, f"{address}: {answer.text[:300]}"
                found = answer.text.replace(home, "") if answer.status_code == 404 else answer.text
                for word in ELSEWHERE:
                    assert word not in found or answer.status_code == 404, f"{role} finds {word} at {address}"
                assert sees_15 or "15号家" not in found, f"{role} finds 15号家 at {address}"
                looked += 1
    assert looked > 25
    assert "12号家" in client.get("/").text
    assert client.get("/alerts/no_activity-99").status_code == 404
    assert client.get("/homes/sh01-3").status_code == 404


def test_nobody_acts_on_what_is_not_theirs(two, client):
    come_in(two, client, "village", ("dp",))
    assert client.post("/alerts/no_activity-99/acknowledge", headers=FORM).status_code == 404
    assert client.post("/alerts/no_activity-9/acknowledge", headers=FORM).status_code == 303
    come_in(two, client, "watcher", ("p-w01",))
    assert client.post("/alerts/no_activity-9/en-route", headers=FORM).status_code == 404
    assert client.post("/alerts/carbon_monoxide-7/en-route", headers=FORM).status_code == 303
    assert (
        client.post("/alerts/carbon_monoxide-7/close", headers=FORM, data={"outcome": "rescued", "seen": 3}).status_code
        == 403
    )


def test_a_village_and_a_watcher_must_be_told_which(desk):
    for role in ("village", "watcher"):
        with pytest.raises(users.ScopeMissing):
            users.create_user(desk.database, "x", role, "twelve-black-stoves", now=desk.now)


def test_rows_are_narrowed_in_subqueries_joins_and_aliases_too(two):
    who = Who("user:v", "watcher", "v", scope=("p-w01",))
    h, r = tables.homes, tables.residents
    other = h.alias("other")
    with two.database.read() as db:
        mine = rows.narrowed(db, who)
        assert list(mine.scalars(select(h.c.id))) == ["dp03-12"]
        assert list(mine.scalars(select(r.c.name).join(h, h.c.id == r.c.home))) == ["李桂兰"]
        assert list(mine.scalars(select(other.c.id))) == ["dp03-12"]
        assert mine.execute(select(func.count()).select_from(h)).scalar() == 1
        assert (
            list(mine.scalars(select(h.c.id).where(h.c.site.in_(select(other.c.site).where(other.c.id == "sh01-3")))))
            == []
        )
        inner = select(h.c.id).subquery()
        assert list(mine.scalars(select(inner.c.id))) == ["dp03-12"]
        both = select(h.c.id).union_all(select(other.c.id))
        assert list(mine.scalars(both)) == ["dp03-12", "dp03-12"]


def test_a_table_nobody_has_said_anything_about_is_shut_to_readers_of_a_part(two):
    who = Who("user:v", "village", "v", scope=("dp",))
    for table in metadata.tables.values():
        if table in rows.ROWS:
            continue
        with two.database.read() as db, pytest.raises(rows.NotForScoped):
            rows.narrowed(db, who).execute(select(table))
    with two.database.read() as db, pytest.raises(rows.NotForScoped):
        rows.narrowed(db, who).execute(text("SELECT name FROM registry_people"))


def test_a_duty_desk_is_not_slowed_down_by_it(two):
    with two.database.read() as db:
        assert rows.narrowed(db, Who("user:o", "operator", "o")) is db


def test_refused_too_is_written_down(desk, client):
    come_in(desk, client, "auditor")
    client.post("/alerts/some-1/acknowledge", headers=FORM)
    with desk.database.read() as db:
        kept = db.execute(text("SELECT who, what, result FROM access_audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(kept) == ("user:some-auditor-0", "POST /alerts/some-1/acknowledge", "403")
