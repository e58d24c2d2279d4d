"""For a process of which the resolver is to fail: while the file `NAMES_FAIL` is there, nobody finds the port it holds."""

import os
import socket
from pathlib import Path
from typing import Any

_asked = socket.getaddrinfo
_file = Path(os.environ.get("NAMES_FAIL", "/nonexistent"))


def _getaddrinfo(host: Any, port: Any, *more: Any, **over: Any) -> Any:
    try:
        hidden = _file.read_text("utf-8")
    except OSError:
        return _asked(host, port, *more, **over)
    if str(port) == hidden:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _asked(host, port, *more, **over)


socket.getaddrinfo = _getaddrinfo
