"""SimulatedAliyun: the whole simulator in a thread of its own, for tests."""

from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any, Self, TypeVar

import uvicorn

from simulators.aliyun.app import app_for
from simulators.aliyun.exchange import Call, Exchange, Habit, Sms
from simulators.twilio.faults import Fault, Faults, Mode
from simulators.twilio.lines import Line
from simulators.twilio.running import listening

KEY_ID = "LTAI-simulated"
KEY_SECRET = "not-a-secret-of-anybody"  # noqa: S105  (a simulator's own, it opens nothing)
SIGN_NAME = "示例守望"
Found = TypeVar("Found")


class SimulatedAliyun:
    """Starts on entering, ends on leaving; `base_url` is where a client must be pointed at."""

    def __init__(self, templates: Mapping[str, str], *, hooks: Mapping[str, str] | None = None) -> None:
        """`templates`: Aliyun's code -> text with ${variables}. `hooks`: kind -> URL, on loopback."""
        self.key_id, self.key_secret, self.sign_name = KEY_ID, KEY_SECRET, SIGN_NAME
        self.exchange = Exchange(SIGN_NAME, dict(templates), dict(hooks or {}))
        self.faults = Faults()
        self._door = listening(0)
        self.base_url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        app = app_for(self.exchange, self.faults, key_id=KEY_ID, secret=KEY_SECRET)
        settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, http=Line)
        self._server = uvicorn.Server(settings)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._door]}, name="simulated-aliyun")

    def __enter__(self) -> Self:
        """Serves; connections made before the app is up wait in the socket."""
        self.exchange.open()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the server and its threads."""
        self._server.should_exit = True
        self._thread.join(20)
        self._door.close()
        self.exchange.close()

    @property
    def sms(self) -> list[Sms]:
        """All messages accepted, oldest first."""
        return list(self.exchange.sms)

    @property
    def calls(self) -> list[Call]:
        """All calls accepted, oldest first."""
        return list(self.exchange.calls)

    def fault(self, mode: Mode, number: str | None = None, **more: Any) -> None:
        """As the other simulated provider's: `code`, `seconds`, `times`, `on`."""
        self.faults.put(number and _local(number), Fault(mode, **more))

    def habit(self, number: str, **habit: Any) -> None:
        """How a phone is from now on: sms, call, keys, silent."""
        self.exchange.habits[_local(number)] = Habit(**habit)

    def reply(self, number: str, text: str, *, times: int = 1) -> None:
        """The phone sends a text, told so many times."""
        item = {
            "phone_number": _local(number), "send_time": "2026-01-01 00:00:00", "content": text,
            "sign_name": self.sign_name, "dest_code": "1234", "sequence_id": self.exchange.sequence(),
        }  # fmt: skip
        for _ in range(times):
            self.exchange.push("sms-up", [item])

    def wait(self, found: Callable[[], Found | None], timeout_s: float = 10.0) -> Found:
        """Waits until `found` finds something, woken by each change."""
        result: list[Found] = []

        def look() -> bool:
            answer = found()
            result.extend([] if not answer else [answer])
            return bool(result)

        with self.exchange.changed:
            assert self.exchange.changed.wait_for(look, timeout_s), f"it did not come: {self.exchange.pushed}"
        return result[0]


def _local(number: str) -> str:
    return number.removeprefix("+86")
