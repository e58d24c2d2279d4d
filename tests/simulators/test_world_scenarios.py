"""Each scenario's steps, without a broker: pure, seeded, in order, and telling the story of its name."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest

from simulators.devices import messages
from simulators.scenarios import SCENARIOS, Cue, NobodyToPlay, Player, Turn
from simulators.scenarios.__main__ import main
from simulators.town import TownDevice, TownHome

NOW = datetime(2026, 11, 21, 14, 41, 7, tzinfo=UTC)
MODELS = (
    "motion-pir",
    "motion-pir",
    "door-contact",
    "co-alarm",
    "smoke-alarm",
    "sos-button",
    "gateway",
    "water-leak",
    "climate",
)


def home(id="dp03-12", models=MODELS):
    return TownHome(id, "dp03", 12, 12.0, tuple(TownDevice(f"{id}-{n}", model) for n, model in enumerate(models)))


def steps(name, *homes, most=2000, seed=1):
    return list(islice(SCENARIOS[name].steps(homes or (home(),), Random(seed)), most))


def said(found, type):
    return [(step.at_s, step.does.data) for step in found if getattr(step.does, "type", "") == type]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_same_seed_gives_the_same_steps_in_time_order(name):
    found = steps(name)
    assert found == steps(name)
    assert [step.at_s for step in found] == sorted(step.at_s for step in found)
    assert found[0].at_s >= 0


def test_a_quiet_night_has_one_walk_and_no_alarm():
    found = steps("quiet_night")
    assert [data["occupied"] for _, data in said(found, messages.MOTION)].count(True) == 4
    assert not said(found, messages.CO)
    assert {step.device for step in found if step.does is Turn.HEARTBEAT} == {each.id for each in home().devices}


def test_a_leak_rises_to_the_alarm_and_reads_every_ten_seconds_for_as_long_as_nobody_comes():
    readings = said(steps("co_leak", most=100), messages.CO)
    assert [at for at, _ in readings] == [10.0 * n for n in range(100)]
    first = next(n for n, (_, data) in enumerate(readings) if data["alarm"])
    assert [data["alarm"] for _, data in readings] == [n >= first for n in range(100)]
    assert 1 <= first <= 3
    assert readings[0][1]["ppm"] < 50 < readings[first][1]["ppm"]


def test_a_leak_clears_twenty_seconds_after_somebody_arrived():
    player = Player(SCENARIOS["co_leak"], [home()], NOW)
    player.advance(NOW + timedelta(seconds=45))
    assert player.cue(Cue.ARRIVED, NOW + timedelta(seconds=47))
    rest = player.advance(NOW + timedelta(hours=1))
    alarms = [((at - NOW).total_seconds(), step.does.data["alarm"]) for at, step in rest]
    assert alarms[:3] == [(50.0, True), (60.0, True), (67.0, False)]
    assert not any(alarm for _, alarm in alarms[2:])
    ppm = [step.does.data["ppm"] for _, step in rest][2:]
    assert ppm == sorted(ppm, reverse=True)
    assert ppm[-1] <= 3
    assert player.over


def test_an_open_window_clears_at_once_and_a_later_arrival_brings_no_gas_back():
    player = Player(SCENARIOS["co_leak"], [home()], NOW)
    player.advance(NOW + timedelta(seconds=45))
    assert player.cue(Cue.ARRIVED, NOW + timedelta(seconds=47))
    assert player.cue(Cue.WINDOW, NOW + timedelta(seconds=50))
    assert not player.cue(Cue.ARRIVED, NOW + timedelta(seconds=51))
    rest = player.advance(NOW + timedelta(hours=1))
    assert rest[0][0] == NOW + timedelta(seconds=50)
    assert not any(step.does.data["alarm"] for _, step in rest)


def test_after_a_collapse_only_heartbeats_until_somebody_comes():
    found = steps("collapse")
    moves = [at for at, data in said(found, messages.MOTION) if data["occupied"]]
    assert max(moves) == 3600
    assert {step.does for step in found if step.at_s > 3700} == {Turn.HEARTBEAT}
    player = Player(SCENARIOS["collapse"], [home()], NOW)
    player.advance(NOW + timedelta(hours=14))
    assert player.cue(Cue.ARRIVED, NOW + timedelta(hours=14))
    first = player.advance(NOW + timedelta(hours=15))[0][1]
    assert first.does == messages.contact(open=True)


def test_a_dying_battery_falls_warns_once_and_goes_dark_while_the_door_lives():
    found = steps("dead_battery")
    levels = [data["battery_pct"] for _, data in said(found, messages.HEARTBEAT)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 1
    assert [data for _, data in said(found, messages.DEVICE)] == [{"battery_low": True}]
    dark = next(step.at_s for step in found if step.does is Turn.DARK)
    assert {step.device for step in found if step.at_s > dark} == {"dp03-12-2"}


def test_a_power_cut_darkens_every_home_within_a_minute_and_all_come_back():
    homes = [home("dp03-1"), home("dp03-2"), home("dp03-3")]
    found = steps("village_power_cut", *homes)
    dark = {step.device: step.at_s for step in found if step.does is Turn.DARK}
    back = {step.device for step in found if step.does in (Turn.BACK, Turn.RESTART)}
    assert set(dark) == back == {each.id for home in homes for each in home.devices}
    assert max(dark.values()) <= 60
    mains = [data["mains"] for _, data in said(found, messages.DEVICE)]
    assert mains == [False] * 3 + [True] * 3


def test_a_false_alarm_is_an_sos_taken_back_and_smoke_that_clears():
    found = steps("false_alarm")
    assert [data["action"] for _, data in said(found, messages.BUTTON)] == ["sos", "cancel"]
    assert [data["alarm"] for _, data in said(found, messages.SMOKE)] == [True, False]


def test_a_chatty_sensor_says_hundreds_of_things_resends_and_swaps():
    does = [step.does for step in steps("chatty_sensor")]
    assert len(does) > 300
    assert does.count(Turn.RESEND) > 20
    assert does.count(Turn.SWAP) > 5


def test_a_home_without_the_device_is_told_so():
    with pytest.raises(NobodyToPlay, match="dp03-12 has no co-alarm"):
        steps("co_leak", home(models=("motion-pir",)))


def test_an_unknown_home_is_named_on_the_command_line(tmp_path, capsys):
    town = tmp_path / "town.yaml"
    town.write_text("homes: [{id: a-1, site: a, number: 1, devices: [{id: co-1, model: co-alarm}]}]")
    assert main(["co_leak", "--town", str(town), "--home", "b-9"]) == 2
    assert "b-9" in capsys.readouterr().err
    assert main(["collapse", "--town", str(town)]) == 2
    assert "motion-pir" in capsys.readouterr().err


def test_a_slow_rise_has_no_flag_and_passes_every_limit_in_three_hours_until_a_window_opens():
    readings = said(steps("slow_co", most=181), messages.CO)
    assert not any(data["alarm"] for _, data in readings)
    assert readings[0][1]["ppm"] < 10
    assert readings[35][1]["ppm"] > 30
    assert readings[180][1]["ppm"] > 170
    rest = SCENARIOS["slow_co"].after(Cue.WINDOW, 7200.0, [home()], Random(1))
    assert [step.does.data["ppm"] for step in rest][-1] <= 2


def test_a_splash_is_wiped_up_and_a_leak_stays_until_somebody_comes():
    (wet, _), (dry, _), (again, last) = said(steps("water_leak"), messages.WATER)
    assert (dry - wet, last["alarm"]) == (900, True)
    assert again > dry
    assert SCENARIOS["water_leak"].after(Cue.WINDOW, again, [home()], Random(1)) is None
    (shut,) = SCENARIOS["water_leak"].after(Cue.ARRIVED, again, [home()], Random(1))
    assert not shut.does.data["alarm"]


def test_a_room_cools_below_zero_and_warms_up_when_somebody_lights_the_stove():
    readings = [data["celsius"] for _, data in said(steps("cold_room", most=20), messages.CLIMATE)]
    assert readings[0] == pytest.approx(14, abs=0.5)
    assert readings[-1] < 0
    warmer = [
        step.does.data["celsius"] for step in SCENARIOS["cold_room"].after(Cue.ARRIVED, 18_000.0, [home()], Random(1))
    ]
    assert warmer == sorted(warmer)
    assert max(warmer) == pytest.approx(warmer[-1])


def test_a_flapping_sensor_is_lost_and_found_a_dozen_times_within_the_hour():
    found = steps("flapping")
    assert [step.does for step in found].count(Turn.DARK) == [step.does for step in found].count(Turn.BACK) == 12
    assert found[-1].at_s <= 3600
