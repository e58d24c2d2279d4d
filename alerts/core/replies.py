"""What a person answers by SMS or keypad: `<slot><action>`, `外出<house> <days>`, or words we do nothing about."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from alerts.core.reply_words import ALONE_POLITE, AWAY_WORD, DIGITS, FILLERS, HELP, MEANING, OPT_IN, OPT_OUT, Action

LONGEST_AWAY_DAYS: Final = 14  # DESIGN section 6
LONGEST_REPLY: Final = 40  # characters; nobody types a code that long, a forwarded message is


class SlotAction(msgspec.Struct, frozen=True):
    """An action on the alert that this person knows under `slot`."""

    slot: int
    action: Action


class BareAction(msgspec.Struct, frozen=True):
    """An action that names no alert; it counts only when exactly one is open."""

    action: Action


class AwayRequested(msgspec.Struct, frozen=True):
    """A house is to be set away for `days`; no house means the one home of whoever asks."""

    house: str | None
    days: int


class HelpAsked(msgspec.Struct, frozen=True):
    """The person wants to know how to answer."""


class OptOut(msgspec.Struct, frozen=True):
    """The person wants no more messages."""


class OptIn(msgspec.Struct, frozen=True):
    """The person wants messages again."""


class Chatter(msgspec.Struct, frozen=True):
    """Polite words that answer nothing: 收到 says neither going nor not going."""


class NotUnderstood(msgspec.Struct, frozen=True):
    """Nothing is done; `why`: empty long forwarded question words number two_codes slot action contradiction days."""

    why: str


Reply = SlotAction | BareAction | AwayRequested | HelpAsked | OptOut | OptIn | Chatter | NotUnderstood

# Longest first, so that 去不了 is never read as 去.
_TOKEN: Final = re.compile(
    "|".join(["(?P<number>[0-9](?: ?[0-9])*)", *map(re.escape, sorted(MEANING, key=len, reverse=True))])
)
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PAUSES: Final = str.maketrans(dict.fromkeys('。｡,、､!.;:~…～·•《》〈〉「」『』“”"()<>[]\r\n\v\f\u2028\u2029', ","))
_SILENT: Final = str.maketrans("", "", "'‘’`\u200b\u200c\u200d\u2060\ufeff\ufe0f")
_NUMERALS: Final = str.maketrans("一二三四五六七八九幺两", "12345678912")
_TEN: Final = re.compile("([二三四五六七八九]?)十([一二三四五六七八九]?)")
_ABOUT: Final = re.compile("[一二两三四五六七八九幺]{2}")  # 一两天 is one or two days, not twelve
# Between house and days stands a space or 号, never a point: 1.5天, 1、2天 and 2~3天 are no house. 3日 may be a date.
_AWAY: Final = re.compile(
    "(?:外出|away),*"
    "(?:(?P<only>[0-9]+)(?:天|days?)?"
    "|(?:house)?(?P<house>[1-9][0-9]{0,3})(?:号家?,*| )(?P<days>[0-9]+)(?:天|days?)?"
    "|(?P<home>[1-9][0-9]{0,3})号家)?"
)


def keypad(digit: str) -> Action | None:
    """The action behind one key of a telephone, during a call about one alert."""
    return DIGITS.get(digit)


def parse(text: str) -> Reply:
    """What this text asks for; a text that could mean two things is not understood. Never raises."""
    if "【" in text or "】" in text:
        return NotUnderstood("forwarded")  # only our own messages carry a signature
    plain = text.translate(_FULL_WIDTH).translate(_SILENT).lower().strip()
    if len(plain) > LONGEST_REPLY:
        return NotUnderstood("long")
    if "?" in plain:
        return HelpAsked() if set(plain) <= set("? ") else NotUnderstood("question")
    spoken = re.sub(r"\s+", " ", plain.translate(_PAUSES))
    # A space tells something only between two digits: 外出12 3.
    spoken = re.sub("(?<![0-9]) | (?![0-9])", "", _one_line_of_digits(spoken)).strip(",")
    for filler in FILLERS:
        spoken = spoken.removeprefix(filler).lstrip(",")
    if not spoken:
        return NotUnderstood("empty")
    if spoken in HELP:
        return HelpAsked()
    if spoken in OPT_OUT:
        return OptOut()
    if spoken in OPT_IN:
        return OptIn()
    if spoken in ALONE_POLITE:
        return Chatter()
    if spoken.startswith(("外出", "away")):
        return NotUnderstood("days") if _ABOUT.search(plain) else _away(spoken)
    return _action(spoken)


def _one_line_of_digits(text: str) -> str:
    tens = _TEN.sub(lambda found: f"{found[1] or '一'}{found[2] or '0'}", text)
    return tens.translate(_NUMERALS)


def _away(spoken: str) -> Reply:
    found = _AWAY.fullmatch(spoken)
    if found is None:
        return NotUnderstood("days")
    number = found["only"] or found["days"] or "1"
    days = int(number) if len(number) <= 2 else 0  # a long run of digits is no number of days
    if not 1 <= days <= LONGEST_AWAY_DAYS:
        return NotUnderstood("days")
    return AwayRequested(house=found["house"] or found["home"], days=days)


def _action(spoken: str) -> Reply:
    """Reads the text as codes, words of an action and polite words, with nothing left over."""
    codes: set[str] = set()
    actions: set[Action] = set()
    needs_slot = False
    at = 0
    while at < len(spoken):
        if spoken[at] == ",":
            at += 1
            continue
        found = _TOKEN.match(spoken, at)
        if found is None:
            return NotUnderstood("words")
        at = found.end()
        if number := found["number"]:
            codes |= _codes(number)
        elif meaning := MEANING[found[0]]:
            actions.add(meaning)
            needs_slot |= found[0] == AWAY_WORD  # alone it asks to set a home away, which is something else
    if len(codes) > 1:
        return NotUnderstood("two_codes")
    if len(actions) > 1:
        return NotUnderstood("contradiction")
    return _said(codes.pop() if codes else "", actions.pop() if actions else None, needs_slot=needs_slot)


def _codes(number: str) -> set[str]:
    """`3 1` is 31, `31 31` is 31 said twice, `31 39` is two codes."""
    parts = number.split(" ")
    return set(parts) if all(len(part) == 2 for part in parts) else {"".join(parts)}


def _said(code: str, word: Action | None, *, needs_slot: bool) -> Reply:
    if len(code) > 2:
        return NotUnderstood("number")
    if not code:
        if word is None:
            return Chatter()
        return NotUnderstood("words") if needs_slot else BareAction(word)
    action = DIGITS.get(code[-1])
    if action is None:
        return NotUnderstood("action")
    if word not in {None, action}:
        return NotUnderstood("contradiction")  # also 3我去: slot 3, house 3 or key 3?
    if len(code) == 1:
        return NotUnderstood("words") if needs_slot else BareAction(action)
    return NotUnderstood("slot") if code[0] == "0" else SlotAction(int(code[0]), action)


class Answered(msgspec.Struct, frozen=True):
    """The reply is about this alert."""

    alert: str
    action: Action


class Ambiguous(msgspec.Struct, frozen=True):
    """The reply names no alert and several are open: the person is shown these slots."""

    slots: tuple[int, ...]


class UnknownSlot(msgspec.Struct, frozen=True):
    """No open alert of this person has that slot."""

    slot: int


class Nothing(msgspec.Struct, frozen=True):
    """The reply acts on no alert."""


Resolution = Answered | Ambiguous | UnknownSlot | Nothing


def resolve(reply: Reply, open_slots: Mapping[int, str]) -> Resolution:
    """Which alert a reply is about; `open_slots`: slot -> alert, only the alerts of this person that are open."""
    match reply:
        case SlotAction(slot=slot, action=action):
            return Answered(open_slots[slot], action) if slot in open_slots else UnknownSlot(slot)
        case BareAction(action=action) if len(open_slots) == 1:
            return Answered(next(iter(open_slots.values())), action)
        case BareAction() if open_slots:
            return Ambiguous(tuple(sorted(open_slots)))
        case _:
            return Nothing()
