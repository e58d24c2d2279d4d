"""The register of dangers: one file each. To add one, write its file and a line here."""

from alerts.core.rule import Rule
from alerts.core.rules import (
    battery,
    blind_time,
    carbon_monoxide,
    chain_hole,
    check_flue,
    co_sensor_lost,
    dark_and_quiet,
    device_silent,
    flapping,
    gas,
    high_temperature,
    low_temperature,
    no_activity,
    not_home_by_night,
    outer_door_open,
    sensor_fault,
    smoke,
    sos,
    still_away,
    tamper,
    visit_due,
    water,
)
from alerts.core.rules import help as help_rule
from alerts.core.rules.flag import FlagRule
from events.types.device import CarbonMonoxideReported
from events.types.fact import Event

RULES: tuple[Rule, ...] = (
    carbon_monoxide.rule,
    co_sensor_lost.rule,  # behind the one whose air it reads
    smoke.rule,
    gas.rule,
    sos.rule,
    help_rule.rule,
    no_activity.rule,  # before those that ask what it knows
    not_home_by_night.rule,
    outer_door_open.rule,
    still_away.rule,
    dark_and_quiet.rule,
    device_silent.rule,
    blind_time.rule,
    chain_hole.rule,
    visit_due.rule,
    check_flue.rule,
    water.rule,
    low_temperature.rule,
    high_temperature.rule,
    sensor_fault.rule,
    tamper.rule,
    battery.rule,
    flapping.rule,
)

BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}

_FIRST: tuple[Rule, ...] = (
    FlagRule("carbon_monoxide", CarbonMonoxideReported),
    smoke.rule,
    gas.rule,
    sos.rule,
    help_rule.rule,
    no_activity.rule,
    dark_and_quiet.rule,
    device_silent.rule,
)
"""The rules of the first generation: carbon monoxide was judged by the detector's flag alone."""


class Rules:
    """The rules of one generation of the program: by name, and who of them hears a fact or signal of a type."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.by_name = {rule.name: rule for rule in rules}
        self._hear: dict[type[Event], tuple[Rule, ...]] = {
            kind: tuple(rule for rule in rules if kind in rule.hears) for rule in rules for kind in rule.hears
        }

    def hear(self, kind: type[Event]) -> tuple[Rule, ...]:
        """In the order in which they are asked."""
        return self._hear.get(kind, ())


_OF_THE_FIRST, _OF_TODAY = Rules(_FIRST), Rules(RULES)


def rules_of(generation: int) -> Rules:
    """Those in force in that generation; from the second on each rule asks for itself what it knows otherwise."""
    return _OF_TODAY if generation > 1 else _OF_THE_FIRST
