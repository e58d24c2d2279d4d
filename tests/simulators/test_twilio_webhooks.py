"""What the simulated Twilio reports and hands on, signed, late, twice or backwards."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import pytest
from twilio.request_validator import RequestValidator
from twilio_customer import ANNA, SERVICE_NUMBER, becomes, client_of, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio import SimulatedTwilio
from simulators.twilio.webhooks import NotOnThisComputer, checked, signature


def statuses(forms):
    return [form["MessageStatus"] for form in forms]


def test_a_delivered_message_reports_each_status_in_order_and_signed(provider, customer):
    sid = send(provider, status_callback=f"{customer.url}/status?n=77&kind=a%20b").sid
    forms = customer.waits_for(3, "/status?n=77&kind=a%20b")
    assert statuses(forms) == ["queued", "sent", "delivered"]
    assert all(form["MessageSid"] == sid and form["To"] == ANNA and form["From"] == SERVICE_NUMBER for form in forms)
    assert all(signed for _, _, signed in customer.heard)


def test_the_signature_is_the_one_the_providers_library_computes():
    url, params = "http://127.0.0.1:8000/hooks?x=1", {"To": "+1", "Body": "守望 & more", "AccountSid": "AC"}
    assert signature("token", url, params) == RequestValidator("token").compute_signature(url, params)


def test_another_token_does_not_verify(provider, customer):
    customer.token = "another"
    send(provider, status_callback=f"{customer.url}/status")
    customer.waits_for(3)
    assert not any(signed for _, _, signed in customer.heard)


@pytest.mark.parametrize(("outcome", "code"), [("undelivered", 30003), ("undelivered", 30008), ("failed", 30007)])
def test_a_message_that_does_not_arrive_says_why(provider, customer, outcome, code):
    provider.behave(ANNA, delivery=outcome, error_code=code)
    sid = send(provider, status_callback=f"{customer.url}/status").sid
    assert becomes(provider, sid, settled=True).status == outcome
    last = customer.waits_for(2, "/status")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == (outcome, str(code))
    assert provider.inbox(ANNA) == []
    fetched = client_of(provider).messages(sid).fetch()
    assert (fetched.status, fetched.error_code) == (outcome, code)


def test_a_phone_without_receipts_gets_its_message_and_nobody_is_told(provider, customer):
    provider.behave(ANNA, delivery="never")
    sid = send(provider, status_callback=f"{customer.url}/status").sid
    provider.wait_for(ANNA)
    assert becomes(provider, sid, settled=True).status == "sent"
    assert customer.heard == []


def test_a_message_that_stays_queued_fails_when_its_validity_is_over(provider, customer):
    provider.behave(ANNA, delivery="queued")
    send(provider, status_callback=f"{customer.url}/status", validity_period=1)
    forms = customer.waits_for(2, "/status")
    assert statuses(forms) == ["queued", "failed"]
    assert forms[-1]["ErrorCode"] == "30036"


def test_reports_may_come_twice_and_backwards(provider, customer):
    provider.behave(ANNA, twice=True, backwards=True)
    send(provider, status_callback=f"{customer.url}/status")
    forms = customer.waits_for(6, "/status")
    assert statuses(forms) == ["delivered", "delivered", "sent", "sent", "queued", "queued"]


def test_a_reply_is_handed_on_signed_to_whoever_wrote_last(provider, customer):
    client_of(provider).messages.create(to=ANNA, from_="+8612000009001", body="去看回31")
    provider.wait_for(ANNA)
    sid = provider.reply(ANNA, "３１ 我去").sid
    form = customer.waits_for(1, "/inbound")[0]
    assert (form["From"], form["To"], form["Body"]) == (ANNA, "+8612000009001", "３１ 我去")
    assert (form["MessageSid"], form["AccountSid"], form["NumMedia"]) == (sid, provider.account_sid, "0")
    assert all(signed for _, _, signed in customer.heard)
    listed = client_of(provider).messages.list(from_=ANNA)
    assert [(one.direction, one.status) for one in listed] == [("inbound", "received")]


def test_a_reply_the_service_refuses_is_kept_with_its_answer(provider, customer):
    customer.answers_with = 403
    sid = provider.reply(ANNA, "31").sid
    becomes(provider, sid, taken=403)
    assert provider.callbacks[-1]["status"] == 403


def test_when_nobody_listens_the_webhook_is_tried_once_more(provider, customer):
    provider.inbound_url = "http://127.0.0.1:9/inbound"
    sid = provider.reply(ANNA, "31").sid
    becomes(provider, sid, taken=0)
    assert [post["status"] for post in provider.callbacks] == [0, 0]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "http://192.168.1.4/x",
        "http://127.0.0.1.example.org/x",
        "http://127.0.0.1@example.org/x",
        "https://127.0.0.1/x",
        "ftp://127.0.0.1/x",
        "http://0.0.0.0/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://127.0.0.1:99999/x",
        "",
    ],
)
def test_nothing_is_ever_posted_to_another_computer(url):
    with pytest.raises(NotOnThisComputer):
        checked(url)
    with pytest.raises(NotOnThisComputer):
        SimulatedTwilio(inbound_url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:80/x"])
def test_loopback_addresses_are_called(url):
    assert checked(url) == url
