"""Short messages as a modem writes and reads them: SMS-SUBMIT out, SMS-DELIVER and SMS-STATUS-REPORT in. Pure.

3GPP TS 23.040 (PDUs), TS 23.038 (alphabets). Everything goes out as UCS-2: 70 units, or 67 a part.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

ALONE: Final = 70
A_PART: Final = 67
_SUBMIT, _RELATIVE, _REPORT, _HEADER = 0x01, 0x10, 0x20, 0x40
_UCS2: Final = 0x08
_INTERNATIONAL: Final = 0x91
_ALPHANUMERIC: Final = 0x50
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


class NotAPdu(ValueError):
    """The modem said something that is no short message we can read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A message of several: they share `ref` and sender; `number` from 1 to `total`."""

    ref: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text, or a part of one. `digest` is the same whenever the same message is read again."""

    sender: str
    text: str
    digest: str
    part: Part | None


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a message that went out under this reference (0 to 255, used again)."""

    reference: int
    recipient: str
    status: int

    @property
    def word(self) -> str:
        """As receipts are kept: under 0x20 it is done, under 0x40 the network still tries."""
        if self.status < 0x03:
            return "delivered"
        return "sent" if 0x20 <= self.status < 0x40 else "undelivered"


def submit(number: str, text: str, *, ref: int, valid_s: int) -> list[tuple[str, int]]:
    """The PDUs of a text in hexadecimal, each with the length that AT+CMGS wants. `ref`: of a text in parts, 0 to 255."""
    parts = _split(text)
    address = _address(number)
    made = []
    for place, part in enumerate(parts, 1):
        body = part.encode("utf-16-be")
        header = b"" if len(parts) == 1 else bytes((5, 0, 3, ref, len(parts), place))
        first = _SUBMIT | _RELATIVE | _REPORT | (_HEADER if header else 0)
        data = header + body
        tpdu = bytes((first, 0)) + address + bytes((0, _UCS2, _validity(valid_s), len(data))) + data
        made.append(((b"\x00" + tpdu).hex().upper(), len(tpdu)))
    return made


def read(line: str) -> Incoming | Reported:
    """What the modem received. Raises NotAPdu."""
    try:
        pdu = bytes.fromhex(line.strip())
        at = 1 + pdu[0]  # the service centre's number comes first
        kind = pdu[at] & 0x03
        if kind == 0x02:
            return _report(pdu, at)
        if kind == 0x00:
            return _deliver(pdu, at)
    except (ValueError, IndexError) as wrong:
        raise NotAPdu(type(wrong).__name__) from None
    raise NotAPdu("neither a text nor a report")


def joined(parts: list[Incoming]) -> Incoming:
    """The whole of a text whose parts are all there."""
    in_order = sorted(parts, key=lambda one: one.part.number if one.part else 0)
    digest = hashlib.sha256("".join(one.digest for one in in_order).encode()).hexdigest()[:32]
    return Incoming(in_order[0].sender, "".join(one.text for one in in_order), digest, None)


def _split(text: str) -> list[str]:
    """Never between the halves of one character."""
    if _units(text) <= ALONE:
        return [text]
    parts, part = [], ""
    for letter in text:
        if _units(part + letter) > A_PART:
            parts.append(part)
            part = ""
        part += letter
    return [*parts, part]


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[place + 1] + padded[place] for place in range(0, len(padded), 2))
    return bytes((len(digits), _INTERNATIONAL if number.startswith("+") else 0x81)) + bytes.fromhex(swapped)


def _validity(seconds: int) -> int:
    """Steps of five minutes up to twelve hours, of half an hour up to a day."""
    minutes = max(5, -(-seconds // 60))
    return -(-minutes // 5) - 1 if minutes <= 720 else min(167, 143 + -(-(minutes - 720) // 30))


def _report(pdu: bytes, at: int) -> Reported:
    reference = pdu[at + 1]
    recipient, at = _number(pdu, at + 2)
    return Reported(reference, recipient, pdu[at + 14])


def _deliver(pdu: bytes, at: int) -> Incoming:
    has_header = bool(pdu[at] & _HEADER)
    sender, at = _number(pdu, at + 1)
    coding, length, data = pdu[at + 1], pdu[at + 9], pdu[at + 10 :]
    header = data[: data[0] + 1] if has_header else b""
    text = _text(coding, length, data, len(header))
    return Incoming(sender, text, hashlib.sha256(pdu).hexdigest()[:32], _part(header))


def _number(pdu: bytes, at: int) -> tuple[str, int]:
    """A number or a name, and where what follows it begins."""
    length, kind = pdu[at], pdu[at + 1]
    octets = pdu[at + 2 : at + 2 + (length + 1) // 2]
    after = at + 2 + (length + 1) // 2
    if kind & 0x70 == _ALPHANUMERIC:
        return _septets(octets, length * 4 // 7, 0), after
    digits = "".join(f"{octet & 0x0F:X}{octet >> 4:X}" for octet in octets)[:length]
    return ("+" if kind & 0x70 == 0x10 else "") + digits, after


def _text(coding: int, length: int, data: bytes, header: int) -> str:
    alphabet = coding & 0x0C if coding < 0xC0 else (0x08 if coding & 0xF0 == 0xE0 else 0)
    if alphabet == _UCS2:
        return data[header:length].decode("utf-16-be", "replace")
    if alphabet == 0x04:
        return data[header:length].decode("latin-1")
    skipped = -(-header * 8 // 7)  # the header is filled up to a whole letter
    return _septets(data, length, skipped)


def _septets(octets: bytes, count: int, skipped: int) -> str:
    bits = int.from_bytes(octets, "little")
    if count * 7 > len(octets) * 8:
        raise NotAPdu("shorter than it says")
    letters = [bits >> place * 7 & 0x7F for place in range(skipped, count)]
    text, escaped = "", False
    for letter in letters:
        if escaped:
            text += _ESCAPED.get(letter, " ")
        elif letter != 0x1B:
            text += _BASIC[letter]
        escaped = letter == 0x1B and not escaped
    return text


def _part(header: bytes) -> Part | None:
    at = 1
    while at + 1 < len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == 0x00 and length == 3:
            return _checked(Part(value[0], value[1], value[2]))
        if kind == 0x08 and length == 4:
            return _checked(Part(value[0] << 8 | value[1], value[2], value[3]))
        at += 2 + length
    return None


def _checked(part: Part) -> Part | None:
    return part if part.total > 1 and 1 <= part.number <= part.total else None
