"""The words people read: fixed templates with typed variables for messages, and the names of things for screens."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from alerts.core.policy import AREA
from alerts.core.reply_words import Action
from alerts.core.templates.en import EN
from alerts.core.templates.texts import Texts
from alerts.core.templates.zh import ZH

Language = Literal["zh", "en"]

LONGEST_ZH: Final = 70  # UTF-16 units: one Chinese SMS segment, the signature included
LONGEST_EN: Final = 160  # characters of GSM-7: one English segment
LONGEST_SIGNATURE_ZH: Final = 6  # units, without its 【】
LONGEST_SIGNATURE_EN: Final = 16

_TEXTS: Final[dict[str, Texts]] = {"zh": ZH, "en": EN}
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
# The first letter of a Chinese name is the surname, save for these.
_TWO_LETTER_SURNAMES: Final = "欧阳 司马 上官 诸葛 司徒 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 端木 百里 南宫 长孙"
_SHANGHAI_MINUTES: Final = 8 * 60  # no summer time since 1991


class WordingError(Exception):
    """A message cannot be worded: template, language or signature unknown, or a variable missing, alien or malformed."""


class Kind(msgspec.Struct, frozen=True):
    """What a variable may hold: its greatest length in UTF-16 units and its form in each language."""

    longest_zh: int
    longest_en: int
    form_zh: str
    form_en: str


class Template(msgspec.Struct, frozen=True):
    """A fixed text that carriers approve beforehand; `variables`: placeholder -> its kind, a name in `KINDS`."""

    id: str
    variables: Mapping[str, str]
    zh: str
    en: str


def _same(longest: int, form: str) -> Kind:
    return Kind(longest, longest, form, form)


def _one_of(zh: Mapping[str, str], en: Mapping[str, str]) -> Kind:
    """The variable holds a name of these tables; what is printed is the table's text."""
    names = "|".join(zh)
    return Kind(max(map(utf16_units, zh.values())), max(map(utf16_units, en.values())), names, names)


TABLES: Final = {"danger": "dangers", "do_first": "do_first", "outcome": "outcomes_told", "trouble": "troubles"}
"""Kinds whose value is a name in a table of the language."""
_AGAIN: Final = "_again"


def as_sent(template: str, words: Mapping[str, str]) -> str:
    """The template a carrier is asked for: of a copy the one that says which copy it is."""
    return f"{template}{_AGAIN}" if "copy" in words and f"{template}{_AGAIN}" in TEMPLATES else template


def utf16_units(text: str) -> int:
    """Length as a Chinese SMS counts it; a rare character counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_HOUSE_ZH: Final = r"(?:[^\W_]{0,5}[^\W\d_])?[0-9]{1,4}号家"
_HOUSE_EN: Final = r"House [0-9]{1,4}(?: [A-Za-z][A-Za-z0-9 '-]*)?"
KINDS: Final[dict[str, Kind]] = {
    "house": Kind(12, 24, _HOUSE_ZH, _HOUSE_EN),
    "person": Kind(5, 20, r"[^\W\d_]+", r"[A-Za-z][A-Za-z .'-]*"),
    "clock": _same(5, "(?:[01][0-9]|2[0-3]):[0-5][0-9]"),
    "hours": _same(3, "[0-9]+"),
    "minutes": _same(3, "[0-9]+"),
    "usual": _same(2, "[0-9]+"),
    "room": Kind(4, 10, r"[^\W_]+", r"[A-Za-z][A-Za-z ]*"),
    "days": _same(2, "[0-9]+"),
    "round": _same(3, "[0-9]+"),
    "copy": _same(1, "[2-9]"),
    "count": _same(3, "[0-9]+"),
    "homes": _same(4, "[0-9]+"),
    "places": _same(3, "[0-9]+"),
    "requests": _same(3, "[0-9]+"),
    "repairs": _same(3, "[0-9]+"),
    "fresh": _same(3, "[0-9]+"),
    "site": Kind(8, 20, r"[^\W_]+", r"[A-Za-z][A-Za-z0-9 '-]*"),
    "trouble": _one_of(ZH.troubles, EN.troubles),
    "persons": Kind(30, 60, r"[^\W\d_]+(?:、[^\W\d_]+)*", r"[A-Za-z][A-Za-z .'-]*(?:, [A-Za-z][A-Za-z .'-]*)*"),
    "slot": _same(1, "[1-9]"),
    "note": Kind(40, 90, r"[^\r\n{}]+", r"[A-Za-z0-9 .,:;()'+=!?-]+"),
    "slots": Kind(
        40,
        80,
        rf"[1-9](?:={_HOUSE_ZH})?(?:,[1-9](?:={_HOUSE_ZH})?)*",
        rf"[1-9](?:={_HOUSE_EN})?(?:,[1-9](?:={_HOUSE_EN})?)*",
    ),
    "danger": _one_of(ZH.dangers, EN.dangers),
    "do_first": _one_of(ZH.do_first, EN.do_first),
    "outcome": _one_of(ZH.outcomes_told, EN.outcomes_told),
}


def _bodies(texts: Texts) -> dict[str, str]:
    """An offer to go is asked for with a slot to answer with, or, beyond nine slots and one-way, with a call."""
    with_slot = {name: text + texts.answer for name, text in texts.offers.items()}
    by_call = {f"{name}_call": text + texts.call for name, text in texts.offers.items()}
    once = {**texts.messages, **with_slot, **by_call}
    # Carriers refuse the third identical text of a day: a copy says which it is, so that every template has one.
    return {**once, **{f"{name}{_AGAIN}": f"({{copy}}){text.removesuffix(texts.stop)}" for name, text in once.items()}}


def _templates() -> dict[str, Template]:
    zh, en = _bodies(ZH), _bodies(EN)
    # A placeholder's name is its kind, so a text declares its own variables.
    return {
        name: Template(name, {kind: kind for kind in sorted(set(_PLACEHOLDER.findall(zh[name])))}, zh[name], en[name])
        for name in zh
    }


TEMPLATES: Final[dict[str, Template]] = _templates()


def render(template_id: str, variables: Mapping[str, str | int], language: Language, signature: str) -> str:
    """The signed message, ready to send. `danger`, `do_first` and `outcome` are given by name (`smoke`), not by text.

    Raises WordingError rather than send something cut off, unsigned or with a variable it did not expect.
    """
    template = TEMPLATES.get(template_id)
    if template is None:
        raise WordingError(f"no template {template_id!r}")
    if variables.keys() != template.variables.keys():
        raise WordingError(f"{template_id} takes {sorted(template.variables)}, not {sorted(variables)}")
    texts = _in(language)
    shown = {name: _shown(kind, str(variables[name]), language) for name, kind in template.variables.items()}
    body = (template.zh if language == "zh" else template.en).format_map(shown)
    text = texts.signed.format(signature=_checked_signature(signature, language), body=body)
    units, longest = utf16_units(text), LONGEST_ZH if language == "zh" else LONGEST_EN
    if units > longest:
        raise WordingError(f"{template_id} is {units} long, more than {longest}")
    return text


def _in(language: str) -> Texts:
    if language not in _TEXTS:
        raise WordingError(f"no language {language!r}")
    return _TEXTS[language]


def shown(variables: Mapping[str, str | int], language: Language) -> dict[str, str]:
    """Each variable as people read it, by its kind's name; what is no kind is left out. Raises WordingError."""
    return {name: _shown(name, str(value), language) for name, value in variables.items() if name in KINDS}


def _shown(kind_name: str, value: str, language: Language) -> str:
    kind = KINDS[kind_name]
    form, longest = (kind.form_zh, kind.longest_zh) if language == "zh" else (kind.form_en, kind.longest_en)
    if re.fullmatch(form, value) is None:
        raise WordingError(f"{value!r} is no {kind_name} in {language}")
    text: str = getattr(_in(language), TABLES[kind_name])[value] if kind_name in TABLES else value
    if utf16_units(text) > longest:
        raise WordingError(f"{kind_name} {value!r} is longer than {longest}")
    return text


def _checked_signature(signature: str, language: Language) -> str:
    longest = LONGEST_SIGNATURE_ZH if language == "zh" else LONGEST_SIGNATURE_EN
    fits = re.fullmatch(r"[^\W_]+" if language == "zh" else r"[A-Za-z0-9][A-Za-z0-9 ]*", signature)
    if fits is None or utf16_units(signature) > longest:
        raise WordingError(f"signature {signature!r} is not 1 to {longest} letters, without its brackets")
    return signature


def local_clock(at_micros: int) -> str:
    """HH:MM in Asia/Shanghai of an instant in microseconds UTC."""
    hours, minutes = divmod((at_micros // 60_000_000 + _SHANGHAI_MINUTES) % 1440, 60)
    return f"{hours:02}:{minutes:02}"


def site_label(name: str, language: Language) -> str:
    """`东坪三组`: a site as messages say it; a name that does not fit is cut."""
    kind = KINDS["site"]
    if language == "zh":
        label = "".join(re.findall(r"[^\W_]", name))[: kind.longest_zh]
    else:
        label = re.sub(r"^[^A-Za-z]+|[^A-Za-z0-9 '-]", "", name)[: kind.longest_en].strip()
    return label if _fits("site", label, language) else _in(language).dangers["site_area"]


def house_label(number: int, language: Language, site_name: str = "") -> str:
    """`12号家`, or with the site for those who serve several sites; a site name that does not fit is left out whole.

    Raises WordingError for a number that no message could carry.
    """
    texts = _in(language)
    if site_name:
        label = texts.house_at_site.format(number=number, site=site_name)
        if _fits("house", label, language):
            return label
    return _shown("house", texts.house.format(number=number), language)


def person_short(name: str, role: str, language: Language) -> str:
    """`王守望员`: how a person is named to others, by surname and role; the role alone where the name has no place.

    In English the name must be written in ASCII, the surname last.
    """
    texts = _in(language)
    if role not in texts.roles:
        raise WordingError(f"no role {role!r}")
    if language == "zh":
        surname = name[:2] if name[:2] in _TWO_LETTER_SURNAMES.split(" ") else name[:1]
        label = f"{surname}{texts.roles[role]}"
    else:
        label = f"{texts.roles[role]} {name.rsplit(' ', maxsplit=1)[-1]}"
    return label if _fits("person", label, language) else texts.roles_unnamed[role]


def room_label(room: str, language: Language) -> str:
    """`厨房`: where somebody was last seen; a name that does not fit is said as in the house."""
    return room if _fits("room", room, language) else ("屋里" if language == "zh" else "at home")


def slot_list(houses: Mapping[int, str], language: Language) -> str:
    """`3=12号家,4=7号家` for slot -> house label; when that is too long for one message, the slots alone."""
    full = ",".join(f"{slot}={house}" for slot, house in sorted(houses.items()))
    return full if _fits("slots", full, language) else ",".join(str(slot) for slot in sorted(houses))


def name_list(names: Sequence[str], language: Language) -> str:
    """`王守望员、李守望员`; those that do not fit any more are left to the list on the screen."""
    joint, more = ("、", "等") if language == "zh" else (", ", " and more")
    shown = list(names)
    while len(shown) > 1 and not _fits("persons", _listed(shown, names, joint, more), language):
        shown.pop()
    return _listed(shown, names, joint, more)


def _listed(shown: Sequence[str], names: Sequence[str], joint: str, more: str) -> str:
    return joint.join(shown) + (more if len(shown) < len(names) else "")


def _fits(kind_name: str, value: str, language: Language) -> bool:
    try:
        _shown(kind_name, value, language)
    except WordingError:
        return False
    return True


def danger_name(danger: str, language: Language) -> str:
    """A danger as screens say it."""
    return _in(language).danger_names[danger]


def what_to_do(danger: str, language: Language) -> str:
    """What to do about a danger, at length, for the duty operator's screen."""
    return _in(language).what_to_do[danger]


def class_name(alert_class: int | str, language: Language) -> str:
    """The name of class 1 to 4 or `area`, which is also 5."""
    return _in(language).classes["area" if alert_class == AREA else str(alert_class)]


def outcome_name(outcome: str, language: Language) -> str:
    """An outcome as screens and reports say it; messages to villagers are gentler."""
    return _in(language).outcomes[outcome]


def action_name(action: Action, language: Language) -> str:
    """An answer as screens say it."""
    return _in(language).actions[action.value]
