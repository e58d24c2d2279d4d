"""Whether a detector has a flag of its own that can be relied upon, and which dose is an alarm in spite of it. Pure."""

import math
from typing import Any, Final

from alerts.core.policy import READ_AGAIN, Policy

_BROKEN: Final = 5.0
"""The latest a detector may alarm is 90 min at 50 ppm, 240 at 70, 40 at 100, 50 at 150, 3 at 300 (EN 50291-1, UL 2034,
GB 15322.2): a dose of 1.2, 3.9, 1.6, 4.2, 1.5."""


def has_one(state: dict[str, Any], device: str) -> bool:
    """Has it been up, in earnest? A test alone shows that it can sound, not that it measures."""
    return device in state.get("flags", ())


def enough(state: dict[str, Any], device: str, policy: Policy) -> float:
    """The dose that is an alarm. A flag that is down is believed, and not when every standard would have had it up."""
    if not has_one(state, device):
        return 1.0
    return _BROKEN if policy.generation >= READ_AGAIN else math.inf
