"""The service by a wall clock that is so many seconds off: `python -m tests.faults.shifted -21600`.

For a service that has to have lived in the past. libfaketime answers all threads under one lock, which costs a busy service
half of its processor (measured, 2026-11-29); where no step is made under a running service this does as well.
"""

import runpy
import sys
import time


def main() -> None:
    """Only wall clocks are shifted; what counts from a start goes on as it does."""
    by = round(float(sys.argv.pop(1)) * 1e9)
    true = time.time_ns
    time.time_ns = lambda: true() + by
    time.time = lambda: time.time_ns() / 1e9
    runpy.run_module("shouwang.service", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
