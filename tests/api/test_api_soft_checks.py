"""The page of a home and REST list the soft checks: asked when, quiet since when, and how it was answered."""

from desk import CLASS_2, NOW
from test_api_rights import come_in

from events.types import alert as alert_facts
from events.types.fact import DAY, HOUR, MINUTE
from events.types.routine import ElderAnswered, ElderAsked

HOME, STREAM = "dp03-12", "home-dp03-12"


def asked(desk, since, at):
    """The elder is asked after a silence of nearly twelve hours."""
    fact = ElderAsked(home=HOME, site="dp03", since=since, limit_s=43_200)
    desk.told(STREAM, "dp03", fact, key=f"asked-{since}", at=at)
    return since


def test_each_soft_check_says_how_it_was_answered(desk, client):
    before = 12 * HOUR - 10 * MINUTE
    by_key = asked(desk, NOW - 5 * DAY, NOW - 5 * DAY + before)
    answered = ElderAnswered(home=HOME, site="dp03", message="m7.1")
    desk.told(STREAM, "dp03", answered, key="answered-m7.1", at=NOW - 5 * DAY + before + MINUTE)
    moved = asked(desk, NOW - 3 * DAY, NOW - 3 * DAY + before)
    silent = asked(desk, NOW - 12 * HOUR - 5 * MINUTE, NOW - 15 * MINUTE)
    reason = {"last_seen": silent, "limit_s": 43_200, "silent_s": 43_200}
    common = {"home": HOME, "site": "dp03", "danger": "no_activity", "reason": reason}
    raised = alert_facts.AlertRaised(alert="no_activity-8", terms=CLASS_2, **common)
    desk.happens("alert-no_activity-8", "dp03", raised)
    waiting = asked(desk, NOW - before, NOW)

    client.headers.update(desk.token())
    told = client.get(f"/api/v1/homes/{HOME}/soft-checks").json()["asked"]
    assert [(one["since"], one["answer"], one["alert"]) for one in told] == [
        (waiting, "waiting", ""), (silent, "alert", "no_activity-8"), (moved, "passed", ""), (by_key, "key", ""),
    ]  # fmt: skip
    assert told[-1]["answered_at"] == by_key + before + MINUTE
    assert client.get("/api/v1/homes/nowhere/soft-checks").status_code == 404


def test_the_page_of_a_home_lists_them(desk, client):
    come_in(desk, client, "operator")
    assert 'id="soft-checks"' not in client.get(f"/homes/{HOME}").text, "where nobody was asked, nothing is said of it"
    asked(desk, NOW - 11 * HOUR - 50 * MINUTE, NOW)
    desk.told(STREAM, "dp03", ElderAnswered(home=HOME, site="dp03", message="m7.1"), key="answered-m7.1")
    page = client.get(f"/homes/{HOME}").text
    listed = page[page.index('id="soft-checks"') :]
    assert "上限 12 小时" in listed
    assert "老人按了键：没事" in listed
