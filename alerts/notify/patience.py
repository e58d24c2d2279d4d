"""When a message that did not get through is tried again, and when nobody waits for it any more, by its class. Pure."""

import random
from typing import Final

from events.types.fact import MINUTE, SECOND

_GIVEN_UP: Final = {1: MINUTE, 2: 5 * MINUTE}
_GIVEN_UP_OTHERS: Final = 30 * MINUTE
_LONGEST_PAUSE: Final = {1: 8 * SECOND}
_LONGEST_PAUSE_OTHERS: Final = 30 * SECOND
_JITTER: Final = 0.2


def retry_at(
    *,
    alert_class: int,
    attempts: int,
    now: int,
    not_before: int,
    asked_to_wait_s: float = 0.0,
    at_random: float | None = None,
) -> int:
    """When to try again after `attempts` tries: 1, 2, 4, 8 s later and so on.

    `not_before`: so long the claim asks for patience. `asked_to_wait_s`: so long the provider does; it is obeyed up to
    the longest pause of the class, for a provider that asks for an hour may be well again in a second. Pauses differ
    by a fifth either way, so that what failed together does not come back together.
    """
    longest = _LONGEST_PAUSE.get(alert_class, _LONGEST_PAUSE_OTHERS)
    pause = min(SECOND << min(max(attempts, 1) - 1, 20), longest)
    share = random.random() if at_random is None else at_random  # noqa: S311  (no secret: it spreads load)
    asked = int(min(asked_to_wait_s * SECOND, longest))
    return max(now + int(pause * (1 + _JITTER * (2 * share - 1))), now + asked, not_before)


def given_up_at(alert_class: int, first_tried_at: int) -> int:
    """From then on nobody counts on this message: the person is lost, and others are told."""
    return first_tried_at + _GIVEN_UP.get(alert_class, _GIVEN_UP_OTHERS)
