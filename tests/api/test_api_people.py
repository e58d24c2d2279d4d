"""People: who can be called now and why not, how long each took, leave with a stand-in; phones are shown when asked for."""

import re

import msgspec
from desk import CLASS_1, MODELS, TOWN
from test_api_desk_life import FORM

from alerts.commands.leave import set_leave
from alerts.registry import importing
from events.types import alert as facts
from events.types import message
from events.types.fact import DAY, HOUR, MINUTE
from events.types.home import PhoneOptedOut


def row(client, name, address="/people"):
    """The words of somebody's row."""
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", client.get(address).text, re.DOTALL)
    (found,) = [re.sub(r"<[^>]+>|\s+", " ", each) for each in rows if name in each]
    return re.sub(r"\s+", " ", found)


def told(desk, id, alert, person, *, at, then=None):
    """A text went out to somebody, and perhaps became something."""
    planned = message.MessagePlanned(
        message=id, tell=1, alert=alert, site="dp03", alert_class=1, round=1, step=1, person=person, phone="x",
        channel="twilio_sms", template="first_carbon_monoxide",
    )  # fmt: skip
    sent = message.MessageSent(message=id, channel="twilio_sms", provider_id=id)
    for name, event in (("planned", planned), ("sent", sent), ("then", then)):
        if event is not None:
            desk.told(f"person-{person}", person, event, f"{name}-{id}", at=at)


def test_everybody_is_there_with_their_homes_and_masked_phones(desked):
    watcher = row(desked, "李山杏")
    assert "现在叫得到" in watcher and "2 户" in watcher and "守望员 1 · 第二守望员 1" in watcher
    assert "+8612000000002" not in desked.get("/people").text
    assert "3" not in row(desked, "廖荷花").partition("户")[0].partition("叫得到")[2], (
        "a village head answers for both homes"
    )


def test_times_count_from_the_first_message_to_a_person_up_to_the_door(desk, desked):
    raised_at = desk.now
    id = desk.raises_co()
    told(desk, "m1", id, "p-w01", at=raised_at + MINUTE)
    for kind, minutes in ((facts.ResponderEnRoute, 3), (facts.ResponderArrived, 11)):
        desk.now = raised_at + minutes * MINUTE
        desk.happens(f"alert-{id}", "dp03", kind(alert=id, who="p-w01", by="p-w01", via="sms"))
    words = row(desked, "王秋禾")
    assert "2 分钟 p90 2 分钟" in words and "10 分钟 p90 10 分钟" in words
    desk.now += HOUR
    id = desk.raises_quiet(home="dp03-12")
    told(desk, "m2", id, "p-w01", at=desk.now)
    desk.happens(f"alert-{id}", "dp03", facts.ResponderDeclined(alert=id, who="p-w01", by="p-w01", via="sms"))
    assert "2 1 次去不了" in row(desked, "王秋禾")


def test_a_drill_is_in_nobodys_times(desk, desked):
    id = desk.raises_co()
    told(desk, "m1", id, "p-w01", at=desk.now)
    desk.happens(f"alert-{id}", "dp03", facts.ResponderArrived(alert=id, who="p-w01", by="p-w01", via="sms"))
    closed = facts.AlertClosed(alert=id, outcome="drill", by="user:duty", via="console")
    desk.happens(f"alert-{id}", "dp03", closed)
    assert "p90" not in row(desked, "王秋禾")


def test_who_got_nothing_last_time_is_not_reachable_until_something_arrives(desk, desked):
    id = desk.raises_co()
    failed = message.MessageFailed(message="m1", channel="twilio_sms", code="30003")
    told(desk, "m1", id, "p-w01", at=desk.now, then=failed)
    assert "上一条没送到" in row(desked, "王秋禾")
    assert "王秋禾" in desked.get("/people?only=unreachable").text
    assert "李山杏 守望员" not in re.sub(r"<[^>]+>", "", desked.get("/people?only=unreachable").text)
    told(desk, "m2", id, "p-w01", at=desk.now, then=message.MessageDelivered(message="m2", provider_id="m2"))
    assert "现在叫得到 22:30 送到" in row(desked, "王秋禾")


def test_a_call_nobody_took_beside_a_text_that_arrived_was_received(desk, desked):
    id = desk.raises_co()
    told(desk, "m1", id, "p-w01", at=desk.now, then=message.MessageDelivered(message="m1", provider_id="m1"))
    missed = message.MessageFailed(message="m2", channel="twilio_voice", code="x")
    told(desk, "m2", id, "p-w01", at=desk.now, then=missed)
    assert "现在叫得到" in row(desked, "王秋禾")


def test_who_refuses_our_texts_is_not_reachable(desk, desked):
    desk.told("person-p-w02", "p-w02", PhoneOptedOut(person="p-w02", phone="x"), "out-1")
    reason = {"person": "p-w02", "phone": "x", "homes": ["dp03-12"], "why": "reply"}
    terms = msgspec.structs.replace(CLASS_1, alert_class=4, steps=[])
    task = facts.AlertRaised(
        alert="t-1", home="", site="dp03", danger="responder_unreachable", reason=reason, terms=terms
    )
    desk.happens("alert-t-1", "dp03", task)
    assert "拒收短信" in row(desked, "李山杏")


def test_leave_is_recorded_with_who_stands_in_and_is_cancelled_again(desk, desked):
    form = {"since": "2026-11-21T22:00", "until": "2026-11-23T08:00", "cover": "p-w02", "note": "看病"}
    assert desked.post("/people/p-w01/leave", data=form, headers=FORM).status_code == 303
    assert "请假到 11-23 08:00 由 李山杏 替" in row(desked, "王秋禾")
    chain = row(desked, "12号家", "/people/chains")
    assert "李山杏 （王秋禾 位）" in chain, "the chain shows who is meant now, and for whom"
    page = desked.get("/people/p-w01").text
    assert "看病" in page
    (address,) = re.findall(r'action="(/people/p-w01/leave/\d+/cancel)"', page)
    assert desked.post(address, headers=FORM).status_code == 303
    assert "现在叫得到" in row(desked, "王秋禾")
    assert desked.post(address, headers=FORM).status_code == 404


def test_leave_that_makes_no_sense_is_refused_with_a_sentence(desked):
    form = {"since": "2026-11-23T08:00", "until": "2026-11-22T08:00"}
    refused = desked.post("/people/p-w01/leave", data=form, headers={**FORM, "accept": "text/html"})
    assert refused.status_code == 422 and "结束早于开始" in refused.text
    assert (
        desked.post("/people/p-w01/leave", data=form | {"until": "2026-02-31T08:00"}, headers=FORM).status_code == 422
    )


def test_whose_turn_it_is_not_is_off_duty_and_the_rota_says_who_follows(desk, desked):
    rota = "rotas:\n  - {id: r-dp, name: 东坪值班, turn: daily, begins: 2026-11-02, handover: ['08:00', '20:00'], turns: [p-v09, p-v01]}\n"
    more = '  - {id: p-v09, name: 田杏花, role: village_head, phones: [{number: "+8612000000009", verified: 2026-01-05}]}\n'
    town = TOWN.replace("villages:\n", more + rota + "villages:\n").replace("head: p-v01", "head: r-dp")
    desk.now += 1_000_000
    importing.apply(desk.database, importing.check(town, MODELS), desk.now)
    desk.services.folded()
    assert "不当班" in row(desked, "田杏花") and "2 户" in row(desked, "田杏花")
    assert "现在叫得到" in row(desked, "廖荷花")
    rotas = re.sub(r"<[^>]+>|\s+", " ", desked.get("/people").text)
    assert re.search(r"东坪值班: +廖荷花 +到 11-22 08:00 +接着 +田杏花", rotas)


def test_what_is_wrong_with_a_chain_is_said_of_the_home(desk, desked):
    for person in ("p-w02", "p-g01"):
        set_leave(desk.database, person=person, since=desk.now, until=desk.now + DAY, by="user:duty", at=desk.now)
    assert "前两级叫不到任何人" in row(desked, "15号家", "/people/chains")
    assert "前两级只有一部能用的电话" in row(desked, "12号家", "/people/chains")


def test_phones_are_shown_when_asked_for_and_that_is_recorded(desk, desked):
    assert "+8612000000001" not in desked.get("/people/p-w01").text
    assert "+8612000000001" in desked.get("/people/p-w01?shown=1").text
    desked.headers.update(desk.token("administrator"))
    assert "看人员的姓名电话" in desked.get("/admin/audit").text


def test_the_page_of_an_alert_sends_a_message_and_its_timeline_says_by_whom_and_what_became_of_it(desk, desked):
    id = desk.raises_co()
    form = {"somebody": "p-v01", "what": "note", "text": "请带手电"}
    assert 'action="/alerts/carbon_monoxide-7/message"' in desked.get(f"/alerts/{id}").text
    assert desked.post(f"/alerts/{id}/message", data=form, headers=FORM).status_code == 303
    page = desked.get(f"/alerts/{id}").text
    assert "duty 让给 廖荷花 发消息" in page and "请带手电" in page
    refused = desked.post(f"/alerts/{id}/message", data=form | {"text": ""}, headers={**FORM, "accept": "text/html"})
    assert refused.status_code == 409 and "请写几句再发" in refused.text
