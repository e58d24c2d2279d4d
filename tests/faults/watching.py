"""A look over the service's shoulder: when, by a clock that nobody sets, each alert was raised and each step told."""

import time
from collections.abc import Callable

from events.database import Database
from events.store import head, read
from events.types import alert as facts
from events.types.system import ClockFollowed, ClockStepped


class Watching:
    """Reads on in the log and notes when, by the true clock, each raising and each step was first seen there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.read() as db:
            self._position = head(db)
        self.began = time.monotonic()
        self.raised: dict[str, tuple[str, float]] = {}
        self.steps: dict[tuple[str, int, int], list[float]] = {}
        self.stepped: list[ClockStepped] = []
        self.followed: list[ClockFollowed] = []

    def look(self) -> None:
        """What is new."""
        with self._database.read() as db:
            new = read(db, self._position, limit=1000)
        now = time.monotonic() - self.began
        for recorded in new:
            self._position = recorded.position
            match recorded.event:
                case facts.AlertRaised(alert=alert, home=home):
                    self.raised[home] = (alert, now)
                case facts.StepTaken(alert=alert, round=round_, step=step):
                    self.steps.setdefault((alert, round_, step), []).append(now)
                case ClockStepped() as stepped:
                    self.stepped.append(stepped)
                case ClockFollowed() as followed:
                    self.followed.append(followed)

    def until(self, seconds: float) -> None:
        """Go on looking up to this many seconds from the beginning."""
        while time.monotonic() - self.began < seconds:
            self.look()
            time.sleep(0.05)

    def until_holds(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Go on looking until something is so."""
        until = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > until:
                return False
            self.look()
            time.sleep(0.05)
        return True

    def step(self, home: str, step: int) -> float | None:
        """When this step of the first round was told, in seconds after the raising."""
        if home not in self.raised:
            return None
        alert, raised = self.raised[home]
        told = self.steps.get((alert, 1, step))
        return None if told is None else told[0] - raised
