"""Every way in which the provider may fail its customer, and what is then true."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio_customer import ANNA, BERT, SERVICE_NUMBER, becomes, client_of, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio import SimulatedTwilio


@pytest.mark.parametrize(
    ("mode", "more", "status", "code"),
    [
        ("refuse", {}, 400, 21612),
        ("refuse", {"code": 21608}, 400, 21608),
        ("401", {}, 401, 20003),
        ("429", {}, 429, 20429),
        ("500_before", {}, 500, 20500),
        ("opted_out", {}, 400, 21610),
        ("landline", {}, 400, 21614),
    ],
)
def test_a_refused_message_was_not_accepted(provider, mode, more, status, code):
    provider.fault(mode, ANNA, **more)
    with pytest.raises(TwilioRestException) as refused:
        send(provider)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert provider.messages == []
    send(provider, to=BERT)
    provider.wait_for(BERT)


def test_an_error_after_accepting_leaves_the_message_on_its_way(provider):
    provider.fault("500_after", ANNA)
    with pytest.raises(TwilioRestException) as broke:
        send(provider, body="accepted all the same")
    assert broke.value.status == 500
    provider.wait_for(ANNA, containing="accepted all the same")


def test_a_hang_after_accepting_loses_only_the_answer(provider):
    provider.fault("hang_after", ANNA, seconds=60)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client_of(provider, timeout=0.5).messages.create(to=ANNA, from_=SERVICE_NUMBER, body="once")
    provider.wait_for(ANNA, containing="once")
    assert [one.body for one in client_of(provider).messages.list(to=ANNA)] == ["once"]


def test_a_hang_before_accepting_accepts_nothing_even_when_it_ends(provider):
    provider.fault("hang_before", ANNA, seconds=0.3)
    with pytest.raises(TwilioRestException) as broke:
        send(provider)
    assert broke.value.status == 503
    provider.fault("hang_before", ANNA, seconds=60)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client_of(provider, timeout=0.5).messages.create(to=ANNA, from_=SERVICE_NUMBER, body="x")
    assert provider.messages == []


@pytest.mark.parametrize(("mode", "accepted"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_connection_ends_without_an_answer_before_or_after_accepting(provider, mode, accepted):
    provider.fault(mode, ANNA, times=1)
    with pytest.raises(requests.exceptions.ConnectionError, match=r"reset|aborted"):
        send(provider)
    assert len(provider.messages) == accepted
    send(provider)
    assert len(provider.messages) == accepted + 1


def test_an_answer_that_is_not_twilios_comes_after_accepting(provider):
    provider.fault("malformed", ANNA, times=1)
    with pytest.raises(ValueError, match="Expecting value"):
        send(provider)
    assert len(provider.messages) == 1
    provider.fault("malformed", on="read")
    with pytest.raises(ValueError, match="Expecting value"):
        client_of(provider).messages.list(to=ANNA)


@pytest.mark.parametrize("retry_after", ["3", "Wed, 21 Oct 2026 07:28:00 GMT", None])
def test_a_busy_provider_may_say_when_to_come_back(provider, retry_after):
    provider.fault("429", retry_after=retry_after)
    url = f"{provider.base_url}/2010-04-01/Accounts/{provider.account_sid}/Messages.json"
    form = {"To": ANNA, "From": SERVICE_NUMBER, "Body": "x"}
    answer = requests.post(url, form, auth=(provider.account_sid, provider.auth_token), timeout=8)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, retry_after)


def test_a_hanging_request_does_not_keep_the_provider_from_ending():
    with SimulatedTwilio() as provider:
        provider.fault("hang_after", seconds=300)
        with pytest.raises(requests.exceptions.ReadTimeout):
            client_of(provider, timeout=0.3).messages.create(to=ANNA, from_=SERVICE_NUMBER, body="x")
        started = time.monotonic()
    assert time.monotonic() - started < 10


def test_a_fault_may_last_for_some_requests_only(provider):
    provider.fault("429", times=2)
    for _ in range(2):
        with pytest.raises(TwilioRestException):
            send(provider)
    assert send(provider).status == "queued"


def test_a_numbers_own_fault_goes_before_everybodys(provider):
    provider.fault("429")
    provider.fault("refuse", ANNA, code=21610)
    codes = []
    for to in (ANNA, BERT):
        with pytest.raises(TwilioRestException) as refused:
            send(provider, to=to)
        codes.append(refused.value.code)
    assert codes == [21610, 20429]
    provider.fault("ok")
    provider.fault("ok", ANNA)
    assert send(provider).status == "queued"


def test_asking_for_messages_may_fail_while_sending_works(provider):
    provider.fault("500_before", on="read")
    sid = send(provider).sid
    for ask in (lambda: client_of(provider).messages(sid).fetch(), lambda: client_of(provider).messages.list(to=ANNA)):
        with pytest.raises(Exception, match="500"):
            ask()
    provider.fault("ok")
    assert client_of(provider).messages(sid).fetch().sid == sid


@pytest.mark.parametrize("number", [None, ANNA])
def test_an_undelivered_network_can_be_set_and_ended(provider, number):
    provider.fault("undelivered", number, code=30008)
    sid = send(provider).sid
    assert becomes(provider, sid, status="undelivered").error_code == 30008
    provider.fault("ok", number)
    send(provider, body="works again")
    provider.wait_for(ANNA, containing="works again")


def test_the_json_door_sets_and_lists_faults(provider):
    url = f"{provider.base_url}/sim/faults"
    answer = requests.post(url, json={"number": ANNA, "mode": "hang_after", "seconds": 2, "times": 1}, timeout=8)
    assert answer.json()["faults"][0]["mode"] == "hang_after"
    for wrong in ({"mode": "explode"}, {"mode": "429", "number": "anna"}, {"mode": "429", "sometimes": 1}, {}):
        assert requests.post(url, json=wrong, timeout=8).status_code == 422
    assert requests.post(url, json={"mode": "undelivered", "times": 1}, timeout=8).status_code == 422
    requests.post(f"{provider.base_url}/sim/reset", timeout=8)
    assert requests.get(url, timeout=8).json()["faults"] == []
