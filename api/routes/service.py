"""The service about itself: health for anybody, figures for programs, settings for people."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from alerts.projections import alerts, homes, quarantined
from alerts.projections.standings import Standings
from api.asking import Reader, Serving
from api.services import Services

open_router = APIRouter(tags=["service"])
router = APIRouter(tags=["service"])


@open_router.get("/health", responses={503: {"description": "Not well; the body says what."}})
def health(serving: Serving) -> JSONResponse:
    """200 while the service can do its work, else 503; the body says what is wrong."""
    found = dict(serving.health())
    return JSONResponse(found, 200 if found.get("ok") else 503)


@router.get("/settings")
def read_settings(who: Reader, serving: Serving) -> dict[str, Any]:
    """What this service was started with, secrets left out, and its ways to people."""
    del who
    return {
        "settings": dict(serving.settings),
        "demo": serving.demo,
        "sms_really_sent": serving.sms_really_sent,
        "public_base_url": serving.public_base_url,
        "channels": [
            {
                "name": c.name,
                "medium": c.medium,
                "really_sends": c.really_sends,
                "daily_budget": c.daily_budget,
                "two_way": c.two_way,
                "receipts": c.receipts,
                "keypad": c.keypad,
            }
            for c in serving.channels
        ],
    }


@open_router.get("/metrics", response_class=Response)
def metrics(request: Request, who: Reader, serving: Serving) -> Response:
    """Figures in Prometheus' text form; a bearer token is needed."""
    del who
    registry = CollectorRegistry()
    registry.register(_Figures(serving, request.app.state.broadcast.position, request.app.state.standings))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures:
    def __init__(self, serving: Services, position: int, known: Standings) -> None:
        self._serving, self._position, self._standings = serving, position, known

    def collect(self) -> Iterator[Metric]:
        """Everything is read at the moment of asking."""
        serving = self._serving
        with serving.database.read() as db:
            opened = alerts.count_open(db)
            words = [home.status for home in self._standings.at(db, serving.now()).values()]
            held = quarantined.count(db)
        by_class = GaugeMetricFamily("shouwang_alerts_open", "Open alerts.", labels=["class"])
        for alert_class in range(1, 5):
            by_class.add_metric([str(alert_class)], opened.get(alert_class, 0))
        yield by_class
        by_word = GaugeMetricFamily("shouwang_homes", "Homes by how they are protected.", labels=["status"])
        for word in homes.WORST_FIRST:
            by_word.add_metric([word], words.count(word))
        yield by_word
        yield GaugeMetricFamily("shouwang_quarantine", "Messages in quarantine.", value=held)
        yield GaugeMetricFamily("shouwang_folded_position", "Position folded.", value=self._position)
        yield GaugeMetricFamily("shouwang_projections_behind", "Not folded.", value=serving.projector.behind())
        yield GaugeMetricFamily("shouwang_healthy", "1: well.", value=int(bool(serving.health().get("ok"))))
