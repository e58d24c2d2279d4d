"""What a round of faults is given, and what it must say afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Store = Literal["sqlite", "postgresql"]
Figure = int | float | str


@dataclass(frozen=True)
class Ground:
    """Where a round takes place. `scale` 1 is the full round; smaller ones shorten the load, never the judgement."""

    folder: Path
    """Empty, and the round's own."""
    seed: int
    database: Store
    address: str
    """What `make_database` takes: a file in `folder`, or the URL of an empty database."""
    scale: float = 1.0
    say: Callable[[str], None] = lambda _: None
    """Tell whoever watches how far it is."""


@dataclass
class Outcome:
    """`figures` in the order to be read, units in their names; `failures` in sentences: empty means survived."""

    figures: dict[str, Figure] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Round:
    """One kind of fault. `about` says in one sentence what is done and what must hold."""

    name: str
    about: str
    run: Callable[[Ground], Outcome]
    databases: tuple[Store, ...] = ("sqlite", "postgresql")
    alone: str = ""
    """Why it is run on one database only, and what holds the same on the other."""
    slow: bool = False
    """Longer than a minute at full scale."""
