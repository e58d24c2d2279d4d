"""How long a message is tried, and how long between tries, by its class. Pure."""

import random
from typing import Final

from events.types.fact import MINUTE, SECOND

_GIVEN_UP: Final = {1: MINUTE, 2: 5 * MINUTE}
_GIVEN_UP_OTHERS: Final = 30 * MINUTE
_LONGEST_PAUSE: Final = {1: 8 * SECOND}
_LONGEST_PAUSE_OTHERS: Final = MINUTE
_JITTER: Final = 0.2


def retry_at(
    *, alert_class: int, first_tried_at: int, attempts: int, now: int, not_before: int, at_random: float | None = None
) -> int | None:
    """When to try again after `attempts` tries: 1, 2, 4, 8 s later and so on; None when it is time to give up.

    `not_before`: the provider or the claim asks for more patience. Pauses differ by a fifth either way, so that what
    failed together does not come back together.
    """
    longest = _LONGEST_PAUSE.get(alert_class, _LONGEST_PAUSE_OTHERS)
    pause = min(SECOND << min(max(attempts, 1) - 1, 20), longest)
    share = random.random() if at_random is None else at_random  # noqa: S311  (no secret: it spreads load)
    then = max(now + int(pause * (1 + _JITTER * (2 * share - 1))), not_before)
    give_up_at = first_tried_at + _GIVEN_UP.get(alert_class, _GIVEN_UP_OTHERS)
    return then if then <= give_up_at else None
