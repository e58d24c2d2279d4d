"""What must sound now, for every page and also behind the lock: ids, numbers, and which danger, no name and no place."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from alerts.projections import alerts
from alerts.projections.words import Language, danger_name
from api.asking import Reader, Serving, Snapshot, Spoken
from api.console.words import say

router = APIRouter(include_in_schema=False)


@router.get("/pulse")
def pulse(db: Snapshot, who: Reader, serving: Serving, language: Spoken) -> JSONResponse:
    """Class 1 sounds until somebody has seen it, class 2 chimes until then, class 3 once; maintenance never."""
    del who
    return JSONResponse(pulse_of(alerts.open_alerts(db, serving.now()), language))


def pulse_of(opened: list[alerts.AlertSeen], language: Language) -> dict[str, object]:
    """`calls`, `chimes`, `murmurs`: of class 1, 2 and 3, not seen by anybody yet. `open`: all of these classes."""
    opened = [alert for alert in opened if not alert.shelved_until]
    unseen = {
        number: [a.id for a in opened if a.alert_class == number and not a.acknowledged_by] for number in (1, 2, 3)
    }
    return {
        "calls": unseen[1], "chimes": unseen[2], "murmurs": unseen[3],
        "open": sum(1 for alert in opened if alert.alert_class <= 3),
        "texts": {
            a.id: f"{say(language, f'class.{a.alert_class}')} · {danger_name(a.danger, language)}"
            for a in opened if a.alert_class <= 2 and not a.acknowledged_by
        },
    }  # fmt: skip
