"""The socket paho is given: many packets by one read, many acks by one write, and nothing of either is lost."""

import socket
from collections.abc import Iterator

import pytest

from ingest.gathering import GatheringSocket


@pytest.fixture
def both() -> Iterator[tuple[GatheringSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(5)
    with theirs:
        gathering = GatheringSocket(ours)
        yield gathering, theirs
        gathering.close()


def test_one_read_is_handed_out_piece_by_piece(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    theirs.sendall(b"abcdefg")
    assert gathering.recv(1) == b"a"
    assert gathering.pending() == 6
    assert (gathering.recv(3), gathering.recv(10)) == (b"bcd", b"efg")
    assert gathering.pending() == 0
    with pytest.raises(BlockingIOError):
        gathering.recv(1)
    theirs.sendall(b"h" * 200_000)
    got = b""
    while len(got) < 200_000:
        got += gathering.recv(200_000 - len(got))
    theirs.close()
    assert gathering.recv(1) == b"", "the other side has closed"


def test_what_is_sent_leaves_together_with_the_flush(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    theirs.setblocking(False)
    for ack in (b"\x40\x02\x00\x01", b"\x40\x02\x00\x02"):
        assert gathering.send(ack) == 4
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    gathering.flush()
    assert theirs.recv(100) == b"\x40\x02\x00\x01\x40\x02\x00\x02"
    assert not gathering.unsent


def test_a_reader_that_has_stopped_takes_the_rest_later_and_in_order(
    both: tuple[GatheringSocket, socket.socket],
) -> None:
    gathering, theirs = both
    whole = bytes(range(256)) * 8_192
    taken = 0
    with pytest.raises(BlockingIOError):
        while True:  # paho keeps what is not taken
            taken += gathering.send(whole[taken : taken + 65_536])
            gathering.flush()
    got = b""
    while len(got) < taken:
        got += theirs.recv(1 << 20)
        gathering.flush()
    assert got == whole[:taken]
    assert not gathering.unsent


def test_what_has_gathered_goes_out_before_it_closes() -> None:
    ours, theirs = socket.socketpair()
    gathering = GatheringSocket(ours)
    gathering.send(b"goodbye")
    gathering.close()
    with theirs:
        assert theirs.recv(100) == b"goodbye"
