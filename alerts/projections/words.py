"""The names of things for screens, in either language; what no table knows yet is shown by its own name."""

from typing import Final, Literal

from alerts.core import wording

__all__ = ["LANGUAGES", "Language", "class_name", "clock", "danger_name", "outcome_name", "what_to_do"]

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def danger_name(danger: str, language: Language) -> str:
    """A danger as screens say it."""
    try:
        return wording.danger_name(danger, language)
    except KeyError:
        return danger


def what_to_do(danger: str, language: Language) -> str:
    """What to do about it, at length; empty when nothing is written."""
    try:
        return wording.what_to_do(danger, language)
    except KeyError:
        return ""


def class_name(alert_class: int, language: Language) -> str:
    """The name of class 1 to 4."""
    return wording.class_name(alert_class, language)


def outcome_name(outcome: str, language: Language) -> str:
    """An outcome as screens say it."""
    try:
        return wording.outcome_name(outcome, language)
    except KeyError:
        return outcome


def clock(at: int) -> str:
    """HH:MM in Asia/Shanghai."""
    return wording.local_clock(at)
