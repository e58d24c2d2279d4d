"""A real week in a real home, over MQTT and through the whole service: one absence, one alert."""

import gzip
import os
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from alerts.registry.importing import apply, check
from events.keepers import make_database
from events.store import read
from events.tables import events
from events.types import alert as facts
from events.types.device import OccupancyReported
from events.types.fact import MINUTE, SECOND
from ingest.broker import Broker
from ingest.models import load_models
from shouwang.house import House
from shouwang.settings import read_settings
from simulators.replay import replay
from tests.ports import free_port

LOCAL = timezone(timedelta(hours=8))
FOLDER = os.environ.get("SHOUWANG_RECORDINGS", "")
RECORDING = Path(FOLDER) / "tm000_multiday_absence.txt.gz"

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="SHOUWANG_RECORDINGS names no folder of recordings"),
    pytest.mark.timeout(600),
]


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp()) * SECOND


class Week:
    """The service with its clock driven by what arrives, on the real broker."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder / "broker", host="127.0.0.1", port=free_port())
        self.broker.start()
        self.broker.wait_ready()
        environ = {
            "SHOUWANG_HOME": str(folder), "SHOUWANG_HTTP_PORT": str(free_port()), "MQTT_URL": self.broker.service_url,
            "SHOUWANG_CLOCK_FROM": "2016-07-12",
        }  # fmt: skip
        self.settings = read_settings(environ)
        database = make_database(self.settings.database)
        database.create()
        models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
        town = Path(__file__).parent.parent / "examples" / "recorded-week.yaml"
        apply(database, check(town, models), local("2016-07-12T00:00:00"))
        database.close()
        self.house = House(self.settings)
        self.house.start()

    def replays(self, recording: Path, insert: Sequence[tuple[datetime, str]] = ()) -> None:
        """At full speed; returns when all of it has been decided."""
        played = replay(recording, self.broker.devices_url, "tm000", insert=insert, progress=False)
        until = time.monotonic() + 300
        while self.recorded() < played.messages:
            assert time.monotonic() < until, self.house.ingest.stats()
            assert not self.house.failed.is_set()
            time.sleep(0.2)
        self.house.alerting.seats.settle()

    def recorded(self) -> int:
        """How many motions and heartbeats are in the log."""
        kinds = ("OccupancyReported", "HeartbeatReceived")
        with self.house.database.read() as db:
            return int(db.execute(select(func.count()).where(events.c.type.in_(kinds))).scalar_one())

    def log(self) -> list[Any]:
        with self.house.database.read() as db:
            return read(db, 0, limit=1_000_000)

    def close(self) -> None:
        self.house.stop()
        self.broker.stop()


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    run = Week(tmp_path)
    yield run
    run.close()


def test_the_absence_gives_exactly_one_alert_twelve_hours_after_its_start(week: Week) -> None:
    week.replays(RECORDING)
    log = week.log()
    assert len({(r.stream, r.key) for r in log if isinstance(r.event, OccupancyReported)}) == 21_968
    suspected = [r for r in log if isinstance(r.event, facts.AlertSuspected) and r.event.danger == "no_activity"]
    assert [r.at // SECOND * SECOND for r in suspected] == [local("2016-07-13T19:21:10")]
    raised = [r for r in log if isinstance(r.event, facts.AlertRaised) and r.event.danger == "no_activity"]
    assert [r.at // SECOND * SECOND for r in raised] == [local("2016-07-13T19:31:10")]
    assert not [r for r in log if isinstance(r.event, facts.AlertCancelled)]
    cleared = [r for r in log if isinstance(r.event, facts.ConditionCleared) and r.stream == raised[0].stream]
    assert next(r.at for r in cleared) >= local("2016-07-16T18:54:36")
    assert not week.house.failed.is_set()


def test_a_lone_trigger_in_the_prealarm_does_not_cancel(week: Week, tmp_path: Path) -> None:
    first_two_days = tmp_path / "until-the-evening.txt"
    with gzip.open(RECORDING, "rt") as rows:
        first_two_days.write_text("".join(row for row in rows if row < "2016-07-13 23:30"))
    week.replays(first_two_days, [(datetime(2016, 7, 13, 19, 25), "BedroomABed")])
    log = week.log()
    inside = [
        r for r in log
        if isinstance(r.event, OccupancyReported) and local("2016-07-13T19:24:00") <= r.at <= local("2016-07-13T19:26:00")
    ]  # fmt: skip
    assert inside, "the inserted trigger has arrived"
    assert not [r for r in log if isinstance(r.event, facts.AlertCancelled)]
    raised = [r for r in log if isinstance(r.event, facts.AlertRaised) and r.event.danger == "no_activity"]
    assert [r.at // SECOND * SECOND for r in raised] == [local("2016-07-13T19:21:10") + 10 * MINUTE]
