"""How long a message is tried: pauses double, jitter spreads them, and each class has its time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.patience import given_up_at, retry_at
from events.types.fact import SECOND

LONGEST_S = {1: 8, 2: 30, 3: 30, 4: 30}


def pauses(alert_class: int) -> list[float]:
    """Seconds between tries until nobody counts on it any more, without jitter."""
    now, found = 0, []
    while now < given_up_at(alert_class, 0):
        then = retry_at(alert_class=alert_class, attempts=len(found) + 1, now=now, not_before=0, at_random=0.5)
        found.append((then - now) / SECOND)
        now = then
    return found


@pytest.mark.parametrize(("alert_class", "tries"), [(1, 10), (2, 14)])
def test_pauses_double_up_to_the_longest_of_the_class(alert_class, tries):
    found = pauses(alert_class)
    assert found[:4] == [1, 2, 4, 8]
    assert max(found) == LONGEST_S[alert_class]
    assert len(found) == tries


@given(st.integers(1, 4), st.integers(1, 10_000), st.floats(0, 1), st.integers(0, 20))
def test_nobody_is_tried_before_the_claim_allows(alert_class, attempts, share, wait_s):
    then = retry_at(alert_class=alert_class, attempts=attempts, now=0, not_before=wait_s * SECOND, at_random=share)
    assert then >= max(wait_s * SECOND, 0.8 * SECOND)


@given(st.integers(1, 4), st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1e9))
def test_a_provider_that_asks_for_patience_gets_as_much_as_the_class_can_bear(alert_class, attempts, share, wait_s):
    then = retry_at(
        alert_class=alert_class, attempts=attempts, now=0, not_before=0, asked_to_wait_s=wait_s, at_random=share
    )
    assert then >= int(min(wait_s, LONGEST_S[alert_class]) * SECOND)
    assert then <= 1.2 * LONGEST_S[alert_class] * SECOND
