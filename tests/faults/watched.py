"""A watchdog beside a service, as somebody would run it: a process of its own, with an SMS account of its own."""

import os
import subprocess
import sys
from typing import Self

from simulators.twilio import SimulatedTwilio
from tests.faults.service import ROOT, Service

PEOPLE = ("+8612000000921", "+8612000000922")
PATIENCE_S = 10.0
"""The product's own is two minutes: longer than a round."""


class Watched:
    """Asks the service's /health; what it has sent is `texts`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._provider = SimulatedTwilio()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._provider.__enter__()
        folder = self._service.ground.folder
        environ = {
            "SHOUWANG_WATCHDOG_URL": f"{self._service.url}/health", "SHOUWANG_WATCHDOG_TO": ",".join(PEOPLE),
            "SHOUWANG_WATCHDOG_ACCOUNT_SID": self._provider.account_sid, "SHOUWANG_WATCHDOG_FROM": "+8612000009001",
            "SHOUWANG_WATCHDOG_AUTH_TOKEN": self._provider.auth_token, "SHOUWANG_WATCHDOG_API_BASE": self._provider.base_url,
            "SHOUWANG_WATCHDOG_STATE": str(folder / "watchdog.json"), "SHOUWANG_WATCHDOG_EVERY_S": "1",
            "SHOUWANG_WATCHDOG_PATIENCE_S": f"{PATIENCE_S:g}",
        }  # fmt: skip
        with (folder / "watchdog.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shouwang.watchdog"],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._provider.__exit__(None, None, None)

    def texts(self, containing: str) -> list[str]:
        """To whom texts with these words went."""
        return sorted(sms.recipient for sms in self._provider.messages if containing in sms.body)

    @property
    def said(self) -> int:
        """How many texts in all."""
        return len(self._provider.messages)
