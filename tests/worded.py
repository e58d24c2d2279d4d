"""Statements are worded once for all databases of a run, and not anew by each engine: a story opens one of its own.

In the service an engine lives as long as the process; in a story to word its twenty to a hundred statements costs more
than to run them.
"""

from functools import partial
from typing import Any

from sqlalchemy import create_engine

from events.keepers import postgresql, sqlite

_MOST = 4_000


class _Worded(dict[Any, Any]):
    """SQLAlchemy's own key, but for the one engine's dialect in front of it: of each kind all are made alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= _MOST:
            self.clear()
        super().__setitem__((key[0].name, *key[1:]), compiled)


def share() -> None:
    """From now on, in this process."""
    shared = partial(create_engine, execution_options={"compiled_cache": _Worded()})
    for keeper in (postgresql, sqlite):
        keeper.create_engine = shared  # type: ignore[attr-defined]
