"""A plain file judged without server or database: the same judgement, the same collapses, honest figures."""

import gzip
import itertools
import json
import os
import re
from datetime import datetime, time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.backtest import RowsRefused, judge_rows, read_rows
from alerts.backtest.plotting import Point, as_html, as_svg
from alerts.core.setting_forms import SettingRefused
from events.types.fact import HOUR, MINUTE
from shouwang.cli import app
from simulators.months import live, write_rows

RECORDINGS = os.environ.get("SHOUWANG_RECORDINGS", "")


def days_of(folder: Path, count: int, *, evening: str = "21:00", missing: str = "") -> Path:
    """Somebody moves through two rooms at every full hour from six to nine in the evening."""
    lines = []
    for day in range(1, count + 1):
        for hour in range(6, 22):
            at = f"2026-03-{day:02} {hour:02}:00"
            if missing and missing < at:
                continue
            for sensor, second in (("hall", 1), ("bedroom", 20)):
                lines.append(f"{at}:{second:02}\t{sensor}\tmotion\tON\n{at}:{second + 9:02}\t{sensor}\tmotion\tOFF\n")
    path = folder / "days.tsv"
    path.write_text("".join(lines))
    return path


def test_a_silence_with_an_alarm_inside_is_one_false_alarm(tmp_path: Path) -> None:
    judged = judge_rows(read_rows(days_of(tmp_path, 5)), settings={"no_activity_s": 8 * 3600})
    assert judged.false_alarms == 4  # each night of nine hours, with the limit at eight
    assert [round((alarm.at - alarm.last_seen) / HOUR) for alarm in judged.alarms] == [8] * 4
    assert all(alarm.ended_at is not None for alarm in judged.alarms)
    assert judge_rows(read_rows(days_of(tmp_path, 5)), settings={"no_activity_s": 10 * 3600}).false_alarms == 0


def test_a_collapse_is_found_when_the_limit_has_passed_since_the_last_movement(tmp_path: Path) -> None:
    rows = read_rows(days_of(tmp_path, 6))
    judged = judge_rows(rows, settings={"routine.on": 0}, collapses=20, seed=3)
    assert len(judged.delays.suspected) == 20
    assert all(1 * HOUR - MINUTE <= delay <= 10 * HOUR for delay in judged.delays.suspected)
    told = [later - first for first, later in zip(judged.delays.suspected, judged.delays.told, strict=True)]
    assert set(told) == {10 * MINUTE}, "the first message leaves ten minutes after the suspicion"
    again = judge_rows(rows, settings={"routine.on": 0}, collapses=20, seed=3)
    assert again.figures() == judged.figures()


def test_the_learned_line_finds_a_regular_life_sooner_and_never_for_nothing(tmp_path: Path) -> None:
    rows = read_rows(days_of(tmp_path, 31))
    fixed = judge_rows(rows, settings={"routine.on": 0}, after_days=20, collapses=15)
    learned = judge_rows(rows, after_days=20, collapses=15)
    assert learned.false_alarms == fixed.false_alarms == 0
    assert learned.delays.hours("suspected", 0.5) < fixed.delays.hours("suspected", 0.5) - 2


def test_what_comes_after_a_collapse_teaches_it_nothing(tmp_path: Path) -> None:
    whole = read_rows(days_of(tmp_path, 20))
    cut = [row for row in whole if row.at < whole[0].at + 15 * 24 * HOUR]
    alarm = judge_rows(cut).alarms
    assert alarm == [a for a in judge_rows(whole).alarms if a.at < cut[-1].at]


def test_a_lone_trigger_after_the_collapse_delays_nothing_where_there_are_two_sensors(tmp_path: Path) -> None:
    rows = read_rows(days_of(tmp_path, 12))
    judged = judge_rows(rows, collapses=10, strays_every_h=5)
    assert judged.delays_with_strays.suspected == judged.delays.suspected


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01 06:00:01,hall,motion,ON",
        "2026-03-01T06:00:01+08:00;hall;pir;1",
        "2026-03-01 06:00:01.25 hall ON",
        "2026-03-01\t06:00:01\thall\tON\tsomething",
    ],
)
def test_rows_are_read_as_people_write_them(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(f"time,sensor,kind,value\n{line}\n".encode()))
    (row,) = read_rows(path)
    assert (row.sensor, row.kind, row.on) == ("hall", "motion", True)


def test_a_front_door_is_a_role_and_temperatures_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("2026-03-01 06:00:01,d1,front_door,OPEN\n2026-03-01 06:00:02,t1,climate,21.5\n")
    (row,) = read_rows(path)
    assert (row.kind, row.role) == ("contact", "front_door")


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear town,\nplease find enclosed nothing at all.\n")
    with pytest.raises(RowsRefused):
        read_rows(path)


def test_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused):
        judge_rows(read_rows(days_of(tmp_path, 2)), settings={"routine.magic": 1})


def test_the_command_tells_writes_and_draws(tmp_path: Path) -> None:
    days_of(tmp_path, 4)
    out, plot = tmp_path / "found.json", tmp_path / "plot.html"
    ran = CliRunner().invoke(app, [
        "backtest", "no_activity", "--rows", str(tmp_path / "days.tsv"), "--after", "0", "--collapse", "3",
        "--set", "no_activity_s=28800", "--json", str(out), "--plot", str(plot),
    ])  # fmt: skip
    assert ran.exit_code == 0, ran.output
    (found,) = json.loads(out.read_text())["ways"]["judged"].values()
    assert found["false_alarms"] == 3
    assert found["collapses"] == 3
    assert "<svg" in plot.read_text()


def test_the_picture_names_every_way() -> None:
    points = [Point("fixed 10 h", 0.3, 9.5, 10.0), Point("learned <1>", 0.8, 4.5, 8.0)]
    assert as_svg(points).count("<circle") == 2
    assert "learned &lt;1&gt;" in as_html(points, "t")


def test_the_picture_has_round_numbers_and_no_word_runs_out_of_it() -> None:
    drawn = as_svg([Point("fixed 12 h", 0.0, 11.9, 12.0), Point("learned, 4 in 30 d", 2.4, 4.9, 9.6)])
    words = re.findall(r'<text x="([0-9.]+)"[^>]*text-anchor="(\w+)"[^>]*>([^<]+)</text>', drawn)
    assert [said for _, anchor, said in words if anchor == "end" and said.isdigit()] == [
        "0",
        "2",
        "4",
        "6",
        "8",
        "10",
        "12",
        "14",
    ]
    (name,) = [(float(x), anchor) for x, anchor, said in words if said == "learned, 4 in 30 d"]
    assert name[1] == "end", "to the right of the last dot there is no room"
    assert name[0] < 640


def test_the_same_seed_lives_the_same_life_and_another_does_not(tmp_path: Path) -> None:
    one, same, other = (live(6, seed=seed, home=2) for seed in (5, 5, 6))
    assert one.rows == same.rows
    assert one.rows != other.rows
    assert write_rows(one.rows, tmp_path / "life.tsv.gz") == len(read_rows(tmp_path / "life.tsv.gz"))


def test_who_has_gone_out_moves_nothing_at_home() -> None:
    """Only a lone sensor fires there by itself now and then, three times a day at most."""
    fired, hours = 0, 0.0
    for home, seed in itertools.product(range(6), (3, 4)):
        life = live(20, seed=seed, home=home)
        midnight = datetime.combine(life.begins, time())
        at = [
            (row.at - midnight).total_seconds() / 60 for row in life.rows if (row.kind, row.value) == ("motion", "ON")
        ]
        for start, end in life.away:
            soon = min(end, start + 15)
            fired += sum(start < moment < soon for moment in at)
            hours += (soon - start) / 60
    assert hours > 30
    assert fired <= 3 * hours / 24


@pytest.mark.skipif(not RECORDINGS, reason="SHOUWANG_RECORDINGS names no folder of recordings")
def test_the_generator_lives_about_as_the_recorded_week_does() -> None:
    """Silences of a quarter of an hour or more a day with somebody at home: the week has sixteen, half under 31 minutes."""
    counts, middles = [], []
    for home, seed in itertools.product(range(8), (3, 4, 5)):
        rows = [row.at for row in live(20, seed=seed, home=home).rows if row.value != "OFF" and row.kind != "status"]
        gaps = [(b - a).total_seconds() / 60 for a, b in itertools.pairwise(rows)]
        long = sorted(gap for gap in gaps if gap >= 15)
        counts.append(len(long) / 20)
        middles.append(long[len(long) // 2])
    assert min(counts) < 16.2 < max(counts)
    assert min(middles) < 31 < max(middles)


@pytest.mark.skipif(not RECORDINGS, reason="SHOUWANG_RECORDINGS names no folder of recordings")
def test_the_recorded_week_gives_its_one_alarm_from_its_plain_file() -> None:
    rows = read_rows(Path(RECORDINGS) / "tm000_multiday_absence.txt.gz")
    judged = judge_rows(rows, settings={"no_activity_s": 12 * 3600})
    assert len(judged.alarms) == 1
    assert judged.alarms[0].at - judged.alarms[0].last_seen == 12 * HOUR
