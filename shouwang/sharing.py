"""How the living processes share the seats: who takes one, and who gives one back. Pure."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

PATIENCE_S = 2.0
"""A seat that nobody holds is left to whoever holds fewest for so long; then to anybody who has room."""


class Standing(NamedTuple):
    """As one process sees it: `held` by each living one, itself among them; seconds each seat has been `vacant`."""

    me: str
    held: Mapping[str, Collection[int]]
    vacant: Mapping[int, float]

    @property
    def mine(self) -> list[int]:
        """The seats of the one who looks."""
        return sorted(self.held.get(self.me, ()))


def to_take(standing: Standing) -> list[int]:
    """Vacant seats up to an equal share, rounded up. Those who hold fewer go first."""
    counts = [len(seats) for seats in standing.held.values()]
    share = _share(standing)
    poorest = len(standing.mine) <= min(counts, default=0)
    open_to_me = [seat for seat, since in sorted(standing.vacant.items()) if poorest or since >= PATIENCE_S]
    return open_to_me[: max(0, share - len(standing.mine))]


def to_give(standing: Standing) -> list[int]:
    """What is beyond an equal share; one of it where another has two fewer, so that in the end nobody has."""
    others = [len(seats) for who, seats in standing.held.items() if who != standing.me]
    if not others or standing.vacant:  # first those go round that nobody holds
        return []
    mine, fewest = standing.mine, min(others)
    beyond = len(mine) - _share(standing)
    return mine[len(mine) - max(beyond, int(len(mine) - fewest > 1)) :] if len(mine) - fewest > 1 else []


def _share(standing: Standing) -> int:
    seats = sum(len(held) for held in standing.held.values()) + len(standing.vacant)
    return -(-seats // max(1, len(standing.held)))
