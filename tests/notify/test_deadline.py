"""Each call ends by its own time, whoever else is under way; one that has ended takes nobody's line away."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from alerts.notify.channels.deadline import can_be_cut, ends_within


class Answering(BaseHTTPRequestHandler):
    """`/slow`: a letter each 50 ms, for ten seconds; else one at once. The line stays open."""

    protocol_version = "HTTP/1.1"
    lines: set[tuple[str, int]] = set()  # noqa: RUF012  (told anew by each test)

    def do_GET(self) -> None:
        self.lines.add(self.client_address)
        self.send_response(200)
        self.send_header("Content-Length", "200" if self.path == "/slow" else "1")
        self.end_headers()
        try:
            for _ in range(200 if self.path == "/slow" else 1):
                self.wfile.write(b"x")
                self.wfile.flush()
                threading.Event().wait(0.05 if self.path == "/slow" else 0)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def provider() -> Iterator[str]:
    """Its address."""
    Answering.lines.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    can_be_cut(made)
    return made


def cut_after(url: str, seconds: float) -> float:
    """How long the call took that was not to last longer."""
    began = time.monotonic()
    with session() as line, pytest.raises(requests.RequestException), ends_within(seconds):
        line.get(url, timeout=20)
    return time.monotonic() - began


def test_of_many_under_way_each_is_cut_by_its_own_time_also_one_that_came_last_and_ends_first():
    limits = (3.0, 2.0, 0.4, 1.2)
    took: dict[float, float] = {}
    with provider() as url:
        calls = [
            threading.Thread(target=lambda limit=limit: took.update({limit: cut_after(f"{url}/slow", limit)}))
            for limit in limits
        ]
        for call in calls:
            call.start()
            time.sleep(0.05)
        for call in calls:
            call.join()
    assert sorted(took) == sorted(limits)
    assert sorted(took, key=lambda limit: took[limit]) == sorted(limits)
    assert all(limit - 0.01 <= lasted < 9 for limit, lasted in took.items())


def test_a_call_that_has_ended_is_not_cut_and_the_next_one_goes_by_the_same_line():
    with provider() as url, session() as line:
        with ends_within(0.3):
            assert line.get(url, timeout=5).text == "x"
        with ends_within(30):
            for _ in range(20):
                assert line.get(url, timeout=5).text == "x"
                time.sleep(0.03)
        assert len(Answering.lines) == 1


def test_an_error_within_ends_the_call_too_and_no_line_at_all_is_no_trouble():
    with pytest.raises(ZeroDivisionError), ends_within(0.05):
        raise ZeroDivisionError
    with ends_within(0.05):
        time.sleep(0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert cut_after(f"http://127.0.0.1:{mute.getsockname()[1]}", 0.2) < 9
