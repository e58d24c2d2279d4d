"""The life of a home, leave and tests of the chain, by REST."""

import pytest

from events.types.fact import DAY, HOUR

HOME = "/api/v1/homes/dp03-12"


@pytest.fixture
def operator(desk, client):
    client.headers.update(desk.token())
    return client


def test_a_home_is_paused_seen_as_paused_and_resumed(desk, operator):
    assert operator.get(f"{HOME}/life").json()["stage"] == "enrolled"
    assert operator.post(f"{HOME}/pause", json={"reason": "住院"}).status_code == 204
    desk.services.folded()
    seen = operator.get(f"{HOME}/life").json()
    assert (seen["stage"], seen["paused"]["name"] != "") == ("paused", True)
    assert operator.get(HOME).json()["status"] == "paused"
    again = operator.post(f"{HOME}/pause", json={})
    assert (again.status_code, again.json()["type"]) == (409, "urn:shouwang:problem:life-already")
    assert operator.post(f"{HOME}/resume").status_code == 204
    desk.services.folded()
    assert operator.get(HOME).json()["status"] != "paused"


def test_consent_is_recorded_and_withdrawn_and_its_paper_stays_out_of_the_log(desk, operator):
    assert operator.post(f"{HOME}/consent", json={"given": "guardian", "text": "柜子第二格"}).status_code == 204
    desk.services.folded()
    consent = operator.get(f"{HOME}/life").json()["consent"]
    assert consent["said"] == "guardian"
    assert operator.post(f"{HOME}/consent", json={"given": "shouted"}).status_code == 422
    assert operator.post(f"{HOME}/consent/withdraw", json={}).status_code == 204
    desk.services.folded()
    home = operator.get(HOME).json()
    assert (home["status"], "no_consent" in [reason["what"] for reason in home["reasons"]]) == ("not_protected", True)


def test_what_is_owed_is_named_when_a_home_is_to_be_signed(desk, operator):
    refused = operator.post(f"{HOME}/prove")
    assert refused.status_code == 409
    assert "dp03/hall-1" in refused.json()["devices"]


def test_a_visit_is_written_down(desk, operator):
    assert operator.post(f"{HOME}/visits", json={"who": "p-w01", "note": "人好"}).status_code == 204
    desk.services.folded()
    assert operator.get(f"{HOME}/life").json()["visited"]["name"] == "王秋禾"
    late = operator.post(f"{HOME}/visits", json={"visited_at": 1})
    assert late.json()["type"] == "urn:shouwang:problem:life-too-long-ago"
    assert operator.post("/api/v1/homes/nowhere/visits", json={}).status_code == 404


def test_a_drill_is_begun_for_a_village_and_can_be_looked_at(desk, operator):
    begun = operator.post("/api/v1/drills", json={"village": "dp"})
    assert begun.status_code == 201
    assert operator.get(f"/api/v1/drills/{begun.json()['drill']}").json()["homes"] == [], "the engine is elsewhere here"
    assert operator.post("/api/v1/drills", json={"homes": ["nowhere"]}).status_code == 404
    assert operator.post("/api/v1/drills", json={"homes": []}).status_code == 409


def test_leave_is_set_listed_and_cancelled(desk, operator):
    now = desk.now
    asked = {"since": now, "until": now + DAY, "cover": "p-w02", "note": "走亲戚"}
    assert operator.post("/api/v1/people/p-w01/leave", json=asked).status_code == 204
    (leave,) = operator.get("/api/v1/leave").json()
    assert (leave["person"], leave["cover_name"], leave["note"]) == ("p-w01", "李山杏", "走亲戚")
    refused = operator.post("/api/v1/people/p-w01/leave", json={"since": now, "until": now - HOUR})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:shouwang:problem:leave-ends-before-it-begins")
    assert operator.delete(f"/api/v1/people/p-w01/leave/{now}").status_code == 204
    assert operator.get("/api/v1/leave").json() == []
    assert operator.delete(f"/api/v1/people/p-w01/leave/{now}").status_code == 404
    assert operator.get("/api/v1/rotas").json() == []
