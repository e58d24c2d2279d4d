"""Which language a reader gets: what they chose, else what their browser asks for, else Chinese."""

from typing import Final

from starlette.requests import HTTPConnection

from alerts.projections.words import LANGUAGES, Language

COOKIE: Final = "shouwang_language"


def language_of(request: HTTPConnection) -> Language:
    """`zh` or `en`."""
    chosen = request.cookies.get(COOKIE)
    for language in LANGUAGES:
        if chosen == language:
            return language
    asked = request.headers.get("accept-language", "").lower().replace(" ", "").split(",")
    return "en" if asked[0].startswith("en") and not any(part.startswith("zh") for part in asked) else "zh"
