"""What Twilio is to do in a call, in its own markup: say it twice, take a key, say how it was taken. Pure."""

import re
from typing import Final

from twilio.twiml.voice_response import Gather, Say, VoiceResponse  # type: ignore[import-untyped]  # ships no types

from alerts.core.soft_check import ANY_KEY
from alerts.core.templates.spoken import SPOKEN
from alerts.core.wording import Language

_SAID: Final = 2
_WAITS_S: Final = 6
_PAUSE_S: Final = 1
_VOICE: Final[dict[str, dict[str, str]]] = {"zh": {"language": "zh-CN"}, "en": {"language": "en-US"}}
_SLOW_VOICE: Final[dict[str, dict[str, str]]] = {
    # Only named voices know how to slow down; Twilio's own for a language does not ("Text-to-speech", SSML).
    "zh": {"language": "cmn-CN", "voice": "Polly.Zhiyu"},
    "en": {"language": "en-US", "voice": "Polly.Joanna"},
}
_SENTENCE: Final = re.compile(r"(?<=[。.!?])\s*")


def script(
    text: str, keys: str, language: Language, *, keys_url: str = "", slow: bool = False, before: str = ""
) -> str:
    """The call as it begins, or begins anew after `before`. Without `keys_url` nobody can answer by keys."""
    said = SPOKEN[language]
    call = VoiceResponse()
    if before:
        _say(call, before, language, slow=slow)
    if keys_url and keys:
        any_key = keys == ANY_KEY
        _say_twice(_gather(call, keys_url), text if any_key else f"{text} {said.again}", language, slow=slow)
        _say(call, said.not_well if any_key else said.no_key, language, slow=slow)
    else:
        _say_twice(call, text, language, slow=slow)
        _say(call, said.thanks, language, slow=slow)
    return str(call)


def confirmation(text: str, language: Language, *, keys_url: str = "") -> str:
    """How a key was taken; for a moment another one may be pressed."""
    said = SPOKEN[language]
    call = VoiceResponse()
    if keys_url:
        _say(_gather(call, keys_url), f"{text} {said.correct}", language, slow=False)
    else:
        _say(call, text, language, slow=False)
    _say(call, said.thanks, language, slow=False)
    return str(call)


def hang_up() -> str:
    """The call is over."""
    call = VoiceResponse()
    call.hangup()
    return str(call)


def _gather(call: VoiceResponse, keys_url: str) -> Gather:
    # finish_on_key empty: star is a key like any other here, it repeats.
    return call.gather(
        input="dtmf", num_digits=1, timeout=_WAITS_S, finish_on_key="", action=keys_url, method="POST",
        action_on_empty_result=False,
    )  # fmt: skip


def _say_twice(where: VoiceResponse | Gather, text: str, language: Language, *, slow: bool) -> None:
    for time in range(_SAID):
        if time:
            where.pause(length=_PAUSE_S)
        _say(where, text, language, slow=slow)


def _say(where: VoiceResponse | Gather, text: str, language: Language, *, slow: bool) -> None:
    if not slow:
        where.say(text, **_VOICE[language])
        return
    for sentence in filter(None, _SENTENCE.split(text)):
        say = Say(**_SLOW_VOICE[language])
        say.prosody(sentence, rate="x-slow" if language == "zh" else "slow")
        where.append(say)
        where.pause(length=_PAUSE_S)
