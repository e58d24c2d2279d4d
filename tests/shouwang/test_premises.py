"""Before anything starts: one process to a folder, and every port asked for."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shouwang.premises import AddressNotOurs, FolderLock, FolderTaken, PortBusy, require_free_port


def test_a_second_start_in_the_folder_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderTaken) as refused:
        FolderLock(tmp_path)
    assert refused.value.pid == os.getpid()
    lock.release()
    FolderLock(tmp_path).release()


def test_a_crash_leaves_no_lock_behind(tmp_path: Path) -> None:
    crash = f"import os; from pathlib import Path; from shouwang.premises import FolderLock; FolderLock(Path({str(tmp_path)!r})); os._exit(9)"
    subprocess.run([sys.executable, "-c", crash], check=False)
    assert (tmp_path / "lock").exists()
    FolderLock(tmp_path).release()


def test_a_child_that_still_writes_keeps_the_folder_locked_when_its_parent_has_crashed(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=(lock.fd,)
    ) as child:
        lock.release()
        with pytest.raises(FolderTaken):
            FolderLock(tmp_path)
        assert child.stdin is not None
        child.stdin.close()
        child.wait()
    FolderLock(tmp_path).release()


def test_a_busy_port_is_named_with_what_to_set() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy) as busy:
            require_free_port("127.0.0.1", port, "SHOUWANG_HTTP_PORT")
    assert str(port) in str(busy.value)
    assert "SHOUWANG_HTTP_PORT" in str(busy.value)
    require_free_port("127.0.0.1", port, "SHOUWANG_HTTP_PORT")


def test_an_address_of_another_machine_is_told_apart_from_a_busy_port() -> None:
    with pytest.raises(AddressNotOurs):
        require_free_port("192.0.2.1", 8000, "SHOUWANG_HTTP_BIND")
