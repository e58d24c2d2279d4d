"""What people may do on the scene: buttons of the phones page that another simulator behind a URL carries out."""

import json
from dataclasses import dataclass, replace
from threading import Lock

from simulators.twilio import webhooks


@dataclass(frozen=True, slots=True)
class Action:
    """A button; `said` is what its maker answered last, or how the call went."""

    label: str
    label_en: str
    url: str
    done_at: str = ""
    worked: bool = False
    said: str = ""


def action(spec: str) -> Action:
    """`label|url` or `label|English label|url`; ValueError says what is wrong, also a URL that leaves the computer."""
    parts = [part.strip() for part in spec.split("|")]
    if len(parts) not in {2, 3} or not all(parts):
        raise ValueError(f"{spec!r} is not LABEL|URL or LABEL|ENGLISH LABEL|URL")
    return Action(parts[0], parts[-2], webhooks.checked(parts[-1]))


class Actions:
    """The buttons now offered, by place."""

    def __init__(self, offered: list[Action]) -> None:
        self._lock = Lock()
        self._offered = list(offered)

    def all(self) -> list[Action]:
        """All of them, in the order in which they were given."""
        with self._lock:
            return list(self._offered)

    def offer(self, wanted: Action) -> None:
        """One more button, or another URL for the same label."""
        with self._lock:
            labels = [one.label for one in self._offered]
            if wanted.label in labels:
                self._offered[labels.index(wanted.label)] = wanted
            else:
                self._offered.append(wanted)

    def do(self, place: int, token: str, at: str) -> Action:
        """Posts to the button's URL; IndexError if there is no such button."""
        chosen = self.all()[place]
        status, body = webhooks.post(chosen.url, {}, token)
        done = replace(chosen, done_at=at, worked=200 <= status < 300, said=_said(status, body))
        with self._lock:
            self._offered[place] = done
        return done


def _said(status: int, body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("text"), str):
        return str(answer["text"])[:120]
    return "" if 200 <= status < 300 else f"HTTP {status}" if status else ""
