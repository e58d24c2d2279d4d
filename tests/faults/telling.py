"""How long the provider waited for each message to somebody in danger, and what strangers may tell our doors."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from sqlalchemy import select

from alerts.notify.outbox import outbox
from events.types.fact import SECOND
from simulators.twilio import webhooks
from tests.faults.service import Service

REFUSED = 403


@dataclass(frozen=True)
class Spell:
    """One fault from its beginning to its end, microseconds UTC; `until` is when all of its alarms were told."""

    name: str
    began: int
    over: int
    until: int


def waits(service: Service, spell: Spell) -> tuple[float, float]:
    """Of messages about danger to life planned in this spell the longest wait until the provider had one, in seconds:

    from the plan, and from the end of the fault where that came later.
    """
    first = _first_accepted(service)
    with service.memory() as database, database.read() as db:
        planned = {
            row.message: row.planned_at
            for row in db.execute(
                select(outbox.c.message, outbox.c.planned_at).where(
                    outbox.c.alert_class == 1, outbox.c.planned_at.between(spell.began, spell.until)
                )
            )
        }
    pairs = [(at, first[message]) for message, at in planned.items() if message in first]
    whole = max(((told - at) / SECOND for at, told in pairs), default=0.0)
    after = max(((told - max(at, spell.over)) / SECOND for at, told in pairs), default=0.0)
    return round(whole, 2), round(max(after, 0.0), 2)


def _first_accepted(service: Service) -> dict[str, int]:
    found: dict[str, int] = {}
    for sms in service.provider.messages:
        if sms.direction != "inbound":
            name = unquote((sms.status_callback or "").rpartition("/")[2])
            found.setdefault(name, int(sms.created_at.timestamp() * 1_000_000))
    return found


def forged(service: Service, message: str, number: str) -> Iterator[tuple[str, dict[str, str], str | None]]:
    """What must be refused: path, form and signature; each says something that would do harm if it were taken."""
    account, token = service.provider.account_sid, service.provider.auth_token
    other = "AC" + "f" * 32
    lost = {"MessageSid": "SM" + "e" * 32, "MessageStatus": "failed", "ErrorCode": "30003", "AccountSid": account}
    said = {"MessageSid": "SM" + "d" * 32, "From": number, "Body": "19", "AccountSid": account}
    for path, form in ((f"/hooks/twilio/status/{message}", lost), ("/hooks/twilio/inbound", said)):
        url = f"{service.url}{path}"
        right = webhooks.signature(token, url, form)
        yield path, form, None
        yield path, form, ""
        yield path, form, "x" * 28
        yield path, {**form, "AccountSid": other}, webhooks.signature("of another account", url, form)
        yield path, {**form, "Extra": "1"}, right
        yield f"{path}?again=1", form, right
        yield path, form, webhooks.signature(token, url.replace("http://", "https://"), form)
