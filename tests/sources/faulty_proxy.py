"""An HTTP proxy that misbehaves on order: drops connections, answers 503, waits."""

from __future__ import annotations

import http.client
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyProxy:
    """Forwards to a server; each GET of an object takes the next fault, if one is due.

    Faults: "drop" (half of the body, then the connection closes), "503", "slow" (no answer for
    a while). `ranges` are the Range headers of the GETs that were forwarded.
    """

    def __init__(self, port: int) -> None:
        self.faults: deque[str] = deque()
        self.ranges: list[str | None] = []
        self.slow_seconds = 2.0
        proxy = self

        class Handler(_Forwarding):
            owner = proxy
            upstream = port

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Forwarding(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultyProxy
    upstream: int

    def log_message(self, *arguments: object) -> None:
        pass

    def _forward(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        is_object = self.command == "GET" and "list-type" not in self.path
        fault = self.owner.faults.popleft() if is_object and self.owner.faults else ""
        if is_object:
            self.owner.ranges.append(self.headers.get("Range"))
        if fault == "503":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if fault == "slow":
            time.sleep(self.owner.slow_seconds)
        link = http.client.HTTPConnection("127.0.0.1", self.upstream)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "accept-encoding"}
        link.request(self.command, self.path, body, headers)
        answer = link.getresponse()
        data = answer.read()
        self._answer(answer, data, drop=fault == "drop")
        link.close()

    def _answer(self, answer: http.client.HTTPResponse, data: bytes, *, drop: bool) -> None:
        self.send_response(answer.status)
        skipped = {"transfer-encoding", "connection", "content-length", "date", "server"}
        for name, value in answer.getheaders():
            if name.lower() not in skipped:
                self.send_header(name, value)
        size = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", size or "0")
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self.wfile.write(data[: len(data) // 2] if drop else data)
        except OSError:
            return
        if drop:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _forward  # noqa: N815
