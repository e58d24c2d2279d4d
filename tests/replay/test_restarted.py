"""What the engine knows survives a restart: otherwise it would decide what a replay from the beginning does not."""

from pathlib import Path

from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.store import New, append, version_of
from events.types.alert import AlertSuspected
from events.types.fact import MINUTE, SECOND
from events.types.home import DeviceAssigned
from tests.house import House


def described_anew(house: House, device: str) -> None:
    """The same sensor in the same home, registered once more from now on."""
    said = DeviceAssigned(device=f"dp03/{device}", home="dp03-12", since=house.at, model="motion-pir", kind="motion")
    stream = "home-dp03-12"

    def work(db):
        append(db, [New(stream, "dp03", said, house.at)], recorded_at=house.at, after={stream: version_of(db, stream)})

    house.database.write(work)
    house.settles()


def test_what_a_device_kept_from_before_it_was_described_anew_counts_also_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.lives()
    house.waits(hours=2)
    kept = [(device, on, house.at + n * 5 * SECOND) for n, (device, on) in enumerate(
        [("hall-1", True), ("hall-1", False), ("bed-1", True), ("bed-1", False)])]  # fmt: skip
    payloads = [(d, house.says(d, "motion", {"occupied": on}, at=at)) for d, on, at in kept]
    house.at += 5 * MINUTE
    for device in ("hall-1", "bed-1"):
        described_anew(house, device)
    house.restarts()
    house.at += 5 * MINUTE
    for device, payload in payloads:
        house.arrives(f"shouwang/v1/dp03/{device}/event", payload)
    house.waits(hours=13)
    house.engine.commit()
    house.planner.commit()
    (suspected,) = house.said(AlertSuspected)
    assert suspected.reason["last_seen"] >= kept[0][2], "their last sign of life was two hours later than the first"
    assert verify(DatabaseLog(house.database)).differences == []
    house.close()
