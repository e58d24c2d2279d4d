"""A right of way whose clock stands: an alarm that has begun passes until the story says that it has gone."""

from events.right_of_way import RightOfWay


class StandingWay(RightOfWay):
    """To be put in the place of WAY."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__(lambda: self._at)

    def later(self, seconds: float) -> None:
        """So much time passes."""
        self._at += seconds

    def has_gone(self) -> None:
        """So much later that nobody waits any more."""
        self.later(10.0)
        assert not self.taken
