"""The embedded broker's own process, as `shouwang up` starts it; what the broker complains of goes into the log too."""

import hashlib
import logging
import re
import signal
import sys
import threading
from collections.abc import Collection

from events.keepers import make_database
from events.precedence import go_first
from events.store import New, append
from events.types.fact import HOUR
from events.types.system import SecurityNoted
from ingest.broker import BrokerNotStarted
from shouwang.cli.speech import EXPLAINED, explain
from shouwang.exits import Exit
from shouwang.moment import now
from shouwang.operations.wire import embedded
from shouwang.settings import Settings, read_settings

log = logging.getLogger("shouwang.broker")

_CLIENT = re.compile(r'"([\w.:-]{1,64})" - ')
"""The server names the client so: `[ERR] 127.0.0.1:53769 - mid:6 - "gw-dp03" - character not supported ...`."""


def main() -> int:
    """0 after an orderly stop, 1 when the broker ended by itself or did not start, 2 when it never can."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    try:
        settings = read_settings()
        go_first(settings.precedence)
        broker = embedded(settings, on_trouble=Troubles(settings))
    except EXPLAINED as failure:
        return explain(failure)
    try:
        broker.start()
        broker.wait_ready()
        if not broker.look_after(told_to_stop):
            return Exit.FAILED
    except BrokerNotStarted as why:
        log.error("%s", why)  # noqa: TRY400  # the sentence says it all
        return Exit.FAILED
    finally:
        broker.stop()
    return Exit.OK


class Troubles:
    """What was recorded once is not looked for again: a full disk is complained of with each message, on a pipe."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._noted = settings, set[str]()

    def __call__(self, line: str) -> None:
        """Record it, when it is new."""
        key = note_trouble(self._settings, line, known=self._noted)
        self._noted.add(key)


def note_trouble(settings: Settings, line: str, *, known: Collection[str] = ()) -> str:
    """Record once an hour that something was refused: a gateway the broker cuts off resends for ever and says nothing.

    Returns the key it is recorded by.
    """
    what = "broker_refused_topic" if "not supported" in line else "broker_trouble"
    found = _CLIENT.search(line)
    client, at = found[1] if found else "", now()
    same = client or hashlib.sha256(re.sub(r"\d+", "", line).encode()).hexdigest()[:12]
    noted, key = SecurityNoted(what=what, ref=client), f"{what}-{at // HOUR}-{same}"
    if key in known:
        return key
    database = make_database(settings.database)
    try:
        database.write(lambda db: append(db, [New("ingest", "all", noted, at, key=key)], recorded_at=at))
    finally:
        database.close()
    return key


if __name__ == "__main__":
    sys.exit(main())
