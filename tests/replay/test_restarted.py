"""What the engine knows survives a restart: otherwise it would decide what a replay from the beginning does not."""

from pathlib import Path

from alerts.commands.deciding import record_of_home
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types.alert import AlertRaised, AlertSuspected
from events.types.fact import MINUTE, SECOND, Event
from events.types.home import ChainSet, DeviceAssigned, HomePaused, HomeResumed
from tests.house import House


def described_anew(house: House, device: str) -> None:
    """The same sensor in the same home, registered once more from now on."""
    said = DeviceAssigned(device=f"dp03/{device}", home="dp03-12", since=house.at, model="motion-pir", kind="motion")
    registered(house, said)


def registered(house: House, event: Event) -> None:
    """A person's decision about the home; nothing else happens in this moment."""
    house.database.write(lambda db: record_of_home(db, "dp03-12", "dp03", event, house.at))
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


def test_a_chain_that_was_changed_in_a_quiet_moment_is_in_force_after_a_restart(tmp_path: Path) -> None:
    """Nothing else happened to the home before what was read was saved."""
    house = House(tmp_path)
    house.lives()
    house.at += MINUTE
    chain = ChainSet(home="dp03-12", watcher=["w2"], second_watcher=[], grid_member=["g1"], village=["v1"], town=["t1"])
    registered(house, chain)
    house.at += 5 * SECOND
    registered(house, HomePaused(home="dp03-12", by="zhang"))
    registered(house, HomeResumed(home="dp03-12", by="zhang"))
    house.at += 5 * SECOND
    house.settles()
    house.restarts()
    house.hears("co-1", "co", {"alarm": True, "ppm": 300, "test": False})
    (raised,) = house.said(AlertRaised)
    assert raised.terms.chain["watcher"] == ["w2"]
    house.engine.commit()
    house.planner.commit()
    assert verify(DatabaseLog(house.database)).differences == []
    house.close()


def test_a_home_that_was_paused_in_a_quiet_moment_is_paused_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.lives()
    house.at += MINUTE
    registered(house, HomePaused(home="dp03-12", by="zhang"))
    house.at += 5 * SECOND
    house.settles()
    house.restarts()
    house.hears("co-1", "co", {"alarm": True, "ppm": 300, "test": False})
    (raised,) = house.said(AlertRaised)
    assert raised.danger == "unknown_device_alarm", "shown to the operator, and nobody is sent"
    house.close()
