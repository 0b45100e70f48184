# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS server in front of WordPress: passes requests on, remembers them, and answers some by itself, also badly."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import trustme


class Answer(NamedTuple):
    """What the front says itself. ``cut`` bytes of the body are promised and never sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012
    cut: int = 0


class Request(NamedTuple):
    """One request as it came. ``connection`` numbers the connections."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    connection: int


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; an underscore in a header's name stands for a hyphen."""
    kinds = {"Content-Type": "application/json; charset=UTF-8"}
    return Answer(status, json.dumps(value).encode(), {**kinds, **{k.replace("_", "-"): v for k, v in headers.items()}})


class Front:
    """While it is open, ``https://network.com:{port}`` is this server for whoever trusts ``authority``.

    ``reply`` may answer a request; where it gives None, the WordPress at ``upstream`` does.
    """

    def __init__(self, host: str = "network.com") -> None:
        self.host = host
        self.upstream = 0
        self.authority = trustme.CA()
        self.journal: list[Request] = []
        self.reply: Callable[[Request], Answer | None] = lambda request: None
        self._connections = 0

    def __enter__(self) -> Front:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                front._connections += 1
                self.number = front._connections

            def do_GET(self) -> None:
                front._serve(self, self.number)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing beside the journal."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that leaves is no error: some tests are about that."""

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(self.host).configure_cert(context)
        # The handshake belongs to the handler's thread: else one bad client would hold up the rest.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self) -> None:
        """Forgets the requests, and passes all on again."""
        self.journal.clear()
        self.reply = lambda request: None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of the network."""
        return f"https://{self.host}:{self.port}/"

    def _serve(self, handler: BaseHTTPRequestHandler, connection: int) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(parts.path, query, headers, connection)
        self.journal.append(request)
        answer = self.reply(request) or self._pass_on(handler.path, headers)
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) - answer.cut])
        handler.close_connection = handler.close_connection or answer.cut > 0

    def _pass_on(self, path: str, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream)
        try:
            passed = {name: value for name, value in headers.items() if name in ("authorization", "accept")}
            connection.request("GET", path, headers={**passed, "Host": self.host})
            response = connection.getresponse()
            hop = ("connection", "transfer-encoding", "content-length", "host", "date", "server")
            return Answer(
                response.status,
                response.read(),
                {name: value for name, value in response.getheaders() if name.lower() not in hop},
            )
        finally:
            connection.close()


# A row of /site.
BLOG = {
    "id": 0,
    "blog_id": "1",
    "site_id": "1",
    "domain": "network.com",
    "path": "/",
    "public": "1",
    "archived": "0",
    "mature": "0",
    "spam": "0",
    "deleted": "0",
}


def mapping(number: int = 7, **fields: Any) -> dict[str, Any]:
    """A row of /domain."""
    row = {"id": str(number), "blog_id": "1", "domain": f"c{number}.com", "active": "1", "primary_domain": "0"}
    return {**row, "secure": "0", "stage": "done", **fields}


def lists(
    domains: list[dict[str, Any]], sites: list[dict[str, Any]] | None = None, total: bool = True
) -> Callable[[Request], Answer]:
    """A small API of the newer kind (with ``total``), or of the older one."""
    sites = [BLOG] if sites is None else sites

    def reply(request: Request) -> Answer:
        rows = sites if request.path.endswith("/site") else domains
        if "count" in request.query:
            return as_json(len(rows))
        offset = int(request.query["offset"])
        page = as_json(rows[offset : offset + 100])
        return page._replace(headers={**page.headers, "X-WP-Total": str(len(rows))}) if total else page

    return reply
