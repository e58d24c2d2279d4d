"""Changes on trial: each is judged over the last 30 days apart from us, one at a time, before anybody may save it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from alerts.backtest.apart import Asked, Failed, NotFinished, judge_apart
from alerts.backtest.reach import Reach, Target
from api.access.who import fresh_secret

State = Literal["waiting", "running", "done", "unfinished", "failed"]
_KEPT: Final = 40
_WAITING_MOST: Final = 5
Judge = Callable[..., list[dict[str, Any]]]


@dataclass
class Trial:
    """One change: `was` is what was in force when it was asked for. `found`: a result a danger."""

    id: str
    name: str
    scope: str
    homes: Sequence[str]
    was: Any
    value: Any
    by: str
    at: int
    asked: Asked
    reached: Sequence[Reach] = ()
    target: Target | None = None
    state: State = "waiting"
    share: float = 0.0
    found: list[dict[str, Any]] = field(default_factory=list)
    saved: bool = False

    @property
    def over(self) -> bool:
        """Is nothing more to be expected?"""
        return self.state not in {"waiting", "running"}


class TooMany(Exception):
    """So many are waiting that one more would not be looked at today."""


class Trials:
    """Of one process. `judge` may be another in tests; `limit_s`: how long one may take."""

    def __init__(self, *, limit_s: float, judge: Judge = judge_apart) -> None:
        self.limit_s, self._judge = limit_s, judge
        self._lock, self._one = threading.Lock(), threading.Lock()
        self._known: OrderedDict[str, Trial] = OrderedDict()

    def begin(self, **said: Any) -> Trial:
        """Judge this change in the background. Raises TooMany."""
        trial = Trial(id=fresh_secret()[:12].replace("-", "x").replace("_", "y"), **said)
        self.keep(trial)
        threading.Thread(target=self._run, args=(trial,), name="backtest", daemon=True).start()
        return trial

    def keep(self, trial: Trial) -> None:
        """Remember it, and forget the oldest that are over. Raises TooMany."""
        with self._lock:
            if sum(not each.over for each in self._known.values()) >= _WAITING_MOST:
                raise TooMany
            self._known[trial.id] = trial
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)

    def get(self, id: str) -> Trial | None:
        """This one, while it is remembered: a restart forgets them all."""
        with self._lock:
            return self._known.get(id)

    def _run(self, trial: Trial) -> None:
        with self._one:  # two at once would only each take twice as long
            trial.state = "running"

            def heard(share: float) -> None:
                trial.share = share

            try:
                trial.found = self._judge(trial.asked, limit_s=self.limit_s, progress=heard)
                trial.state = "done"
            except NotFinished:
                trial.state = "unfinished"
            except Failed:
                trial.state = "failed"
            except Exception:
                trial.state = "failed"
                raise
