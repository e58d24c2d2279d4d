"""Moments and spans as people say them, in Asia/Shanghai. Pure."""

from datetime import datetime, timedelta, timezone
from typing import Final

from api.console.words import say
from events.types.fact import MINUTE, SECOND

SHANGHAI: Final = timezone(timedelta(hours=8))


def moment(at: int | None, now: int) -> str:
    """`14:32`, with the date when it was not today."""
    if at is None:
        return "—"
    then, today = _local(at), _local(now)
    if then.date() == today.date():
        return then.strftime("%H:%M")
    return then.strftime("%m-%d %H:%M" if then.year == today.year else "%Y-%m-%d %H:%M")


def date(at: int) -> str:
    """`11-21`."""
    return _local(at).strftime("%m-%d")


def to_the_second(at: int, now: int) -> str:
    """`14:32:07`, with the date when it was not today."""
    return f"{moment(at, now)}:{_local(at):%S}"


def iso(at: int) -> str:
    """For machines."""
    return _local(at).isoformat(timespec="seconds")


def span(micros: int, language: str) -> str:
    """`3 小时 20 分`, `5 分钟`, `12 秒`."""
    seconds = max(0, micros) // SECOND
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours and minutes and hours < 24:
        return say(language, "unit.hours_minutes", h=hours, m=minutes)
    if hours:
        return say(language, "unit.hours", h=hours)
    if micros >= MINUTE:
        return say(language, "unit.minutes", m=minutes)
    return say(language, "unit.seconds", s=seconds)


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at / SECOND, SHANGHAI)
