"""What can be said in this house: one file a subject, each fact in the past tense. Pure."""

from events.types import (
    alert,
    channel,
    command,
    device,
    home,
    life,
    message,
    report,
    roster,
    routine,
    setting,
    shift,
    system,
    trial,
)
from events.types.fact import REGISTER, Event, fact, type_name

__all__ = [
    "REGISTER", "Event", "alert", "channel", "command", "device", "fact", "home", "life", "message", "report", "roster", "routine",
    "setting", "shift", "system", "trial", "type_name",
]  # fmt: skip
