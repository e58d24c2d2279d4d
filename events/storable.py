"""What no database may be given, made into what each takes: NUL, lone surrogates, integers beyond 64 bits.

PostgreSQL refuses what SQLite stores; what is written on one must be what is written on the other.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from events.types.fact import Event

E = TypeVar("E", bound=Event)
MOST = 2**63 - 1
_REFUSED = re.compile("[\0\ud800-\udfff]")
CLEAN = "shouwang.clean"
"""An execution option: this statement's values have been looked at already."""


def storable(text: str) -> str:
    """The same text when it can be stored, else with U+FFFD for each NUL and lone surrogate."""
    if text.isascii() and "\0" not in text:  # nearly always
        return text
    return _REFUSED.sub("\ufffd", text)


def within(number: int) -> int:
    """The nearest number of 64 bits."""
    return number if -MOST <= number <= MOST else min(max(number, -MOST - 1), MOST)


def storable_fact(event: E) -> E:
    """The fact with every text in it storable; the very same object when it was already."""
    plain = msgspec.to_builtins(event)
    clean = _cleaned(plain)
    return event if clean == plain else msgspec.convert(clean, type(event))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def clean_parameters(_db: Any, _cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Any:
    """For SQLAlchemy's `before_cursor_execute`: every value of every statement passes here."""
    if context is not None and CLEAN in context.execution_options:
        return statement, parameters
    if many:
        return statement, [_row(row) for row in parameters]
    return statement, _row(parameters)


def _row(row: Any) -> Any:
    """The very same row when all of it can be stored: nearly always."""
    if isinstance(row, dict):
        return row if _clean(row.values()) else {name: _value(value) for name, value in row.items()}
    if isinstance(row, Sequence) and not isinstance(row, str | bytes):
        return row if _clean(row) else tuple(_value(value) for value in row)
    return row


def storable_values(values: list[Any]) -> list[Any]:
    """The very same list when all of it can be stored."""
    return values if _clean(values) else [_value(value) for value in values]


def _clean(values: Iterable[Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind is str:
            if (not value.isascii() and _REFUSED.search(value)) or "\0" in value:
                return False
        elif kind is int and not -MOST <= value <= MOST:
            return False
    return True


def _value(value: Any) -> Any:
    if type(value) is str:
        return storable(value)
    if type(value) is int and not -MOST <= value <= MOST:
        return within(value)
    return value
