"""A golden log and what must come of it: every alert as it ended, every message as it was intended, in one digest each."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import msgspec

from alerts.core.alert import Alert, fold
from alerts.replay.source import DatabaseLog, FileLog, write_log
from events.keepers import make_database
from events.serial import dump
from events.types.message import MessagePlanned
from tests.replay.weeks import Weeks

FOLDER = Path(__file__).parent
_FACTS, _HOMES, _SEED = 4_000, 12, 2
_encode = msgspec.json.Encoder(order="deterministic").encode
_LATER = {"answered", "roster", "area", "shelved_until", "shelved_by", "unanswered_at"}
"""Fields that alerts have got since the first golden log."""


class Expected(msgspec.Struct):
    """Alert -> its state at the end; message -> what was intended. Digests of the bytes."""

    alerts: dict[str, str]
    messages: dict[str, str]


def outcome(log: Path) -> Expected:
    """Fold a log with today's code."""
    alerts: dict[str, Alert | None] = {}
    messages: dict[str, str] = {}
    for page in FileLog(log).records():
        for recorded in page:
            if recorded.stream.startswith("alert-"):
                name = recorded.stream.removeprefix("alert-")
                alerts[name] = fold(alerts.get(name), recorded.event, recorded.at, recorded.version)
            elif isinstance(recorded.event, MessagePlanned):
                messages[recorded.event.message] = _digest(dump(recorded.event).encode())
    return Expected({name: _digest(_as_then(alert)) for name, alert in alerts.items()}, messages)


def _as_then(alert: Alert | None) -> bytes:
    """What releases did not know of yet is left out as long as it says nothing."""
    said = msgspec.json.decode(_encode(alert))
    for field in _LATER & (said or {}).keys():
        if not said[field]:
            del said[field]
    return msgspec.json.encode(said)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def expected(release: str) -> Expected:
    """What was kept with it."""
    return msgspec.json.decode((FOLDER / f"{release}.expected.json").read_bytes(), type=Expected)


def releases() -> list[str]:
    """All that were kept."""
    return sorted(path.name.removesuffix(".jsonl.gz") for path in FOLDER.glob("*.jsonl.gz"))


def write(release: str, folder: Path) -> int:
    """A new golden log of this release; how many facts it holds."""
    weeks = Weeks(folder / "log.db", seed=_SEED, homes=_HOMES)
    weeks.run(_FACTS)
    weeks.close()
    database = make_database(folder / "log.db")
    log = FOLDER / f"{release}.jsonl.gz"
    count = write_log(DatabaseLog(database), log, release=release)
    database.close()
    kept = msgspec.json.format(_encode(outcome(log)), indent=1)
    (FOLDER / f"{release}.expected.json").write_bytes(kept + b"\n")
    return count


def aged(log: Path, older: Path, shapes: dict[str, Any]) -> int:
    """Write a log as an older release would have: each fact of these types in its old name and shape; how many there were."""
    count = 0
    with gzip.open(log) as lines, gzip.GzipFile(older, "wb", 9, mtime=0) as out:
        out.write(lines.readline())
        for line in lines:
            record = msgspec.json.decode(line)
            if record["type"] in shapes:
                record["type"], record["data"] = shapes[record["type"]](record["data"])
                count += 1
            out.write(msgspec.json.encode(record) + b"\n")
    return count
