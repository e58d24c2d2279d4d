"""What an audit has found, in words for people and positions for whoever looks into the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """`grave`: something that must be true is not, and the service is not well; else it is only good to know."""

    name: str
    zh: str
    en: str
    positions: tuple[int, ...] = ()
    grave: bool = True

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name, "zh": self.zh, "en": self.en, "positions": list(self.positions), "grave": self.grave,
        }  # fmt: skip


def found(
    name: str, count: int, zh: str, en: str, positions: Sequence[int] = (), *, grave: bool = True
) -> list[Finding]:
    """One finding where there is something to be counted, else none. Words may name the `{count}`."""
    if not count:
        return []
    few = tuple(sorted(positions)[:_SHOWN])
    return [Finding(name, zh.format(count=count), en.format(count=count), few, grave)]


@dataclass(frozen=True)
class Report:
    """One look: when, up to which position the log was followed, how much of it is still to be looked at."""

    at: int
    upto: int
    behind: int = 0
    facts: int = 0
    took_s: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Is nothing grave among them?"""
        return not any(each.grave for each in self.findings)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "at": self.at, "up_to": self.upto, "behind": self.behind, "took_s": round(self.took_s, 2),
            "ok": self.ok, "found": [each.plain() for each in self.findings],
        }  # fmt: skip
