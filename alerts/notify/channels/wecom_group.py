"""A notice into a WeCom group by its robot: which house, which danger, when. Never a name or a number, and never "told".

Success is `errcode` 0 in the body: the robot answers 200 also when it has refused.
"""

import re
import threading
from collections.abc import Collection
from typing import Any, Final, cast

from requests import Session
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import RequestException
from urllib3.exceptions import NewConnectionError

from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.channels.deadline import can_be_cut, ends_within
from alerts.notify.channels.twilio_client import limit, require_here

TEMPLATES: Final = frozenset({"group_notice"})
"""Only these are for many eyes."""
CALL_S: Final = 8.0
_HOME: Final = "https://qyapi.weixin.qq.com"
_NUMBER: Final = re.compile(r"\d[\d\s-]{5,}\d")
_FULL: Final = 45009  # twenty messages a minute (WeCom, "Group robots")
_BUSY: Final = -1
_NOT_THE_MESSAGE: Final = frozenset({93000, 93004, 93008, 40001, 45033})
"""Key unknown, robot removed, no longer allowed: an operator may mend it while we repeat."""


class WeComGroup:
    """May be called from several threads; each has a session of its own."""

    name = "wecom_group"
    really_sends = True
    capabilities = Capabilities(
        two_way=False, links=False, receipts=False, keypad=False, medium="group", rate_per_s=20 / 60
    )

    def __init__(self, *, key: str, api_base: str = "", timeout_s: float = CALL_S) -> None:
        """`key`: the robot's secret. Raises NotOnThisComputer for an `api_base` elsewhere."""
        require_here(api_base)
        self._url, self._key, self._timeout_s = (
            f"{(api_base or _HOME).rstrip('/')}/cgi-bin/webhook/send",
            key,
            timeout_s,
        )
        self._here, self._mine = bool(api_base), threading.local()

    def send(self, outgoing: Outgoing) -> Sent:
        """Post it. What is not made for a group is refused here, whoever planned it."""
        if outgoing.template not in TEMPLATES or _NUMBER.search(outgoing.text):
            raise SendFailed("not a text for a group", permanent=True, ambiguous=False, code="not_for_groups")
        body: dict[str, Any] = {"msgtype": "text", "text": {"content": outgoing.text}}
        try:
            with ends_within(self._timeout_s):
                answer = self._session.post(
                    self._url,
                    params={"key": self._key},
                    json=body,
                    timeout=cast("float", limit(self._timeout_s)),  # urllib3's own, requests hands it on
                    allow_redirects=False,
                )
            status, said = answer.status_code, answer.json() if answer.status_code == 200 else {}
        except NotConnected as error:
            left = not any(isinstance(getattr(arg, "reason", arg), NewConnectionError) for arg in error.args)
            kind = "no answer" if left else "no connection"
            raise SendFailed(
                kind, permanent=False, ambiguous=left, code="no_answer" if left else "unreachable"
            ) from None
        except (RequestException, ValueError) as error:
            raise SendFailed(
                f"no answer ({type(error).__name__})", permanent=False, ambiguous=True, code="no_answer"
            ) from None
        self._judge(status, said)
        return Sent(f"wecom-{outgoing.message}", "sent")

    @staticmethod
    def _judge(status: int, said: object) -> None:
        if status != 200:
            raise SendFailed(f"HTTP {status}", permanent=False, ambiguous=status >= 500, code=str(status))
        code = said.get("errcode") if isinstance(said, dict) else None
        if not isinstance(code, int):
            raise SendFailed("an answer without errcode", permanent=False, ambiguous=True, code="no_answer")
        if code == 0:
            return
        waits = 60.0 if code == _FULL else None
        passing = code in (_FULL, _BUSY) or code in _NOT_THE_MESSAGE
        raise SendFailed(
            f"errcode {code}", permanent=not passing, ambiguous=code == _BUSY, code=str(code), retry_after_s=waits
        )

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """A group cannot be asked what it was told: in doubt it is told twice."""
        return None

    def fetch(self, provider_id: str) -> Report:  # noqa: ARG002  (the promise's own shape)
        """Nobody says who has read it."""
        return Report("sent", "")

    @property
    def _session(self) -> Session:
        session: Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = Session()
            session.trust_env = not self._here  # a proxy of this computer is not the way to this computer
            can_be_cut(session)
        return session
