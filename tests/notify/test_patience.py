"""How long a message is tried: pauses double, jitter spreads them, and each class has its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.patience import retry_at
from events.types.fact import SECOND


def pauses(alert_class: int) -> list[float]:
    """Seconds between tries until it is given up, without jitter."""
    now, tried, found = 0, 0, []
    while True:
        tried += 1
        then = retry_at(alert_class=alert_class, first_tried_at=0, attempts=tried, now=now, not_before=0, at_random=0.5)
        if then is None:
            return found
        found.append((then - now) / SECOND)
        now = then


@pytest.mark.parametrize(("alert_class", "most_s"), [(1, 60), (2, 300)])
def test_pauses_double_until_the_class_gives_up(alert_class, most_s):
    found = pauses(alert_class)
    assert found[:4] == [1, 2, 4, 8]
    assert most_s - 62 < sum(found) <= most_s
    assert alert_class != 1 or max(found) == 8


@given(st.integers(1, 4), st.integers(1, 10_000), st.floats(0, 1), st.integers(0, 20))
def test_nobody_is_tried_before_it_was_asked_for(alert_class, attempts, share, wait_s):
    then = retry_at(
        alert_class=alert_class, first_tried_at=0, attempts=attempts, now=0, not_before=wait_s * SECOND, at_random=share
    )
    assert then is None or then >= max(wait_s * SECOND, 0.8 * SECOND)
