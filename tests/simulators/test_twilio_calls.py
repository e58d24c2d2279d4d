"""The simulated Twilio's calls, as the provider's own client and its published schema see them."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import jsonschema
import pytest
import requests
from test_twilio_rest import api, as_json_schema, formats  # noqa: F401 -- fixtures
from twilio.base.exceptions import TwilioRestException
from twilio_customer import ANNA, BERT, SERVICE_NUMBER, client_of, customer, provider  # noqa: F401 -- fixtures

SAYS = '<Response><Gather action="{url}/keys" timeout="5"><Say language="zh-CN">你好</Say></Gather><Say>bye</Say></Response>'


def call(provider, customer, to=ANNA, **more):
    wanted = {"twiml": SAYS.format(url=customer.url), "status_callback": f"{customer.url}/status", **more}
    return client_of(provider).calls.create(to=to, from_=SERVICE_NUMBER, **wanted)


def test_what_it_answers_holds_to_the_providers_published_schema(provider, customer, api, formats):
    components = {"components": as_json_schema(api["components"])}
    paths = {name: api["paths"][f"/2010-04-01/Accounts/{{AccountSid}}/Calls{name}.json"] for name in ("", "/{Sid}")}

    def hold(operation, status, answer):
        schema = as_json_schema(operation["responses"][status]["content"]["application/json"]["schema"])
        jsonschema.Draft202012Validator({**schema, **components}, format_checker=formats).validate(answer.json())
        return answer.json()

    auth = (provider.account_sid, provider.auth_token)
    url = f"{provider.base_url}/2010-04-01/Accounts/{provider.account_sid}/Calls"
    form = {"To": ANNA, "From": SERVICE_NUMBER, "Twiml": SAYS.format(url=customer.url)}
    provider.takes_calls(ANNA, pick_up="answers")
    created = hold(paths[""]["post"], "201", requests.post(f"{url}.json", data=form, auth=auth, timeout=8))
    assert set(created) == set(api["components"]["schemas"]["api.v2010.account.call"]["properties"])
    provider.wait_for_call(ANNA, lambda one: one.over)
    ended = hold(paths["/{Sid}"]["get"], "200", requests.get(f"{url}/{created['sid']}.json", auth=auth, timeout=8))
    assert ended["status"] == "completed"
    page = hold(paths[""]["get"], "200", requests.get(f"{url}.json", params={"To": ANNA}, auth=auth, timeout=8))
    assert [one["sid"] for one in page["calls"]] == [created["sid"]]
    assert requests.get(f"{url}.json", params={"To": BERT}, auth=auth, timeout=8).json()["calls"] == []


def test_every_parameter_it_reads_is_one_the_provider_publishes(api):
    post = api["paths"]["/2010-04-01/Accounts/{AccountSid}/Calls.json"]["post"]
    published = set(post["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["properties"])
    read = {"To", "From", "Twiml", "Url", "StatusCallback", "StatusCallbackEvent", "Timeout", "MachineDetection"}
    assert read | {"AsyncAmd", "AsyncAmdStatusCallback", "TimeLimit"} <= published


def test_a_key_goes_where_the_document_says_and_its_answer_is_carried_out(provider, customer):
    provider.takes_calls(ANNA, pick_up="answers", keys="7")
    call(provider, customer)
    [form] = customer.waits_for(1, "/keys")
    assert (form["Digits"], form["To"], form["Direction"]) == ("7", ANNA, "outbound-api")
    ended = provider.wait_for_call(ANNA, lambda one: one.over)
    assert "application error" in ended.said[-1]  # an empty answer is no document


def test_only_asked_for_events_are_reported_signed_and_numbered(provider, customer):
    provider.takes_calls(ANNA, pick_up="answers")
    call(provider, customer, status_callback_event=["ringing", "completed"])
    heard = customer.waits_for(2, "/status")
    assert {one["CallStatus"] for one in heard} == {"ringing", "completed"}
    assert all(signed for _, _, signed in customer.heard)


def test_a_phone_that_is_left_ringing_ends_as_no_answer(provider, customer):
    call(provider, customer, timeout=1)
    assert provider.wait_for_call(ANNA, lambda one: one.over).status == "no-answer"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": "12"}, 21211),
        ({"twiml": "<Response><Say>"}, 20001),
        ({"twiml": "<Response><Play>x.mp3</Play></Response>"}, 20001),
        ({"twiml": '<Response><Say language="zh-CN"><prosody rate="slow">慢</prosody></Say></Response>'}, 20001),
        ({"twiml": "<Response><Say>" + "x" * 4000 + "</Say></Response>"}, 20001),
        ({"status_callback": "https://example.com/"}, 21609),
        ({"timeout": 601}, 20001),
    ],
)
def test_what_it_does_not_take_is_refused_with_twilios_code(provider, customer, wrong, code):
    with pytest.raises(TwilioRestException) as refused:
        call(provider, customer, **wrong)
    assert refused.value.code == code
    assert provider.calls == []
