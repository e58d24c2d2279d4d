"""What would have happened: a recording or the log judged again under other settings, by the rules of the service itself.

`judge_rows` takes a plain file's rows, without a server or a database; `replay_log` takes a log. See docs/backtest.md.
"""

from alerts.backtest.over_log import Replayed, replay_log
from alerts.backtest.over_rows import Judged, compare_rows, judge_rows
from alerts.backtest.plotting import as_html, as_svg
from alerts.backtest.results import Alarm, Delays, Difference
from alerts.backtest.rows import Row, RowsRefused, read_rows

__all__ = [
    "Alarm", "Delays", "Difference", "Judged", "Replayed", "Row", "RowsRefused", "as_html", "as_svg", "compare_rows",
    "judge_rows", "read_rows", "replay_log",
]  # fmt: skip
