"""A small invented town to change in tests, and what its device models are."""

from typing import Any

from sqlalchemy import select

from alerts.registry import importing, tables
from events.store import New, append, read, version_of
from events.types.fact import Event

MODELS = {
    "motion-pir": {"kind": "motion", "interval_s": 900, "battery": True, "pulse": False, "retrigger_s": 60},
    "door-contact": {"kind": "contact", "interval_s": 900, "battery": True, "pulse": False, "retrigger_s": 0},
    "sos-button": {"kind": "button", "interval_s": 3600, "battery": True, "pulse": False, "retrigger_s": 0},
    "co-alarm": {"kind": "co", "interval_s": 900, "battery": True, "pulse": False, "retrigger_s": 0},
    "smoke-alarm": {"kind": "smoke", "interval_s": 900, "battery": True},
    "gas-alarm": {"kind": "gas", "interval_s": 900, "battery": False},
    "power-plug": {"kind": "power", "interval_s": 300, "battery": False, "use_floor": None},
    "climate": {"kind": "climate", "interval_s": 900, "battery": True},
    "water-leak": {"kind": "water", "interval_s": 3600, "battery": True},
    "gateway": {"kind": "gateway", "interval_s": 60, "battery": False},
}

TOWN = """\
# 虚构
town: {id: shili, name: 示例镇, name_en: Shili Town, signature: 示例守望}
people:
  - {id: p-w01, name: 王秋禾, name_en: Qiuhe Wang, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]}
  - {id: p-w02, name: 欧阳山杏, role: watcher, language: en, phones: [{number: "+8612000000002", verified: 2026-01-05}]}
  - {id: p-g01, name: 任长河, role: grid_member, phones: [{number: "+8612000000003", verified: 2026-01-05}]}
  - {id: p-v01, name: 廖荷花, role: village_head, phones: [{number: "+8612000000004", verified: 2026-01-05}]}
  - {id: p-t01, name: 付银锁, role: town_officer, phones: [{number: "+8612000000005", verified: 2026-01-05}]}
villages:
  - {id: dp, name: 东坪村, head: p-v01}
grids:
  - {id: dp-g1, village: dp, name: 东坪一网格, member: p-g01}
sites:
  - {id: dp03, name: 东坪三组, name_en: Dongpo Group 3, grid: dp-g1}
homes:
  - id: dp03-12
    site: dp03
    number: 12
    address: 东坪村三组12号
    residents: [{name: 李桂兰, born: 1941, notes: 耳背}]
    watcher: p-w01
    second_watcher: p-w02
    no_activity_hours: 12
    notes: 煤炉取暖
    since: 2026-02-01
    devices:
      - {id: hall-12, model: motion-pir, room: 堂屋}
      - {id: door-12, model: door-contact, room: 大门, role: front_door}
      - {id: co-12, model: co-alarm, room: 卧室}
      - {id: plug-12, model: power-plug, use_floor: 15}
  - id: dp03-7
    site: dp03
    number: 7
    address: 东坪村三组7号
    residents: [{name: 张守田}]
    watcher: p-w02
    no_activity_hours: 1.5
    devices:
      - {id: hall-7, model: motion-pir, room: 堂屋, interval_s: 3600, retrigger_s: 10, pulse: true}
"""

DAY = 86_400_000_000
FEBRUARY_1 = 1_769_875_200_000_000  # 2026-02-01 00:00 in Shanghai
JANUARY_5 = FEBRUARY_1 - 27 * DAY
NOW = FEBRUARY_1 + 10 * DAY
LATER = NOW + 3 * DAY


def changed(*pairs: tuple[str, str], text: str = TOWN) -> str:
    """The town with these words replaced, each of which must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def line_of(text: str, words: str) -> int:
    """The line on which these words stand for the first time."""
    return text[: text.index(words)].count("\n") + 1


def take(database, text: str = TOWN, now: int = NOW, **also) -> importing.ImportReport:
    """Check and apply."""
    return importing.apply(database, importing.check(text, MODELS), now, **also)


def facts(database, *types: str) -> list:
    """What the log holds, or only these types of it."""
    with database.read() as db:
        return [r for r in read(db, 0, limit=100_000) if not types or type(r.event).__name__ in types]


def decides(database, stream: str, lane: str, event: Event, at: int) -> None:
    """Somebody decides this, on the stream as it is."""
    database.write(
        lambda db: append(db, [New(stream, lane, event, at)], recorded_at=at, after={stream: version_of(db, stream)})
    )


def news(database, words: str, *, now: int = LATER, **also: Any) -> list:
    """What a second import of this text records."""
    before = len(facts(database))
    take(database, words, now, **also)
    return facts(database)[before:]


def the_new(database, words: str, **also):
    found = news(database, words, **also)
    assert len(found) == 1, found
    return found[0]


def everything(database) -> list:
    """Every row of every table, to see that nothing moved."""
    with database.read() as db:
        return [list(db.execute(select(table))) for table in tables.metadata.sorted_tables]
