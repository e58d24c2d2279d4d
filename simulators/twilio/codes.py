"""The two-digit reply codes a text asks for: a slot, then an action."""

import re

# Only digits that stand right after "answer": a house number or a time of day must never pass for a code.
CODE = re.compile(r"(?:回复?|按|reply(?:\s+with)?)\s*[“\"「]?([1-9][1-59])(?!\d)", re.IGNORECASE)

ACTIONS = {
    "1": ("我去", "I go"),
    "2": ("平安", "Safe"),
    "3": ("要帮忙", "Need help"),
    "4": ("误报", "False alarm"),
    "5": ("已外出", "Is away"),
    "9": ("去不了", "Cannot go"),
}


def reply_codes(text: str) -> list[str]:
    """Every code the text asks for, in its order."""
    return list(dict.fromkeys(CODE.findall(text)))


def slot_of(text: str) -> str | None:
    """The slot of the first code, or nothing where the text asks for no answer."""
    codes = reply_codes(text)
    return codes[0][0] if codes else None
