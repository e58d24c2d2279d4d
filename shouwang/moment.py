"""The real time: read here, at the root, and handed on as an argument everywhere else."""

import time


def now() -> int:
    """Microseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1000
