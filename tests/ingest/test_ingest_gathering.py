"""The socket paho is given: reports are taken before it, as it would read them; many acks leave by one write; nothing is lost."""

import socket
import threading
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket

from ingest.gathering import GatheringClient, GatheringSocket, Report


@pytest.fixture
def both() -> Iterator[tuple[GatheringSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(5)
    with theirs:
        gathering = GatheringSocket(ours)
        yield gathering, theirs
        gathering.close()


def packet(first: int, body: bytes) -> bytes:
    """As on the wire, with its length before it."""
    length, digits = len(body), bytearray([first])
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (128 if length else 0))
        if not length:
            return bytes(digits) + body


def report(topic: bytes, payload: bytes, mid: int = 0, *, retained: bool = False, again: bool = False) -> bytes:
    """A PUBLISH: with a number at QoS 1, else at QoS 0."""
    first = 0x30 | (8 if again else 0) | (2 if mid else 0) | retained
    return packet(first, len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if mid else b"") + payload)


PINGRESP, PUBACK = b"\xd0\x00", b"\x40\x02\x00\x07"


def test_reports_come_by_themselves_and_the_rest_is_there_for_paho(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    assert not gathering.fill()
    whole = (
        report(b"t/\xff", b"{}", 513, retained=True) + PINGRESP + report(b"u", b"") + report(b"v", b"x" * 300, 65535)
    )
    theirs.sendall(whole + PUBACK[:3])
    assert gathering.fill()
    assert gathering.next() == Report(b"t/\xff", b"{}", 513, 1, True)
    with pytest.raises(BlockingIOError):
        gathering.recv(1)  # of a report paho sees nothing
    assert gathering.next() is True
    assert (gathering.recv(1), gathering.recv(10)) == (b"\xd0", b"\x00")
    with pytest.raises(BlockingIOError):
        gathering.recv(1)
    assert gathering.next() == Report(b"u", b"", 0, 0, False)
    assert gathering.next() == Report(b"v", b"x" * 300, 65535, 1, False)
    assert gathering.next() is False
    theirs.sendall(PUBACK[3:])
    assert gathering.fill()
    assert gathering.next() is True
    assert gathering.recv(100) == PUBACK
    theirs.sendall(PUBACK[:2])
    theirs.close()
    assert gathering.fill()
    assert gathering.next() is False
    assert not gathering.over
    assert gathering.fill()
    assert gathering.over
    assert gathering.recv(1) == b"", "the other side has closed, in the middle of a packet"


@pytest.mark.parametrize("size", [0, 1, 118, 119, 120, 16_374, 16_375, 300_000, 3_000_000])
def test_a_report_of_any_length_is_put_together(both: tuple[GatheringSocket, socket.socket], size: int) -> None:
    gathering, theirs = both
    sending = threading.Thread(target=theirs.sendall, args=(report(b"t/abc", b"x" * size, 1) + PINGRESP,))
    sending.start()
    while not (found := gathering.next()):
        gathering.fill()
    assert found == Report(b"t/abc", b"x" * size, 1, 1, False)
    while not gathering.next():
        gathering.fill()
    assert gathering.recv(10) == PINGRESP
    sending.join()


def test_what_has_come_can_be_looked_at_before_it_is_taken(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    assert gathering.waiting == b""
    first, second = report(b"t", b"first", 1), report(b"t", b"second", 2)
    theirs.sendall(first + second[:-2])
    assert gathering.fill()
    assert gathering.waiting == first + second[:-2]
    assert gathering.next() == Report(b"t", b"first", 1, 1, False)
    theirs.sendall(second[-2:])
    assert gathering.fill()
    assert gathering.waiting == second
    assert gathering.next() == Report(b"t", b"second", 2, 1, False)
    assert gathering.waiting == b""


KINDS = st.one_of(
    st.builds(
        report, st.binary(min_size=1, max_size=30), st.binary(max_size=200), st.integers(0, 65535),
        retained=st.booleans(), again=st.booleans(),
    ),
    st.sampled_from([PINGRESP, PUBACK, b"\x90\x03\x00\x01\x01"]),
)  # fmt: skip


@given(st.lists(KINDS, max_size=12), st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_wherever_the_stream_is_cut_it_says_the_same(packets: list[bytes], cuts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        gathering, stream, said = GatheringSocket(ours), b"".join(packets), list[Any]()
        pieces, at = cycle(cuts), 0
        while at < len(stream):
            size = next(pieces)
            theirs.sendall(stream[at : at + size])
            at += size
            gathering.fill()
            while found := gathering.next():
                said.append(gathering.recv(1 << 20) if found is True else found)
    assert said == [each if each[0] >> 4 != 3 else as_paho_reads(each) for each in packets]


def as_paho_reads(whole: bytes) -> Report:
    body = whole[2 if whole[1] < 128 else 3 :]
    found = decode_publish(whole[0], body, MQTTProtocolVersion.MQTTv311)
    return Report(found.topic, bytes(found.payload), found.mid, found.qos, found.retain)


@given(st.integers(0, 15), st.binary(max_size=60))
@example(2, b"\x00\x01a\x00")
@example(0, b"\x00")
@example(0, b"\x00\x00abc")
@example(6, b"\x00\x01a\x00\x01")
def test_what_paho_refuses_is_left_to_paho(flags: int, body: bytes) -> None:
    """And what is taken before it is read as paho would read it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        gathering, whole = GatheringSocket(ours), packet(0x30 | flags, body)
        theirs.sendall(whole)
        gathering.fill()
        found = gathering.next()
        if found is True:
            assert gathering.recv(100) == whole
        try:
            assert found in (as_paho_reads(whole), True)
        except MalformedPacket:
            assert found is True


def test_a_length_that_never_ends_is_left_to_paho(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    theirs.sendall(b"\x30\xff\xff\xff\xff\xff\x01")
    gathering.fill()
    assert gathering.next() is True
    assert gathering.recv(100) == b"\x30\xff\xff\xff\xff"


def test_what_is_heard_is_noted_where_paho_looks_before_it_gives_a_broker_up() -> None:
    client = GatheringClient(CallbackAPIVersion.VERSION2)
    assert "_last_bytes_received" in vars(client)
    client._last_bytes_received = 0.0
    client.heard()
    assert client._last_bytes_received > 0


def test_an_ack_leaves_behind_what_paho_has_still_to_send(both: tuple[GatheringSocket, socket.socket]) -> None:
    gathering, theirs = both
    client = GatheringClient(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311, manual_ack=True)
    client.on_socket_register_write = lambda *_: None
    client._sock = gathering
    client.ack_report(513)
    gathering.flush()
    assert theirs.recv(100) == b"\x40\x02\x02\x01"
    client.ack(1, 1)  # it waits in paho
    client.ack_report(2)
    client.loop_write()
    client.ack_report(3)
    gathering.flush()
    assert theirs.recv(100) == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x00\x03"
    gathering.unsent += bytes(2 << 20)
    client.ack_report(4)  # no room: paho keeps it
    assert client.want_write()


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
