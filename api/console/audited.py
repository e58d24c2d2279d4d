"""What an entry of the audit log says, in the reader's language. The entry itself stays as it was written and chained."""

import re
from typing import Final

from api.console.words import knows, say

_PATTERNS: Final = (
    (re.compile(r"away for (?P<count>\d+) days"), "did.away"),
    (re.compile(r"POST device command (?P<what>.+)"), "did.command"),
    (re.compile(r"setting (?P<what>.+)"), "did.setting"),
    (re.compile(r"GET quarantine( page)?"), "did.quarantine"),
    (re.compile(r"GET people"), "did.people"),
    (re.compile(r"(POST|PUT|PATCH|DELETE) (?P<what>/.*)"), "did.sent"),
)


def done(what: str, language: str) -> str:
    """What was done; as it was written where nobody has words for it, so that nothing is ever hidden."""
    for pattern, key in _PATTERNS:
        if found := pattern.fullmatch(what):
            return say(language, key, **found.groupdict())
    key = "did." + re.sub(r"\W+", "_", what)
    return say(language, key) if knows(key) else what


def ended(result: str, language: str) -> str:
    """How it ended: done, refused, a role that was given, or the number of an HTTP answer."""
    for key in (f"did.{result}", f"role.{result}"):
        if knows(key):
            return say(language, key)
    return result
