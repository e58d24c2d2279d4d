"""Who of those that hold leases is dead, judged by watching alone: no two clocks are ever compared.

A holder whose beat did not move for ten seconds of our own watching is dead. Seconds in which we did not look, frozen
or cut off ourselves, do not count. One on our own machine whose process has ended is dead at once.
"""

from collections.abc import Callable, Iterable

from events.leases import Lease
from events.presence import has_ended

DEAD_AFTER_S = 10.0
_MOST_PER_LOOK_S = 2.0


class Watchful:
    """What has been seen so far. `look` in a steady rhythm, every second or two."""

    def __init__(self, *, ended: Callable[[str], bool] = has_ended) -> None:
        self._ended = ended
        self._unmoved_s: dict[Lease, float] = {}
        self._gone: dict[str, bool] = {}
        self._looked_at: float | None = None

    def look(self, leases: Iterable[Lease], at: float) -> None:
        """This is how they are at `at`, monotonic seconds of ours."""
        since = 0.0 if self._looked_at is None else min(max(0.0, at - self._looked_at), _MOST_PER_LOOK_S)
        self._looked_at = at
        held = [lease for lease in leases if lease.owner]
        self._unmoved_s = {lease: self._unmoved_s[lease] + since if lease in self._unmoved_s else 0.0 for lease in held}
        self._gone = {owner: self._ended(owner) for owner in {lease.owner for lease in held}}

    def is_dead(self, lease: Lease) -> bool:
        """Whether the holder of exactly this (its beat has not moved since) was seen to be dead."""
        return self._unmoved_s.get(lease, 0.0) >= DEAD_AFTER_S or self._gone.get(lease.owner, False)

    def dead_owners(self) -> set[str]:
        """All whose every lease stands still, or whose process has ended."""
        owners = {lease.owner for lease in self._unmoved_s}
        living = {lease.owner for lease in self._unmoved_s if not self.is_dead(lease)}
        return owners - living
