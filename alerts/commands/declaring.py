"""What this house can tell people by goes into the log when it differs from what was said last: plans are made from that."""

from collections.abc import Sequence

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.notify.channel import Channel
from events.database import Database
from events.store import New, append, read_stream, version_of
from events.types.channel import ChannelsDeclared, DeclaredChannel

_STREAM = "settings"


def declare_channels(database: Database, channels: Sequence[Channel], *, at: int) -> bool:
    """Record the channels in their order of preference; False when the log says so already."""
    said = ChannelsDeclared(channels=[_as_declared(channel) for channel in channels])

    def work(db: Connection) -> bool:
        known = [r.event for r in read_stream(db, _STREAM, types=[ChannelsDeclared.__name__], limit=1)]
        if known and known[-1] == said:
            return False
        append(db, [New(_STREAM, "all", said, at)], recorded_at=at, after={_STREAM: version_of(db, _STREAM)})
        return True

    return settled(database, work)


def _as_declared(channel: Channel) -> DeclaredChannel:
    can = channel.capabilities
    return DeclaredChannel(
        name=channel.name, medium=can.medium, two_way=can.two_way, links=can.links, receipts=can.receipts,
        keypad=can.keypad, daily_budget=can.daily_budget, identical_a_day=can.identical_a_day,
        rate_per_s=can.rate_per_s,
    )  # fmt: skip
