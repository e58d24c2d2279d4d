"""The console's own words in both languages. A key is said in every language or in none; a test holds that."""

from collections.abc import Mapping
from typing import Final

from api.console.words.en import EN
from api.console.words.zh import ZH

WORDS: Final[dict[str, Mapping[str, str]]] = {"zh": ZH, "en": EN}


def say(language: str, key: str, **words: object) -> str:
    """The words for `key`; a key no table has is shown as it is, so that nothing is ever hidden."""
    text = WORDS[language].get(key)
    if text is None:
        return key.partition(".")[2] or key
    return text.format(**words) if words else text


def knows(key: str) -> bool:
    """Is there a word for it?"""
    return key in ZH
