"""`python -m shouwang.watchdog`: ask, tell, remember, until it is told to stop."""

import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from shouwang.watchdog.asking import Asking, Found, ping
from shouwang.watchdog.minding import Mind, Trouble
from shouwang.watchdog.settings import Faults, WatchdogSettings, read
from shouwang.watchdog.telling import Telling

log = logging.getLogger("shouwang.watchdog")


def main() -> int:
    """0 stopped, 2 when the settings cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for noisy in ("twilio", "urllib3", "alibabacloud_credentials"):
        logging.getLogger(noisy).setLevel(logging.WARNING)  # twilio logs phone numbers at INFO
    try:
        settings = read(os.environ)
    except Faults as faults:
        for sentence in faults.sentences:
            print(f"配置有误 · configuration: {sentence}", file=sys.stderr)
        return 2
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    watch(settings, stopping)
    return 0


def watch(settings: WatchdogSettings, stopping: threading.Event) -> None:
    """A look every `every_s` seconds."""
    asking = Asking(settings.health_url, within_s=min(8.0, max(1.0, settings.every_s)))
    telling = Telling(settings.account, settings.aliyun, settings.command)
    mind = Mind(
        settings.numbers, patience_s=settings.patience_s, again_s=settings.again_s, trouble=_kept(settings.state)
    )
    log.info("watching %s for %d people", settings.health_url, len(settings.numbers))
    before = Found("")
    while not stopping.is_set():
        began = time.monotonic()
        found = asking.ask()
        if found.why != before.why:
            log.warning("the service is %s %s", found.why or "well", found.detail)
        before = found
        for sms in mind.look(found.why, wall=time.time(), mono=time.monotonic()):
            if telling.send(sms):
                mind.told(sms, wall=time.time())
                log.warning("told one of them: %s", sms.kind)
        _keep(settings.state, mind.trouble)
        if found.well and settings.ping_url and not ping(settings.ping_url):
            log.warning("the watcher outside did not hear us")
        stopping.wait(max(0.0, settings.every_s - (time.monotonic() - began)))


def _kept(path: Path) -> Trouble:
    try:
        return Trouble.of(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return Trouble()


def _keep(path: Path, trouble: Trouble) -> None:
    """Whole or not at all. Without a disk it goes on by memory."""
    text, beside = json.dumps(vars(trouble)), path.with_suffix(".new")
    with suppress(OSError):
        if path.exists() and path.read_text("utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, "utf-8")
        beside.replace(path)


if __name__ == "__main__":
    sys.exit(main())
