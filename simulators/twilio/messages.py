"""One text message: how the exchange keeps it, how Twilio shows it, how the control door shows it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex
from typing import Any

from simulators.twilio.codes import reply_codes

# 3GPP TS 23.038: the basic alphabet, and the characters that cost two places because they need an escape.
GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = set("^{}\\[~]|€\f")

ERROR_TEXTS = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}


@dataclass(frozen=True, slots=True)
class Message:
    """Times are aware datetimes in UTC; `taken` is the HTTP status our webhook got for a reply, 0 for nobody there."""

    sid: str
    account_sid: str
    direction: str
    sender: str | None
    recipient: str
    body: str
    status: str
    created_at: datetime
    updated_at: datetime
    seq: int = 0
    error_code: int | None = None
    sent_at: datetime | None = None
    received_at: datetime | None = None
    service_sid: str | None = None
    status_callback: str | None = None
    validity_s: int = 36_000
    settled: bool = False
    answered_slot: str | None = None
    taken: int | None = None

    def record(self) -> dict[str, Any]:
        """Plain JSON, as one line of the state file."""
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(self).items()}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Message":
        """The inverse of `record`."""
        times = {key: datetime.fromisoformat(value) for key, value in record.items() if key.endswith("_at") and value}
        return cls(**{**record, **times})


def new_sid() -> str:
    """A message's identity in Twilio's shape."""
    return f"SM{token_hex(16)}"


def now() -> datetime:
    """The one clock of this simulator."""
    return datetime.now(UTC)


def segments(body: str) -> int:
    """How many SMS a carrier makes of it: 160 or 153 places each in GSM-7, 70 or 67 UTF-16 units otherwise."""
    if set(body) <= GSM_BASIC | GSM_ESCAPED:
        places, alone, joined = len(body) + sum(char in GSM_ESCAPED for char in body), 160, 153
    else:
        places, alone, joined = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= alone else -(-places // joined)


def twilio_view(message: Message) -> dict[str, Any]:
    """The Message resource of API version 2010-04-01; its times are RFC 2822 in whole seconds."""
    path = f"/2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}"
    waits_for_sender = message.service_sid is not None and message.sender is None
    return {
        "account_sid": message.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": format_datetime(message.created_at),
        "date_sent": message.sent_at and format_datetime(message.sent_at),
        "date_updated": format_datetime(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": ERROR_TEXTS.get(message.error_code, "Unknown error") if message.error_code else None,
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": "0" if waits_for_sender else str(segments(message.body)),
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.recipient,
        "uri": f"{path}.json",
    }


def plain_view(message: Message) -> dict[str, Any]:
    """What the control door tells: everything, in ISO UTC with microseconds."""
    record = message.record()
    return {**record, "from": record.pop("sender"), "to": record.pop("recipient"), "codes": reply_codes(message.body)}
