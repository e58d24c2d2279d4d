"""Which of the messages that have come are committed before the others: alarms, by a transaction of their own.

Between two devices no order is promised: a message that is sent again comes behind newer ones as well. Of one device it is
kept, so whatever it said before its alarm goes along.
"""

from collections.abc import Collection, Sequence

from ingest.inbox import Arrival, Raw, looks_like_an_alarm


def urgent(arrived: Sequence[Arrival], gone: Collection[int]) -> dict[int, Raw]:
    """Place -> alarms among them, and what their devices said before; `gone`: places that went so already.

    Nothing goes before word about the line itself: what that means rests on what came before it.
    """
    said = list[Raw]()
    for item in arrived:
        if not isinstance(item, Raw):
            break
        said.append(item)
    last = {_device(raw): place for place, raw in enumerate(said) if looks_like_an_alarm(raw.payload)}
    if not last:  # nearly always
        return {}
    return {p: raw for p, raw in enumerate(said) if p not in gone and p <= last.get(_device(raw), -1)}


def _device(raw: Raw) -> str:
    return raw.topic.rpartition("/")[0]
