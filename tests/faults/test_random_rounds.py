"""Three random rounds in small: what breaks, and when, follows from the seed."""

from pathlib import Path

import pytest

from tests.faults.round import Ground
from tests.faults.rounds.mixed import MIXED


@pytest.mark.broker
@pytest.mark.timeout(200)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_breaks_in_whatever_order_nothing_is_lost_and_nobody_untold(seed: int, tmp_path: Path) -> None:
    outcome = MIXED.run(Ground(tmp_path, seed=seed, database="sqlite", address=str(tmp_path / "unused.db"), scale=0.15))
    assert outcome.failures == []
