"""Combustible gas: the detector's flag, as with carbon monoxide."""

from alerts.core.rules.flag import FlagRule
from events.types.device import GasReported

rule = FlagRule("gas", GasReported)
