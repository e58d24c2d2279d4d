"""Where the engine knew more than it had read: what people decided while it was deciding, found before deciding again."""

from typing import Self

from alerts.replay.again import Ahead
from alerts.replay.source import Source
from events.serial import Recorded, load_meta
from events.types.system import DecisionReadAhead

_NOTED = DecisionReadAhead.__name__


class ReadAhead:
    """Rare: a click within the milliseconds between two transactions. Only these few facts are kept."""

    def __init__(self, wanted: dict[int, dict[str, int]], facts: dict[str, list[Recorded]]) -> None:
        """`wanted`: cause -> stream -> up to where it was known."""
        self._wanted, self._facts = wanted, facts

    def __contains__(self, cause: int) -> bool:
        return cause in self._wanted

    def at(self, cause: int) -> Ahead:
        """What was known when deciding on this fact."""
        return {
            stream: [r for r in self._facts.get(stream, []) if r.position <= read_to]
            for stream, read_to in self._wanted[cause].items()
        }

    @classmethod
    def of(cls, source: Source) -> Self:
        """One pass over what was decided, and one more over the facts where anything was read ahead."""
        wanted: dict[int, dict[str, int]] = {}
        for _position, stream, kind, text in source.marked():
            meta = load_meta(text)
            cause, read_to = meta.get("cause", 0), meta.get("read_to", 0)
            if read_to > cause and (kind == _NOTED or stream.startswith("alert-")):
                known = wanted.setdefault(cause, {})
                known[stream] = max(read_to, known.get(stream, 0))
        facts: dict[str, list[Recorded]] = {stream: [] for streams in wanted.values() for stream in streams}
        if facts:
            for page in source.records():
                for recorded in page:
                    if recorded.version is not None and recorded.stream in facts:
                        facts[recorded.stream].append(recorded)
        return cls(wanted, facts)
