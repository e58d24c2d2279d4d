"""Smoke: the detector's flag, as with carbon monoxide."""

from alerts.core.rules.flag import FlagRule
from events.types.device import SmokeReported

rule = FlagRule("smoke", SmokeReported)
