"""The messages that the embedded broker keeps, by the interface of the NATS server itself. Only here is nats-py."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nats.aio.client import Client
from nats.js.api import ConsumerInfo, RetentionPolicy
from nats.js.errors import NotFoundError
from nats.js.manager import JetStreamManager

from ingest.sweeping import Listener

NAME = "$MQTT_msgs"
"""Where NATS keeps each MQTT message at QoS 1 until its listeners have it."""
_HANDSHAKE_S = 5


class Stream:
    """One connection. All of it raises what nats-py raises."""

    def __init__(self, manager: JetStreamManager) -> None:
        self._manager = manager

    async def kept(self) -> tuple[int, int]:
        """The numbers of the oldest and the newest message, (1, 0) where there is none.

        From now on what is acknowledged stays until it is dropped: `drop` is in charge of that.
        """
        try:
            found = await self._manager.stream_info(NAME)
        except NotFoundError:  # the first client makes it
            return 1, 0
        if found.config.retention != RetentionPolicy.LIMITS:
            found = await self._manager.update_stream(found.config, retention=RetentionPolicy.LIMITS)
        return found.state.first_seq, found.state.last_seq

    async def listeners(self) -> list[Listener]:
        """Everybody's subscriptions at QoS 1, page by page."""
        found: list[Listener] = []
        while page := await self._manager.consumers_info(NAME, offset=len(found)):
            found.extend(map(_listener, page))
        return found

    async def drop(self, before: int) -> None:
        """All messages with a lower number, acknowledged or not."""
        await self._manager.purge_stream(NAME, seq=before)


@asynccontextmanager
async def opened(folder: Path, pid: int, password: str) -> AsyncIterator[Stream]:
    """The stream of the server with this process id, which writes its port into this folder.

    Raises OSError and ValueError while it has not, else what nats-py raises.
    """
    port, client = _port(folder, pid), Client()
    try:
        await client.connect(
            f"nats://127.0.0.1:{port}", user="service", password=password, allow_reconnect=False,
            connect_timeout=_HANDSHAKE_S, error_cb=_not_shouted,
        )  # fmt: skip
        yield Stream(client.jsm())
    finally:
        await client.close()


def _listener(info: ConsumerInfo) -> Listener:
    acknowledged = info.ack_floor.stream_seq if info.ack_floor else 0
    # What is not said waits: better kept too long than gone too early.
    return Listener(info.config.filter_subject or "", acknowledged, info.num_pending != 0 or info.num_ack_pending != 0)


def _port(folder: Path, pid: int) -> int:
    for said in folder.glob(f"*_{pid}.ports"):
        return int(json.loads(said.read_bytes())["nats"][0].rpartition(":")[2])
    raise FileNotFoundError(f"no word of the server's port in {folder}")


async def _not_shouted(_: Exception) -> None:
    """Each of its failures is raised to us as well."""
