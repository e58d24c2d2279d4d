"""A port that nobody has right now."""

import socket


def free_port() -> int:
    """On the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
