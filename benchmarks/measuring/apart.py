"""Work in a process of its own, so that what is measured shares no interpreter with who measures."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def apart(work: Callable[..., T], *args: Any, **more: Any) -> T:
    """Run it in a fresh process and return what it returns; what it raises is raised here."""
    with begun_apart(work, *args, **more) as under_way:
        return under_way.result()


@contextmanager
def begun_apart(work: Callable[..., T], *args: Any, **more: Any) -> Iterator["Future[T]"]:
    """The same, while we go on; at the end of the block it has ended."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield process.submit(work, *args, **more)
