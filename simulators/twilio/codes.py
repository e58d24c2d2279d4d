"""The two-digit reply codes a text asks for: a slot, then an action."""

import re

ACTIONS = {
    "1": ("我去", "I go"),
    "2": ("平安", "Safe"),
    "3": ("要帮忙", "Need help"),
    "4": ("误报", "False alarm"),
    "5": ("已外出", "Is away"),
    "9": ("去不了", "Cannot go"),
}

# The word for an action may stand before its own code ("平安32, 要帮忙33"). Capitals of AWAY are not meant: they give an example.
SPOKEN = {
    "1": "我去|[Gg]oing",
    "2": "平安|[Ss]afe",
    "3": "要帮忙|[Nn]eed help",
    "4": "误报|[Ff]alse alarm",
    "5": "已外出|away",
    "9": "去不了|[Cc]annot(?: go)?",
}

# Only digits right after "answer" or after their action's word: a house number or a time of day never passes for a code.
CODE = re.compile(
    "|".join(
        [
            r"(?:回复?|按|(?i:reply(?:\s+with)?))[\s:：“\"「]*([1-9][1-59])(?!\d)",
            *(rf"(?:{said})(?:回复?|[\s:：])*([1-9]{action})(?!\d)" for action, said in SPOKEN.items()),
        ]
    )
)


def reply_codes(text: str) -> list[str]:
    """Every code the text asks for, in its order."""
    return list(dict.fromkeys(found[found.lastindex or 0] for found in CODE.finditer(text)))


def slot_of(text: str) -> str | None:
    """The slot of the first code, or nothing where the text asks for no answer."""
    codes = reply_codes(text)
    return codes[0][0] if codes else None
