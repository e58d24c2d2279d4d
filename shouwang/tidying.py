"""How often Python looks for objects that only hold each other; while it looks, no thread runs."""

import gc

_GARBAGE_AFTER = 10_000
"""Objects made and not yet gone before the collector looks. By Python's own 700 it looked 24 times a second under load, and
for up to 17 ms nothing else ran; by 50,000 seldom, and for 20 ms at once (docs/decisions/0086)."""


def tidy_rarely() -> None:
    """Once all parts stand: what is here now stays, and to look through it again and again would hold all threads up."""
    gc.set_threshold(_GARBAGE_AFTER)
    gc.collect()
    gc.freeze()
