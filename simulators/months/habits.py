"""Who lives there: habits drawn once from the seed; no two homes are alike.

Calibrated against a recorded week of a real home (docs/backtest.md): on a day with somebody at home some sixteen silences
of fifteen minutes or more, half of them shorter than half an hour, at night a movement in bed about every half hour where a
sensor sees the bed, and one outing of hours. The week is one household; the spread around it is drawn wide on purpose.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Habits:
    """Hours are of the local clock, `*_a_day` and the like are rates, shares lie between 0 and 1."""

    wakes_h: float
    sleeps_h: float
    keeps_hours: float
    """Standard deviation of waking and going to bed, in hours."""
    bed_seen: bool
    turns_every_min: float
    toilet_a_night: float
    nap: float
    nap_min: float
    sits: float
    """Share of the time at home spent sitting still, by the television or the stove."""
    sits_min: float
    bouts_every_min: float
    courtyard_a_day: float
    yard_door: bool
    field: float
    neighbours: float
    market_every: int
    market_day: int
    day_trips: float
    """A day in town, at the hospital or at a feast: so many in a month."""
    nights_away: float
    """Stays with the children: so many in a month."""
    visitors: float
    ill: float
    """Days in bed: so many in a month."""
    stray_a_day: float
    outages: float
    """Power or uplink gone for hours: so many in a month."""
    front_door: bool


def habits_of(seed: int, home: int) -> Habits:
    """Drawn for this home; the same seed and number give the same person."""
    rng = Random(f"habits {seed} {home}")
    return Habits(
        wakes_h=rng.uniform(4.8, 6.8), sleeps_h=rng.uniform(20.0, 22.3), keeps_hours=rng.uniform(0.15, 0.7),
        bed_seen=rng.random() < 0.85, turns_every_min=rng.uniform(18, 55), toilet_a_night=rng.uniform(1.0, 2.8),
        nap=rng.uniform(0.3, 0.95), nap_min=rng.uniform(35, 110), sits=rng.uniform(0.15, 0.45),
        sits_min=rng.uniform(22, 48), bouts_every_min=rng.uniform(5, 11), courtyard_a_day=rng.uniform(0.3, 2.5),
        yard_door=rng.random() < 0.4, field=rng.uniform(0.0, 0.8), neighbours=rng.uniform(0.1, 1.1),
        market_every=rng.choice((3, 5, 5, 10)), market_day=rng.randrange(10), day_trips=rng.uniform(0.1, 1.2),
        nights_away=rng.choice((0.0, 0.15, 0.4)), visitors=rng.uniform(0.05, 0.6), ill=rng.uniform(0.05, 0.6),
        stray_a_day=rng.choice((0.1, 0.3, 1.0, 3.0)), outages=rng.uniform(0.0, 1.2), front_door=rng.random() < 0.7,
    )  # fmt: skip
