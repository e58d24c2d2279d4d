"""The memory of a device: the facts that the service has not yet confirmed, at most so many, the oldest fall out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

Item = dict[str, Any]  # {id, seq, type, time, data}, as in a backfill


class Ring:
    """Keeps facts until `/ack` names them; a PUBACK proves only that the broker has them."""

    def __init__(self, capacity: int = 4096, items: Iterable[Item] = (), lost: tuple[int, int] | None = None) -> None:
        if capacity < 1:
            raise ValueError("a ring holds at least one fact")
        self.capacity = capacity
        self.lost = lost
        self._items: deque[Item] = deque()
        for item in items:
            self.keep(item)

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> list[Item]:
        """Oldest first."""
        return list(self._items)

    def keep(self, item: Item) -> None:
        """Keep one more; when full the oldest is lost, and we remember which."""
        self._items.append(item)
        if len(self._items) > self.capacity:
            gone = int(self._items.popleft()["seq"])
            self.lost = (self.lost[0] if self.lost else gone, gone)

    def trim(self, seq: int) -> None:
        """The service has committed everything up to `seq`."""
        while self._items and int(self._items[0]["seq"]) <= seq:
            self._items.popleft()
        if self.lost and self.lost[1] <= seq:
            self.lost = None
