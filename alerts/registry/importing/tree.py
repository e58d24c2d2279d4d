"""YAML text to a tree in which every node knows its line; what could surprise is refused.

Built from parser events and not by recursion, so that depth, aliases (which can grow a small file to gigabytes) and
duplicate keys (of which PyYAML silently keeps the last) are seen before they do harm.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml
from yaml.resolver import Resolver

from alerts.registry.importing.faults import Fault, ImportRefused

_LONGEST: Final = 64 * 1024 * 1024
_DEEPEST: Final = 20
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster where built in
_RESOLVER: Final[Any] = Resolver()


class Scalar(msgspec.Struct, frozen=True):
    """A single value as written; `tag` says how YAML would read it: str, int, float, bool, null, timestamp, ..."""

    line: int
    value: str
    tag: str


class Sequence(msgspec.Struct, frozen=True):
    """A list."""

    line: int
    items: list["Node"]


class Mapping(msgspec.Struct, frozen=True):
    """Keys with their lines and values."""

    line: int
    entries: dict[str, tuple[int, "Node"]]


Node = Scalar | Sequence | Mapping


def read_tree(source: bytes) -> tuple[Node, list[Fault]]:
    """The document's tree and the duplicate keys in it. Raises ImportRefused where no tree can be made."""
    if len(source) > _LONGEST:
        raise _refused(0, "文件太大", "the file is too big")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = source.count(b"\n", 0, fault.start) + 1
        raise _refused(line, "文件不是UTF-8编码，请另存为UTF-8", "the file is not UTF-8; save it as UTF-8") from None
    try:
        return _Builder().build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 0
        problem = fault.problem or fault.context or "no YAML"
        if _begins_with_tab(text, line):
            raise _refused(line, "缩进用了制表符，请改用空格", "indented by a tab; use spaces") from None
        raise _refused(line, f"不是正确的YAML（{problem}）", f"this is no YAML ({problem})") from None
    except yaml.YAMLError as fault:
        line = text.count("\n", 0, max(0, getattr(fault, "position", 0))) + 1
        reason = getattr(fault, "reason", "") or "no YAML"
        raise _refused(line, f"有不允许的字符（{reason}）", f"a character that is not allowed ({reason})") from None
    except (ValueError, OverflowError) as fault:  # numbers in escapes and directives beyond what the parser can hold
        raise _refused(0, "不是正确的YAML", f"this is no YAML ({fault})") from None


class _Open:
    """A list or mapping that is being read."""

    def __init__(self, line: int, *, mapping: bool) -> None:
        self.line, self.mapping = line, mapping
        self.items: list[Node] = []
        self.entries: dict[str, tuple[int, Node]] = {}
        self.key: Scalar | None = None


class _Builder:
    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._faults: list[Fault] = []

    def build(self, parsed: Iterator[Any]) -> tuple[Node, list[Fault]]:
        documents = 0
        for event in parsed:
            line = event.start_mark.line + 1 if event.start_mark else 0
            match event:
                case yaml.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise _refused(line, "一个文件里只能有一份文档", "more than one document in the file")
                case yaml.AliasEvent():
                    raise _refused(line, "不支持引用（*）", "aliases (*) are not supported")
                case yaml.ScalarEvent():
                    self._place(_scalar(event, line))
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    if len(self._open) >= _DEEPEST:
                        raise _refused(line, "嵌套太深", "nested too deeply")
                    self._open.append(_Open(line, mapping=isinstance(event, yaml.MappingStartEvent)))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    done = self._open.pop()
                    self._place(Mapping(done.line, done.entries) if done.mapping else Sequence(done.line, done.items))
        if self._root is None:
            raise _refused(1, "文件是空的", "the file is empty")
        return self._root, self._faults

    def _place(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        inside = self._open[-1]
        if not inside.mapping:
            inside.items.append(node)
        elif inside.key is None:
            if not isinstance(node, Scalar):
                raise _refused(node.line, "键必须是一个词", "a key must be a single word")
            inside.key = node
        else:
            key, inside.key = inside.key, None
            if key.value in inside.entries:
                first = inside.entries[key.value][0]
                path = self._path(key.value)
                self._faults.append(
                    Fault(key.line, path, f"键重复，第{first}行已有", f"the key is already on line {first}")
                )
            inside.entries[key.value] = (key.line, node)

    def _path(self, key: str) -> str:
        """Where the innermost open mapping's key stands, like `homes[0].watcher`."""
        path = ""
        for outer in self._open[:-1]:
            path += f"[{len(outer.items)}]" if not outer.mapping else f".{outer.key.value if outer.key else ''}"
        return f"{path}.{key}".lstrip(".")


def _scalar(event: Any, line: int) -> Scalar:
    tag = event.tag
    if tag is None or tag == "!":
        tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit) if tag is None else "str"
    return Scalar(line, event.value, str(tag).removeprefix("tag:yaml.org,2002:"))


def _begins_with_tab(text: str, line: int) -> bool:
    lines = text.split("\n")
    return 0 < line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]


def _refused(line: int, zh: str, en: str) -> ImportRefused:
    return ImportRefused([Fault(line, "", zh, en)])
