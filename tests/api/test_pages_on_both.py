"""Every page says the same whichever database keeps the log."""

import html
import re

from desk import Desk
from starlette.testclient import TestClient
from test_api_people import told
from test_api_reports import MONTH, a_month, december

from alerts.commands.leave import set_leave
from api.console.pages import PAGES
from events.types.fact import DAY, MINUTE
from events.types.message import MessageFailed

_BLANKS = {
    "{alert_id}": "co-2", "{home_id}": "dp03-12", "{village_id}": "dp", "{grid_id}": "dp-g1", "{site}": "dp03",
    "{device}": "co-7f2a", "{person_id}": "p-w01", "{name}": "no_activity_s?scope=dp03-12",
}  # fmt: skip
_MORE = (
    *(f"/reports?month={MONTH}&area={area}" for area in ("town", "village:dp", "grid:dp-g1", "watcher:p-w02")),
    "/reports/load?span=shift", "/reports/load?span=month", f"/reports/load/behind?figure=chattering&since={DAY * 20768}&until={DAY * 20799}",
    "/alerts/q-2", "/homes/dp03-15", "/homes?q=李桂兰", "/homes?q=三组15号", "/people/p-w02",
)  # fmt: skip


def addresses():
    """Of all pages that need nothing done before."""
    for page in (page for page in PAGES if page.for_role("operator")):
        address = page.address
        for blank, value in _BLANKS.items():
            address = address.replace(blank, value)
        if "{" not in address and address not in {"/locked", "/reports/behind"}:
            yield address
    yield from _MORE


def what_is_said(desk):
    """The words of each page, without what is drawn by lot."""
    a_month(desk)
    told(
        desk,
        "m1",
        "co-0",
        "p-w01",
        at=desk.now - DAY,
        then=MessageFailed(message="m1", channel="twilio_sms", code="30005"),
    )
    set_leave(
        desk.database,
        person="p-w02",
        since=desk.now,
        until=desk.now + 3 * DAY,
        cover="p-w01",
        by="user:duty",
        at=desk.now,
    )
    december(desk)
    desk.now += MINUTE
    with TestClient(desk.app, follow_redirects=False) as client:
        client.headers.update(desk.token(name="duty"))
        pages = {}
        for address in addresses():
            answer = client.get(address)
            words = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
            pages[address] = (answer.status_code, re.sub(r"\s+", " ", words))
            for figure in re.findall(r'href="(/reports/behind[^"]+)"', answer.text) if "area=grid" in address else ():
                behind = client.get(html.unescape(figure))
                pages[figure] = (behind.status_code, re.sub(r"<[^>]+>|\s+", " ", behind.text))
    return pages


def test_every_page_says_the_same_on_sqlite_and_on_postgresql(tmp_path, postgresql):
    on_sqlite = Desk(tmp_path)
    with postgresql.fresh() as url:
        on_postgresql = Desk(tmp_path, address=url)
        one, other = what_is_said(on_sqlite), what_is_said(on_postgresql)
        on_postgresql.close()
    on_sqlite.close()
    assert len(one) > 40
    for address, (status, said) in one.items():
        assert (status, said) == other[address], address
        assert status == 200, address
