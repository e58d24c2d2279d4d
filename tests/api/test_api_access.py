"""Nothing is open but health, login, static files and the signed hooks; who may act is asked everywhere."""

import re

import pytest
from desk import PASSWORD, Desk
from desk_server import RECOMMENDED
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from starlette.routing import Mount
from starlette.testclient import TestClient

from api.access import audit, sessions, tokens, users
from api.gate import OPEN, OPEN_UNDER

FORM = {"content-type": "application/x-www-form-urlencoded", "origin": "http://testserver"}


OWN = ("/logout", "/account", "/login/code", "/lock", "/unlock", "/active")
"""One's own login: it acts on nothing that is watched."""


def routes_of(app):
    """Every (method, path) of the application, included routers too."""
    found = []

    def walk(routes, prefix=""):
        for route in routes:
            if isinstance(route, Mount):
                continue
            if hasattr(route, "methods"):
                found.extend((method, prefix + route.path) for method in route.methods or ())
            elif hasattr(route, "effective_route_contexts"):
                for context in route.effective_route_contexts():
                    found.extend((method, context.path) for method in context.methods or ())

    walk(app.routes)
    return found


def filled(path):
    return re.sub(r"\{number\}", "1", re.sub(r"\{(?!number)[^}]+\}", "some-1", path))


def test_every_route_without_credentials_is_refused(desk, client):
    walked = 0
    for method, path in routes_of(desk.app):
        address = filled(path)
        if address in OPEN or address.startswith(OPEN_UNDER):
            continue
        answer = client.request(method, address)
        assert answer.status_code == 401, f"{method} {address} answers {answer.status_code}"
        walked += 1
    assert walked > 40


def test_every_page_without_credentials_leads_to_the_login(desk, client):
    for method, path in routes_of(desk.app):
        address = filled(path)
        if method != "GET" or address in OPEN or address.startswith((*OPEN_UNDER, "/api/")):
            continue
        answer = client.get(address, headers={"accept": "text/html"})
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login"), address


def test_an_auditor_is_refused_by_every_route_that_acts(desk, client):
    client.headers.update(desk.token("auditor"))
    for method, path in routes_of(desk.app):
        address = filled(path)
        if method != "POST" or address in OPEN or address.startswith((*OPEN_UNDER, *OWN)):
            continue
        answer = client.post(address, json={})
        assert answer.status_code == 403, f"{address} answers {answer.status_code}"


def test_what_is_open_stays_open(client):
    assert client.get("/health").json() == {"ok": True}
    assert client.get("/login").status_code == 200
    assert client.get("/static/console.css").status_code == 200


def test_a_service_that_is_not_well_says_so_with_503(desk, client):
    object.__setattr__(desk.services, "health", lambda: {"ok": False, "what": "no broker"})
    assert client.get("/health").status_code == 503


def test_a_password_opens_a_session_that_logging_out_ends_on_the_server(desk, client):
    desk.user()
    opened = client.post("/login", data={"name": "duty", "password": PASSWORD}, headers=FORM)
    assert opened.status_code == 303
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    secret = client.cookies["shouwang"]
    assert client.get("/").status_code == 200
    client.post("/logout", headers=FORM)
    client.cookies.set("shouwang", secret)
    assert client.get("/", headers={"accept": "text/html"}).status_code == 303


def test_over_tls_the_cookie_is_secure_and_bound_to_this_host(tmp_path):
    desk = Desk(tmp_path, public_base_url="https://desk.example")
    desk.user()
    with TestClient(desk.app, base_url="https://desk.example", follow_redirects=False) as client:
        headers = {"origin": "https://desk.example"}
        opened = client.post("/login", data={"name": "duty", "password": PASSWORD}, headers=headers)
        assert opened.headers["set-cookie"].startswith("__Host-shouwang=")
        assert "Secure" in opened.headers["set-cookie"]
        assert "strict-transport-security" in opened.headers
    desk.close()


def test_a_login_link_works_once_and_not_after_its_time(desk, client):
    desk.user()
    link, late = desk.link(), desk.link()
    looked_ahead = client.get(link, headers={"sec-purpose": "prefetch"})
    assert looked_ahead.status_code == 503
    assert client.get(link).status_code == 200
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert client.get(link).status_code == 401
    desk.now += 601_000_000
    assert client.get(late).status_code == 401


def test_five_misses_lock_the_name_even_for_the_right_password(desk, client):
    desk.user()
    for _ in range(5):
        wrong = client.post("/login", data={"name": "duty", "password": "wrong-wrong-wrong"}, headers=FORM)
        assert wrong.status_code == 401
    assert client.post("/login", data={"name": "duty", "password": PASSWORD}, headers=FORM).status_code == 401
    desk.now += 61_000_000
    assert client.post("/login", data={"name": "duty", "password": PASSWORD}, headers=FORM).status_code == 303


def test_an_unknown_name_and_a_wrong_password_look_the_same(desk, client):
    desk.user()
    unknown = client.post("/login", data={"name": "nobody", "password": "x" * 12}, headers=FORM)
    wrong = client.post("/login", data={"name": "duty", "password": "x" * 12}, headers=FORM)
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.text.replace("nobody", "duty") == wrong.text


def test_a_disabled_user_is_out_at_once(desk, client):
    desk.user()
    client.get(desk.link())
    assert client.get("/").status_code == 200
    users.disable_user(desk.database, "duty", now=desk.now)
    assert client.get("/").status_code == 401


def test_a_form_from_another_site_does_nothing(desk, client):
    id = desk.raises_co()
    desk.user()
    client.get(desk.link())
    for origin in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {}):
        assert client.post(f"/alerts/{id}/acknowledge", headers=origin).status_code == 403
    assert client.post(f"/alerts/{id}/acknowledge", headers={"origin": "http://testserver"}).status_code == 303


def test_the_login_leads_only_to_pages_of_ours(desk, client):
    desk.user()
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        opened = client.post("/login", data={"name": "duty", "password": PASSWORD, "next": wanted}, headers=FORM)
        assert opened.headers["location"] == "/"


def test_a_revoked_token_opens_nothing(desk, client):
    header = desk.token(name="town-hall")
    assert client.get("/api/v1/homes", headers=header).status_code == 200
    assert tokens.revoke_token(desk.database, "town-hall", desk.now)
    assert client.get("/api/v1/homes", headers=header).status_code == 401
    with desk.database.read() as db:
        assert [(token.name, token.revoked_at) for token in tokens.list_tokens(db)] == [("town-hall", desk.now)]


def test_secrets_are_stored_as_digests_only(desk):
    plain = tokens.create_token(desk.database, "t", "operator", desk.now)
    desk.user()
    link = desk.link().removeprefix("/login/link/")
    _, session = sessions.use_login_link(desk.database, link, desk.now)
    desk.database.close()
    stored = b"".join(path.read_bytes() for path in desk.database.path.parent.glob("shouwang.db*"))
    for secret in (plain, link, session, PASSWORD):
        assert secret.encode() not in stored


def test_a_stored_password_costs_whoever_guesses_64_mib_and_three_passes_at_each_guess():
    kept = RECOMMENDED.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert RECOMMENDED.verify(PASSWORD, kept)


def test_who_did_what_is_written_down_and_cannot_be_changed(desk, client):
    id = desk.raises_co()
    client.headers.update(desk.token())
    client.post(f"/api/v1/alerts/{id}/acknowledge")
    with desk.database.read() as db:
        entry = audit.entries(db)[-1]
    assert (entry.who, entry.what, entry.ref, entry.result, entry.at) == (
        "token:test-operator", f"POST /api/v1/alerts/{id}/acknowledge", id, "200", desk.now,
    )  # fmt: skip
    for change in ("UPDATE access_audit SET who = 'x'", "DELETE FROM access_audit"):
        with pytest.raises(IntegrityError, match="append-only"):
            desk.database.write(lambda db, change=change: db.execute(text(change)))


def test_a_weak_password_and_an_odd_name_are_refused(desk):
    with pytest.raises(users.PasswordTooShort):
        users.create_user(desk.database, "duty", "operator", "short", now=desk.now)
    with pytest.raises(users.NameRefused):
        users.create_user(desk.database, "du ty", "operator", PASSWORD, now=desk.now)
    desk.user()
    with pytest.raises(users.UserExists):
        desk.user()
