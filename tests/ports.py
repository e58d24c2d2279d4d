"""Ports that nobody has right now and nobody is given by chance; and who asks there again and again."""

import os
import secrets
import socket

import httpx

_LOWEST, _WIDTH = 20_000, 4_000
"""Below the range from which Linux takes the near end of connections (32768 and up): a port that a test gives up for a
moment, as when a broker starts anew, is not taken by a stranger meanwhile."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 3
_given: set[int] = set()


def free_port() -> int:
    """On the loopback address; of three test processes side by side each has a range of its own."""
    while True:
        port = _LOWEST + _WORKER * _WIDTH + secrets.randbelow(_WIDTH)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def asking() -> httpx.Client:
    """For a server that comes and goes. Kept by who asks often: to make one reads every authority there is, in 30 ms."""
    return httpx.Client(timeout=2, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
