"""Who must be told what, now: pure, so that every hour of it can be lived through in a test."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_SHANGHAI_S = 8 * 3600
WORDS = {"silent": "没有应答", "unwell": "自报异常", "still": "心跳停了"}
TEXTS = {
    "trouble": "守望服务{why},自{clock}起,报警可能发不出。请马上看服务器,并打电话问各户。",
    "well": "守望服务{clock}已恢复正常。",
}
"""What a carrier approves beforehand, where one wants to; the signature stands before it."""


class Sms(NamedTuple):
    """One text to one number; `kind`: trouble or well; `words`: the variables of its text, for a provider of templates."""

    to: str
    kind: str
    words: dict[str, str]

    @property
    def text(self) -> str:
        """As it is read."""
        return f"【守望】{TEXTS[self.kind].format(**self.words)}"


@dataclass
class Trouble:
    """What is remembered over a restart. Wall clock, seconds since 1970; people by a hash of their number."""

    since: float = 0.0
    told: dict[str, float] = field(default_factory=dict)
    owed: dict[str, float] = field(default_factory=dict)
    """Who was told of trouble and not yet that it is over -> when it was over."""

    @classmethod
    def of(cls, kept: Any) -> "Trouble":
        """From what was kept; anything unreadable is forgotten: better told twice than never."""
        try:
            return cls(
                float(kept["since"]),
                {str(k): float(v) for k, v in kept["told"].items()},
                {str(k): float(v) for k, v in kept["owed"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls()


def name_of(number: str) -> str:
    """A number as it may lie in a file."""
    return hashlib.sha256(number.encode()).hexdigest()[:16]


class Mind:
    """`look` after each asking, `told` after each text that the provider took."""

    def __init__(self, numbers: tuple[str, ...], *, patience_s: float, again_s: float, trouble: Trouble) -> None:
        self._numbers, self._patience_s, self._again_s, self.trouble = numbers, patience_s, again_s, trouble
        self._bad_since: float | None = None
        self._well_since: float | None = None

    def look(self, why: str, *, wall: float, mono: float) -> list[Sms]:
        """`why` is empty when all is well. The same texts come again until they are `told`."""
        return self._trouble(why, wall, mono) if why else self._well(wall, mono)

    def _trouble(self, why: str, wall: float, mono: float) -> list[Sms]:
        trouble = self.trouble
        self._well_since = None
        if self._bad_since is None:
            self._bad_since = mono
        if not trouble.since:
            trouble.since = wall
        trouble.since = min(trouble.since, wall)  # a clock that was set back
        if not trouble.told and mono - self._bad_since < self._patience_s:
            return []
        words = {"why": WORDS.get(why, why), "clock": clock(trouble.since)}
        due = [
            n
            for n in self._numbers
            if not 0 <= wall - trouble.told.get(name_of(n), wall - self._again_s) < self._again_s
        ]
        return [Sms(number, "trouble", words) for number in due]

    def _well(self, wall: float, mono: float) -> list[Sms]:
        """Well for as long as trouble must last: what comes and goes is one trouble, not a text each time."""
        trouble = self.trouble
        self._bad_since = None
        if self._well_since is None:
            self._well_since = mono
        if trouble.told and mono - self._well_since < self._patience_s:
            return []
        trouble.owed |= dict.fromkeys(trouble.told, wall - (mono - self._well_since))
        trouble.since, trouble.told = 0.0, {}
        # Who cannot be reached in a day need not hear of it any more.
        trouble.owed = {name: at for name, at in trouble.owed.items() if wall - at < 86400}
        return [
            Sms(number, "well", {"clock": clock(trouble.owed[name_of(number)])})
            for number in self._numbers
            if name_of(number) in trouble.owed
        ]

    def told(self, sms: Sms, *, wall: float) -> None:
        """The provider took it."""
        if sms.kind == "trouble":
            self.trouble.told[name_of(sms.to)] = wall
        else:
            self.trouble.owed.pop(name_of(sms.to), None)


def clock(wall: float) -> str:
    """HH:MM on the town's wall (UTC+8)."""
    hours, minutes = divmod(int(wall + _SHANGHAI_S) // 60 % 1440, 60)
    return f"{hours:02}:{minutes:02}"
