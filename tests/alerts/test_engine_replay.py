"""The same facts lead to the same decisions: told twice, or with a restart at any place of the story."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.commands import alerts as commands
from alerts.engine import READER as ENGINE
from alerts.planner import READER as PLANNER
from events.follow import load_snapshots
from events.serial import Recorded, dump
from events.types.message import MessagePlanned
from tests.house import House

Act = Callable[[House], Any]


def co(alarm: bool, device: str = "co-1") -> Act:
    return lambda h: h.hears(device, "co", {"alarm": alarm, "ppm": 210 if alarm else 3, "test": False})


def button(action: str) -> Act:
    return lambda h: h.hears("sos-1", "button", {"action": action})


def waits(**span: float) -> Act:
    return lambda h: h.waits(**span)


def replies(number: int, text: str) -> Act:
    return lambda h: h.phone(number).replies(text)


def closes(danger: str, outcome: str) -> Act:
    return lambda h: h.operator_closes(danger, outcome)


def seen(danger: str) -> Act:
    return lambda h: (
        commands.acknowledge(h.database, h.alert(danger).id, by="user:zhang", via="console", at=h.at),
        h.settles(),
    )


STORY: list[Act] = [
    lambda h: h.lives(),
    lambda h: h.hears("door-1", "contact", {"open": False}),
    waits(hours=5),
    lambda h: h.moves("hall-1"),
    lambda h: h.set(class2__prealarm_s=300),
    waits(hours=7),
    lambda h: h.lives(),
    waits(hours=12, minutes=2),
    waits(minutes=4),
    replies(1, "11"),
    co(True),
    seen("carbon_monoxide"),
    replies(3, "9"),
    waits(minutes=3),
    co(True, "co-2"),
    lambda h: h.phone(1).replies("21"),
    waits(minutes=9),
    co(False, "co-2"),
    co(False),
    lambda h: h.phone(2).refuses(),
    closes("carbon_monoxide", "rescued"),
    waits(minutes=5),
    co(True),
    waits(minutes=12),
    lambda h: h.phone(4).never_gets_the_last(),
    closes("carbon_monoxide", "device_fault"),
    lambda h: h.moves("bed-1"),
    lambda h: h.lives(),
    replies(1, "12"),
    closes("no_activity", "safe_at_home"),
    button("help"),
    button("away"),
    waits(hours=20),
    button("home"),
    lambda h: h.boots("hall-1", "b2"),
    lambda h: h.lives(),
    button("sos"),
    waits(minutes=6),
    button("sos"),
    button("cancel"),
    closes("sos", "elder_cancelled"),
    co(False),
    lambda h: h.phone(1).replies("外出12 2"),
    waits(hours=30, beating=False),
]  # fmt: skip


class Restless(House):
    """Its engine and planner are started anew, without a word, before the steps of these numbers."""

    starts_anew_at: frozenset[int] = frozenset()
    steps = 0

    def settles(self) -> None:
        while True:
            self.steps += 1
            if self.steps in self.starts_anew_at:
                self._open()
            before = self.end()
            super().settles()
            if self.end() == before:
                return


def told(
    folder: Path, story: list[Act] = STORY, *, restarts: bool = False, anew: frozenset[int] = frozenset()
) -> House:
    folder.mkdir()
    house = Restless(folder)
    house.starts_anew_at = anew
    for act in story:
        act(house)
        if restarts:
            house.restarts()
    return house


def decisions(house: House) -> list[tuple[str, str, str, int]]:
    """Type, stream, data and time of all that was decided, without positions."""
    return [
        (type(r.event).__name__, r.stream, dump(r.event), r.at)
        for r in house.log() if "cause" in r.meta or r.version is not None
    ]  # fmt: skip


def states(house: House) -> dict[str, bytes]:
    """What engine and planner know, as they would save it."""
    house.engine.commit()
    house.planner.commit()
    with house.database.read() as db:
        return {
            f"{reader} {owner}": bytes(state)
            for reader in (ENGINE, PLANNER) for owner, state in load_snapshots(db, reader)
        }  # fmt: skip


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The story, told without interruption."""
    house = told(tmp_path_factory.mktemp("replay") / "once")
    yield house
    house.close()


def test_the_story_has_something_of_everything(once: House) -> None:
    dangers = {a.danger for a in once.alerts()}
    assert {"carbon_monoxide", "no_activity", "sos", "help", "sensor_out_of_service"} <= dangers
    kinds = {type(r.event).__name__ for r in once.log()}
    assert {
        "AlertSuspected", "AlertReopened", "AlertRefired", "RoundStarted", "ArrivalOverdue", "ResponderDeclined",
        "PersonLost", "MessagePlanned", "SlotFreed", "AwaySet", "AwayEnded", "SensorTakenOutOfService",
        "SensorBackInService", "ActivityNoticed", "ConditionCleared", "SettingChanged",
    } <= kinds  # fmt: skip


def test_a_story_told_twice_gives_the_same_alerts_and_messages_byte_for_byte(once: House, tmp_path: Path) -> None:
    again = told(tmp_path / "again")
    pack = msgspec.msgpack.Encoder(order="deterministic").encode
    assert pack(again.alerts()) == pack(once.alerts())
    assert [dump(m) for m in again.said(MessagePlanned)] == [dump(m) for m in once.said(MessagePlanned)]
    assert again.log() == once.log()
    assert again.phones.inboxes == once.phones.inboxes
    again.close()


def test_a_restart_after_every_act_changes_no_decision(once: House, tmp_path: Path) -> None:
    other = told(tmp_path / "restarted", restarts=True)
    assert decisions(other) == decisions(once)
    assert other.phones.inboxes == once.phones.inboxes
    assert states(other) == states(once)
    other.close()


@pytest.mark.parametrize("seed", range(4))
def test_restarts_anywhere_in_the_middle_change_no_decision(once: House, tmp_path: Path, seed: int) -> None:
    """Facts that were read and not committed are read again; nothing is decided twice and nothing is left out."""
    steps = once.steps  # type: ignore[attr-defined]
    anew = frozenset(random.Random(seed).sample(range(1, steps + 1), steps // 3))
    other = told(tmp_path / "anew", anew=anew)
    assert decisions(other) == decisions(once)
    assert other.phones.inboxes == once.phones.inboxes
    assert states(other) == states(once)
    other.close()


def test_read_in_pieces_or_at_once_the_same_is_decided(tmp_path: Path) -> None:
    """A standstill of the engine: all facts wait for it, and it reads them in pieces of this size."""
    found: list[list[tuple[str, str, str, int]]] = []
    for limit in (1, 3, 1000):
        folder = tmp_path / str(limit)
        folder.mkdir()
        house = House(folder)
        settles, house.settles = house.settles, lambda: None  # type: ignore[method-assign]
        for act in (*STORY[:2], co(True), co(True, "co-2"), button("sos"), co(False), lambda h: h.lives(), co(True)):
            act(house)
        while house.engine.step(0, limit=limit):
            pass
        house.settles = settles  # type: ignore[method-assign]
        engine_said = [r for r in house.log() if "cause" in r.meta]
        found.append([(type(r.event).__name__, r.stream, dump(r.event), r.at) for r in engine_said])
        house.settles()
        house.close()
    assert found[0] == found[1] == found[2]
    assert found[0]


def test_what_was_decided_names_its_cause_and_how_far_its_reader_had_read(once: House) -> None:
    log: dict[int, Recorded] = {r.position: r for r in once.log()}
    for recorded in log.values():
        if "cause" in recorded.meta:
            assert recorded.meta["cause"] in log
            assert recorded.meta["cause"] <= recorded.meta["read_to"] < recorded.position
            assert log[recorded.meta["cause"]].recorded_at <= recorded.recorded_at
