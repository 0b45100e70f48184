# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Web servers on loopback, by HTTP and by HTTPS with a certificate that nobody trusts, whose answers tests choose by host and path."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests.modules.pem import make, root

PATH, CONTENT = "/.well-known/wpmultisite-probe.txt", "5bYfC2mWq0Lr8tZk"


class Reply(NamedTuple):
    """What is sent; ``act`` is instead of it: silent (nothing until the test is over), hang up,
    drip (an octet at a time, without end), flood (as much as goes, without end)."""

    status: int = 200
    body: bytes = CONTENT.encode()
    location: str | None = None
    act: str = ""


class Site:
    """``asked`` holds scheme, host, path and User-Agent of every request; a host without a reply has 404."""

    def __init__(self) -> None:
        self.replies: dict[tuple[str, str], Reply] = {}
        self.asked: list[tuple[str, str, str, str]] = []
        self.over = threading.Event()
        self.http, self.https = 0, 0

    def reset(self) -> None:
        """No replies."""
        self.replies.clear()
        self.asked.clear()

    def on(self, host: str, scheme: str = "http", **reply: Any) -> None:
        """What a host answers."""
        self.replies[scheme, host] = Reply(**reply)

    def hosts(self) -> list[str]:
        """Scheme and host of every request."""
        return [f"{scheme}://{host}" for scheme, host, _path, _agent in self.asked]


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """Both servers until the end."""
    site = Site()
    pair = make("nobody.example", root(), ("nobody.example",))
    (folder / "site.pem").write_text(pair.key_pem + pair.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem")
    servers = []
    for scheme in ("http", "https"):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site, "scheme": scheme}))
        if scheme == "https":
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        setattr(site, scheme, server.server_address[1])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
    try:
        yield site
    finally:
        site.over.set()
        for server in servers:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: Site
    scheme: str

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        host = (self.headers["Host"] or "").partition(":")[0]
        self.site.asked.append((self.scheme, host, self.path, self.headers["User-Agent"]))
        reply = self.site.replies.get((self.scheme, host), Reply(404, b"no such file"))
        if reply.act == "silent":
            self.site.over.wait(30)
        if reply.act in ("silent", "hang up"):
            return
        self.send_response(reply.status)
        if reply.location is not None:
            self.send_header("Location", reply.location)
        self.end_headers()
        try:
            while reply.act == "drip" and not self.site.over.wait(0.01):
                self.wfile.write(b".")
            while reply.act == "flood" and not self.site.over.is_set():
                self.wfile.write(b"." * 65536)
            self.wfile.write(reply.body)
        except OSError:
            pass  # the probe has had enough
