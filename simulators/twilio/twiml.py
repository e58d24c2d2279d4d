"""Reads TwiML as far as a call that speaks and takes keys needs it; what it does not know it refuses to guess."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

KNOWN = {"Say", "Pause", "Gather", "Redirect", "Hangup"}
INSIDE_SAY = {"prosody", "break", "emphasis", "p", "s"}
LANGUAGES = {"zh-CN", "cmn-CN", "en-US", "en-GB", "en"}
NAMED_VOICES = ("Polly.", "Google.")


class NotTwiml(ValueError):
    """The document is not one that Twilio would carry out."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One instruction; `inner` are those inside a Gather."""

    name: str
    text: str
    options: dict[str, str]
    inner: tuple["Verb", ...] = ()


def read(document: str) -> list[Verb]:
    """The instructions in order, or NotTwiml."""
    if "<!DOCTYPE" in document or "<!ENTITY" in document:  # entities could be made to grow without end
        raise NotTwiml("no document types")
    try:
        root = ET.fromstring(document.encode())  # noqa: S314  (the customer's own, and without entities, see above)
    except ET.ParseError as wrong:
        raise NotTwiml(str(wrong)) from None
    if root.tag != "Response":
        raise NotTwiml(f"the root is {root.tag}")
    return [_verb(element, nested=False) for element in root]


def _verb(element: ET.Element, *, nested: bool) -> Verb:
    name = element.tag
    if name not in KNOWN or (nested and name not in {"Say", "Pause"}):
        raise NotTwiml(f"{name} here")
    if name == "Say":
        return _say(element)
    inner = tuple(_verb(one, nested=True) for one in element) if name == "Gather" else ()
    return Verb(name, (element.text or "").strip(), dict(element.attrib), inner)


def _say(element: ET.Element) -> Verb:
    language, voice = element.get("language", "en"), element.get("voice", "")
    if language not in LANGUAGES:
        raise NotTwiml(f"language {language}")
    for part in element.iter():
        if part is not element and (part.tag not in INSIDE_SAY or not voice.startswith(NAMED_VOICES)):
            raise NotTwiml(f"{part.tag} in a voice that does not know it")
    text = "".join(element.itertext()).strip()
    if not text:
        raise NotTwiml("nothing to say")
    slow = any(part.tag == "prosody" for part in element.iter())
    return Verb("Say", text, {"language": language, "slow": "1" if slow else ""})
