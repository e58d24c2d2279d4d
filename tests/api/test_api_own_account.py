"""One's own way in: a first password, codes from a phone, the lock that goes on alarming; and the record of it all."""

import re
from dataclasses import replace

import pyotp
import pytest
from desk import PASSWORD, Desk
from sqlalchemy import text
from starlette.testclient import TestClient

from api.access import audit, second_factor, sessions, users
from api.app import create_app
from api.services import Limits

FORM = {"origin": "http://testserver"}
PAGE = {"accept": "text/html", **FORM}


def logs_in(client, name="duty", password=PASSWORD):
    return client.post("/login", data={"name": name, "password": password}, headers=FORM)


def test_who_has_no_password_yet_chooses_one_before_anything_else(desk, client):
    users.create_user(desk.database, "first", "administrator", None, now=desk.now)
    client.get(desk.link("first"))
    assert client.get("/", headers=PAGE).headers["location"] == "/account"
    assert client.get("/api/v1/homes").status_code == 403
    assert "请先设自己的密码" in client.get("/account").text
    short = client.post("/account/password", data={"fresh": "short", "again": "short"}, headers=FORM)
    other = client.post("/account/password", data={"fresh": PASSWORD, "again": PASSWORD + "x"}, headers=FORM)
    assert (short.status_code, other.status_code) == (422, 422)
    done = client.post("/account/password", data={"fresh": PASSWORD, "again": PASSWORD}, headers=FORM)
    assert done.headers["location"] == "/"
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert logs_in(client, "first").status_code == 303


def test_no_password_opens_a_user_who_has_none(desk, client):
    users.create_user(desk.database, "first", "administrator", None, now=desk.now)
    for tried in ("", "!", "nobody has this password"):
        assert logs_in(client, "first", tried).status_code in {401, 422}


def test_a_new_password_ends_all_other_sessions(desk, client):
    desk.user()
    other = TestClient(desk.app, follow_redirects=False)
    other.get(desk.link())
    client.get(desk.link())
    wrong = {"password": "x" * 12, "fresh": "a-fresh-password", "again": "a-fresh-password"}
    assert client.post("/account/password", data=wrong, headers=FORM).status_code == 403
    right = {**wrong, "password": PASSWORD}
    assert client.post("/account/password", data=right, headers=FORM).status_code == 200
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 401


def with_code(desk, client):
    """A user who has a second factor in force; its generator."""
    desk.user()
    logs_in(client)
    assert client.post("/account/second-factor", data={"password": PASSWORD}, headers=FORM).status_code == 200
    page = client.get("/account").text
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    assert "<svg" in page and "style=" not in page
    code = pyotp.TOTP(secret)
    client.post("/account/second-factor", data={"code": code.at(desk.now // 1_000_000)}, headers=FORM)
    client.cookies.clear()
    desk.now += 60_000_000
    return code


def test_with_a_second_factor_the_password_alone_opens_nothing(desk, client):
    code = with_code(desk, client)
    assert logs_in(client).status_code == 303
    assert client.get("/", headers=PAGE).headers["location"] == "/login/code"
    assert client.get("/api/v1/alerts").status_code == 403
    assert client.post("/login/code", data={"code": "000000"}, headers=FORM).status_code == 401
    now = desk.now // 1_000_000
    assert client.post("/login/code", data={"code": code.at(now)}, headers=FORM).status_code == 303
    assert client.get("/").status_code == 200


def test_a_code_is_taken_once_and_by_a_link_it_is_asked_for_too(desk, client):
    code = with_code(desk, client)
    now = desk.now // 1_000_000
    for expected in (303, 401):
        client.cookies.clear()
        client.get(desk.link())
        assert client.post("/login/code", data={"code": code.at(now)}, headers=FORM).status_code == expected


def test_wrong_codes_lock_the_name_as_wrong_passwords_do(desk, client):
    code = with_code(desk, client)
    logs_in(client)
    for _ in range(5):
        client.post("/login/code", data={"code": "000000"}, headers=FORM)
    now = desk.now // 1_000_000
    assert client.post("/login/code", data={"code": code.at(now)}, headers=FORM).status_code == 401


def test_the_administrator_can_put_a_lost_phone_out(desk, client):
    with_code(desk, client)
    assert second_factor.forget(desk.database, "duty")
    logs_in(client)
    assert client.get("/").status_code == 200


@pytest.fixture
def locking(tmp_path):
    desk = Desk(tmp_path)
    desk.services = replace(desk.services, limits=Limits(lock_after_s=900, logins_a_minute=1000))
    desk.app = create_app(desk.services)
    with TestClient(desk.app, follow_redirects=False) as client:
        desk.user()
        logs_in(client)
        yield desk, client
    desk.close()


def minutes(desk, count):
    desk.now += count * 60_000_000


def test_a_console_nobody_sits_at_locks_and_goes_on_alarming(locking):
    desk, client = locking
    id = desk.raises_co()
    minutes(desk, 16)
    assert client.get("/", headers=PAGE).headers["location"] == "/locked?back=/"
    assert client.get(f"/alerts/{id}").status_code == 403
    assert client.post(f"/alerts/{id}/acknowledge", headers=FORM).status_code == 403
    assert client.get("/pulse").json()["calls"] == [id]
    shut = client.get("/locked")
    assert "有一类警情" in shut.text
    assert "12号家" not in shut.text and "王秋禾" not in shut.text
    assert client.post("/unlock", data={"password": "x" * 12}, headers=FORM).status_code == 401
    opened = client.post("/unlock", data={"password": PASSWORD, "back": f"/alerts/{id}"}, headers=FORM)
    assert opened.headers["location"] == f"/alerts/{id}"
    assert client.get(f"/alerts/{id}").status_code == 200


def test_somebody_at_the_desk_keeps_it_open_a_page_that_refreshes_itself_does_not(locking):
    desk, client = locking
    for _ in range(4):
        minutes(desk, 10)
        assert client.post("/active", headers=FORM).status_code == 204
    assert client.get("/", headers=PAGE).status_code == 200
    for _ in range(4):
        minutes(desk, 5)
        client.get("/board", headers={"hx-request": "true"})
        client.get("/pulse")
    assert client.get("/", headers=PAGE).status_code == 303


def test_it_can_be_locked_by_hand(locking):
    _, client = locking
    assert client.post("/lock", headers=FORM).status_code == 204
    assert client.get("/", headers=PAGE).headers["location"].startswith("/locked")
    assert client.post("/logout", headers=FORM).status_code == 303


def forged(desk, *statements):
    """Somebody with the database in their hands."""

    def work(db):
        for verb in ("update", "delete"):
            db.execute(text(f"DROP TRIGGER IF EXISTS access_audit_no_{verb}"))
        for statement in statements:
            db.execute(text(statement))

    desk.database.write(work)


def noted(desk, count=5):
    for number in range(count):
        audit.note_down(desk.database, at=desk.now, who="user:a", what=f"did {number}")


def verdict(desk, anchors=()):
    with desk.database.read() as db:
        return audit.verify(db, anchors)


def test_the_chain_of_an_untouched_record_is_whole(desk):
    noted(desk)
    found = verdict(desk)
    assert (found.whole, found.entries) == (True, 5)
    with desk.database.read() as db:
        assert audit.anchor(db) == (5, found.link)


@pytest.mark.parametrize(
    ("statement", "from_entry"),
    [
        ("UPDATE access_audit SET who = 'user:b' WHERE id = 3", 3),
        ("DELETE FROM access_audit WHERE id = 3", 4),
        ("UPDATE access_audit SET link = NULL WHERE id = 3", 3),
        ("INSERT INTO access_audit (at, who, what, ref, result) VALUES (1, 'x', 'x', '', 'ok')", 6),
    ],
)
def test_an_entry_changed_taken_out_or_slipped_in_is_found(desk, statement, from_entry):
    noted(desk)
    forged(desk, statement)
    assert verdict(desk).broken_at == from_entry


def test_a_record_cut_off_at_its_end_is_found_by_what_the_log_kept(desk):
    noted(desk)
    with desk.database.read() as db:
        kept = audit.anchor(db)
    forged(desk, "DELETE FROM access_audit WHERE id > 3")
    assert verdict(desk).whole
    assert verdict(desk, [kept]).cut_off == 5
    noted(desk)
    assert not verdict(desk, [kept]).whole


def test_entries_from_before_the_chain_are_sealed_by_the_first_link(desk):
    forged(desk, "INSERT INTO access_audit (at, who, what, ref, result) VALUES (1, 'old', 'x', '', 'ok')")
    noted(desk, 2)
    assert verdict(desk).whole
    forged(desk, "UPDATE access_audit SET who = 'other' WHERE who = 'old'")
    assert verdict(desk).broken_at == 2


def test_sessions_are_listed_by_their_beginning_and_ended_by_it(desk, client):
    desk.user()
    logs_in(client)
    with desk.database.read() as db:
        (open_one,) = sessions.open_sessions(db, desk.now)
    assert open_one.user == "duty" and len(open_one.key) == 16
    assert not sessions.end_session_by_key(desk.database, "%" * 16, desk.now)
    assert sessions.end_session_by_key(desk.database, open_one.key, desk.now)
    assert client.get("/").status_code == 401
