"""Months of plausible rural life of one elder, as rows of a file: made from a seed, so that learning can be tested."""

from simulators.months.habits import Habits, habits_of
from simulators.months.living import Life, Row, live
from simulators.months.rows import write_rows

__all__ = ["Habits", "Life", "Row", "habits_of", "live", "write_rows"]
