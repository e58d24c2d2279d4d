"""An alarm's commit saves the homes of its own lane; whatever else was read is saved within the second, or read again."""

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts import engine as engine_module
from alerts.commands import alerts as commands
from alerts.core.refusals import AlertAlreadyClosed, ConditionStillActive, OutcomeNotAllowed
from alerts.engine import Engine
from alerts.homes import Homes
from alerts.saved import Saved
from alerts.seats import ENGINE, LANES_SAVED, seats_of, share_out
from events.database import Database
from events.follow import bookmark, load_snapshots
from events.lanes import ALL, lane_of
from events.serial import Recorded, dump
from events.types.alert import AlertRaised
from events.types.fact import MINUTE, SECOND
from events.types.system import ClockFollowed
from tests.alerts.village import Village
from tests.postgres import Databases
from tests.replay.weeks import Interrupted, Weeks
from tests.right_of_way import StandingWay

HERE, THERE = "dp03-1", "dp05-1"
SITES = {"dp03": 2, "dp05": 2}


def begun(address: Any) -> Village:
    """Two sites in two lanes, everybody seen, all of it saved."""
    village = Village(address, SITES)
    village.live()
    village.at += 2 * SECOND
    village.settles()
    village.engine.commit()
    return village


@pytest.fixture(autouse=True)
def _nobody_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms of these stories do not make the engine wait by the machine's clock."""
    monkeypatch.setattr(engine_module, "WAY", StandingWay())


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    made = begun(tmp_path)
    yield made
    made.close()


def kept(database: Database) -> dict[str, bytes]:
    with database.read() as db:
        return {owner: bytes(state) for owner, state in load_snapshots(db, ENGINE)}


def moves(village: Village, home: str = THERE) -> None:
    """Nothing follows from it."""
    for occupied in (True, False):
        village.hear([(village.device(home, "hall"), "motion", {"occupied": occupied})])


def alarm(village: Village, home: str = HERE, on: bool = True) -> None:
    village.hear([(village.device(home, "co"), "co", {"alarm": on, "ppm": 300 if on else 0, "test": False})])


def known(engine: Engine) -> dict[str, bytes]:
    """Every home as it would be saved now."""
    for name in engine.books.homes:
        engine.books.homes[name]
    homes = engine.books.homes
    assert isinstance(homes, Homes)
    return homes.opened()


def test_two_sites_of_the_stories_lie_in_two_lanes() -> None:
    assert lane_of("dp03") != lane_of("dp05")


def test_an_alarm_saves_its_own_lane_and_the_bookmark_and_within_a_second_the_rest_follows(village: Village) -> None:
    before = kept(village.database)
    moves(village)
    alarm(village)
    after = kept(village.database)
    (raised,) = [r for r in village.log() if isinstance(r.event, AlertRaised)]
    with village.database.read() as db:
        assert bookmark(db, ENGINE) >= raised.meta["cause"], "who waits for the decision sees that it was made"
    assert after[HERE] != before[HERE]
    assert after[THERE] == before[THERE], "it can wait"
    assert after[LANES_SAVED]
    village.at += 2 * SECOND
    village.settles()
    last = kept(village.database)
    assert last[THERE] != before[THERE]
    assert LANES_SAVED not in last


def test_what_was_not_saved_is_read_again_after_a_crash_and_nothing_is_decided_twice(village: Village) -> None:
    moves(village)
    alarm(village)
    moves(village, "dp05-2")
    alarm(village, "dp05-2")
    moves(village)
    knew, end = known(village.engine), village.end()
    assert LANES_SAVED in kept(village.database)
    village.restarts()
    assert known(village.engine) == knew
    assert village.end() == end
    assert LANES_SAVED not in kept(village.database), (
        "what was read again is saved at once, or it would become more each time"
    )


def test_whoever_is_interrupted_while_reading_again_loses_nothing(village: Village) -> None:
    moves(village)
    alarm(village)
    moves(village, "dp05-2")
    knew, there = known(village.engine), kept(village.database)
    anew = Engine(village.database, village.now)
    anew.step(0, limit=1)
    anew.commit()  # told to stop in the midst of it
    assert kept(village.database) == there
    anew.follower.close()
    village.restarts()
    assert known(village.engine) == knew


@pytest.mark.parametrize("what", ["a setting", "a standstill of the machine"])
def test_what_concerns_every_home_is_saved_whole(village: Village, what: str) -> None:
    moves(village)
    if what == "a setting":
        village.set(away__most_s=5 * 86_400)
    else:
        village.records(ClockFollowed(by_s=60, before=village.at, after=village.at + MINUTE), "clock", "all")
    alarm(village)
    assert LANES_SAVED not in kept(village.database)
    knew = known(village.engine)
    village.restarts()
    assert known(village.engine) == knew


def test_overtaken_by_somebody_it_reads_again_what_is_not_saved(village: Village) -> None:
    alarm(village)
    alert = village.alert("carbon_monoxide")
    moves(village)
    village.engine.follower.close()
    village.engine = engine = Interrupted(village.database, village.now)
    village.settles()
    moves(village, "dp05-2")
    engine.meanwhile = [
        lambda: commands.acknowledge(village.database, alert.id, by="user:wei", via="console", at=village.at)
    ]
    alarm(village, on=False)
    alarm(village)
    assert village.alert("carbon_monoxide").acknowledged_by
    knew = known(engine)
    village.restarts()
    assert known(village.engine) == knew


def test_the_shares_of_one_reader_take_with_them_how_far_each_lane_is_saved(postgresql: Databases) -> None:
    with postgresql.fresh() as address:
        village = begun(address)
        moves(village)
        alarm(village)
        knew, end = known(village.engine), village.end()
        assert LANES_SAVED in kept(village.database)
        village.engine.follower.close()
        village.database.write(share_out)
        knows: dict[str, bytes] = {}
        for seat in seats_of(shared=True):
            engine = Engine(village.database, village.now, seat=seat)
            while engine.step(0):
                pass
            knows |= {name: state for name, state in known(engine).items() if seat.owns(engine.books.homes[name].site)}
            engine.follower.close()
        assert knows == knew
        assert village.end() == end, "nothing is decided twice"
        village.close()


class Crashing(Village):
    """Its engine dies without a word before steps drawn by `dice`, and another begins where the database stands."""

    dice: random.Random | None = None
    partly = crashes = 0

    def settles(self) -> None:
        if self.dice is not None and self.dice.random() < 0.3:
            self.crashes += 1
            self.partly += LANES_SAVED in kept(self.database)
            self.engine.follower.close()
            self.engine = Engine(self.database, self.now)
        super().settles()


def ends(village: Village, alert: str) -> None:
    """Where its device is still in alarm, nobody may."""
    with contextlib.suppress(ConditionStillActive, OutcomeNotAllowed, AlertAlreadyClosed):
        commands.close(
            village.database, alert, outcome="rescued", by="user:wei", via="console", seen_version=None, at=village.at
        )
    village.settles()


def lived(folder: Path, seed: int, dice: random.Random | None) -> Crashing:
    folder.mkdir()
    village, chance = Crashing(folder, SITES), random.Random(seed)
    village.live()
    village.dice = dice
    for _ in range(120):
        home, what = chance.choice(village.homes), chance.random()
        if what < 0.5:
            moves(village, home)
        elif what < 0.7:
            alarm(village, home, on=chance.random() < 0.7)
        elif what < 0.75:
            village.loses([home])
        elif what < 0.8:
            village.returns([home])
        elif what < 0.85 and (still := [alert for alert in village.alerts() if alert.open]):
            ends(village, chance.choice(still).id)
        elif what < 0.87:
            village.set(away__most_s=chance.randrange(1, 9) * 86_400)
        village.at += chance.choice([1000, 50_000, 200_000, 400_000, 400_000, 5 * MINUTE])
        village.rings()
    village.dice = None
    return village


@pytest.mark.parametrize("seed", range(2))
def test_lives_with_crashes_between_any_two_facts_lead_to_what_they_would_without(tmp_path: Path, seed: int) -> None:
    without, with_ = lived(tmp_path / "without", seed, None), lived(tmp_path / "with", seed, random.Random(seed))
    assert with_.partly > 5, "crashes with a part of the homes saved"
    assert [(r.position, r.stream, dump(r.event)) for r in with_.log()] == [
        (r.position, r.stream, dump(r.event)) for r in without.log()
    ]
    assert known(with_.engine) == known(without.engine)
    with_.close()
    without.close()


def test_what_is_read_in_one_lane_asks_only_for_homes_of_that_lane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    strangers: list[tuple[int, str]] = []
    looked: set[int] = set()

    def asks(homes: Homes, name: str) -> Any:
        asked.add(name)
        return found(homes, name)

    def takes(engine: Engine, recorded: Recorded) -> None:
        asked.clear()
        took(engine, recorded)
        if recorded.lane != ALL:
            looked.add(recorded.lane)
            homes = engine.books.homes
            strangers.extend((recorded.position, n) for n in sorted(asked) if lane_of(homes[n].site) != recorded.lane)

    found, took = Homes.__getitem__, Engine.take
    monkeypatch.setattr(Homes, "__getitem__", asks)
    monkeypatch.setattr(Engine, "take", takes)
    weeks = Weeks(tmp_path / "weeks.db", seed=3, homes=16)
    weeks.run(2_000)
    weeks.close()
    assert len(looked) > 5
    assert strangers == []


def test_which_facts_the_states_hold() -> None:
    def at(position: int, lane: int) -> Recorded:
        return Recorded(position, lane, "s", None, "k", 0, 0, AlertRaised, {})  # type: ignore[arg-type]

    saved = Saved(10).and_also({3}, 20).and_also({4}, 25)
    assert [saved.holds(at(p, 3)) for p in (10, 20, 21)] == [True, True, False]
    assert [saved.holds(at(p, 5)) for p in (10, 11)] == [True, False]
    assert saved.holds(at(25, 4))
