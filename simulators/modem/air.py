"""Short messages as they come from the air, written by hand, and read by somebody else's code."""

from datetime import UTC, datetime
from typing import Any

from gsmmodem.pdu import decodeSmsPdu, encodeGsm7, packSeptets  # type: ignore[import-untyped]  # ships no types


def read_submit(line: str) -> dict[str, Any]:
    """What a customer gave us to send: number, text, reference of a text in parts, whether a report is wanted."""
    told: dict[str, Any] = decodeSmsPdu(line)
    parts = [one for one in told.get("udh", []) if type(one).__name__ == "Concatenation"]
    part = (parts[0].reference, parts[0].parts, parts[0].number) if parts else None
    return {
        "number": told["number"],
        "text": whole(told["text"]),
        "part": part,
        "report": bool(int(line[2:4], 16) & 0x20),
    }


def whole(text: str) -> str:
    """Letters of two halves, which the library leaves apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def deliver(sender: str, text: str, *, part: tuple[int, int, int] | None = None, basic: bool = False) -> str:
    """A text for our SIM; `basic`: in the seven-bit alphabet."""
    header = bytes((5, 0, 3, *part)) if part else b""
    if basic:
        letters = encodeGsm7(text)
        skipped = -(-len(header) * 8 // 7)
        packed = packSeptets(letters, padBits=len(header) * 8 % 7)
        length, data, coding = skipped + len(letters), header + bytes(packed), 0x00
    else:
        data, coding = header + text.encode("utf-16-be"), 0x08
        length = len(data)
    first = 0x04 | (0x40 if header else 0)
    body = bytes((first,)) + _address(sender) + bytes((0, coding)) + _stamp() + bytes((length,)) + data
    return (b"\x00" + body).hex().upper()


def report(reference: int, recipient: str, status: int) -> str:
    """What became of a message that went out under this reference."""
    body = bytes((0x06, reference)) + _address(recipient) + _stamp() + _stamp() + bytes((status,))
    return (b"\x00" + body).hex().upper()


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    octets = bytes(int(padded[place + 1] + padded[place], 16) for place in range(0, len(padded), 2))
    return bytes((len(digits), 0x91 if number.startswith("+") else 0x81)) + octets


def _stamp() -> bytes:
    """Two digits an octet, the lower one first; the zone in quarters of an hour."""
    now = datetime.now(UTC)
    two = [f"{value:02d}" for value in (now.year % 100, now.month, now.day, now.hour, now.minute, now.second, 0)]
    return bytes(int(digits[::-1], 16) for digits in two)
