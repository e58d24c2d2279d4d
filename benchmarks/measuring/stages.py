"""Where an alarm's milliseconds go, by the log's own stamps: each is taken as its transaction begins."""

from pathlib import Path

from sqlalchemy import func, select

from alerts.notify.outbox import outbox
from events.keepers import make_database
from events.store import read
from events.types.alert import AlertRaised
from events.types.device import CarbonMonoxideReported
from events.types.message import MessagePlanned
from measuring.figures import quantile

NAMES = ("published to recorded", "to decided", "to planned", "to claimed", "to the provider")

_STAMPED = ("CarbonMonoxideReported", "AlertRaised", "MessagePlanned")


def stages(address: str | Path, published: dict[int, int], told: dict[int, int]) -> dict[str, float]:
    """Milliseconds of each part: `to decided, p50` and so on. Both by house number, microseconds of the service's clock."""
    database = make_database(address)
    recorded: dict[int, int] = {}
    decided: dict[int, int] = {}
    planned: dict[int, int] = {}
    claimed: dict[int, int] = {}
    homes: dict[str, int] = {}
    with database.read() as db:
        for fact in read(db, 0, limit=10_000_000, types=_STAMPED):
            match fact.event:
                case CarbonMonoxideReported(device=device):
                    recorded.setdefault(int(device.rpartition("-")[2]), fact.recorded_at)
                case AlertRaised(home=home, alert=alert, danger="carbon_monoxide"):
                    homes[alert] = int(home.removeprefix("h"))
                    decided.setdefault(homes[alert], fact.recorded_at)
                case MessagePlanned(alert=alert) if alert in homes:
                    planned.setdefault(homes[alert], fact.recorded_at)
        for alert, at in db.execute(
            select(outbox.c.alert, func.min(outbox.c.first_claimed_at)).group_by(outbox.c.alert)
        ):
            if alert in homes:
                claimed[homes[alert]] = at
    database.close()
    stamps = (published, recorded, decided, planned, claimed, told)
    whole = [home for home in published if all(home in stamp for stamp in stamps)]
    took = {
        name: [(after[home] - before[home]) / 1000 for home in whole]
        for name, before, after in zip(NAMES, stamps, stamps[1:], strict=False)
    }
    shares = {"p50": 0.5, "p99": 0.99}
    return {f"{name}, {which}": quantile(ms, share) for name, ms in took.items() for which, share in shares.items()}
