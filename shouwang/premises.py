"""Before anything starts: is the data folder ours alone, are the ports free."""

import errno
import fcntl
import os
import socket
from pathlib import Path


class FolderTaken(Exception):
    """Another process of ours works in this folder; `pid` is None when it has not said which."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        super().__init__(f"{folder} is in use by process {pid or '?'}")
        self.folder, self.pid = folder, pid


class PortBusy(Exception):
    """Somebody else listens there; `variable` is what to set to another number."""

    def __init__(self, bind: str, port: int, variable: str) -> None:
        super().__init__(f"port {port} on {bind} is busy: set {variable}")
        self.bind, self.port, self.variable = bind, port, variable


class AddressNotOurs(Exception):
    """This machine has no such address, or may not open that port."""


class FolderLock:
    """Held as long as the file stays open in any process it was handed to; a crash releases it."""

    def __init__(self, folder: Path, name: str = "lock") -> None:
        """Take it; `name` is the file's, for rooms that share a folder. Raises FolderTaken."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.fd = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = os.read(self.fd, 32).decode("ascii", "replace").strip()
            os.close(self.fd)
            raise FolderTaken(folder, int(said) if said.isdigit() else None) from None
        os.ftruncate(self.fd, 0)
        os.write(self.fd, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another one in."""
        os.close(self.fd)


def require_free_port(bind: str, port: int, variable: str) -> None:
    """Raises PortBusy or AddressNotOurs."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as refusal:
            if refusal.errno == errno.EADDRINUSE:
                raise PortBusy(bind, port, variable) from None
            raise AddressNotOurs(f"cannot listen on {bind}:{port}: {refusal.strerror}; set {variable}") from None


def free_port(wished: int) -> int:
    """This port on this machine when it is free, else another that is."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AddressNotOurs("no free port on 127.0.0.1")
