"""The catalogue of texts as carriers and lints see it: each at full length, with its variables, in every form they ask for."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from alerts.core.templates.en import EN
from alerts.core.templates.zh import ZH
from alerts.core.wording import (
    KINDS,
    LONGEST_EN,
    LONGEST_SIGNATURE_EN,
    LONGEST_SIGNATURE_ZH,
    LONGEST_ZH,
    TABLES,
    TEMPLATES,
    Language,
    Template,
    WordingError,
    render,
    utf16_units,
)

Form = Literal["aliyun", "twilio", "plain"]

_LONGEST: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "house": "东坪村三大组1234号家", "person": "欧阳守望员", "clock": "23:59", "room": "东间卧室", "site": "东坪村第十三小组",
        "persons": "欧阳守望员、党员中心户、欧阳网格员、欧阳守望员、东方守望员等",
        "slots": "1=东坪三组12号家,2=东坪三组13号家,3=东坪三组145号家,4=72号家",
        "note": "请带手电从后门进，狗拴着不咬人，钥匙在东邻家，老人耳背要大声喊，到了回个话，谢谢",
    },
    "en": {
        "house": "House 1234 Dongping Thre", "person": "Village officer Wang", "clock": "23:59", "room": "back rooms",
        "site": "Dongping Village Thr", "persons": "Village officer Wang, Grid member Ouyang, Watcher Q and more",
        "slots": "1=House 1234 Dongping Thre,2=House 1234 Dongping Thre,3=House 1234 Dongping Thre",
        "note": "Please take a torch and go in by the back door, the dog is tied up and the key is next doo",
    },
}  # fmt: skip
"""For each kind that is neither a number nor a word of a table a value as long as it may be; invented."""
_LINK: Final = re.compile(r"https?:|www\.|://|[A-Za-z0-9]\.(?:com|cn|net|org|top|cc)\b", re.IGNORECASE)
_PHONE: Final = re.compile(r"[0-9](?:[ -]?[0-9]){6}")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_GSM: Final = re.compile(r"[A-Za-z0-9 .,:;()'+=!?-]+")
"""Signs that cost one place in an English SMS of any carrier."""


class Fault(msgspec.Struct, frozen=True):
    """`what`: too_long link phone_number adjacent banned unrenderable not_gsm variables_differ; `detail` says which."""

    template: str
    language: str
    what: str
    detail: str


class Variable(msgspec.Struct, frozen=True):
    """A variable as a carrier's form asks for it."""

    name: str
    longest: int
    example: str


def longest_signature(language: Language) -> str:
    """As long as a signature may be."""
    return "示例守望示例"[:LONGEST_SIGNATURE_ZH] if language == "zh" else "Shili Watch Town"[:LONGEST_SIGNATURE_EN]


def limit(language: Language) -> int:
    """One SMS."""
    return LONGEST_ZH if language == "zh" else LONGEST_EN


def body(template: Template, language: Language) -> str:
    """The text with its placeholders."""
    return template.zh if language == "zh" else template.en


def variables(template: Template, language: Language) -> list[Variable]:
    """In the order in which they stand in the text; each once."""
    names = dict.fromkeys(_PLACEHOLDER.findall(body(template, language)))
    return [
        Variable(name, KINDS[name].longest_zh if language == "zh" else KINDS[name].longest_en, _read(name, language))
        for name in names
    ]


def full(template: Template, language: Language, signature: str = "") -> str:
    """Signed, with every variable at its longest. Raises WordingError."""
    values = {name: _longest(name, language) for name in template.variables}
    return render(template.id, values, language, signature or longest_signature(language))


def renderings(template: Template, language: Language) -> Iterator[str]:
    """Every word of every table, the other variables at their longest; lengths add up, so nothing longer is possible."""
    values = {name: _longest(name, language) for name in template.variables}
    yield render(template.id, values, language, longest_signature(language))
    for name in values.keys() & TABLES.keys():
        for word in _table(name, language):
            yield render(template.id, values | {name: word}, language, longest_signature(language))


def lint(banned: Sequence[str]) -> list[Fault]:
    """Everything that a carrier would refuse, or that we promise not to send."""
    found: list[Fault] = []
    for template in TEMPLATES.values():
        for language in ("zh", "en"):
            found += _faults(template, language, banned)
    return found


def _faults(template: Template, language: Language, banned: Sequence[str]) -> Iterator[Fault]:
    def fault(what: str, detail: str) -> Fault:
        return Fault(template.id, language, what, detail)

    text = body(template, language)
    if "}{" in text:
        yield fault("adjacent", text)
    if set(_PLACEHOLDER.findall(text)) != set(template.variables):
        yield fault("variables_differ", text)
        return
    seen: set[str] = set()
    try:
        for read in renderings(template, language):
            for what, detail in _wrong(read, language, banned):
                if what not in seen:
                    seen.add(what)
                    yield fault(what, detail)
    except WordingError as refused:
        yield fault("too_long" if "more than" in str(refused) else "unrenderable", str(refused))


def objections(text: str, language: Language) -> list[str]:
    """What carriers refuse in words that somebody wrote: link, phone_number, not_gsm."""
    return [what for what, _ in _wrong(text, language, [])]


def _wrong(read: str, language: Language, banned: Sequence[str]) -> Iterator[tuple[str, str]]:
    if link := _LINK.search(read):
        yield "link", link[0]
    if number := _PHONE.search(read):
        yield "phone_number", number[0]
    for word in banned:
        if word.lower() in read.lower():
            yield "banned", word
    if language == "en" and (sign := _GSM.sub("", read)):
        yield "not_gsm", sign


def in_form(template: Template, language: Language, form: Form) -> str:
    """The text as a provider's form wants its variables: `${name}`, `{{1}}`, or as it stands here."""
    text = body(template, language)
    if form == "aliyun":
        return _PLACEHOLDER.sub(r"${\1}", text)
    if form == "twilio":
        places = {one.name: place for place, one in enumerate(variables(template, language), 1)}
        return _PLACEHOLDER.sub(lambda found: f"{{{{{places[found[1]]}}}}}", text)
    return text


def units(template: Template, language: Language) -> int:
    """Its length at full length, signed."""
    return utf16_units(full(template, language))


def banned_words(text: str) -> list[str]:
    """One word a line; what follows # is a remark."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _longest(name: str, language: Language) -> str:
    """The value to give to `render`: of a table the name of its longest word."""
    if name in TABLES:
        table = _table(name, language)
        return max(table, key=lambda word: utf16_units(table[word]))
    kind = KINDS[name]
    longest, form = (kind.longest_zh, kind.form_zh) if language == "zh" else (kind.longest_en, kind.form_en)
    nines = "9" * longest
    if name not in _LONGEST[language] and re.fullmatch(form, nines) is None:
        raise WordingError(f"no example of a {name}")
    return _LONGEST[language].get(name, nines)


def _read(name: str, language: Language) -> str:
    value = _longest(name, language)
    return _table(name, language)[value] if name in TABLES else value


def _table(name: str, language: Language) -> dict[str, str]:
    return dict(getattr(ZH if language == "zh" else EN, TABLES[name]))
