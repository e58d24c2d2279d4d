"""What a group is told: that a class 1 or 2 alert has been raised, by house and danger alone. Nobody counts as told by it.

It is planned like any message, from facts, so that it is explained and decided again like one.
"""

from collections.abc import Iterable
from typing import Final

from alerts.core.policy import OPERATOR_ONLY
from events.types.alert import AlertRaised
from events.types.channel import DeclaredChannel
from events.types.message import MessagePlanned

GROUP: Final = "group"
"""Stands where a message names its person: a group is nobody in particular, and no reply comes from it."""
_TOLD: Final = (1, 2)


def notices(
    raised: AlertRaised, *, position: int, at: int, channels: Iterable[DeclaredChannel]
) -> list[MessagePlanned]:
    """One for each group there is. `at`: when it was raised, microseconds UTC."""
    if raised.terms.alert_class not in _TOLD or raised.danger in OPERATOR_ONLY or not raised.home:
        return []
    groups = [channel.name for channel in channels if channel.medium == "group"]
    return [
        MessagePlanned(
            message=f"m{position}.{number}", tell=position, alert=raised.alert, site=raised.site,
            alert_class=raised.terms.alert_class, round=1, step=0, person=GROUP, phone="", channel=name,
            template="group_notice", words={"home": raised.home, "danger": raised.danger, "clock": str(at)},
            because="group",
        )
        for number, name in enumerate(groups, 1)
    ]  # fmt: skip
