"""The scenarios by name; to add one: a file with a class, a line here, a test."""

from simulators.scenarios.chatty_sensor import ChattySensor
from simulators.scenarios.co_leak import CoLeak
from simulators.scenarios.cold_room import ColdRoom
from simulators.scenarios.collapse import Collapse
from simulators.scenarios.dead_battery import DeadBattery
from simulators.scenarios.false_alarm import FalseAlarm
from simulators.scenarios.flapping import Flapping
from simulators.scenarios.player import Player, perform
from simulators.scenarios.quiet_night import QuietNight
from simulators.scenarios.scenario import Cue, NobodyToPlay, Scenario, Step, Turn
from simulators.scenarios.slow_co import SlowCo
from simulators.scenarios.village_power_cut import VillagePowerCut
from simulators.scenarios.water_leak import WaterLeak

SCENARIOS: dict[str, Scenario] = {
    each.name: each
    for each in (
        QuietNight(),
        CoLeak(),
        Collapse(),
        DeadBattery(),
        VillagePowerCut(),
        FalseAlarm(),
        ChattySensor(),
        SlowCo(),
        WaterLeak(),
        ColdRoom(),
        Flapping(),
    )
}

__all__ = ["SCENARIOS", "Cue", "NobodyToPlay", "Player", "Scenario", "Step", "Turn", "perform"]
