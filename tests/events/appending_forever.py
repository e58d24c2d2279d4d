"""A process that is to be killed: it appends for ever and prints each position only once that is acknowledged."""

import itertools
import sys
import threading
from pathlib import Path

from events.keepers import make_database
from tests.events.saying import fact, tell


def main(file: str) -> None:
    """Four threads, so that several share a transaction."""
    database = make_database(Path(file))
    database.create()
    printing = threading.Lock()

    def appends(name: int) -> None:
        for n in itertools.count():
            position = tell(database, fact(f"{name}-{n}")).recorded[0].position
            with printing:
                print(position, f"{name}-{n}", flush=True)

    for name in range(4):
        threading.Thread(target=appends, args=(name,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
