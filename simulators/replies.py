"""Reads at the simulated phones what people answered, so that the world reacts: who says "I am there" is there."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

HOUSE = re.compile(r"(\d+)\s*号家")
GOES, THERE = "1", frozenset("23")


@dataclass(frozen=True)
class Reply:
    """Who answered, the action digit, and the house number their slot stood for where the texts tell."""

    number: str
    action: str
    house: int | None


class Phones:
    """`read` gives each reply once; a phone simulator that is not there has no replies."""

    def __init__(self, url: str, read: int = 0) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"not an http address: {url}")
        self._url = url.rstrip("/")
        self._texts: dict[str, list[str]] = {}
        self._loaded = 0
        self.read_to = read

    def read(self) -> list[Reply]:
        """What came since the last reading, oldest first."""
        try:
            with urlopen(f"{self._url}/sim/messages?since={self._loaded}", timeout=2) as answer:  # noqa: S310 -- scheme checked above
                found = json.load(answer)
        except (URLError, OSError, ValueError):
            return []
        if not self._loaded:  # a phone simulator that began anew counts from one again
            self.read_to = min(self.read_to, max((int(each.get("seq", 0)) for each in found), default=0))
        return [reply for each in found if isinstance(each, dict) for reply in self._take(each)]

    def _take(self, message: dict[str, Any]) -> list[Reply]:
        seq = int(message.get("seq", 0))
        self._loaded = max(self._loaded, seq)
        body = str(message.get("body", ""))
        if message.get("direction") != "inbound":
            self._texts.setdefault(str(message.get("to")), []).append(body)
            return []
        if seq <= self.read_to:
            return []
        self.read_to = seq
        return list(filter(None, [understand(str(message.get("from")), body, self._texts)]))


def understand(number: str, body: str, texts: dict[str, list[str]]) -> Reply | None:
    """`32` is slot 3, action 2; the newest text to that phone that offers slot 3 names the house."""
    digits = "".join(char for char in unicodedata.normalize("NFKC", body) if not char.isspace())
    if not re.fullmatch(r"\d{1,2}", digits):
        return None
    offered = f"回{digits[0]}" if len(digits) == 2 else "回"
    for text in reversed(texts.get(number, [])):
        house = HOUSE.search(text)
        if house and offered in text:
            return Reply(number, digits[-1], int(house.group(1)))
    return Reply(number, digits[-1], None)
