"""The desk's own life: the shelf, the handover signed by two, and an administrator at work."""

import re

from busy import busy
from desk import PASSWORD
from starlette.testclient import TestClient

from alerts.projections import shifts
from api.access import audit, sessions
from events.types.fact import DAY, HOUR

FORM = {"origin": "http://testserver"}


def signs_in(desk, client, name="duty", role="operator"):
    desk.user(name, role)
    client.post("/login", data={"name": name, "password": PASSWORD}, headers=FORM)
    return client


def test_what_is_put_aside_is_silent_and_stands_below_and_says_who_did_it(desk, client):
    signs_in(desk, client)
    id = desk.raises_quiet()
    assert client.get("/pulse").json()["chimes"] == [id]
    put = client.post(f"/alerts/{id}/shelve", data={"reason": "在医院", "minutes": 30}, headers=FORM)
    assert put.status_code == 303
    assert client.get("/pulse").json()["chimes"] == []
    board = client.get("/").text
    assert f'id="alert-{id}"' not in board
    assert "duty 搁置到 23:00" in board
    assert "在医院" in client.get(f"/alerts/{id}").text
    client.post(f"/alerts/{id}/unshelve", headers=FORM)
    assert f'id="alert-{id}"' in client.get("/").text


def test_life_safety_is_refused_the_shelf_and_offered_none(desk, client):
    signs_in(desk, client)
    id = desk.raises_co()
    assert "shelve" not in client.get(f"/alerts/{id}").text
    assert client.post(f"/alerts/{id}/shelve", data={"reason": "x", "minutes": 1}, headers=FORM).status_code == 409


def test_no_page_offers_to_acknowledge_more_than_one(desk, client):
    signs_in(desk, client)
    busy(desk)
    forms = re.findall(r'action="([^"]+)"', client.get("/").text)
    assert [form for form in forms if "acknowledge" in form] and all(
        form.count("/alerts/") == 1 for form in forms if "acknowledge" in form
    )


def test_a_shift_is_handed_over_by_two_and_the_desk_is_the_others(desk, client):
    signs_in(desk, client)
    desk.user("night")
    desk.raises_co()
    client.post("/handover/promises", data={"text": "给女儿回电话", "due": "23:15"}, headers=FORM)
    for name, password, status in (("duty", PASSWORD, 422), ("night", "x" * 12, 401)):
        assert client.post("/handover", data={"name": name, "password": password}, headers=FORM).status_code == status
    old = client.cookies["shouwang"]
    signed = client.post("/handover", data={"name": "night", "password": PASSWORD, "note": "烟道刚通过"}, headers=FORM)
    assert signed.status_code == 303
    page = client.get("/handover").text
    assert "22:30 起由 night 值班" in page and "烟道刚通过" in page
    assert "给女儿回电话" in page and "23:15" in page, "what was promised goes on with the next shift"
    with desk.database.read() as db:
        (handed,) = shifts.handovers(db)
        kept = audit.entries(db)[handed.said.audit_entries - 1]
    assert (handed.said.left, handed.said.took, handed.said.alerts) == (
        "user:duty",
        "user:night",
        ["carbon_monoxide-7"],
    )
    assert (kept.who, kept.what) == ("user:night", "take the desk")
    again = TestClient(desk.app, cookies={"shouwang": old}, follow_redirects=False)
    assert again.get("/").status_code == 401, "who left is out"


def test_an_auditor_or_a_village_takes_no_desk(desk, client):
    signs_in(desk, client)
    desk.user("eye", "auditor")
    assert client.post("/handover", data={"name": "eye", "password": PASSWORD}, headers=FORM).status_code == 403


def test_a_kept_promise_is_owed_no_more(desk, client):
    signs_in(desk, client)
    client.post("/handover/promises", data={"text": "送煤"}, headers=FORM)
    (address,) = re.findall(r'action="(/handover/promises/t\d+/kept)"', client.get("/handover").text)
    assert client.post(address, headers=FORM).status_code == 303
    assert client.post(address, headers=FORM).status_code == 404
    assert "没有欠着的事" in client.get("/handover").text


def test_handovers_hold_the_end_of_the_record(desk, client):
    busy(desk)
    with desk.database.read() as db:
        assert shifts.anchors(db) == [(0, "0" * 64)]
        assert audit.verify(db, shifts.anchors(db)).whole


def test_an_administrator_makes_a_village_a_user_who_comes_in_by_a_link(desk, client):
    signs_in(desk, client, "root", "administrator")
    missing = client.post(
        "/admin/users", data={"name": "dongping", "role": "village", "scope": "nowhere"}, headers=FORM
    )
    assert missing.status_code == 422 and "要填范围" in missing.text
    made = client.post("/admin/users", data={"name": "dongping", "role": "village", "scope": "dp"}, headers=FORM)
    link = re.search(r'class="secret">http://testserver(/login/link/[^<]+)<', made.text)[1]
    other = TestClient(desk.app, follow_redirects=False)
    other.get(link)
    assert other.get("/", headers={"accept": "text/html"}).headers["location"] == "/account"
    assert link not in client.get("/admin").text, "shown this once"


def test_an_administrator_ends_sessions_changes_roles_and_shuts_out_but_never_themselves(desk, client):
    signs_in(desk, client, "root", "administrator")
    other = TestClient(desk.app, follow_redirects=False)
    signs_in(desk, other)
    assert client.post("/admin/users/root/disable", headers=FORM).status_code == 409
    assert client.post("/admin/users/root/role", data={"role": "auditor"}, headers=FORM).status_code == 409
    client.post("/admin/users/duty/role", data={"role": "auditor"}, headers=FORM)
    assert other.post("/alerts/some-1/acknowledge", headers=FORM).status_code == 403
    with desk.database.read() as db:
        (key,) = [each.key for each in sessions.open_sessions(db, desk.now) if each.user == "duty"]
    assert f"/admin/sessions/{key}/end" in client.get("/admin").text
    client.post(f"/admin/sessions/{key}/end", headers=FORM)
    assert other.get("/").status_code == 401


def test_an_auditor_looks_at_administration_and_is_offered_nothing(desk, client):
    signs_in(desk, client, "eye", "auditor")
    page = client.get("/admin").text
    assert "链完整" in page
    assert [form for form in re.findall(r'action="([^"]+)"', page) if form.startswith("/admin/")] == []
    assert client.get("/admin/audit?by=user:eye").text.count("user:eye") > 1


def test_names_and_phones_are_masked_until_asked_for_and_asking_is_recorded_once(desk, client):
    signs_in(desk, client)
    id = desk.raises_quiet(home="dp03-12")
    masked = client.get(f"/alerts/{id}").text
    assert "李**" in masked and "李桂兰" not in masked and "+8612000000001" not in masked and "耳背" not in masked
    for _ in range(3):
        shown = client.get(f"/alerts/{id}/live?shown=1").text
    assert "李桂兰" in shown and 'href="tel:+8612000000001"' in shown and "耳背" in shown
    with desk.database.read() as db:
        noted = [entry for entry in audit.entries(db) if entry.what == "shown: alert card"]
    assert [(entry.who, entry.ref) for entry in noted] == [("user:duty", id)]


def test_an_open_class_1_shows_the_phones_one_must_call_and_masks_them_once_it_is_closed(desk, client):
    signs_in(desk, client)
    id = desk.raises_co()
    assert 'href="tel:+8612000000001"' in client.get(f"/alerts/{id}").text
    desk.clears(id)
    client.post(f"/alerts/{id}/close", data={"outcome": "rescued", "seen": 9}, headers=FORM)
    assert "+8612000000001" not in client.get(f"/alerts/{id}").text


def test_the_card_says_how_to_get_in_how_to_speak_and_what_heats(desk, client):
    signs_in(desk, client)
    page = client.get(f"/alerts/{desk.raises_co()}").text
    for said in ("钥匙在东邻", "煤炉", "本地方言", 'href="tel:+8612000000077"'):
        assert said in page
    masked = client.get("/homes/dp03-12").text
    assert "+8612000000077" not in masked and "钥匙在东邻" not in masked


def test_a_home_is_masked_too(desk, client):
    signs_in(desk, client)
    assert "李桂兰" not in client.get("/homes/dp03-12").text
    assert "李桂兰" in client.get("/homes/dp03-12?shown=1").text


def test_the_last_day_of_a_home_is_a_picture_with_words(desk, client):
    signs_in(desk, client)
    id, _ = busy(desk)
    page = client.get(f"/alerts/{id}").text
    assert re.search(r'role="img" aria-label="最近 24 小时里 \d\d 个一刻钟有动静；一氧化碳最高 42 ppm"', page)
    assert page.count('class="moved"') > 20


def test_the_page_of_administration_says_when_the_last_backup_was_made(desk, client):
    signs_in(desk, client, "boss", "administrator")

    def says(**health):
        object.__setattr__(desk.services, "health", lambda: {"ok": True} | health)
        return client.get("/admin").text.partition('id="backup"')[2].partition("</section>")[0]

    assert "没有备份记录" in says(backup_at=0, backup_failed_at=0)
    well = says(backup_at=desk.now - HOUR, backup_failed_at=0)
    assert "protected" in well
    assert "没有做成" not in well
    assert "两天多没有备份了" in says(backup_at=desk.now - 3 * DAY, backup_failed_at=0)
    assert "没有做成" in says(backup_at=desk.now - 2 * HOUR, backup_failed_at=desk.now - HOUR)
