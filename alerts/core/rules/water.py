"""Water where none should be: the leak sensor's flag, class 3."""

from alerts.core.rules.flag import FlagRule
from events.types.device import WaterReported

rule = FlagRule("water", WaterReported)
