"""The console's own words in both languages. A key is said in every language or in none; a test holds that.

A page brings its own file with `ZH` and `EN` and a line in `_ROOMS`.
"""

import re
from collections.abc import Mapping
from typing import Final

from api.console.words import (
    access,
    audited,
    behaviour,
    dark,
    desk,
    en,
    equipment,
    households,
    load,
    people,
    places,
    reports,
    rules,
    zh,
)

_ROOMS: Final = (access, audited, behaviour, dark, desk, equipment, households, load, people, places, reports, rules)


_ONE: Final = {"homes": "home", "entries": "entry", "alerts": "alert", "times": "time", "changes": "change"}
"""What is counted in English, and one of it."""
_COUNTED: Final = re.compile(rf"\{{count\}} ({'|'.join(_ONE)})\b")


def _whole(common: Mapping[str, str], parts: list[Mapping[str, str]]) -> dict[str, str]:
    found = dict(common)
    for part in parts:
        if twice := found.keys() & part.keys():
            raise ValueError(f"said twice: {', '.join(sorted(twice))}")
        found |= part
    return found


ZH: Final = _whole(zh.ZH, [room.ZH for room in _ROOMS])
EN: Final = _whole(en.EN, [room.EN for room in _ROOMS])
WORDS: Final[dict[str, Mapping[str, str]]] = {"zh": ZH, "en": EN}


def say(language: str, key: str, **words: object) -> str:
    """The words for `key`; a key no table has is shown as it is, so that nothing is ever hidden."""
    text = WORDS[language].get(key)
    if text is None:
        return key.partition(".")[2] or key
    if language == "en" and str(words.get("count")) == "1":
        text = _COUNTED.sub(lambda found: f"{{count}} {_ONE[found[1]]}", text)
    return text.format(**words) if words else text


def knows(key: str) -> bool:
    """Is there a word for it?"""
    return key in ZH
