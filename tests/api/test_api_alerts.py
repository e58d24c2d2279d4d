"""Alerts over REST: look, act, close on what was seen, and be told plainly when it cannot be."""

import pytest

from events.store import read
from events.types.command import DeviceCommandIssued


@pytest.fixture
def operator(desk, client):
    client.headers.update(desk.token())
    return client


def test_an_open_alert_is_listed_with_its_three_marks(desk, operator):
    desk.raises_co()
    (alert,) = operator.get("/api/v1/alerts?state=open").json()["alerts"]
    assert alert["home_name"] == "东坪三组 12号家"
    assert (alert["condition"], alert["acknowledged_by"], alert["handling"]) == ("active", "", "nobody")
    assert alert["next"]["what"] == "step"
    assert alert["next"]["persons"] == ["p-v01"]
    assert alert["next"]["at"] == desk.now + 120_000_000


def test_acknowledging_means_seen_and_the_steps_go_on(desk, operator):
    id = desk.raises_co()
    seen = operator.post(f"/api/v1/alerts/{id}/acknowledge").json()
    assert seen["acknowledged_by"] == "token:test-operator"
    assert seen["handling"] == "nobody"
    assert seen["next"]["what"] == "step"


def test_the_answer_to_a_command_already_shows_it(desk, operator):
    id = desk.raises_co()
    assert operator.post(f"/api/v1/alerts/{id}/en-route", json={"who": "p-w01"}).json()["handling"] == "en_route"
    assert operator.post(f"/api/v1/alerts/{id}/arrived", json={"who": "p-w01"}).json()["handling"] == "arrived"
    told = operator.get(f"/api/v1/alerts/{id}").json()
    assert [line["type"] for line in told["timeline"]][-2:] == ["ResponderEnRoute", "ResponderArrived"]
    assert told["timeline"][-1]["name"] == "王秋禾"


def test_closing_needs_the_version_that_was_seen(desk, operator):
    id = desk.raises_co()
    desk.clears(id)
    refused = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"})
    assert refused.status_code == 428
    assert refused.headers["content-type"] == "application/problem+json"


def test_closing_on_an_old_view_is_refused_with_a_sentence_of_what_changed(desk, operator):
    id = desk.raises_co()
    desk.clears(id)
    seen = operator.get(f"/api/v1/alerts/{id}").headers["etag"]
    operator.post(f"/api/v1/alerts/{id}/en-route", json={"who": "p-w01"})
    refused = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": seen})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:shouwang:problem:stale-view"
    assert refused.json()["detail"] == "有人出发了"
    again = operator.get(f"/api/v1/alerts/{id}").headers["etag"]
    closed = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": again})
    assert (closed.status_code, closed.json()["outcome"]) == (200, "rescued")


def test_a_second_closing_says_who_closed_and_how(desk, operator):
    id = desk.raises_co()
    desk.clears(id)
    version = operator.get(f"/api/v1/alerts/{id}").headers["etag"]
    operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": version})
    same = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": version})
    other = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "hospital"}, headers={"if-match": version})
    assert same.status_code == 200
    assert other.status_code == 409
    assert "已救助" in other.json()["title"]


def test_a_life_safety_alert_still_in_alarm_closes_only_as_the_devices_fault(desk, operator):
    id = desk.raises_co()
    version = operator.get(f"/api/v1/alerts/{id}").headers["etag"]
    refused = operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": version})
    assert refused.status_code == 409
    assert refused.json()["allowed"] == ["device_false_alarm", "device_fault"]


def test_a_wrong_outcome_is_mended_with_a_reason(desk, operator):
    id = desk.raises_co()
    desk.clears(id)
    version = operator.get(f"/api/v1/alerts/{id}").headers["etag"]
    operator.post(f"/api/v1/alerts/{id}/close", json={"outcome": "rescued"}, headers={"if-match": version})
    mended = operator.post(f"/api/v1/alerts/{id}/outcome", json={"outcome": "hospital", "reason": "救护车接走了"})
    assert mended.json()["outcome"] == "hospital"


def test_an_unknown_alert_is_not_found_whatever_is_asked_of_it(operator):
    assert operator.get("/api/v1/alerts/nothing-1").status_code == 404
    assert operator.post("/api/v1/alerts/nothing-1/acknowledge").status_code == 404
    refused = operator.post("/api/v1/alerts/nothing-1/notes", json={"text": "?"}, headers={"accept-language": "en"})
    assert refused.json()["title"] == "There is no such alert."


def test_a_page_of_alerts_goes_on_where_the_last_one_ended(desk, operator):
    for number in range(5):
        desk.raises_co(f"carbon_monoxide-{number}")
    first = operator.get("/api/v1/alerts?limit=3").json()
    rest = operator.get(f"/api/v1/alerts?limit=3&before={first['next_before']}").json()
    ids = [alert["id"] for alert in first["alerts"] + rest["alerts"]]
    assert ids == [f"carbon_monoxide-{number}" for number in (4, 3, 2, 1, 0)]
    assert rest["next_before"] is None


def test_an_auditor_reads_and_acts_on_nothing(desk, client):
    id = desk.raises_co()
    client.headers.update(desk.token("auditor"))
    assert client.get(f"/api/v1/alerts/{id}").status_code == 200
    refused = client.post(f"/api/v1/alerts/{id}/acknowledge")
    assert refused.status_code == 403
    assert client.get(f"/api/v1/alerts/{id}").json()["alert"]["acknowledged_by"] == ""


def test_a_full_disk_is_said_and_nothing_was_done(desk, operator):
    id = desk.raises_co()
    desk.database.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count=1").fetchall())  # no page more than now
    note = {"text": "门" * 1900}
    answers = [operator.post(f"/api/v1/alerts/{id}/notes", json=note) for _ in range(60)]
    refused = next(answer for answer in answers if answer.status_code != 201)
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:shouwang:problem:storage-full"
    desk.database.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count=1000000").fetchall())
    assert operator.post(f"/api/v1/alerts/{id}/notes", json=note).status_code == 201


def test_an_operator_has_a_device_sound_and_it_is_on_record_with_who(desk, operator):
    answer = operator.post("/api/v1/devices/dp03/co-7f2a/commands", json={"do": "siren", "for_s": 20})
    assert answer.status_code == 202
    with desk.database.read() as db:
        (told,) = [r.event for r in read(db, 0, limit=100_000) if isinstance(r.event, DeviceCommandIssued)]
    assert (told.device, told.do, told.for_s, told.why) == ("dp03/co-7f2a", "siren", 20.0, "operator")
    assert (told.id, bool(told.by)) == (answer.json()["id"], True)


def test_a_device_nobody_registered_is_told_nothing(operator):
    assert operator.post("/api/v1/devices/dp03/nobody/commands", json={"do": "light"}).status_code == 404
    assert operator.post("/api/v1/devices/dp03/co-7f2a/commands", json={"do": "dance"}).status_code == 422


def test_an_alert_explains_what_happens_next_and_when_over_rest_and_on_its_page(desk, operator):
    id = desk.raises_co()
    told = operator.get(f"/api/v1/alerts/{id}/explain").json()
    assert (told["next"]["what"], told["next"]["persons"]) == ("step", ["p-v01"])
    assert "还没有人说去，就叫第2级：廖荷花" in told["next"]["sentence"]
    english = operator.get(f"/api/v1/alerts/{id}/explain", headers={"accept-language": "en"}).json()
    assert "If nobody goes by" in english["next"]["sentence"]
    assert operator.get("/api/v1/alerts/nothing/explain").status_code == 404
    page = operator.get(f"/alerts/{id}").text
    assert 'id="why-next"' in page
    assert "还没有人说去，就叫第2级" in page


def test_figures_are_counted_by_class_over_rest(desk, operator):
    id = desk.raises_co()
    operator.post(f"/api/v1/alerts/{id}/en-route", json={"who": "p-w01"})
    told = operator.get("/api/v1/figures").json()
    (one,) = told["classes"]
    assert (one["alert_class"], one["raised"], one["answered"]["kept"]) == (1, 1, 1)
    assert operator.get("/api/v1/figures?drills=true").json()["classes"] == []
