"""A file with faults: each is named by line and field in both languages, and nothing is taken."""

import pytest
from small_town import MODELS, NOW, TOWN, changed, facts, line_of, take

from alerts.registry import importing
from alerts.registry.importing import Fault, ImportRefused


def faults_of(text, now=None) -> list[Fault]:
    with pytest.raises(ImportRefused) as refused:
        importing.check(text, MODELS, now=now)
    return refused.value.faults


def the_fault(text, now=None) -> Fault:
    faults = faults_of(text, now)
    assert len(faults) == 1, faults
    return faults[0]


# what is changed in the sound town, the words on the line that must be named, the field, and a word of the message
SINGLE = [
    ("    number: 12\n", "    number: 12\n    colour: red\n", "colour", "homes[0].colour", "unknown key"),
    ("    address: 东坪村三组7号\n", "", "id: dp03-7", "homes[1].address", "missing"),
    ("    address: 东坪村三组7号\n", "    address:\n", "address:\n", "homes[1].address", "missing"),
    ("    number: 12\n", "    number: twelve\n", "twelve", "homes[0].number", "whole number"),
    ("    number: 12\n", "    number: 012\n", "number: 012", "homes[0].number", "whole number"),
    ("    number: 12\n", "    number: [12]\n", "number: [", "homes[0].number", "single value"),
    ("    number: 12\n", "    number: 10000\n", "10000", "homes[0].number", "whole number"),
    ("    number: 7\n", "    number: 12\n", "number: 12\n    address: 东坪村三组7号", "homes[1].number", "already"),
    ("  - id: dp03-7\n", "  - id: dp03-12\n", "dp03-12\n    site: dp03\n    number: 7", "homes[1].id", "already"),
    ("id: hall-7,", "id: hall-12,", "{id: hall-12, model: motion-pir, room: 堂屋, i", "homes[1].devices[0].id", "already"),
    ("id: hall-7,", "id: Hall_7,", "Hall_7", "homes[1].devices[0].id", "a-z"),
    ("id: hall-7,", "id: h,", "id: h,", "homes[1].devices[0].id", "a-z"),
    ("id: hall-7,", "id: ７７,", "７７", "homes[1].devices[0].id", "a-z"),
    ("id: p-v01", "id: p-g01", "name: 廖荷花", "people[3].id", "already"),
    ('"+8612000000002"', '"+8612000000001"', "name: 欧阳", "people[1].phones[0].number", "already"),
    ('"+8612000000002"', '"12000000002"', "name: 欧阳", "people[1].phones[0].number", "+8612000000002"),
    ('"+8612000000002"', "call-me", "name: 欧阳", "people[1].phones[0].number", "in full"),
    ("    watcher: p-w01\n", "    watcher: p-w99\n", "p-w99", "homes[0].watcher", "not in the file"),
    ("    watcher: p-w01\n", "", "id: dp03-12", "homes[0].watcher", "missing"),
    ("    watcher: p-w01\n", "    watcher: p-g01\n", "watcher: p-g01", "homes[0].watcher", "must be a watcher"),
    ("    watcher: p-w01\n", "    watcher: p-w02\n", "second_watcher: ", "homes[0].second_watcher", "twice in a row"),
    ("head: p-v01", "head: p-w01", "head: p-w01", "villages[0].head", "must be a village_head"),
    ("village: dp,", "village: xx,", "village: xx", "grids[0].village", "not in the file"),
    ("grid: dp-g1", "grid: dp-g9", "dp-g9", "sites[0].grid", "not in the file"),
    ("model: co-alarm", "model: co-sniffer", "co-sniffer", "homes[0].devices[2].model", "unknown model"),
    ("role: town_officer", "role: mayor", "mayor", "people[4].role", "town_officer"),
    ("language: en", "language: fr", "fr,", "people[1].language", "zh, en"),
    (', phones: [{number: "+8612000000002", verified: 2026-01-05}]', "", "name: 欧阳", "people[1].phones", "verified"),
    (
        '{number: "+8612000000002", verified: 2026-01-05}', '{number: "+8612000000002"}', "name: 欧阳",
        "people[1].phones", "verified",
    ),
    ("no_activity_hours: 12\n", "no_activity_hours: 0.5\n", "0.5", "homes[0].no_activity_hours", "from 1 to 72"),
    ("no_activity_hours: 12\n", "no_activity_hours: 73\n", "73", "homes[0].no_activity_hours", "from 1 to 72"),
    ("no_activity_hours: 12\n", "no_activity_hours: .nan\n", ".nan", "homes[0].no_activity_hours", "from 1 to 72"),
    ("no_activity_hours: 12\n", "no_activity_hours: 1:30\n", "1:30", "homes[0].no_activity_hours", "from 1 to 72"),
    ("since: 2026-02-01", "since: 2026-02-30", "2026-02-30", "homes[0].since", "date"),
    ("since: 2026-02-01", "since: soon", "soon", "homes[0].since", "date"),
    ("since: 2026-02-01", "since: 1899-02-01", "1899", "homes[0].since", "date"),
    ("pulse: true", "pulse: often", "often", "homes[1].devices[0].pulse", "true or false"),
    ("signature: 示例守望", "signature: 【示例】", "【示例】", "town.signature", "brackets"),
    ("signature: 示例守望", "signature: 示例镇邻里守望员", "邻里守望员", "town.signature", "6"),
    ("name: 李桂兰", 'name: "李\\0兰"', "李\\0兰", "homes[0].residents[0].name", "control"),
    ("name: 示例镇,", "name: {zh: 示例镇},", "{zh", "town.name", "single value"),
    ("    watcher: p-w01\n", "    watcher: p-w01\n    watcher: p-w02\n", "watcher: p-w02", "homes[0].watcher", "already on line 21"),
    ("villages:\n  - {id: dp, name: 东坪村, head: p-v01}\n", "villages: none\n", "none", "villages", "list"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words", "field", "says"), SINGLE)
def test_a_fault_is_named_by_its_line_and_field(old, new, words, field, says):
    text = changed((old, new))
    faults = [f for f in faults_of(text) if f.field == field]
    assert len(faults) == 1, faults_of(text)
    assert faults[0].line == line_of(text, words)
    assert says in faults[0].message_en
    assert any("\u4e00" <= c <= "\u9fff" for c in faults[0].message_zh)


def test_all_faults_are_named_at_once_and_by_line(database):
    text = changed(
        ("number: 12\n", "number: x\n"), ("model: co-alarm", "model: nose"), ("role: town_officer", "role: mayor")
    )
    with pytest.raises(ImportRefused) as refused:
        take(database, text)
    assert [f.line for f in refused.value.faults] == [8, 18, 29]
    assert "第18行 homes[0].number：" in str(refused.value)
    assert "line 18 homes[0].number:" in str(refused.value)
    assert facts(database) == []


def test_a_town_without_an_officer_is_refused_because_its_last_level_is_nobody():
    text = "\n".join(line for line in TOWN.splitlines() if "p-t01" not in line)
    fault = the_fault(text)
    assert (fault.line, fault.field) == (3, "people")
    assert "nobody" in fault.message_en


def test_a_missing_part_is_one_fault_and_not_one_for_each_that_refers_to_it():
    text = TOWN[: TOWN.index("homes:")]
    assert [(f.line, f.field) for f in faults_of(text)] == [(2, "homes")]


def test_a_grid_member_without_a_phone_is_a_warning_for_others_may_still_reach_them(database):
    report = take(database, changed((', phones: [{number: "+8612000000003", verified: 2026-01-05}]', "")))
    assert [(w.line, w.field) for w in report.warnings] == [(6, "people[2].phones")]


@pytest.mark.parametrize("date", ["2026-02-12", "2026-02-11 00:01", "2026-02-11T00:00:00+07:00"])
def test_a_date_that_lies_ahead_is_refused(database, date):
    text = changed(("since: 2026-02-01", f"since: {date}"))
    assert [the_fault(text, now=NOW).field] == ["homes[0].since"]
    with pytest.raises(ImportRefused) as refused:
        take(database, text)
    assert [(f.line, f.field) for f in refused.value.faults] == [(line_of(text, date), "homes[0].since")]
    assert facts(database) == []


def test_a_device_that_comes_tomorrow_is_refused(database):
    text = changed(("model: power-plug", "model: power-plug, since: 2026-12-01"))
    with pytest.raises(ImportRefused) as refused:
        take(database, text)
    assert [f.field for f in refused.value.faults] == ["homes[0].devices[3].since"]


def test_a_tab_is_called_a_tab():
    text = changed(("    number: 12\n", "\tnumber: 12\n"))
    fault = the_fault(text)
    assert fault.line == line_of(text, "\tnumber")
    assert "制表符" in fault.message_zh
    assert "tab" in fault.message_en


def test_a_file_that_is_no_yaml_names_the_line():
    text = changed(("villages:\n", "villages: [\n"))
    assert the_fault(text).line >= line_of(text, "villages:")


def test_a_file_in_another_encoding_names_the_line_of_the_first_strange_byte(tmp_path):
    file = tmp_path / "gbk.yaml"
    file.write_bytes(b"# plain\n" + TOWN.encode("gbk"))
    fault = the_fault(file)
    assert fault.line == 2
    assert "UTF-8" in fault.message_zh


def test_a_file_as_windows_notepad_saves_it_is_taken(tmp_path, database):
    file = tmp_path / "town.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TOWN.replace("\n", "\r\n").encode())
    assert importing.apply(database, importing.check(file, MODELS), NOW).homes == 2


def test_a_file_that_is_not_there_is_a_refusal_too(tmp_path):
    assert the_fault(tmp_path / "nowhere.yaml").line == 0
    assert the_fault(tmp_path).line == 0


def test_a_small_file_that_would_grow_to_gigabytes_is_refused_before_it_grows():
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    fault = the_fault(laughs)
    assert fault.line == 2
    assert "alias" in fault.message_en


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"), ("# nothing\n", "empty"), ("---\n---\n", "more than one"), ("[" * 5000, "deep"),
        ("a: " + "{b: " * 5000, "deep"), ("? [a, b]\n: c\n", "single word"), ("town: \x07\n", "not allowed"),
        ("{1: 2}: x", "single word"), ("town: !!python/object/apply:os.system [ls]\n", "keys with values"),
    ],
)  # fmt: skip
def test_strange_yaml_is_refused_with_a_reason(text, says):
    assert any(says in fault.message_en for fault in faults_of(text))
