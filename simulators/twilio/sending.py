"""A request to send: checked as Twilio checks it, with Twilio's own codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.twilio import webhooks
from simulators.twilio.refusals import Refused

E164 = re.compile(r"\+[1-9]\d{6,14}")
LANDLINE = re.compile(r"\+86(?!1\d{10}$)")  # in China a mobile number is 1 and ten more digits
SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
LONGEST_BODY = 1600
LONGEST_VALIDITY_S = 36_000


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that may be accepted; without a sender the messaging service chooses one."""

    recipient: str
    body: str
    sender: str | None
    service_sid: str | None
    status_callback: str | None
    validity_s: int


def checked(form: Mapping[str, str]) -> Sending:
    """The message in this form, or Refused."""
    sending = Sending(
        recipient=_recipient(form.get("To", "")),
        body=_body(form.get("Body", "")),
        sender=_sender(form.get("From", ""), form.get("MessagingServiceSid", "")),
        service_sid=form.get("MessagingServiceSid") or None,
        status_callback=form.get("StatusCallback") or None,
        validity_s=_validity(form.get("ValidityPeriod", "")),
    )
    if sending.status_callback is not None:
        try:
            webhooks.checked(sending.status_callback)
        except webhooks.NotOnThisComputer:
            raise Refused(21609, "this simulator calls loopback addresses only") from None
    return sending


def _recipient(number: str) -> str:
    if not number:
        raise Refused(21604)
    if not E164.fullmatch(number):
        raise Refused(21211, number)
    if LANDLINE.match(number):
        raise Refused(21614)
    return number


def _sender(number: str, service_sid: str) -> str | None:
    if service_sid and not SERVICE_SID.fullmatch(service_sid):
        raise Refused(20001, "MessagingServiceSid")
    if not number:
        if not service_sid:
            raise Refused(21603)
        return None
    if not (E164.fullmatch(number) or re.fullmatch(r"\d{3,8}", number) or SENDER_NAME.fullmatch(number)):
        raise Refused(21212, number)
    return number


def _body(body: str) -> str:
    if not body.strip():
        raise Refused(21602)
    if len(body) > LONGEST_BODY:
        raise Refused(21617)
    return body


def _validity(seconds: str) -> int:
    if not seconds:
        return LONGEST_VALIDITY_S
    if not re.fullmatch(r"\d{1,6}", seconds) or not 1 <= int(seconds) <= LONGEST_VALIDITY_S:
        raise Refused(20001, "ValidityPeriod")
    return int(seconds)
