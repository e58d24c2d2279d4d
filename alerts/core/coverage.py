"""Which minutes a home was seen: spans of time, from sequence numbers and from devices heard while we listened."""

import msgspec


class Spans(msgspec.Struct):
    """A union of closed spans of time, sorted and apart. Times in microseconds."""

    spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Take [start, end] in. Extending the newest span, the usual case, costs next to nothing."""
        if end < start:
            return
        spans = self.spans
        if not spans or start > spans[-1][1]:
            spans.append((start, end))
            return
        if start >= spans[-1][0]:
            if end > spans[-1][1]:
                spans[-1] = (spans[-1][0], end)
            return
        apart = [span for span in spans if span[1] < start or span[0] > end]
        touched = [span for span in spans if span[1] >= start and span[0] <= end]
        merged = (min([start, *(s[0] for s in touched)]), max([end, *(s[1] for s in touched)]))
        self.spans = sorted([*apart, merged])

    def cut(self, start: int, end: int) -> None:
        """Take ]start, end[ out."""
        left: list[tuple[int, int]] = []
        for a, b in self.spans:
            if b <= start or a >= end:
                left.append((a, b))
                continue
            if a < start:
                left.append((a, start))
            if b > end:
                left.append((end, b))
        self.spans = left

    def forget_before(self, at: int) -> None:
        """Drop what ended before `at`, when the list has grown."""
        if len(self.spans) > 16:
            self.spans = [span for span in self.spans if span[1] >= at]

    def within(self, start: int, end: int) -> int:
        """How much of [start, end] is covered, in microseconds."""
        return sum(max(0, min(b, end) - max(a, start)) for a, b in self.spans)

    def reached(self, start: int, amount: int) -> int | None:
        """The first moment by which `amount` microseconds behind `start` are covered; None: not yet."""
        for a, b in self.spans:
            begin = max(a, start)
            if b - begin >= amount:
                return begin + amount
            amount -= max(0, b - begin)
        return None


def union(*parts: Spans) -> Spans:
    """All spans of all parts."""
    whole: list[tuple[int, int]] = []
    for start, end in sorted(span for part in parts for span in part.spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return Spans(whole)
