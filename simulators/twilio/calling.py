"""A request to call: checked as Twilio checks it, with Twilio's own codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.twilio import twiml, webhooks
from simulators.twilio.refusals import Refused
from simulators.twilio.sending import E164

LONGEST_TWIML = 4000
EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Calling:
    """A call that may be made; either `twiml` or `url` says what is to be said."""

    recipient: str
    sender: str
    twiml: str | None
    url: str | None
    status_callback: str | None
    events: tuple[str, ...]
    rings_s: float
    detects: bool
    machine_callback: str | None


def checked_call(form: Mapping[str, str], events: list[str]) -> Calling:
    """The call in this form, or Refused."""
    number, sender = form.get("To", ""), form.get("From", "")
    if not number:
        raise Refused(21201)
    if not E164.fullmatch(number):
        raise Refused(21211, number)
    if not E164.fullmatch(sender):
        raise Refused(21213 if not sender else 21212, sender)
    said, url = form.get("Twiml") or None, form.get("Url") or None
    if said is None and url is None:
        raise Refused(21205, "Url or Twiml")
    if said is not None:
        if len(said) > LONGEST_TWIML:
            raise Refused(20001, "Twiml")
        try:
            twiml.read(said)
        except twiml.NotTwiml as wrong:
            raise Refused(20001, f"Twiml: {wrong}") from None
    for address in (url, form.get("StatusCallback"), form.get("AsyncAmdStatusCallback")):
        if address:
            try:
                webhooks.checked(address)
            except webhooks.NotOnThisComputer:
                raise Refused(21609, "this simulator calls loopback addresses only") from None
    if strange := set(events) - set(EVENTS):
        raise Refused(20001, f"StatusCallbackEvent {sorted(strange)}")
    return Calling(
        recipient=number,
        sender=sender,
        twiml=said,
        url=url,
        status_callback=form.get("StatusCallback") or None,
        events=tuple(events) or ("completed",),
        rings_s=_seconds(form.get("Timeout", "")),
        detects=form.get("MachineDetection", "") in {"Enable", "DetectMessageEnd"},
        machine_callback=form.get("AsyncAmdStatusCallback") or None,
    )


def _seconds(text: str) -> float:
    if not text:
        return 60.0
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= 600:
        raise Refused(20001, "Timeout")
    return float(text)
