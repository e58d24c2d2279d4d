"""The phones: whose they are, how they answer by themselves, and what a restart leaves."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import json

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio_customer import ANNA, BERT, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio import SimulatedTwilio
from simulators.twilio.codes import reply_codes

ASKING = "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39"
TOWN = """
people:
  - {id: p-w01, name: 王一一, role: watcher, phones: [{number: "+8612000000001"}, {number: "+8612000000004"}]}
  - {id: p-g01, name: 李二二, role: grid_member, phones: [{number: "+8612000000002", verified: 2026-01-05}]}
  - {id: p-x, name: 无号, role: watcher}
"""


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (ASKING, ["31", "39"]),
        ("Go: reply 21, cannot: reply 29", ["21", "29"]),
        ("平安回复 42", ["42"]),
        ("已记您去12号家。到后请回:平安32,要帮忙33,误报34。去不了回39", ["32", "33", "34", "39"]),
        ("到了吗?平安回42,要帮忙43", ["42", "43"]),
        ("There, reply: safe 12, need help 13. Cannot go: 19", ["12", "13", "19"]),
        ("To set away: AWAY house days, like AWAY 15 3", []),
        ("没有设外出。如:外出15 3", []),
        ("12号家 31岁 14:31", []),
        ("请回电 13900001111", []),
        ("回311", []),
        ("回38", []),
    ],
)
def test_reply_codes_are_only_what_a_text_asks_to_be_answered(text, codes):
    assert reply_codes(text) == codes


def test_a_phone_answers_by_itself_once_for_each_slot(provider, customer):
    provider.behave(ANNA, answers={"after_s": 0.05, "text": "{slot}1"})
    send(provider, body=ASKING)
    assert customer.waits_for(1)[0]["Body"] == "31"
    send(provider, body=ASKING)
    send(provider, body="only news, nothing to answer")
    send(provider, body="去看回41,去不了回49")
    assert [form["Body"] for form in customer.waits_for(2)] == ["31", "41"]
    for number in range(4):
        provider.wait_for(ANNA, nth=number + 1)
    send(provider, to=BERT, body=ASKING)
    provider.wait_for(BERT)
    assert [one.body for one in provider.messages if one.direction == "inbound"] == ["31", "41"]


def test_a_phone_that_was_answered_by_hand_keeps_still(provider, customer):
    provider.behave(ANNA, answers={"after_s": 0.4, "text": "{slot}1"})
    send(provider, body=ASKING)
    provider.wait_for(ANNA)
    provider.reply(ANNA, "39")
    send(provider, body="去看回41")
    assert [form["Body"] for form in customer.waits_for(2)] == ["39", "41"]


def test_an_undelivered_text_is_not_answered(provider, customer):
    provider.behave(ANNA, answers={"after_s": 0, "text": "{slot}1"}, delivery="undelivered")
    provider.behave(BERT, answers={"after_s": 0.3, "text": "{slot}1"})
    send(provider, body=ASKING)
    send(provider, to=BERT, body=ASKING)
    assert [form["From"] for form in customer.waits_for(1)] == [BERT]


def test_stop_takes_a_phone_out_and_start_brings_it_back(provider):
    provider.reply(ANNA, "stop")
    with pytest.raises(TwilioRestException) as refused:
        send(provider)
    assert refused.value.code == 21610
    provider.reply(ANNA, "START")
    assert send(provider).status == "queued"


def test_the_json_door_shows_phones_and_lets_them_answer(provider, customer):
    door = f"{provider.base_url}/sim"
    requests.post(f"{door}/phones", json={"number": ANNA, "name": "王一一", "role": "watcher"}, timeout=8)
    behaviour = {"answers": {"after_s": 60, "text": "{slot}2"}, "delivery": "delivered"}
    requests.post(f"{door}/phones/{ANNA}/behaviour", json=behaviour, timeout=8).raise_for_status()
    phone = requests.get(f"{door}/phones", timeout=8).json()[0]
    assert (phone["name"], phone["answers"]) == ("王一一", {"after_s": 60.0, "text": "{slot}2"})
    send(provider, body=ASKING)
    provider.wait_for(ANNA)
    inbox = requests.get(f"{door}/phones/{ANNA}/inbox", timeout=8).json()
    assert [(one["body"], one["codes"]) for one in inbox] == [(ASKING, ["31", "39"])]
    assert inbox[0]["received_at"].endswith("+00:00")
    answered = requests.post(f"{door}/phones/{ANNA}/reply", json={"text": "31"}, timeout=8)
    assert answered.status_code == 201
    assert customer.waits_for(1)[0]["Body"] == "31"
    everything = requests.get(f"{door}/messages", timeout=8).json()
    assert [one["direction"] for one in everything] == ["outbound-api", "inbound"]
    since = requests.get(f"{door}/messages", params={"since": everything[0]["seq"], "direction": "inbound"}, timeout=8)
    assert [one["body"] for one in since.json()] == ["31"]
    assert requests.get(f"{door}/health", timeout=8).json() == {"ok": True, "messages": 2}
    for wrong in ({"text": ""}, {"text": "x", "to": "y"}, {}):
        assert requests.post(f"{door}/phones/{ANNA}/reply", json=wrong, timeout=8).status_code == 422
    requests.post(f"{door}/reset", timeout=8)
    assert requests.get(f"{door}/messages", timeout=8).json() == []
    assert requests.get(f"{door}/phones", timeout=8).json() == []


def test_other_web_pages_and_other_host_names_are_kept_out(provider):
    door = f"{provider.base_url}/sim/phones/{ANNA}/reply"
    foreign = requests.post(door, json={"text": "31"}, headers={"Origin": "http://evil.example"}, timeout=8)
    rebound = requests.post(door, json={"text": "31"}, headers={"Host": "evil.example"}, timeout=8)
    assert (foreign.status_code, rebound.status_code) == (403, 403)
    assert requests.post(door, json={"text": "x" * 70_000}, timeout=8).status_code == 413
    assert provider.messages == []


def test_the_towns_phones_are_known_with_their_owners(tmp_path):
    town = tmp_path / "town.yaml"
    town.write_text(TOWN, "utf-8")
    with SimulatedTwilio(town=town, auto_replies=[f"{BERT}=10:{{slot}}1"]) as provider:
        phones = requests.get(f"{provider.base_url}/sim/phones", timeout=8).json()
        assert [(one["number"][-1], one["name"], one["pinned"]) for one in phones] == [
            ("1", "王一一", False),
            ("4", "王一一", False),
            ("2", "李二二", True),
        ]
        provider.behave(BERT, answers=None)
        provider.reset()
        assert provider.exchange.phones.get(BERT).answers.text == "{slot}1"


def test_a_restart_goes_on_where_it_was(tmp_path, customer):
    state = tmp_path / "messages.jsonl"
    with SimulatedTwilio(state=state) as before:
        before.behave(BERT, delivery="queued")
        delivered = send(before, body=ASKING).sid
        stuck = send(before, to=BERT, body="still on its way", status_callback=f"{customer.url}/status").sid
        before.wait_for(ANNA)
        customer.waits_for(1, "/status")
        before.reply(BERT, "STOP")
    with state.open("a", encoding="utf-8") as file:
        file.write('{"sid": "SMtorn')  # a crash in the middle of a line
    inbound = f"{customer.url}/inbound"
    with SimulatedTwilio(state=state, inbound_url=inbound, auto_replies=[f"{ANNA}=0:{{slot}}1"]) as after:
        customer.token = after.auth_token
        assert {one.sid for one in after.messages} >= {delivered, stuck}
        after.wait_for(BERT, containing="still on its way")
        assert "31" in [form["Body"] for form in customer.waits_for(2, "/inbound")]
        assert customer.waits_for(4, "/status")[-1]["MessageStatus"] == "delivered"
        with pytest.raises(TwilioRestException):
            send(after, to=BERT)
        assert len({one.seq for one in after.messages}) == len(after.messages)
    assert all(json.loads(line) for line in state.read_text("utf-8").splitlines())
    with SimulatedTwilio(state=state, inbound_url=inbound, auto_replies=[f"{ANNA}=0:{{slot}}1"]) as again:
        send(again, body="去看回41")
        assert [form["Body"] for form in customer.waits_for(3, "/inbound")].count("31") == 1


def test_waiting_for_a_message_that_does_not_come_says_what_came(provider):
    send(provider, body="something else")
    provider.wait_for(ANNA)
    with pytest.raises(AssertionError, match="something else"):
        provider.wait_for(ANNA, containing="31", timeout_s=0.05)
