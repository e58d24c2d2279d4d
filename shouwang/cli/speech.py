"""What the command line says, in Chinese and English, and how it refuses."""

from rich.console import Console

from shouwang.exits import Exit, Refused
from shouwang.premises import AddressNotOurs, FolderTaken, PortBusy
from shouwang.settings import ConfigurationFaults

out = Console(highlight=False, soft_wrap=True)
"""What was asked for."""
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""What went wrong, and what is only good to know."""


EXPLAINED = (ConfigurationFaults, FolderTaken, PortBusy, AddressNotOurs, Refused)
"""What `explain` has words for; anything else is a fault of ours and keeps its traceback."""


def say(line: str) -> None:
    """One line, now: a supervisor or a pipe may be reading."""
    print(line, flush=True)


def explain(failure: Exception) -> Exit:
    """Tell the person what happened, and say how the process has to end."""
    match failure:
        case ConfigurationFaults(faults=faults):
            _tell(f"配置有 {len(faults)} 处错误 · the configuration has {len(faults)} fault(s):")
            for fault in faults:
                err.print(f"  - {fault}", markup=False)
            return Exit.BAD_INPUT
        case FolderTaken(folder=folder, pid=pid):
            _tell(f"已在运行（进程 {pid}） · already running: process {pid} works in {folder}")
            return Exit.BUSY
        case PortBusy(bind=bind, port=port, variable=variable):
            _tell(
                f"端口 {port} 已被占用，请设置 {variable} · port {port} on {bind} is busy: set {variable} to a free one"
            )
            return Exit.BUSY
        case AddressNotOurs():
            _tell(str(failure))
            return Exit.BAD_INPUT
        case Refused(code=code):
            _tell(str(failure))
            return code
        case _:
            raise failure


def _tell(sentence: str) -> None:
    err.print(sentence, style="bold red", markup=False)
