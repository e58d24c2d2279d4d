"""How a command of ours may end: scripts and supervisors read these numbers."""

from enum import IntEnum


class Exit(IntEnum):
    """The process's exit code."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    """The configuration or what was handed to the command is wrong; nothing was begun."""
    BUSY = 3
    """Another one of us holds the data folder, or a port is taken."""
    BROKER_SILENT = 4
    """A service that hears nothing of a broker which takes its connections: whoever runs that broker starts it anew."""


class Refused(Exception):
    """It cannot be done; the person is told why in two languages and the process ends with `code`."""

    def __init__(self, zh: str, en: str, *, code: Exit = Exit.BAD_INPUT) -> None:
        super().__init__(f"{zh} · {en}")
        self.code = code
