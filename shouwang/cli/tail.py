"""`shouwang tail`: the facts of the log, one line each, as they land."""

import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from events import store
from events.database import Database
from events.serial import Recorded, name_of
from events.types.fact import REGISTER
from shouwang.cli.speech import say
from shouwang.exits import Refused
from shouwang.operations.memory import open_memory
from shouwang.settings import TOWN, read_settings

_PAGE = 1000
_LOOK_EVERY_S = 0.25


def tail(
    stream: Annotated[str, typer.Option(help="只看这些流 · streams that begin so: alert-, home-dp03-12")] = "",
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="只看这些类型 · of these types; may be repeated")
    ] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="最后多少条 · how many to begin with")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="持续显示 · go on as facts land")] = False,
) -> None:
    """查看日志中的事实 · Print the log's facts, readable, newest last.

    Examples:
      shouwang tail --follow

      shouwang tail --stream alert- --type AlertRaised --type AlertClosed -n 50

    Times are those of the fact itself, Asia/Shanghai. Exit codes: 0 ok, 2 bad input.

    """
    types = frozenset(type_ or ())
    if unknown := sorted(types - REGISTER.keys()):
        raise Refused(f"没有这种事实：{', '.join(unknown)}", f"no such fact; known: {', '.join(sorted(REGISTER))}")
    database = open_memory(read_settings())
    try:
        position = 0
        newest: deque[Recorded] = deque(maxlen=lines)
        for recorded in _after(database, 0):
            position = recorded.position
            if _wanted(recorded, stream, types):
                newest.append(recorded)
        for recorded in newest:
            say(line_of(recorded))
        while follow:
            for recorded in _after(database, position):
                position = recorded.position
                if _wanted(recorded, stream, types):
                    say(line_of(recorded))
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        pass
    finally:
        database.close()


def line_of(recorded: Recorded) -> str:
    """When, where in the log, in which stream, what, and its fields."""
    at = datetime.fromtimestamp(recorded.at / 1_000_000, UTC).astimezone(TOWN)
    fields: dict[str, object] = msgspec.to_builtins(recorded.event)
    told = " ".join(f"{name}={_brief(value)}" for name, value in fields.items())
    return f"{at:%Y-%m-%d %H:%M:%S} #{recorded.position} {recorded.stream} {name_of(recorded.event)} {told}".rstrip()


def _brief(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else msgspec.json.encode(value).decode()


def _wanted(recorded: Recorded, stream: str, types: frozenset[str]) -> bool:
    return recorded.stream.startswith(stream) and (not types or name_of(recorded.event) in types)


def _after(database: Database, position: int) -> Iterator[Recorded]:
    """Page by page, each a short read: a long one would keep the write-ahead log from shrinking."""
    while True:
        with database.read() as db:
            page = store.read(db, position, limit=_PAGE)
        if not page:
            return
        yield from page
        position = page[-1].position
