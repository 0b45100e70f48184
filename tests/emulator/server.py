# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a server in a thread, HTTP or HTTPS, on the loopback address."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .gateway import Gateway
from .panel import Panel
from .ssl_routes import app
from .tls import TlsServer


class _Protocol(H11Protocol):
    """Lets the gateway reach the transport, so that a fault can cut the line."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Starts and stops at once: uvicorn's own loop looks for its end every 0.1 s and waits for open connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel()

    def leave(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)


class Emulator(Panel):
    """A panel with a server; use it as a context manager, or ``start`` and ``stop`` it."""

    _tls: TlsServer | None = None

    def __init__(
        self, https: bool = False, port: int = 0, clock: Callable[[], float] = time.time, tls_port: int = 0
    ) -> None:
        super().__init__(clock)
        self.https = https
        self._port, self._wanted_tls_port = port, tls_port
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def reset(self) -> None:
        """As ``Panel`` has it; no handshakes either."""
        super().reset()
        if self._tls:
            self._tls.handshakes.clear()

    def start(self) -> Emulator:
        """Listen; raises OSError when the port is taken."""
        # The protocol is named because asyncio switches Nagle's delay (40 ms an answer) off for named TCP only.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", self._port))
        except OSError:
            self._socket.close()
            raise
        self._server = _Server(
            uvicorn.Config(
                Gateway(app, self),
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                ssl_context_factory=(lambda _config, _default: self._certificate()) if self.https else None,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not self._server.ready.wait(10):
            raise RuntimeError("the emulator did not start")
        return self

    def stop(self) -> None:
        """Close all connections and the port."""
        self._server.leave()
        self._thread.join(10)
        self._socket.close()
        if self._tls:
            self._tls.stop()
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def root(self) -> str:
        """The address without ``/api``."""
        return f"{'https' if self.https else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def url(self) -> str:
        """The API's address without the version."""
        return f"{self.root}/api"

    @property
    def ca_file(self) -> str:
        """The CA certificate that https clients have to trust."""
        if self._folder is None:
            raise RuntimeError("this emulator does not speak https")
        return str(Path(self._folder.name, "ca.pem"))

    @property
    def tls(self) -> TlsServer:
        """What visitors meet: the issued certificates by SNI, on a port of its own; it starts when it is first asked for.

        Raises OSError when the port is taken.
        """
        if self._tls is None:
            self._tls = TlsServer(self, self._wanted_tls_port)
        return self._tls

    @property
    def tls_port(self) -> int:
        """The port of ``tls`` on 127.0.0.1."""
        return self.tls.port

    @property
    def tls_ca(self) -> str:
        """The file with the root that signs what the live environment issues."""
        return self.tls.ca_file

    def _certificate(self) -> ssl.SSLContext:
        import trustme  # only here: without https nobody needs it

        authority = trustme.CA()
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        return context
