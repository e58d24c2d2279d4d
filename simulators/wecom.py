"""A stranger that plays the robot of a WeCom group: it answers 200 whatever it thinks, and says in the body what it did."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

KEY = "not-a-secret-of-anybody"


class SimulatedWeCom:
    """`texts` is what the group has read. `trouble`: ok, errcode, 500, hang_before, hang_after, cut_after or malformed."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.trouble, self.errcode, self.seconds = "ok", 0, 3.0
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Whatever comes to the robot's address."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = robot.take(urlsplit(self.path).path, parse_qs(urlsplit(self.path).query), body)
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, said = answer
                self.send_response(status)
                self.send_header("Content-Type", "application/json; charset=UTF-8")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                """Silent: the address holds the key."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="simulated-wecom")

    def __enter__(self) -> Self:
        """Serves."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Gone."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, bytes] | None:
        """HTTP status and body, or None for a connection that ends without an answer."""
        trouble = self.trouble
        if trouble == "hang_before":
            threading.Event().wait(self.seconds)
            return None
        if trouble == "500":
            return 500, b"{}"
        if path != "/cgi-bin/webhook/send" or query.get("key") != [KEY]:
            return 200, _said(93000, "invalid webhook url")
        if body.get("msgtype") != "text" or not str(body.get("text", {}).get("content", "")).strip():
            return 200, _said(40008, "invalid message type")
        if trouble == "errcode":
            return 200, _said(self.errcode, "no")
        self.bodies.append(body)
        self.texts.append(body["text"]["content"])
        if trouble == "hang_after":
            threading.Event().wait(self.seconds)
        if trouble == "cut_after":
            return None
        return 200, b"<html>log in</html>" if trouble == "malformed" else _said(0, "ok")


def _said(code: int, words: str) -> bytes:
    return json.dumps({"errcode": code, "errmsg": words}).encode()
