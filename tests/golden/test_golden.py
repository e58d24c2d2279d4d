"""What a released version decided is what today's program decides, from its log as it was written then."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from alerts.replay.source import FileLog, NotALog
from alerts.replay.verify import verify
from events import serial
from events.serial import UPGRADES
from events.types.fact import REGISTER
from tests.golden.intended import CHANGES
from tests.golden.keeping import FOLDER, aged, expected, outcome, releases


@pytest.mark.parametrize("release", releases())
def test_today_decides_what_was_decided_then(release: str) -> None:
    meant = {change.position for change in CHANGES if change.release == release}
    found = verify(FileLog(FOLDER / f"{release}.jsonl.gz"))
    assert [each for each in found.differences if each.position not in meant] == []
    assert meant <= {each.position for each in found.differences}, "an intended change that changes nothing any more"
    assert min(found.alerts, found.messages) > 10


@pytest.mark.parametrize("release", releases())
def test_alerts_end_and_messages_read_as_they_did_then(release: str) -> None:
    if not any(change.release == release for change in CHANGES):
        assert outcome(FOLDER / f"{release}.jsonl.gz") == expected(release)


def test_there_is_one_for_this_release() -> None:
    assert version("shouwang") in releases(), "python -m tests.golden RELEASE"


def _knob(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The button's old name, and its action under another key."""
    return "KnobTurned", {**{k: v for k, v in data.items() if k != "action"}, "how": data["action"]}


def _minutes(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Limits were once enrolled in minutes."""
    return "HouseholdEnrolled", {"home": data["home"], "site": data["site"], "limit_min": data["no_activity_s"] // 60}


def _from_knob(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ButtonPressed", {**{k: v for k, v in fields.items() if k != "how"}, "action": fields["how"]}


def _from_minutes(fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "HomeEnrolled", {"home": fields["home"], "site": fields["site"], "no_activity_s": fields["limit_min"] * 60}


@pytest.mark.parametrize("release", releases())
def test_old_shapes_of_facts_are_lifted_and_lead_to_the_same_decisions(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old = FOLDER / f"{release}.jsonl.gz", tmp_path / "old.jsonl.gz"
    assert aged(new, old, {"ButtonPressed": _knob, "HomeEnrolled": _minutes}) > 12
    with pytest.raises(serial.UnknownFact):
        verify(FileLog(old))
    monkeypatch.setitem(UPGRADES, "KnobTurned", _from_knob)
    monkeypatch.setitem(UPGRADES, "HouseholdEnrolled", _from_minutes)
    assert not {"KnobTurned", "HouseholdEnrolled"} & REGISTER.keys()
    assert verify(FileLog(old)) == verify(FileLog(new))
    assert outcome(old) == outcome(new)


def test_what_is_no_golden_log_is_not_taken_for_one() -> None:
    with pytest.raises(NotALog):
        FileLog(FOLDER / "intended.py")
