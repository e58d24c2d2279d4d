"""What was decided is decided again from the log, byte for byte, and nothing is written or sent by it."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from alerts.core import telling
from alerts.core.rules.no_activity import NoActivity
from alerts.replay.again import EngineAgain
from alerts.replay.shut import Shut, WouldAct
from alerts.replay.source import DatabaseLog, FileLog, NotALog, write_log
from alerts.replay.verify import verify
from events.database import Database
from events.keepers import make_database
from events.store import head
from shouwang.cli import app
from tests.prepared import once_a_run
from tests.replay.conftest import FACTS


@pytest.fixture(scope="session")
def written(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def write(path: Path) -> None:
        database = make_database(lived)
        write_log(DatabaseLog(database), path)
        database.close()

    return once_a_run(tmp_path_factory, "lived.jsonl.gz", write)


def changed(path: Path, to: Path, change: Any) -> Path:
    """The log with each record as `change` makes it; None leaves it out."""
    with gzip.open(path) as lines, gzip.open(to, "wb", 1) as out:
        out.write(lines.readline())
        for line in lines:
            record = change(msgspec.json.decode(line))
            if record is not None:
                out.write(msgspec.json.encode(record) + b"\n")
    return to


def test_twice_in_a_row_everything_is_decided_as_it_was(log: Database) -> None:
    source = DatabaseLog(log)
    first, second = verify(source), verify(source)
    assert first.differences == []
    assert first == second
    assert first.facts >= FACTS
    assert first.waiting == 0
    assert min(first.alerts, first.messages) > 20


def test_the_log_holds_something_of_everything(log: Database) -> None:
    kinds = {type(r.event).__name__ for page in DatabaseLog(log).records() for r in page}
    assert {
        "AlertSuspected", "AlertRaised", "AlertRefired", "AlertClosed", "ResponderEnRoute", "PersonLost", "SettingChanged",
        "IngestCaughtUp", "ReadingQuarantined", "RuleFailed", "AlertReopened", "DecisionReadAhead", "MessageFailed", "SensorTakenOutOfService",
    } <= kinds  # fmt: skip


def test_a_log_in_a_file_is_the_same_log(log: Database, written: Path, tmp_path: Path) -> None:
    assert verify(FileLog(written)) == verify(DatabaseLog(log))
    write_log(FileLog(written), tmp_path / "again.jsonl.gz")
    assert (tmp_path / "again.jsonl.gz").read_bytes() == written.read_bytes()


def test_nothing_is_written_and_nothing_can_be(log: Database) -> None:
    with log.read() as db:
        before = head(db)
    verify(DatabaseLog(log))
    with log.read() as db:
        assert head(db) == before
    with pytest.raises(WouldAct):
        Shut(log).write(lambda _db: None)
    with pytest.raises(WouldAct):
        DatabaseLog(log)._database.submit(lambda _db: None)


def test_another_limit_of_silence_is_found_at_the_first_alert_it_changes(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = NoActivity._judge

    def later(self: NoActivity, *asked: Any) -> Any:
        verdict = judge(self, *asked)
        if verdict.danger is None:
            return verdict
        reason = {**verdict.danger.reason, "limit_s": 1}
        return msgspec.structs.replace(verdict, danger=msgspec.structs.replace(verdict.danger, reason=reason))

    monkeypatch.setattr(NoActivity, "_judge", later)
    (first, *_) = verify(FileLog(written)).differences
    assert "AlertSuspected alert-no_activity-" in first.recorded
    assert '"limit_s":1,' in first.decided
    records = [r for page in FileLog(written).records() for r in page]
    suspected = [r.position for r in records if getattr(r.event, "danger", "") == "no_activity"]
    assert first.position == suspected[0]


def test_another_wording_is_found_in_who_is_told_what(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = telling._tell
    monkeypatch.setattr(telling, "_tell", lambda *a, **k: msgspec.structs.replace(tell(*a, **k), asks=False))
    (first, *_) = verify(FileLog(written)).differences
    assert first.recorded.startswith("TellRequested")
    assert '"asks":false' in first.decided


def test_a_decision_that_vanished_from_the_log_is_named_by_its_cause(written: Path, tmp_path: Path) -> None:
    gone: list[dict[str, Any]] = []

    def without_a_step(record: dict[str, Any]) -> dict[str, Any] | None:
        if record["type"] == "StepTaken" and not gone:
            gone.append(record)
            return None
        return record

    (first, *_) = verify(FileLog(changed(written, tmp_path / "x.gz", without_a_step))).differences
    assert first.recorded == ""
    assert first.decided.startswith("StepTaken")
    assert first.cause == gone[0]["meta"]["cause"]


def test_a_message_that_nobody_decided_is_found(written: Path, tmp_path: Path) -> None:
    def with_another(record: dict[str, Any]) -> dict[str, Any]:
        if record["type"] == "HeartbeatReceived" and record["position"] > 3000 and not planted:
            planted.append(record["position"])
            record |= {"type": "MessagePlanned", "stream": "person-g1", "key": "planned-m1.1", "data": planned}
            record["meta"] = {"cause": 1, "read_to": 1}
        return record

    planned = next(
        msgspec.to_builtins(r.event) for page in FileLog(written).records() for r in page
        if type(r.event).__name__ == "MessagePlanned"
    )  # fmt: skip
    planted: list[int] = []
    (first, *_) = verify(FileLog(changed(written, tmp_path / "x.gz", with_another))).differences
    assert (first.position, first.decided) == (planted[0], "")


def test_what_people_decided_in_between_is_needed_to_decide_the_same(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it not in the log that the engine had read ahead, its decisions could not be told from faults."""
    hear = EngineAgain.hear
    monkeypatch.setattr(EngineAgain, "hear", lambda self, recorded, _ahead: hear(self, recorded, {}))
    assert not verify(FileLog(written)).same


def test_a_file_that_breaks_off_is_refused(written: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(written.read_bytes()[:-2000])
    with pytest.raises(NotALog, match="breaks off"):
        verify(FileLog(cut))
    (tmp_path / "none").write_text("hello\n")
    with pytest.raises(NotALog):
        FileLog(tmp_path / "none")


def test_the_command_says_where_it_differs(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = CliRunner().invoke(app, ["verify", "--from", str(written), "--times", "2"])
    assert same.exit_code == 0, same.output
    assert same.output.count("完全一致") == 2
    gone: list[int] = []

    def without_a_raise(record: dict[str, Any]) -> dict[str, Any] | None:
        if record["type"] == "AlertRaised" and not gone:
            gone.append(record["meta"]["cause"])
            return None
        return record

    other = changed(written, tmp_path / "x.gz", without_a_raise)
    differs = CliRunner().invoke(app, ["verify", "--from", str(other)])
    assert differs.exit_code == 1
    assert f"位置 {gone[0]} " in differs.output
    assert "AlertRaised" in differs.output
