"""The facts clock may only run in a folder of its own: what it records carries times that are not ours.

A folder is its own when its log was empty at the first such start; a file there says so from then on.
"""

from shouwang.exits import Refused
from shouwang.operations.memory import has_history
from shouwang.settings import Settings

MARK = "clock-facts"


def check_folder(settings: Settings) -> None:
    """Mark a fresh folder for the facts clock; keep the two kinds of history apart. Raises Refused."""
    mark = settings.home / MARK
    if settings.clock_from is None:
        if mark.exists():
            raise Refused(
                f"{settings.home} 里是回放数据，时间不是真的；请设置另一个 SHOUWANG_HOME",
                "this folder holds replayed history with another clock: set another SHOUWANG_HOME, "
                "or start with --clock facts --from DATE",
            )
        return
    if not mark.exists():
        if has_history(settings):
            raise Refused(
                f"{settings.home} 里已有别的历史记录，事实时钟只能用于空文件夹",
                "this folder holds other history: the facts clock needs an empty one, set another SHOUWANG_HOME",
            )
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.write_text(f"{settings.clock_from}\n", encoding="ascii")


def clock_of_folder(settings: Settings) -> int | None:
    """When the facts clock of this folder began, microseconds UTC; None: it keeps real time."""
    mark = settings.home / MARK
    return int(mark.read_text("ascii")) if mark.exists() else None
