"""The homes as a list: the least protected first, page by page, by village, by word, or as somebody on the telephone names one."""

from collections import Counter
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from alerts.projections.homes import WORST_FIRST
from alerts.projections.standings import worst_first
from alerts.registry import places
from alerts.registry.finding import find_homes, homes_of_resident
from api.access.showing import Showing
from api.asking import Homes, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_PAGE: Final = 100


@router.get("/homes")
def all_homes(
    request: Request, db: Snapshot, who: Reader, serving: Serving, known: Homes,
    find: Annotated[str, Query(max_length=80)] = "", village: Annotated[str, Query(max_length=64)] = "",
    word: Annotated[str, Query(max_length=16)] = "", behind: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Every home with its word, or those asked for. That somebody was found by name is recorded."""
    say = sentences_for(request, db, serving)
    found = list(known.values())
    if find.strip() or village:
        ids = find_homes(db, find, village=village)
        if not ids and find.strip():
            ids = homes_of_resident(db, find)
            showing: Showing = request.app.state.showing
            for id in ids:
                showing.of(who, "home found by name", id, say.now)
        found = [known[id] for id in ids if id in known]
    words = Counter(home.status for home in found)
    found = worst_first(home for home in found if word in {"", home.status})
    shown = found[behind : behind + _PAGE]
    say.names.expect(home_ids=[home.id for home in shown])
    return page(
        request, "homes.html", say, homes=shown, count=len(found), behind=behind, step=_PAGE, find=find, village=village,
        word=word, words={each: words[each] for each in WORST_FIRST if words[each]}, villages=places.villages(db),
    )  # fmt: skip
