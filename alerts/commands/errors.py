"""Why a command is refused, for those who may not look into the core."""

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
    "NotInThisState",
    "OutcomeNotAllowed",
    "StaleView",
]
