"""Somebody refuses our messages, or wants them again: the phone is set aside, and the operator told whose door it guarded."""

from sqlalchemy import Connection

from alerts.registry.chains import homes_of
from alerts.registry.homes import sites_of
from alerts.registry.phones import Phone
from events.store import New, append
from events.types.home import PhoneOptedIn, PhoneOptedOut, ResponderUnreachable


def opted_out(db: Connection, phone: Phone, at: int, *, key: str, why: str = "reply") -> None:
    """Within the caller's transaction; `key` makes it one fact however often it is told."""
    refused = PhoneOptedOut(person=phone.person, phone=phone.id, why=why)
    news = [New(f"person-{phone.person}", phone.person, refused, at, key=f"out-{key}")]
    for site, homes in sites_of(db, homes_of(db, phone.person, at)).items():
        lost = ResponderUnreachable(site=site, person=phone.person, phone=phone.id, homes=homes, why=why)
        news.append(New(f"coverage-{site}", site, lost, at, key=f"out-{phone.person}-{key}"))
    append(db, news, recorded_at=at)


def opted_in(db: Connection, phone: Phone, at: int, *, key: str) -> None:
    """Within the caller's transaction. The operator's task stays: somebody should hear why."""
    wanted = PhoneOptedIn(person=phone.person, phone=phone.id)
    append(db, [New(f"person-{phone.person}", phone.person, wanted, at, key=f"in-{key}")], recorded_at=at)
