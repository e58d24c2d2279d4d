"""The forms Twilio posts to its customer: a message's status, and a text that came in."""

from simulators.twilio.delivery import Report
from simulators.twilio.messages import Message, now, segments


def of_status(message: Message, report: Report, number: str) -> dict[str, str]:
    """The form for StatusCallback; `number` stands in where the messaging service has not yet chosen a sender."""
    status, error_code = report
    form = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": message.recipient,
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender or number,
        "ApiVersion": "2010-04-01",
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if error_code:
        form["ErrorCode"] = str(error_code)
    if status == "delivered":
        form["RawDlrDoneDate"] = now().strftime("%y%m%d%H%M")
    return form


def of_reply(message: Message) -> dict[str, str]:
    """The form for the inbound webhook."""
    return {
        "ToCountry": "CN",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "SmsSid": message.sid,
        "FromCountry": "CN",
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.recipient,
        "NumSegments": str(segments(message.body)),
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender or "",
        "ApiVersion": "2010-04-01",
    }
