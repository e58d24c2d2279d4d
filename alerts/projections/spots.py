"""Homes on a schematic map: each on a square of its own near where it lies, north above. Pure; the scale does not matter."""

import math
from collections.abc import Mapping
from typing import NamedTuple

Spot = tuple[float, float]
"""East and north, on any scale, the same for all homes of a map."""
_LEAST, _MOST_ROWS = 6, 24


class Sketch(NamedTuple):
    """`squares`: home -> (column, row) from the upper left corner."""

    columns: int
    rows: int
    squares: dict[str, tuple[int, int]]


def sketch(spots: Mapping[str, Spot]) -> Sketch:
    """Lay the homes out. Two that lie together get neighbouring squares, in the order in which they are given."""
    if not spots:
        return Sketch(0, 0, {})
    west, south = (min(spot[axis] for spot in spots.values()) for axis in (0, 1))
    wide, high = (max(spot[axis] for spot in spots.values()) - least for axis, least in ((0, west), (1, south)))
    columns = max(_LEAST, math.ceil(2 * math.sqrt(len(spots))))
    across = max(wide, high) or 1.0
    rows = min(_MOST_ROWS, max(1, round(columns * high / across)))
    columns = max(1, round(columns * wide / across), math.ceil(2 * len(spots) / rows))
    taken: dict[tuple[int, int], str] = {}
    for home, (east, north) in spots.items():
        column = round((east - west) / wide * (columns - 1)) if wide else columns // 2
        row = round((south + high - north) / high * (rows - 1)) if high else rows // 2
        taken[_nearest(column, row, columns, rows, taken)] = home
    # What lies between them is no place of ours: a phone shows two far homes side by side.
    places = [{n: place for place, n in enumerate(sorted({square[axis] for square in taken}))} for axis in (0, 1)]
    squares = {home: (places[0][column], places[1][row]) for (column, row), home in taken.items()}
    return Sketch(len(places[0]), len(places[1]), squares)


def _nearest(
    column: int, row: int, columns: int, rows: int, taken: Mapping[tuple[int, int], str]
) -> tuple[int, int]:  # fmt: skip
    """The nearest square that is free; there are at least twice as many squares as homes."""
    free = ((c, r) for r in range(rows) for c in range(columns) if (c, r) not in taken)
    return min(free, key=lambda square: ((square[0] - column) ** 2 + (square[1] - row) ** 2, square[1], square[0]))
