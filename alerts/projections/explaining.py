"""An alert explained for whoever looks at it: its state and its timeline put before the core's own reasons."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from alerts.core.explain import Explained, Naming, Said, explain
from alerts.projections import timeline
from alerts.projections.alert_fold import alerts, decoded
from events.types import REGISTER

_TOLD = frozenset({"StepTaken", "TellRequested", "MessagePlanned", "PersonLost"})


def explained(
    db: Connection, alert: str, *, person: Callable[[str], str], clock: Callable[[int], str], language: str
) -> Explained | None:
    """None when the alert is unknown."""
    row = db.execute(select(alerts.c.state).where(alerts.c.alert == alert)).first()
    if row is None:
        return None
    said = [_said(line) for line in timeline.of_alert(db, alert) if line["type"] in _TOLD]
    return explain(decoded(row.state), said, Naming(person, clock, language))


def plain(found: Explained) -> dict[str, Any]:
    """For JSON."""
    return dict(msgspec.to_builtins(found))


def _said(line: dict[str, Any]) -> Said:
    return Said(line["position"], line["at"], msgspec.convert(line["data"], REGISTER[line["type"]]))
