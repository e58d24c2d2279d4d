"""A message for the telephone: the same words as by SMS, with keys in the place of codes. Pure."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from alerts.core.policy import DRILL
from alerts.core.reply_words import Action
from alerts.core.soft_check import ANY_KEY, SOFT_CHECK
from alerts.core.templates.en import EN
from alerts.core.templates.spoken import SPOKEN
from alerts.core.templates.zh import ZH
from alerts.core.wording import TEMPLATES, Language, WordingError, action_name, shown

KEYS: Final = "123459"
"""A call is about one alert, so a key is an action alone; every one is taken, whichever of them are offered."""
_OFFERED: Final = re.compile(r"\{slot\}([1-9])")


class Speech(NamedTuple):
    """What is said, and which keys it offers; none: it only tells."""

    text: str
    keys: str


def speech(template: str, variables: Mapping[str, str | int], language: Language, signature: str) -> Speech:
    """The message as it is said. `variables` as for `render`; a slot may be left out. Raises WordingError."""
    words, spoken = (ZH if language == "zh" else EN), SPOKEN[language]
    name = template.removesuffix("_call")
    if name in words.offers:
        body, keys = words.offers[name] + spoken.answer, "19"
    elif name in words.messages:
        body = words.messages[name]
        keys = ANY_KEY if name == SOFT_CHECK else "".join(dict.fromkeys(_OFFERED.findall(body)))
        for written, pressed in spoken.marks.items():
            body = body.replace(written, pressed)
    else:
        raise WordingError(f"no template {template!r}")
    needed = TEMPLATES[name].variables.keys() - {"slot"}
    if missing := needed - variables.keys():
        raise WordingError(f"{name} misses {sorted(missing)}")
    said = shown({kind: variables[kind] for kind in needed}, language)
    return Speech(spoken.signed.format(signature=signature, body=body.format_map(said)).strip(), keys)


def taken(outcome: str, language: Language) -> str:
    """What the call answers to a key, by what `take_reply` made of it."""
    spoken = SPOKEN[language]
    if outcome in {action.value for action in Action}:
        return spoken.taken.format(action=action_name(Action(outcome), language))
    if outcome == DRILL:
        return (ZH if language == "zh" else EN).messages["taken_drill"]
    return spoken.settled
