"""The pages people look at, and the fragments of them that are fetched again when something happened."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts.projections import alerts, homes, messages, quarantined, timeline
from alerts.projections.explaining import explained
from alerts.projections.lately import lately
from alerts.projections.routines import routine_of
from alerts.projections.shifts import shift_since
from alerts.projections.standings import Standing, quietest, worst_first
from alerts.projections.trials import being_tried
from api.access.audit import note_down
from api.access.showing import Showing
from api.access.who import Who
from api.asking import Homes, Operator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.story import story
from api.problems import Problem
from api.routes.quarantine import as_text
from api.services import Services

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

AlertId = Annotated[str, Path(max_length=128)]
Shown = Annotated[bool, Query(description="Names of elders and phones too; it is recorded.")]
_SHOWN_UNPROTECTED = 8
_SHOWN_QUIET = 8
_CARDS = 50
"""More open alerts than so many stand as a line each: in a storm the board must still be painted at once."""


@router.get("/")
def board(request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> HTMLResponse:
    """The duty board."""
    del who
    return _board("board.html", request, db, serving, known)


@router.get("/board")
def board_again(request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes) -> HTMLResponse:
    """The part of the board that changes."""
    del who
    return _board("board_live.html", request, db, serving, known)


def _board(
    template: str, request: Request, db: Connection, serving: Services, known: Mapping[str, Standing]
) -> HTMLResponse:
    say = sentences_for(request, db, serving)
    opened = alerts.open_alerts(db, say.now)
    words = Counter(home.status for home in known.values())
    exposed = worst_first(home for home in known.values() if home.status not in {"protected", "retired"})
    quiet = quietest(known.values(), say.now, _SHOWN_QUIET)
    people = [alert for alert in opened if alert.alert_class != 4 and not alert.shelved_until]
    since = shift_since(db, say.now)
    counts = {number: sum(1 for alert in opened if alert.alert_class == number) for number in (1, 2, 3, 4)}
    closed = alerts.closed_since(db, since, limit=40)
    say.names.expect(home_ids=[each.home for each in (*opened, *closed)])
    say.names.expect(home_ids=[each.id for each in (*exposed[:_SHOWN_UNPROTECTED], *quiet)])
    return page(
        request, template, say,
        people=people[:_CARDS], further=people[_CARDS:],
        shelved=[alert for alert in opened if alert.shelved_until],
        maintenance=[alert for alert in opened if alert.alert_class == 4 and not alert.shelved_until],
        counts=counts, exposed=exposed[:_SHOWN_UNPROTECTED], exposed_more=max(0, len(exposed) - _SHOWN_UNPROTECTED),
        exposed_count=len(exposed),
        quietest=quiet, watched=len(known) - sum(words[each] for each in ("away", "paused", "retired")),
        shift_since=since, closed=closed,
        tried={a.id: being_tried(db, a.devices, a.began_at) for a in people[:_CARDS] if a.alert_class == 1},
    )  # fmt: skip


@router.get("/alerts/{alert_id}")
def alert(
    request: Request, alert_id: AlertId, db: Snapshot, who: Reader, serving: Serving, shown: Shown = False
) -> HTMLResponse:
    """One alert; of an open class 1 with the phones one must call, else when asked for. That they were shown is recorded."""
    return _alert("alert.html", request, alert_id, db, who, serving, shown=shown)


@router.get("/alerts/{alert_id}/live")
def alert_again(
    request: Request, alert_id: AlertId, db: Snapshot, who: Reader, serving: Serving, shown: Shown = False
) -> HTMLResponse:
    """The part of an alert's page that changes."""
    return _alert("alert_live.html", request, alert_id, db, who, serving, shown=shown)


def _alert(
    template: str, request: Request, alert_id: str, db: Connection, who: Who, serving: Services, *, shown: bool
) -> HTMLResponse:
    seen = alerts.one(db, alert_id)
    if seen is None:
        raise Problem(404, "alert_unknown", alert=alert_id)
    must_call = seen.alert_class == 1 and seen.open
    say = sentences_for(request, db, serving, shown=shown or must_call)
    if say.names.shown:
        showing: Showing = request.app.state.showing
        showing.of(who, "alert card", alert_id, say.now)
    sent = messages.of_alert(db, alert_id)
    texts = {message["message"]: messages.text_of_message(db, message["message"]) for message in sent}
    why = explained(db, alert_id, person=say.names.person, clock=say.clock, language=say.language)
    assert why is not None
    return page(
        request, template, say, alert=seen, lines=story(timeline.of_alert(db, alert_id), sent, texts, say),
        why=why, tried=being_tried(db, seen.devices, seen.began_at),
        home=homes.one(db, seen.home, say.now), card=say.names.home_card(seen.home), chain=chain_in_order(seen.chain),
        all_outcomes=alerts.ALL_OUTCOMES, lately=lately(db, seen.home, say.now) if seen.home else None, usual=routine_of(db, seen.home) if seen.home else None, asked=shown, must_call=must_call,
    )  # fmt: skip


def chain_in_order(chain: object) -> list[tuple[str, str]]:
    """(level, person) in the order in which they are told; nobody twice."""
    found: dict[str, str] = {}
    if isinstance(chain, dict):
        for level in ("watcher", "second_watcher", "grid_member", "village", "town"):
            for person in chain.get(level, []):
                found.setdefault(person, level)
    return [(level, person) for person, level in found.items()]


@router.get("/quarantine")
def all_quarantined(request: Request, db: Snapshot, who: Reader, serving: Serving) -> HTMLResponse:
    """What could not be read."""
    del who
    say = sentences_for(request, db, serving)
    return page(request, "quarantine.html", say, items=quarantined.listed(db))


@router.get("/quarantine/{number}")
def one_quarantined(
    request: Request, number: Annotated[int, Path(ge=1, le=1 << 62)], db: Snapshot, who: Operator, serving: Serving
) -> HTMLResponse:
    """One with its bytes."""
    item = quarantined.one(db, number)
    if item is None:
        raise Problem(404, "quarantined_unknown", number=number)
    note_down(serving.database, at=serving.now(), who=who.id, what="GET quarantine page", ref=str(number))
    say = sentences_for(request, db, serving)
    return page(request, "quarantined.html", say, item=item, text=as_text(item.payload), raw=item.payload.hex(" "))
