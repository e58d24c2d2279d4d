"""The embedded broker's own process, as `shouwang up` starts it; what the broker complains of goes into the log too."""

import hashlib
import logging
import re
import signal
import sys
import threading

from events.database import Database
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

_CLIENT = re.compile(r'mqtt_client: "?([\w.-]{1,64})|"([\w.-]{1,64})"')


def main() -> int:
    """0 after an orderly stop, 1 when the broker ended by itself or did not start, 2 when it never can."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    try:
        settings = read_settings()
        broker = embedded(settings, on_trouble=lambda line: note_trouble(settings, line))
    except EXPLAINED as failure:
        return explain(failure)
    try:
        broker.start()
        broker.wait_ready()
        while not told_to_stop.wait(0.2):
            if broker.pid is None:
                return Exit.FAILED
    except BrokerNotStarted as why:
        log.error("%s", why)  # noqa: TRY400  # the sentence says it all
        return Exit.FAILED
    finally:
        broker.stop()
    return Exit.OK


def note_trouble(settings: Settings, line: str) -> None:
    """Record once an hour that something was refused: a gateway the broker cuts off resends for ever and says nothing."""
    what = "broker_refused_topic" if "not supported" in line else "broker_trouble"
    at = now()
    kind = re.sub(r"\d+", "", line.partition("]")[2] or line)
    key = f"{what}-{at // HOUR}-{hashlib.sha256(kind.encode()).hexdigest()[:12]}"
    found = _CLIENT.search(line)
    noted = SecurityNoted(what=what, ref=next((name for name in found.groups() if name), "") if found else "")
    database = Database(settings.database_path)
    try:
        database.write(lambda db: append(db, [New("ingest", "all", noted, at, key=key)], recorded_at=at))
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
