"""The doors of providers: signed or refused, and answered only when recorded."""

import pytest
from desk import TWILIO_TOKEN
from twilio.request_validator import RequestValidator

RECEIPT = {"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": ""}
REPLY = {"MessageSid": "SM2", "From": "+8612000000001", "Body": "31"}


def signature(path, form, token=TWILIO_TOKEN):
    return {"x-twilio-signature": RequestValidator(token).compute_signature(f"http://testserver{path}", form)}


def test_a_signed_receipt_is_taken_with_its_message(desk, client):
    path = "/hooks/twilio/status/m-17"
    answer = client.post(path, data=RECEIPT, headers=signature(path, RECEIPT))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert desk.receipts == [
        {"message": "m-17", "provider_id": "SM1", "status": "delivered", "error_code": "", "at": desk.now}
    ]


def test_a_signed_reply_is_taken_word_for_word(desk, client):
    form = {**REPLY, "Body": "３１ 谢谢"}
    client.post("/hooks/twilio/inbound", data=form, headers=signature("/hooks/twilio/inbound", form))
    assert desk.replies == [
        {"channel": "twilio_sms", "provider_id": "SM2", "number": "+8612000000001", "text": "３１ 谢谢", "at": desk.now}
    ]


def test_the_query_is_part_of_what_is_signed(desk, client):
    path = "/hooks/twilio/status/m-17?try=2"
    assert client.post(path, data=RECEIPT, headers=signature(path, RECEIPT)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-twilio-signature": ""}, {"x-twilio-signature": "AAAA"}, signature("/hooks/twilio/inbound", REPLY, "x")],
)
def test_a_missing_or_wrong_signature_is_refused_and_noted(desk, client, headers):
    assert client.post("/hooks/twilio/inbound", data=REPLY, headers=headers).status_code == 403
    assert desk.replies == []
    header = desk.token("auditor")
    noted = client.get("/api/v1/events?type=SecurityNoted", headers=header).json()["events"]
    assert noted[-1]["data"]["what"] == "wrong_signature"


def test_wrong_signatures_do_not_fill_the_log(desk, client):
    for _ in range(30):
        client.post("/hooks/twilio/inbound", data=REPLY, headers={"x-twilio-signature": "AAAA"})
    noted = client.get("/api/v1/events?type=SecurityNoted", headers=desk.token("auditor")).json()["events"]
    assert 1 <= len(noted) <= desk.services.limits.wrong_signatures_a_minute


def test_a_reply_that_could_not_be_recorded_is_not_answered_with_success(desk, client):
    def broken(**_said):
        raise RuntimeError("disk full")

    object.__setattr__(desk.services, "take_reply", broken)
    answer = client.post("/hooks/twilio/inbound", data=REPLY, headers=signature("/hooks/twilio/inbound", REPLY))
    assert answer.status_code == 500
