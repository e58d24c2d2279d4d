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


@pytest.mark.parametrize("said", ["ä" * 28, "AAAA=", "\x7f", "é" + "A" * 27, "=" * 4000])
def test_a_signature_of_strange_letters_is_refused_like_any_wrong_one(desk, client, said):
    headers = {b"x-twilio-signature": said.encode("latin-1")}
    assert client.post("/hooks/twilio/inbound", data=REPLY, headers=headers).status_code == 403
    assert desk.replies == []


def test_the_word_of_another_account_is_refused_though_it_is_signed(desk, client):
    path, form = "/hooks/twilio/status/m-17", {**RECEIPT, "AccountSid": "AC" + "f" * 32}
    assert client.post(path, data=form, headers=signature(path, form, "its-own-token")).status_code == 403
    assert desk.receipts == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n1\r\n--x--"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(3000))),
        ("application/x-www-form-urlencoded", b"Body=%00%ff%ed%a0%80&From=%zz"),
        ("application/json", b'{"MessageSid": "SM1"}'),
        ("text/plain; charset=nonsense", b"\x00"),
        ("", b""),
    ],
)
def test_a_body_that_is_no_form_is_refused_and_breaks_nothing(desk, client, content_type, body):
    headers = {"content-type": content_type, "x-twilio-signature": "AAAA"}
    for path in ("/hooks/twilio/inbound", "/hooks/twilio/status/m-17"):
        assert client.post(path, content=body, headers=headers).status_code in {400, 403, 415}
    assert (desk.replies, desk.receipts) == ([], [])


def test_a_signed_word_without_its_fields_is_taken_as_said(desk, client):
    path, form = "/hooks/twilio/status/m-17", {"Anything": "else"}
    assert client.post(path, data=form, headers=signature(path, form)).status_code == 200
    assert desk.receipts[0]["provider_id"] == ""
