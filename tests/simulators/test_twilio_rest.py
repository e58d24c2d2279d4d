"""The simulated Twilio's API, as the provider's own client and its published schema see it."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import requests
import yaml
from twilio.base.exceptions import TwilioRestException
from twilio_customer import ANNA, BERT, SERVICE_NUMBER, becomes, client_of, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio.sending import Sending

SERVICE = "MG" + "a" * 32


def test_a_created_message_can_be_fetched_and_listed(provider):
    created = send(provider)
    assert (created.status, created.direction, created.to, created.from_) == (
        "queued",
        "outbound-api",
        ANNA,
        SERVICE_NUMBER,
    )
    provider.wait_for(ANNA, containing="你好")
    fetched = client_of(provider).messages(created.sid).fetch()
    assert (fetched.status, fetched.body) == ("delivered", "你好")
    assert abs(fetched.date_sent - datetime.now(UTC)) < timedelta(seconds=5)
    assert [one.sid for one in client_of(provider).messages.list()] == [created.sid]


def test_a_messaging_service_chooses_the_sender_after_accepting(provider):
    created = client_of(provider).messages.create(to=ANNA, messaging_service_sid=SERVICE, body="hello")
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    provider.wait_for(ANNA)
    fetched = client_of(provider).messages(created.sid).fetch()
    assert (fetched.from_, fetched.messaging_service_sid, fetched.num_segments) == (SERVICE_NUMBER, SERVICE, "1")


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, "1"),
        ("a" * 161, "2"),
        ("€" * 80, "1"),
        ("€" * 81, "2"),
        ("守" * 70, "1"),
        ("守" * 71, "2"),
        ("😀" * 36, "2"),
    ],
)
def test_long_texts_are_counted_as_carriers_count_them(provider, body, count):
    assert send(provider, body=body).num_segments == count


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": ""}, 400, 21604),
        ({"To": "12345"}, 400, 21211),
        ({"To": "+86 12000000001"}, 400, 21211),
        ({"To": "+861088886666"}, 400, 21614),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"From": ""}, 400, 21603),
        ({"From": "+not-a-number"}, 400, 21212),
        ({"ValidityPeriod": "36001"}, 400, 20001),
        ({"ValidityPeriod": "soon"}, 400, 20001),
        ({"StatusCallback": "http://192.0.2.7/status"}, 400, 21609),
        ({"StatusCallback": "https://127.0.0.1/status"}, 400, 21609),
        ({"StatusCallback": "http://localhost.example.org/status"}, 400, 21609),
    ],
)
def test_a_wrong_message_is_refused_with_the_providers_code(provider, form, status, code):
    right = {"To": ANNA, "From": SERVICE_NUMBER, "Body": "x"}
    answer = requests.post(
        f"{provider.base_url}/2010-04-01/Accounts/{provider.account_sid}/Messages.json",
        data={**right, **form},
        auth=(provider.account_sid, provider.auth_token),
        timeout=8,
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert provider.messages == []


def test_a_wrong_token_or_account_is_told_to_authenticate_and_nothing_is_sent(provider):
    with pytest.raises(TwilioRestException) as refused:
        client_of(provider, token="wrong").messages.create(to=ANNA, from_=SERVICE_NUMBER, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    url = f"{provider.base_url}/2010-04-01/Accounts/AC{'f' * 32}/Messages.json"
    assert requests.get(url, auth=(provider.account_sid, provider.auth_token), timeout=8).status_code == 401
    for header in ("", "Basic", "Basic ???", "Bearer x"):
        own = url.replace("f" * 32, provider.account_sid[2:])
        assert requests.get(own, headers={"Authorization": header}, timeout=8).status_code == 401
    assert provider.messages == []


def test_an_unknown_message_is_not_found(provider):
    with pytest.raises(TwilioRestException) as missing:
        client_of(provider).messages("SM" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_a_list_is_newest_first_and_its_pages_do_not_shift_when_messages_arrive(provider):
    sids = [send(provider, body=f"no {number}").sid for number in range(7)]
    stream = client_of(provider).messages.stream(page_size=3)
    seen = [next(stream).sid for _ in range(3)]
    late = send(provider, body="late").sid
    seen += [one.sid for one in stream]
    assert seen == sids[::-1]
    assert client_of(provider).messages.list(limit=1)[0].sid == late


def test_pages_name_the_next_and_the_one_before(provider):
    for number in range(5):
        send(provider, body=f"no {number}")
    auth = (provider.account_sid, provider.auth_token)
    page = f"/2010-04-01/Accounts/{provider.account_sid}/Messages.json?PageSize=2&To=%2B8612000000001"
    forth, back = [], []
    while page:
        answer = requests.get(provider.base_url + page, auth=auth, timeout=8).json()
        forth.append([one["body"] for one in answer["messages"]])
        page, before = answer["next_page_uri"], answer["previous_page_uri"]
    while before:
        answer = requests.get(provider.base_url + before, auth=auth, timeout=8).json()
        back.append([one["body"] for one in answer["messages"]])
        before = answer["previous_page_uri"]
    assert forth == [["no 4", "no 3"], ["no 2", "no 1"], ["no 0"]]
    assert back == forth[1::-1]


def test_a_lost_answer_is_found_by_number_text_and_time(provider):
    started = datetime.now(UTC)
    sid = send(provider, body="only this").sid
    send(provider, to=BERT, body="another phone")
    messages = client_of(provider).messages
    found = messages.list(to=ANNA, from_=SERVICE_NUMBER, date_sent_after=started)
    assert [one.sid for one in found if one.body == "only this"] == [sid]
    assert messages.list(to=ANNA, date_sent_after=started + timedelta(seconds=60)) == []
    assert messages.list(to=ANNA, date_sent_before=started - timedelta(seconds=60)) == []
    assert len(messages.list(date_sent=started.date().isoformat())) == 2
    assert messages.list(date_sent=(started - timedelta(days=1)).date().isoformat()) == []


def recorded_api() -> dict:
    folder = os.environ.get("SHOUWANG_RECORDINGS")
    if not folder:
        pytest.skip("SHOUWANG_RECORDINGS is not set: it names the folder that holds twilio_api_v2010.yaml")
    return yaml.load((Path(folder) / "twilio_api_v2010.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


def as_json_schema(node):
    """OpenAPI 3.0 says `nullable` where JSON Schema says type null."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and isinstance(node.get("type"), str):
        schema["type"] = [node["type"], "null"]
    return schema


@pytest.fixture(scope="module")
def api():
    return recorded_api()


@pytest.fixture
def formats():
    checker = jsonschema.FormatChecker()
    rfc_2822 = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"
    checker.checks("date-time-rfc-2822")(lambda text: text is None or re.fullmatch(rfc_2822, text) is not None)
    return checker


def test_what_it_answers_holds_to_the_providers_published_schema(provider, api, formats):
    operations = api["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]
    one = api["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"]["get"]
    components = {"components": as_json_schema(api["components"])}

    def hold(operation, status, answer):
        schema = as_json_schema(operation["responses"][status]["content"]["application/json"]["schema"])
        jsonschema.Draft202012Validator({**schema, **components}, format_checker=formats).validate(answer.json())
        return answer.json()

    auth = (provider.account_sid, provider.auth_token)
    url = f"{provider.base_url}/2010-04-01/Accounts/{provider.account_sid}/Messages"
    provider.fault("undelivered", BERT)
    for to in (ANNA, BERT):
        form = {"To": to, "MessagingServiceSid": SERVICE, "Body": "x"}
        created = hold(operations["post"], "201", requests.post(f"{url}.json", data=form, auth=auth, timeout=8))
        assert set(created) == set(api["components"]["schemas"]["api.v2010.account.message"]["properties"])
    provider.wait_for(ANNA)
    provider.reply(ANNA, "31")
    becomes(provider, created["sid"], status="undelivered")
    hold(one, "200", requests.get(f"{url}/{created['sid']}.json", auth=auth, timeout=8))
    page = hold(operations["get"], "200", requests.get(f"{url}.json", params={"PageSize": 2}, auth=auth, timeout=8))
    listed = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert set(page) == set(listed)
    assert [message["status"] for message in page["messages"]] == ["received", "undelivered"]


def test_every_parameter_it_reads_is_one_the_provider_publishes(api):
    post = api["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    published = set(post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"])
    assert {"To", "Body", "From", "MessagingServiceSid", "StatusCallback", "ValidityPeriod"} <= published
    assert len(Sending.__dataclass_fields__) == 6
