"""What tests cost in time of the processor: `python -m pytest -p tests.costs tests/alerts`, also with `-n 3`.

Of this process with all its threads and of the processes that it waited for; what a forked service did
(`tests.hatching`) and what a PostgreSQL or a browser did that outlives the test is not in it.
"""

import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

_MOST = 40


def spent() -> float:
    """Seconds up to now."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """With its fixtures; a fixture of many is told with the first that asked for it."""
    before = spent()
    try:
        return (yield)
    finally:
        _told[item.nodeid] = spent() - before


_told: dict[str, float] = {}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it knows."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["costs"] = _told


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """The one who asked gets it."""
    _told.update(getattr(node, "workeroutput", {}).get("costs", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Folders, then files, then the dearest tests."""
    folders, files = Counter[str](), Counter[str]()
    for name, seconds in _told.items():
        file = name.partition("::")[0]
        files[file] += seconds
        folders[str(Path(file).parent)] += seconds
    terminalreporter.section(f"{sum(_told.values()):.0f} s of processor in {len(_told)} tests")
    for costs in (folders, files, Counter(_told)):
        for name, seconds in costs.most_common(_MOST):
            terminalreporter.line(f"{seconds:8.2f}  {name}")
        terminalreporter.line("")
