"""What is wrong with a file, said by line and field in Chinese and English."""

import msgspec


class Fault(msgspec.Struct, frozen=True, order=True):
    """One fault; `line` counts from 1 and is 0 where it concerns no line, `field` is a path like `homes[0].number`."""

    line: int
    field: str
    message_zh: str
    message_en: str

    def __str__(self) -> str:
        """One line of both languages."""
        field = f" {self.field}" if self.field else ""
        return f"第{self.line}行{field}：{self.message_zh} / line {self.line}{field}: {self.message_en}"


class ImportRefused(Exception):
    """Nothing was taken; `faults` names everything that was found, by line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Faults:
    """Collects, so that a file is mended in one go and not fault by fault."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, line: int, field: str, zh: str, en: str) -> None:
        """Note one."""
        self.found.append(Fault(line, field, zh, en))

    def refuse_if_any(self) -> None:
        """Raises ImportRefused with all that was noted."""
        if self.found:
            raise ImportRefused(self.found)
