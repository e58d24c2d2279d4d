"""The page of phones, as people see and press it."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

from html.parser import HTMLParser

import pytest
import requests
from twilio_customer import ANNA, BERT, SERVICE_NUMBER, becomes, client_of, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio import SimulatedTwilio
from simulators.twilio.words import WORDS

ASKING = "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39"


class Tags(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)


def page(provider, **query):
    answer = requests.get(provider.base_url, params=query, timeout=8)
    assert answer.status_code == 200
    return answer.text


def test_it_says_in_both_languages_that_no_message_leaves(provider):
    assert "演示：短信不出本机" in page(provider)
    english = page(provider, lang="en")
    assert "Demo: no SMS leaves this computer" in english
    assert 'lang="en"' in english
    assert all(all(both) for both in WORDS.values())


def test_it_says_which_phone_answers_by_itself_and_which_waits(provider):
    provider.behave(ANNA, answers={"after_s": 10, "text": "{slot}1"}, pinned=True)
    assert "自动回复：10 秒后回 我去" in page(provider)
    for number in (ANNA, BERT):
        send(provider, to=number, body=ASKING)
        provider.wait_for(number)
    text = page(provider)
    assert "自动回复：10 秒后回 31" in text
    assert text.count("等你来回") == 1
    provider.reply(BERT, "31")
    assert "等你来回" not in page(provider)


def test_a_message_full_of_html_stays_text(provider):
    nasty = '<script>alert(1)</script><img src=x onerror="alert(1)">\'"></li></article>&lt;'
    quiet = page(provider)
    send(provider, body="x")
    provider.wait_for(ANNA)
    before = Tags(page(provider)).names.count("script")
    requests.post(
        f"{provider.base_url}/sim/phones", json={"number": ANNA, "name": nasty[:80], "role": nasty[:40]}, timeout=8
    ).raise_for_status()
    send(provider, body=nasty)
    provider.reply(ANNA, nasty)
    provider.wait_for(ANNA, nth=2)
    tags = Tags(page(provider))
    assert tags.names.count("script") == before == Tags(quiet).names.count("script")
    assert "img" not in tags.names
    assert "Content-Security-Policy" in requests.get(provider.base_url, timeout=8).headers


def test_without_javascript_a_quick_reply_is_a_plain_form(provider, customer):
    send(provider, body=ASKING)
    provider.wait_for(ANNA)
    text = page(provider)
    for code in ("31", "32", "33", "34", "35", "39"):
        assert f'value="{code}"' in text
    answer = requests.post(f"{provider.base_url}/phones/{ANNA}/reply?lang=en", data={"text": "32"}, timeout=8)
    assert "lang=en" in answer.url
    assert answer.history[0].status_code == 303
    assert customer.waits_for(1)[0]["Body"] == "32"


def test_a_reply_the_service_did_not_take_is_shown(provider, customer):
    customer.answers_with = 500
    sid = provider.reply(ANNA, "31").sid
    becomes(provider, sid, taken=500)
    assert "服务没收到 500" in page(provider)


def test_the_changing_part_is_sent_only_when_something_changed(provider):
    version = provider.exchange.ledger.version
    url = f"{provider.base_url}/fragment"
    assert requests.get(url, params={"seen": version}, timeout=8).status_code == 204
    provider.reply(ANNA, "hello")
    assert "hello" in requests.get(url, params={"seen": version}, timeout=8).text


def test_a_button_of_the_scene_is_passed_on_and_its_answer_shown(customer):
    with SimulatedTwilio(actions=[f"开窗|Open the window|{customer.url}/window"]) as provider:
        customer.token = provider.auth_token
        assert "开窗" in page(provider)
        assert "Open the window" in page(provider, lang="en")
        requests.post(f"{provider.base_url}/actions/0", timeout=8)
        customer.waits_for(1, "/window")
        assert "已做" in page(provider)
        customer.answers_with = 409
        requests.post(f"{provider.base_url}/actions/0", timeout=8)
        assert "没做成" in page(provider)
        assert requests.post(f"{provider.base_url}/actions/7", timeout=8).status_code == 404
        more = {"label": "按求助", "label_en": "Press SOS", "url": "http://192.0.2.7/"}
        assert requests.post(f"{provider.base_url}/sim/actions", json=more, timeout=8).status_code == 422
        more["url"] = f"{customer.url}/sos"
        requests.post(f"{provider.base_url}/sim/actions", json=more, timeout=8).raise_for_status()
        assert "按求助" in page(provider)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 740)])
def test_in_a_browser_a_message_appears_and_is_answered_by_keyboard(chromium, provider, customer, width, height):
    view = chromium.new_page(viewport={"width": width, "height": height})
    faults: list[str] = []
    view.on("pageerror", lambda error: faults.append(str(error)))
    view.on("console", lambda line: line.type == "error" and faults.append(line.text))
    view.goto(provider.base_url)
    send(provider, body=ASKING)
    view.get_by_text("12号家一氧化碳超标").wait_for()
    written = view.get_by_placeholder("回短信…")
    written.fill("half wri")
    send(provider, body="second news")
    view.get_by_text("second news").wait_for()
    assert written.input_value() == "half wri"
    view.get_by_role("button", name="31 我去").focus()
    view.keyboard.press("Enter")
    assert customer.waits_for(1, "/inbound")[0]["Body"] == "31"
    view.locator("li.mine", has_text="31").wait_for()
    written.fill("<b>33 & more</b>")
    view.keyboard.press("Enter")
    assert customer.waits_for(2, "/inbound")[1]["Body"] == "<b>33 & more</b>"
    view.get_by_text("<b>33 & more</b>").wait_for()
    assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []
    view.close()


SAYS = '<Response><Gather action="{url}/keys" timeout="60"><Say language="zh-CN">12号家 &lt;b&gt;请按1&lt;/b&gt;</Say></Gather></Response>'


def test_a_phone_rings_is_answered_and_a_key_is_pressed_on_the_page(provider, customer):
    client_of(provider).calls.create(to=ANNA, from_=SERVICE_NUMBER, twiml=SAYS.format(url=customer.url))
    call = provider.wait_for_call(ANNA, lambda one: one.status == "ringing")
    text = page(provider)
    assert "来电" in text and "接听" in text and "拒接" in text
    at = f"{provider.base_url}/phones/%2B{ANNA.removeprefix('+')}/call"
    requests.post(at, data={"sid": call.sid, "what": "answer"}, timeout=8)
    provider.wait_for_call(ANNA, lambda one: one.asks)
    text = page(provider, lang="en")
    assert "In a call" in text and "12号家 &lt;b&gt;请按1" in text and "<b>1</b> I go" in text and "Hang up" in text
    requests.post(at, data={"sid": call.sid, "key": "1"}, timeout=8)
    assert customer.waits_for(1, "/keys")[0]["Digits"] == "1"
    provider.wait_for_call(ANNA, lambda one: one.over)
    text = page(provider)
    assert "☎" in text and "按了 1" in text and "接听" in text and "拒接" not in text


def test_a_call_that_is_turned_away_lies_among_the_messages(provider, customer):
    client_of(provider).calls.create(to=ANNA, from_=SERVICE_NUMBER, twiml=SAYS.format(url=customer.url))
    call = provider.wait_for_call(ANNA, lambda one: one.status == "ringing")
    at = f"{provider.base_url}/phones/%2B{ANNA.removeprefix('+')}/call"
    requests.post(at, data={"sid": call.sid, "what": "hang_up"}, timeout=8)
    requests.post(at, data={"sid": call.sid, "what": "answer"}, timeout=8)
    assert "没接" in page(provider)
