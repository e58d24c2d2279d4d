"""One mapping of the file, read field by field; a fault is noted and a harmless value stands in, so that reading goes on."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from alerts.registry.importing.faults import Faults
from alerts.registry.importing.planned import Dated
from alerts.registry.importing.tree import Mapping, Node, Scalar, Sequence

ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_SHANGHAI: Final = timezone(timedelta(hours=8))  # no summer time since 1991
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=_SHANGHAI)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=_SHANGHAI)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Fields:
    """The fields of one entry at `path`; keys that nobody knows are noted at once."""

    def __init__(self, node: Node, path: str, faults: Faults, keys: str) -> None:
        self.path, self.faults, self.line = path, faults, node.line
        self._entries: dict[str, tuple[int, Node]] = {}
        if not isinstance(node, Mapping):
            faults.add(node.line, path, "这里应是“键: 值”", "this should be keys with values")
            return
        known = keys.split()
        for key, (line, value) in node.entries.items():
            if key in known:
                self._entries[key] = (line, value)
            else:
                faults.add(line, self.at(key), "不认识的键", f"unknown key; known are {', '.join(known)}")

    @classmethod
    def of_item(cls, node: Node, path: str, faults: Faults) -> "Fields":
        """An item of a list that is no mapping, as the field `turn` of an entry of its own."""
        return cls(Mapping(node.line, {"turn": (node.line, node)}), path, faults, "turn")

    def keys(self) -> list[str]:
        """The known keys that are there, in the file's order."""
        return list(self._entries)

    def at(self, key: str) -> str:
        """The path of a field."""
        return f"{self.path}.{key}" if self.path else key

    def place(self) -> tuple[int, str, dict[str, int]]:
        """How an entry begins that is made of these fields."""
        return self.line, self.path, {key: line for key, (line, _) in self._entries.items()}

    def line_of(self, key: str) -> int:
        """Where the field stands, or the entry where it is missing."""
        return self._entries[key][0] if key in self._entries else self.line

    def fault(self, key: str, zh: str, en: str) -> None:
        """Note a fault of this field."""
        self.faults.add(self.line_of(key), self.at(key), zh, en)

    def text(self, key: str, *, longest: int = 60, needed: bool = False, lines: bool = False) -> str:
        """Text as written, whatever YAML would make of it, without spaces around; "" when it is missing."""
        raw = self._scalar(key, needed=needed)
        value = raw.value.strip() if raw else ""
        allowed = "\n" if lines else ""
        if len(value) > longest:
            self.fault(key, f"太长，最多{longest}个字", f"too long, at most {longest} characters")
        elif any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in value):
            self.fault(key, "有控制字符", "has control characters")
        elif raw and needed and not value:
            self.fault(key, "不能为空", "may not be empty")
        else:
            return value
        return ""

    def id(self, key: str, *, needed: bool = True) -> str:
        """An id, "" when it is missing or malformed."""
        raw = self._scalar(key, needed=needed)
        if raw is None or ID.fullmatch(raw.value):
            return raw.value if raw else ""
        self.fault(
            key,
            "编号只能用小写字母、数字和连字符，2到32位，不以连字符开头",
            "an id is 2 to 32 of a-z, 0-9 and -, and begins with no -",
        )
        return ""

    def ids(self, key: str, *, needed: bool = True) -> list[str]:
        """One id, or a list of them; none where it is missing or malformed."""
        if not self.has(key) or isinstance(self._entries[key][1], Scalar):
            found = self.id(key, needed=needed)
            return [found] if found else []
        found_ids: list[str] = []
        for _, item in self.items(key):
            if isinstance(item, Scalar) and ID.fullmatch(item.value):
                found_ids.append(item.value)
            else:
                self.fault(key, "这里应是编号", "this should be ids")
        if needed and not found_ids:
            self.fault(key, "不能为空", "may not be empty")
        return found_ids

    def clock(self, text: str, key: str) -> int:
        """HH:MM as seconds of the day."""
        found = _CLOCK.fullmatch(text)
        if found is None:
            self.fault(key, "应是时刻，如 08:00", "must be a time of day, like 08:00")
            return 0
        return int(found[1]) * 3600 + int(found[2]) * 60

    def texts(self, key: str) -> list[str]:
        """One text, or a list of them, as written."""
        if not self.has(key):
            return []
        node = self._entries[key][1]
        if isinstance(node, Scalar):
            return [node.value]
        return [item.value if isinstance(item, Scalar) else "" for _, item in self.items(key)]

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of these words; without a default it must be there."""
        raw = self._scalar(key, needed=default is None)
        if raw is None:
            return default or ""
        if raw.value in choices:
            return raw.value
        self.fault(key, f"只能是：{'、'.join(choices)}", f"must be one of: {', '.join(choices)}")
        return ""

    def whole(self, key: str, low: int, high: int, *, needed: bool = False) -> int | None:
        """A whole number within these bounds."""
        raw = self._scalar(key, needed=needed)
        if raw is None:
            return None
        if raw.tag == "int" and _WHOLE.fullmatch(raw.value) and low <= int(raw.value) <= high:
            return int(raw.value)
        self.fault(key, f"应是{low}到{high}之间的整数", f"must be a whole number from {low} to {high}")
        return None

    def number(self, key: str, low: float, high: float, *, needed: bool = False) -> float | None:
        """A number within these bounds, whole or with a decimal point."""
        raw = self._scalar(key, needed=needed)
        if raw is None:
            return None
        if raw.tag in ("int", "float") and _NUMBER.fullmatch(raw.value) and low <= float(raw.value) <= high:
            return float(raw.value)
        self.fault(key, f"应是{low:g}到{high:g}之间的数", f"must be a number from {low:g} to {high:g}")
        return None

    def flag(self, key: str) -> bool | None:
        """True or false."""
        raw = self._scalar(key)
        if raw is None:
            return None
        if raw.tag == "bool":
            return raw.value.lower() in ("true", "yes", "on")
        self.fault(key, "应是 true 或 false", "must be true or false")
        return None

    def moment(self, key: str, dated: list[Dated]) -> int | None:
        """A date or a time in microseconds UTC; without a zone it is Asia/Shanghai. Also noted in `dated`."""
        raw = self._scalar(key)
        if raw is None:
            return None
        moment = _moment(raw.value)
        if moment is None or not _EARLIEST <= moment < _LATEST:
            self.fault(
                key,
                "应是2000年以后的日期，如 2026-01-05 或 2026-01-05 08:30",
                "must be a date since 2000, like 2026-01-05 or 2026-01-05 08:30",
            )
            return None
        at = (moment - _EPOCH) // timedelta(microseconds=1)
        dated.append(Dated(self.line_of(key), self.at(key), at))
        return at

    def is_day(self, key: str) -> bool:
        """Whether a moment is written as a whole day."""
        node = self._entries[key][1] if self.has(key) else None
        return isinstance(node, Scalar) and len(node.value) == len("2026-01-05")

    def has(self, key: str) -> bool:
        """Whether the field is there with a value."""
        return key in self._entries and not _empty(self._entries[key][1])

    def node(self, key: str) -> Node | None:
        """The field as it is."""
        if not self.has(key):
            self.faults.add(self.line, self.at(key), "缺少这一项", "is missing")
            return None
        return self._entries[key][1]

    def items(self, key: str, *, needed: bool = True) -> Iterator[tuple[str, Node]]:
        """Each item of a list with its path."""
        if not needed and not self.has(key):
            return
        node = self.node(key)
        if isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                yield f"{self.at(key)}[{index}]", item
        elif node is not None:
            self.fault(key, "这里应是列表", "this should be a list")

    def _scalar(self, key: str, *, needed: bool = False) -> Scalar | None:
        if not self.has(key):
            if needed:
                self.faults.add(self.line_of(key), self.at(key), "缺少这一项", "is missing")
            return None
        node = self._entries[key][1]
        if isinstance(node, Scalar):
            return node
        self.fault(key, "这里应是单个值", "this should be a single value")
        return None


def _moment(value: str) -> datetime | None:
    if not _MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=_SHANGHAI)


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.tag == "null"
