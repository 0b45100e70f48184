# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server on loopback that shows certificates by SNI, and misbehaves by address; and the call of tls_certificate_info."""

from __future__ import annotations

import contextlib
import itertools
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.modules.harness import Result, Runner
from tests.modules.pem import Pair

MODULE = "tls_certificate_info"
HOME = "127.0.0.1"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
# Manners of an address.
PLAIN, RESET, ABORT, CLOSE, SILENT, BABBLE = "plain HTTP", "reset", "reset at once", "close", "silent", "babble"
ADDRESSES = {
    manner: f"127.0.0.{number}" for number, manner in enumerate((PLAIN, RESET, ABORT, CLOSE, SILENT, BABBLE), 2)
}
NOBODY, FULL = "127.0.0.20", "127.0.0.21"
# A handshake message that no server begins with.
_NONSENSE = b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"


class Site:
    """Listens on one port of several addresses of loopback.

    ``handshakes`` holds the name of each handshake in order, ``requests`` each request. ``manner`` is that of HOME.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._lock = folder, threading.Lock()
        self._numbers = itertools.count()
        self._servers: list[socketserver.ThreadingTCPServer] = []
        self._stuck: list[socket.socket] = []
        self._over = threading.Event()
        self.port = 0
        self.reset()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.sni_callback = self._choose
        for address in (HOME, *ADDRESSES.values()):
            self._listen(address)

    def reset(self) -> None:
        """Nothing is served, nothing was seen."""
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.pages: dict[str, bytes | None] = {}
        self.alert = ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        self.on_handshake: Callable[[str], None] = lambda _name: None
        self.handshakes: list[str | None] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.manner: str | None = None

    def serve(self, host: str, *chain: Pair, page: bytes | None = PAGE) -> None:
        """Show this chain, the leaf first, for a host, and answer with a page; a page of None is never sent whole."""
        path = self.folder / f"{next(self._numbers)}.pem"
        path.write_text(chain[0].key_pem + "".join(pair.pem for pair in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self._contexts[host], self.pages[host] = context, page

    def full(self) -> str:
        """An address that drops every packet that would open a connection."""
        listener = socket.create_server((FULL, self.port), backlog=0)
        self._stuck.append(listener)
        while True:
            line = socket.socket()
            self._stuck.append(line)
            line.settimeout(0.2)
            try:
                line.connect((FULL, self.port))
            except TimeoutError:
                return FULL

    def stop(self) -> None:
        """Close everything."""
        self._over.set()
        for line in self._stuck:
            line.close()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _listen(self, address: str) -> None:
        site = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with site._lock:
                    site.connections += 1
                self.request.settimeout(20)
                with contextlib.suppress(OSError):
                    site._answer(self.request, address)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 256

        server = Server((address, self.port), Handler)
        self.port = server.server_address[1]
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def _answer(self, line: socket.socket, address: str) -> None:
        manner = next((manner for manner, where in ADDRESSES.items() if where == address), self.manner)
        if manner is None:
            self._tls(line)
        elif manner in (RESET, ABORT):
            if manner == RESET:
                line.recv(1)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
        elif manner != CLOSE:
            line.recv(65536)
            if manner != SILENT:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" if manner == PLAIN else _NONSENSE)
            while line.recv(65536):
                pass

    def _tls(self, line: socket.socket) -> None:
        with self._context.wrap_socket(line, server_side=True) as tls:
            request = tls.recv(65536)
            if not request:
                return
            with self._lock:
                self.requests.append(request)
            host = request.partition(b"\r\nHost: ")[2].partition(b"\r\n")[0].decode()
            page = self.pages[host]
            if page is not None:
                tls.sendall(page)
                return
            tls.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self._over.wait(0.02):
                tls.sendall(b"x")

    def _choose(self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        with self._lock:
            self.handshakes.append(name)
        self.on_handshake(name or "")
        if name not in self._contexts:
            return int(self.alert)
        tls.context = self._contexts[name]
        return None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Site]:
    """A site until the end of the block."""
    site = Site(folder)
    try:
        yield site
    finally:
        site.stop()


class Look:
    """Calls the module with the site's address, port and authority, unless told otherwise."""

    def __init__(self, run: Runner, site: Site) -> None:
        self._run, self.site = run, site

    def __call__(self, *names: str, **options: Any) -> Result:
        """The result of a run."""
        given = {
            "names": list(names),
            "port": self.site.port,
            "ca_path": str(self.site.folder / "root.crt"),
            "timeout": 20.0,
        }
        if "addresses" not in options:
            given["connect_to"] = HOME
        return self._run(MODULE, **{**given, "api_token": None, "api_url": None, **options})

    def host(self, name: str, **options: Any) -> dict[str, Any]:
        """The entry of a single host."""
        result = self(name, **options)
        assert not result.failed, result["msg"]
        (entry,) = result["hosts"]
        assert entry["name"] == name and result["counts"] == {entry["state"]: 1}
        return dict(entry)
