"""The log itself: a page of it, and the live stream."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from alerts.projections import happenings
from alerts.projections.happenings import as_json
from api.asking import Reader, Serving, Snapshot
from api.gate import who_asks
from api.live import Broadcast, LiveResponse, TooManyStreams, only_that
from api.problems import Problem
from api.routes.other_shapes import HappeningOut, Log
from events.serial import load_meta

router = APIRouter(tags=["log"])

_LARGEST = 1 << 62


@router.get("/events")
def read_events(
    db: Snapshot, who: Reader,
    after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    stream: Annotated[str | None, Query(max_length=200)] = None,
    type: Annotated[str | None, Query(max_length=100)] = None,
) -> Log:  # fmt: skip
    """Records behind a position, by stream and type if asked. Personal data are not in the log, only their ids."""
    del who
    found = happenings.page(db, after=after, limit=limit, stream=stream, type=type)
    events = [
        HappeningOut(
            position=h.position, type=h.type, stream=h.stream, version=h.version, key=h.key, at=h.at,
            recorded_at=h.recorded_at, data=load_meta(h.data), meta=load_meta(h.meta),
        )
        for h in found
    ]  # fmt: skip
    return Log(events=events, position=found[-1].position if found else after)


@router.get("/stream", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
async def follow(
    request: Request, who: Reader, serving: Serving,
    all: Annotated[bool, Query(description="Every record, readings of devices too.")] = False,
    after: Annotated[int | None, Query(ge=0, le=_LARGEST, description="Begin behind this position.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> Response:  # fmt: skip
    """Server-sent events: the id is the position in the log, so a reader goes on where it was, with nothing twice.

    Who sees a part only is told that something happened, not what. `heartbeat` events come at least every 10 s; `reset` says that the position asked for lies in no log of ours.
    """
    broadcast: Broadcast = request.app.state.broadcast
    if last_event_id:
        if not (last_event_id.isascii() and last_event_id.isdigit()):
            raise Problem(400, "malformed")
        after = int(last_event_id)
    try:
        lines = broadcast.follow(
            after, everything=all and not who.scoped, still_in=lambda: who_asks(request, serving) is not None,
            said=only_that if who.scoped else as_json,
        )  # fmt: skip
    except TooManyStreams:
        raise Problem(503, "too_many_streams") from None
    return LiveResponse(lines, stalled_s=serving.limits.stalled_s)
