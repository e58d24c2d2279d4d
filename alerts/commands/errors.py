"""Why a command is refused, for those who may not look into the core."""

from alerts.commands.devices import DeviceUnknown
from alerts.core.refusals import (
    AlertAlreadyClosed,
    AlertUnknown,
    ConditionStillActive,
    NotInThisState,
    OutcomeNotAllowed,
    StaleView,
)

__all__ = [
    "AlertAlreadyClosed",
    "AlertUnknown",
    "ConditionStillActive",
    "DeviceUnknown",
    "NotInThisState",
    "OutcomeNotAllowed",
    "StaleView",
]
