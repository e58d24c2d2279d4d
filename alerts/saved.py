"""How far the states of homes are saved: all of them up to one position, those of some lanes further.

An alarm's decision commits with the homes of its own lane. The hundred others that have reported since are saved within the
second: to pack and write them took 4 ms of an alarm's way, 20 and more in a county. After a crash they are read again
from `whole`; nothing was decided in what is read again, or their lane would have been saved with it.
"""

from collections.abc import Iterable

import msgspec

from events.serial import Recorded


class Saved(msgspec.Struct, frozen=True):
    """`whole`: all homes have the facts up to there. `lanes`: of these lanes further, up to there.

    What is read in one lane changes the homes of that lane only: else no two engines could share the lanes. What is in
    the lane that everybody reads is saved whole.
    """

    whole: int
    lanes: dict[int, int] = {}

    def holds(self, recorded: Recorded) -> bool:
        """Is it in the states already?"""
        return recorded.position <= self.lanes.get(recorded.lane, self.whole)

    def and_also(self, lanes: Iterable[int], position: int) -> "Saved":
        """These lanes up to `position`, too."""
        return Saved(self.whole, {**self.lanes, **dict.fromkeys(lanes, position)})
