"""What every language must be able to say."""

from collections.abc import Mapping

import msgspec


class Texts(msgspec.Struct, frozen=True):
    """All words of one language. A placeholder's name is its kind: `{clock}` is always HH:MM."""

    signed: str  # how a signature and a body make one message
    messages: Mapping[str, str]
    offers: Mapping[str, str]  # messages that end by offering to go: `answer` with a slot, `call` without
    answer: str
    call: str
    stop: str  # ends a sentence; a copy of a text does without the last one
    danger_names: Mapping[str, str]  # for screens
    dangers: Mapping[str, str]  # for messages: what happened, short
    do_first: Mapping[str, str]  # for messages
    what_to_do: Mapping[str, str]  # for screens
    classes: Mapping[str, str]
    troubles: Mapping[str, str]  # of an area incident
    outcomes: Mapping[str, str]  # for screens and reports
    outcomes_told: Mapping[str, str]  # for messages, where they are gentler
    actions: Mapping[str, str]
    roles: Mapping[str, str]
    roles_unnamed: Mapping[str, str]
    house: str
    house_at_site: str
