"""The homes a reader knows: open while something is being decided about them, and otherwise lying as their snapshot.

An open home is a hundred objects and more than ten kilobytes, its snapshot two, packed tightly two thirds of one. Of a
county's ten thousand homes a few hundred are touched between two commits. Packing takes 25 microseconds, opening 15: while
alarms are about and commits follow each other closely, there is far to read, or the same homes are asked for again and
again, the homes last asked for stay open.
"""

import zlib
from collections.abc import Collection, Iterable, Iterator, MutableMapping

import msgspec

from alerts.core.household import Household
from events.lanes import lane_of

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Household).decode


_MOST_OPEN = 2048


class Homes(MutableMapping[str, Household]):
    """By name. Whoever holds a home across `put_away` may hold an old one: ask for it again."""

    def __init__(self) -> None:
        self._lying: dict[str, bytes] = {}
        self._open: dict[str, Household] = {}  # whoever was asked for longest ago is first
        self._asked: set[str] = set()

    def load(self, name: str, state: bytes) -> None:
        """A home as it was saved."""
        self._lying[name] = zlib.compress(state, 1)

    def looked_at(self) -> Iterator[tuple[str, Household]]:
        """Each as it was saved, one after the other: a look at all of them leaves none open."""
        return ((name, self._open.get(name) or self._lain(name)) for name in self)

    def opened(self, lanes: Collection[int] | None = None) -> dict[str, bytes]:
        """Snapshots of all that were asked for since they were saved: who asked may have changed them.

        With `lanes` only of the homes in these.
        """
        asked = {name: self._open[name] for name in self._asked}
        return {name: _pack(home) for name, home in asked.items() if lanes is None or lane_of(home.site) in lanes}

    @property
    def asked(self) -> int:
        """How many were asked for since they were saved."""
        return len(self._asked)

    @property
    def crowded(self) -> bool:
        """Are more open than may stay, and waiting to be saved?"""
        return len(self._asked) > _MOST_OPEN

    def saved(self, names: Iterable[str]) -> None:
        """These are saved, others are not yet: all stay open."""
        self._asked.difference_update(names)

    def put_away(self, states: dict[str, bytes], *, resting: bool = True) -> None:
        """These are saved, and all others were before. `resting`: nothing presses, so that none need stay open."""
        self._asked.clear()
        for name in list(self._open)[: None if resting else max(0, len(self._open) - _MOST_OPEN)]:
            home = self._open.pop(name)
            self._lying[name] = zlib.compress(states.get(name) or _pack(home), 1)

    def __getitem__(self, name: str) -> Household:
        home = self._open.get(name)
        if name in self._asked and home is not None:
            return home
        self._open.pop(name, None)
        home = self._open[name] = home or self._lain(name)  # now the last to be put away
        self._asked.add(name)
        return home

    def _lain(self, name: str) -> Household:
        return _unpack(zlib.decompress(self._lying[name]))

    def __setitem__(self, name: str, home: Household) -> None:
        self._open[name] = home
        self._asked.add(name)

    def __delitem__(self, name: str) -> None:
        self._open.pop(name, None)
        self._lying.pop(name, None)
        self._asked.discard(name)

    def __contains__(self, name: object) -> bool:
        return name in self._open or name in self._lying

    def __iter__(self) -> Iterator[str]:
        yield from list(self._lying)
        yield from [name for name in self._open if name not in self._lying]

    def __len__(self) -> int:
        return len(self._lying) + sum(name not in self._lying for name in self._open)


def looking_at(homes: MutableMapping[str, Household]) -> Iterable[tuple[str, Household]]:
    """All homes, to be looked at only."""
    return homes.looked_at() if isinstance(homes, Homes) else homes.items()
