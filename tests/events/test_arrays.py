"""A column of values is for PostgreSQL just what its driver would have made of it, whatever stands in it."""

from typing import Any

import psycopg
import pytest

from events.arrays import array_of

NASTY = [
    "", " ", "NULL", "null", ",", "{", "}", "{}", '"', "\\", '\\"', '","', "\\\\", "a b", "a,b", "\n\t\r", "\x01\x7f", "\u00a0", "\u2028",
    "守望", "😀", '{"alarm":true,"said":"\\\\n"}', "'", "$1", "%s", "%(a)s", "(1,2)", "a" * 10_000,
]  # fmt: skip
COLUMNS: list[tuple[str, list[Any]]] = [
    ("text", NASTY), ("text", [None, *NASTY]), ("text", [*NASTY, None]), ("text", [None, None]), ("text", ["a"]), ("text", []),
    ("bigint", [0, -1, 2**63 - 1, -(2**63)]), ("bigint", [5, None]), ("smallint", [1]), ("integer", []),
    ("double precision", [0.1, -2.5e300, 5e-324, 3, float("inf"), -0.0]), ("double precision", [None, 0.1]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), COLUMNS)
def test_what_is_written_is_what_is_read(url: str, kind: str, values: list[Any]) -> None:
    with psycopg.connect(url) as connection:
        asked = f"SELECT value FROM unnest(%s::{kind}[]) WITH ORDINALITY AS of(value, number) ORDER BY number"
        read = [row[0] for row in connection.execute(asked, (array_of(values),))]
    assert read == values


@pytest.mark.parametrize("values", [["\0"], ["a", "b\0c"], ["\0", "", "\0"]])
def test_what_cannot_be_stored_moves_nothing_into_another_row(values: list[str]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        array_of(values)
