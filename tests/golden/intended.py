"""Decisions that a later release makes differently on purpose, each with its reason."""

from typing import NamedTuple


class Change(NamedTuple):
    """`release`: of the golden log. `reason`: why the service is right now and was not then."""

    release: str
    position: int
    reason: str


CHANGES: tuple[Change, ...] = ()
