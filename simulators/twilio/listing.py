"""The list of messages as Twilio gives it: filters, newest first, in pages that do not shift when messages arrive."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from simulators.twilio.calls import Call, call_view
from simulators.twilio.messages import Message, twilio_view
from simulators.twilio.refusals import Refused

FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
DAY = timedelta(days=1)
LAST_SECOND = timedelta(days=1, seconds=-1)


def listed(messages: list[Message], query: Mapping[str, str], path: str) -> dict[str, Any]:
    """One page; a page's token names the last message of the page before, as Twilio's do."""
    chosen: list[Any] = [one for one in sorted(messages, key=lambda one: -one.seq) if _matches(one, query)]
    return _page(chosen, query, path, FILTERS, "messages", twilio_view)


def listed_calls(calls: list[Call], query: Mapping[str, str], path: str) -> dict[str, Any]:
    """One page of calls, newest first."""
    wanted = {"To": "recipient", "From": "sender", "Status": "status"}
    chosen = [
        one for one in sorted(calls, key=lambda one: -one.seq)
        if all(query.get(name) in (None, "", getattr(one, field)) for name, field in wanted.items())
    ]  # fmt: skip
    return _page(chosen, query, path, tuple(wanted), "calls", call_view)


def _page(
    chosen: list[Any], query: Mapping[str, str], path: str, filters: tuple[str, ...], name: str,
    view: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    size = _whole(query, "PageSize", default=50, least=1, most=1000)
    page = _whole(query, "Page", default=0, least=0, most=10**9)
    token = query.get("PageToken", "")
    places = {one.sid: place for place, one in enumerate(chosen)}
    if token:
        if token.removeprefix("PA") not in places:
            raise Refused(20001, "PageToken")
        first = places[token.removeprefix("PA")] + 1
    else:
        first = page * size
    shown = chosen[first : first + size]

    def uri(number: int, after: str | None = None) -> str:
        kept = {given: query[given] for given in filters if given in query}
        more = {"PageToken": f"PA{after}"} if after else {}
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': number, **more})}"

    more_follow = first + size < len(chosen)
    return {
        "end": page * size + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1, shown[-1].sid) if more_follow else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": _previous(uri, chosen, first, size, page),
        name: [view(one) for one in shown],
        "start": page * size,
        "uri": uri(page, token.removeprefix("PA") or None),
    }


def _previous(uri: Any, chosen: list[Any], first: int, size: int, page: int) -> str | None:
    if page == 0:
        return None
    before = first - size - 1
    return str(uri(page - 1, chosen[before].sid if before >= 0 else None))


def _matches(message: Message, query: Mapping[str, str]) -> bool:
    if query.get("To") not in (None, "", message.recipient) or query.get("From") not in (None, "", message.sender):
        return False
    # Until it is sent a message counts by its creation, so that one just accepted is found; seconds, as on the wire.
    at = (message.sent_at or message.created_at).replace(microsecond=0)
    exact, before, after = (query.get(name) for name in FILTERS[2:])
    return not (
        (exact and not _moment(exact) <= at <= _moment(exact, last=True))
        or (before and at > _moment(before, last=True))
        or (after and at < _moment(after))
    )


def _moment(text: str, *, last: bool = False) -> datetime:
    """A day or a second in GMT; `last` takes the day's last second, for both ends of Twilio's ranges are inclusive."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC) + (LAST_SECOND if last else timedelta())
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(20001, "DateSent") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC, microsecond=0)


def _whole(query: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
        raise Refused(20001, name)
    return int(text)
