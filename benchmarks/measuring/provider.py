"""A provider of the smallest kind: it answers as Twilio does to a message created, and notes when each home was first told."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

ACCOUNT = "AC00000000000000000000000000000000"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HOUSE = re.compile(r"(\d+)号家")


class Provider:
    """`first_told`: house number -> when the request arrived, in seconds of the machine's monotonic clock."""

    def __init__(self) -> None:
        self.first_told: dict[int, float] = {}
        self.requests = 0
        self.port = 0
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Provider"]:
        """Listen on a free port of this machine."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            server.close()
            server.close_clients() if hasattr(server, "close_clients") else None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = time.monotonic()
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                status, answer = self._answer(head, body.decode(), arrived)
                payload = json.dumps(answer).encode()
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(payload), payload)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the service has closed the connection
        finally:
            writer.close()

    def _answer(self, head: bytes, body: str, arrived: float) -> tuple[bytes, dict[str, Any]]:
        self.requests += 1
        if not head.startswith(b"POST"):  # what has become of a message: it has arrived
            sid = head.split(b" ", 2)[1].decode().rpartition("/")[2].removesuffix(".json")
            return b"200 OK", _message(sid, "delivered")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        house = _HOUSE.search(form.get("Body", ""))
        if house is None:
            return b"400 Bad Request", {"code": 21602, "message": "Message body is required", "status": 400}
        self.first_told.setdefault(int(house[1]), arrived)
        return b"201 Created", _message(
            f"SM{next(self._numbers):032x}", "queued", to=form.get("To"), sender=form.get("From"), body=form["Body"]
        )


def _message(
    sid: str, status: str, *, to: str | None = None, sender: str | None = None, body: str = ""
) -> dict[str, Any]:
    moment = format_datetime(datetime.now(UTC))
    return {
        "sid": sid, "account_sid": ACCOUNT, "api_version": "2010-04-01", "status": status, "direction": "outbound-api",
        "to": to, "from": sender, "body": body, "num_segments": "1", "num_media": "0", "price": None,
        "price_unit": "USD", "error_code": None, "error_message": None, "messaging_service_sid": None,
        "date_created": moment, "date_updated": moment, "date_sent": None, "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
    }  # fmt: skip
