"""A disk that is full at the start ends nothing: seats and projections are taken when there is room again."""

import time
from pathlib import Path

import pytest

import shouwang.house  # noqa: F401  # with it all rooms have entered their tables
from alerts.projections.folding import Folding
from events.database import StorageFull
from events.holding import Holder
from events.keepers.sqlite import SqliteDatabase
from shouwang.seats import Seats
from tests.events.saying import fact, tell
from tests.faults.small_disk import NoSmallDisk, small_disk


def test_seats_and_projections_wait_for_room(tmp_path: Path) -> None:
    died: list[BaseException] = []
    try:
        with small_disk(tmp_path / "disk", 4) as disk:
            database = SqliteDatabase(disk.folder / "log.db", on_fatal=died.append)
            database.create()
            disk.fill()
            with pytest.raises(StorageFull):
                for n in range(200):
                    tell(database, fact(f"a{n}"))
            holder = Holder(database, on_fatal=died.append)
            folding = Folding(database, holder, on_fatal=died.append)
            seats = Seats(database, holder, lambda: 1, channel="twilio_sms", on_fatal=died.append)
            folding.start()
            seats.start()
            assert seats.held() == []
            assert not folding.active
            disk.empty()
            until = time.monotonic() + 20
            while not (seats.held() and folding.active):
                assert time.monotonic() < until, "never taken"
                time.sleep(0.05)
            seats.stop()
            folding.stop()
            holder.stop()
            database.close()
    except NoSmallDisk as why:
        pytest.skip(str(why))
    assert died == []
