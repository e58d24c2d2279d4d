"""Rules: what holds where, a change is judged before it is saved, and saving says who and why."""

import re
import threading

import pytest
from desk import until
from test_api_desk_life import FORM

from alerts.backtest.apart import NotFinished
from api.console.trials import Trials
from events.store import read_stream

FOUND = [{
    "danger": "no_activity", "since": 0, "homes": 1, "more": 0,
    "then": {"alerts": 4, "false": 3, "told_s": 600.0}, "now": {"alerts": 2, "false": 1, "told_s": 900.0},
    "differences": [{"home": "dp03-12", "what": "gone", "then": 1_795_000_000_000_000, "now": None}],
}]  # fmt: skip


class Judge:
    """Holds what it is asked until it is let go."""

    def __init__(self):
        self.asked, self.go, self.late = [], threading.Event(), False

    def __call__(self, asked, *, limit_s, progress):
        self.asked.append(asked)
        progress(0.4)
        assert self.go.wait(10)
        if self.late:
            raise NotFinished
        return FOUND


@pytest.fixture
def judge(desk):
    judge = Judge()
    desk.app.state.trials = Trials(limit_s=60, judge=judge)
    yield judge
    judge.go.set()


@pytest.fixture
def root(desk, client):
    client.headers.update(desk.token("administrator", "root"))
    return client


def tried(client, name, **form):
    """The address of the trial."""
    answer = client.post(f"/rules/{name}/try", data=form, headers=FORM)
    assert answer.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", answer.text)
    return answer.headers["location"]


def words(client, address):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(address).text))


def settings(desk):
    with desk.database.read() as db:
        return [one.event for one in read_stream(db, "settings", types=["SettingChanged"])]


def test_a_change_is_judged_first_and_holds_only_once_saved_with_a_reason(desk, root, judge):
    assert "12 小时" in words(root, "/rules/no_activity_s?scope=dp03-12")
    trial = tried(root, "no_activity_s", scope="dp03-12", value="960")
    until(lambda: judge.asked)
    (asked,) = judge.asked
    assert (asked.dangers, asked.settings, asked.homes) == (["no_activity"], {"no_activity_s": 57_600}, ["dp03-12"])
    assert "40%" in words(root, trial)
    assert root.post(f"{trial}/save", data={"why": "x"}, headers=FORM).status_code == 409, "it is not finished"
    judge.go.set()
    said = until(lambda: "4 → 2" in words(root, trial) and words(root, trial))
    assert "3 → 1" in said and "10 分钟 → 15 分钟" in said and "不会有了" in said
    assert [one for one in settings(desk) if one.name == "no_activity_s"] == [], "nothing was changed by looking"
    assert root.post(f"{trial}/save", data={}, headers=FORM).status_code == 422, "a reason is asked for"
    assert root.post(f"{trial}/save", data={"why": "老人爱午睡"}, headers=FORM).status_code == 303
    page = words(root, "/rules/no_activity_s?scope=dp03-12")
    assert "16 小时" in page and "老人爱午睡" in page and "root" in page
    (saved,) = [one for one in settings(desk) if one.name == "no_activity_s"]
    assert (saved.scope, saved.value, saved.by) == ("dp03-12", "57600", "token:root")
    assert root.post(f"{trial}/save", data={"why": "again"}, headers=FORM).status_code == 409


def test_what_was_not_finished_says_so_and_shows_no_result(root, judge):
    judge.late = True
    judge.go.set()
    trial = tried(root, "no_activity_s", scope="dp03-12", value="960")
    said = until(lambda: "没有算完" in words(root, trial) and words(root, trial))
    assert "没有结果也保存" in said and "4 → 2" not in said


@pytest.mark.parametrize(("scope", "recorded"), [("site:dp03", "site/dp03"), ("village:dp", "village/dp")])
def test_a_village_or_a_group_changes_each_home_it_has_and_is_remembered_for_those_to_come(
    desk, root, judge, scope, recorded
):
    judge.go.set()
    assert "各户不同" in words(root, f"/rules/no_activity_s?scope={scope}")
    trial = tried(root, "no_activity_s", scope=scope, value="840")
    until(lambda: "4 → 2" in words(root, trial))
    assert judge.asked[0].homes == ["dp03-12", "dp03-15"]
    root.post(f"{trial}/save", data={"why": "冬天"}, headers=FORM)
    said = {one.scope for one in settings(desk) if one.name == "no_activity_s"}
    assert said == {recorded, "dp03-12", "dp03-15"}
    assert "14 小时" in words(root, f"/rules?scope={scope}")
    history = words(root, f"/rules/no_activity_s?scope={scope}").partition("改动记录")[2]
    assert history.count("冬天") == 1, "one word, not one for each home"
    assert words(root, "/rules/no_activity_s?scope=dp03-12").count("冬天") == 1


def test_in_a_county_a_village_is_chosen_before_its_groups_and_homes(root, monkeypatch):
    monkeypatch.setattr("api.console.tuning._CHOICE", 1)
    town = root.get("/rules").text
    assert 'value="village:dp"' in town and "site:dp03" not in town and 'value="dp03-12"' not in town
    for scope in ("village:dp", "site:dp03", "dp03-12"):
        page = root.get(f"/rules?scope={scope}").text
        assert 'value="site:dp03"' in page and 'value="dp03-15"' in page
    assert root.get("/rules?scope=village:nowhere").status_code == 404


def test_steps_are_set_in_minutes_and_say_whom_they_would_have_reached(desk, root, judge):
    judge.go.set()
    desk.raises_quiet()
    desk.now += 25 * 60 * 1_000_000
    form = {"watcher": "0", "second_watcher": "5", "grid_member": "10", "village": "30", "town": "40"}
    trial = tried(root, "class2.steps", **form)
    said = words(root, trial)
    assert re.search(r"村 +1 → +0", said) and re.search(r"网格员 +1 → +1", said)
    until(lambda: "保存，从现在起生效" in words(root, trial))
    root.post(f"{trial}/save", data={"why": "村里太早"}, headers=FORM)
    (saved,) = [one for one in settings(desk) if one.name == "class2.steps"]
    assert saved.scope == "all" and "[1800" in saved.value and '["village"]' in saved.value


def test_what_would_leave_somebody_untold_is_refused_with_a_sentence(root, judge):
    for name, form in (
        ("class1.steps", {"watcher": "5"}), ("no_activity_s", {"scope": "dp03-12", "value": "1"}),
        ("co.clears_ppm", {"value": "99"}),
    ):  # fmt: skip
        answer = root.post(f"/rules/{name}/try", data=form, headers=FORM)
        assert answer.status_code == 422 and "不能这样设" in answer.text, name
    for value in ("", "nan", "1e999", "many"):
        answer = root.post("/rules/low_temperature.celsius/try", data={"value": value}, headers=FORM)
        assert answer.status_code == 422 and "请填数字" in answer.text, value
    same = root.post("/rules/low_temperature.celsius/try", data={"value": "8"}, headers=FORM)
    assert "没有要改的" in same.text
    assert judge.asked == []


def test_who_changed_it_meanwhile_is_not_overwritten(root, judge):
    judge.go.set()
    first, second = (tried(root, "low_temperature.celsius", value=value) for value in ("10", "12"))
    for trial in (first, second):
        until(lambda trial=trial: "保存，从现在起生效" in words(root, trial))
    assert root.post(f"{first}/save", data={"why": "a"}, headers=FORM).status_code == 303
    refused = root.post(f"{second}/save", data={"why": "b"}, headers={**FORM, "accept": "text/html"})
    assert refused.status_code == 409 and "别人改了" in refused.text


def test_too_many_at_once_are_refused(root, judge):
    for value in range(9, 14):
        tried(root, "low_temperature.celsius", value=str(value))
    assert root.post("/rules/low_temperature.celsius/try", data={"value": "15"}, headers=FORM).status_code == 429


def test_every_number_of_the_page_has_a_word_and_a_page(root):
    page = root.get("/rules").text + root.get("/rules?scope=dp03-12").text
    addresses = set(re.findall(r'href="(/rules/[^"?]+)\?scope=all"', page))
    assert len(addresses) > 35
    for address in addresses:
        answer = root.get(address)
        assert answer.status_code == 200
        name = address.rpartition("/")[2]
        assert f"<h1>{name}" not in answer.text and f"<h1>{name.partition('.')[2]}" not in answer.text


def test_an_operator_looks_and_changes_nothing(desk, client):
    client.headers.update(desk.token())
    assert 'name="value"' not in client.get("/rules/low_temperature.celsius").text
    assert client.post("/rules/low_temperature.celsius/try", data={"value": "9"}, headers=FORM).status_code == 403
