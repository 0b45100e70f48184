# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name servers as UDP and TCP servers in one thread, on addresses of the loopback network and one port."""

from __future__ import annotations

import asyncio
import errno
import functools
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from .records import AUTHORITATIVE, RECURSIVE, Records

ACTIONS = ("servfail", "refused", "nxdomain", "drop", "lame", "truncate", "wrong_id", "garbage")
FORGED = "192.0.2.66"  # the address in an answer with a wrong id
_ADDRESSES = (RECURSIVE, *AUTHORITATIVE)


class Query(NamedTuple):
    """One question in the journal."""

    server: str
    transport: str  # udp, tcp
    name: str
    type: str  # A, AAAA, NS, SOA, ...


class Fault(NamedTuple):
    """What goes wrong with which question; None stands for any."""

    action: str
    name: str | None
    type: str | None
    server: str | None

    def hits(self, query: Query) -> bool:
        """Whether it concerns a question. The root's probe is only hit by its own name ("")."""
        return (
            (query.name != "" if self.name is None else self.name == query.name)
            and self.type in (None, query.type)
            and self.server in (None, query.server)
        )


class _Count:
    """How many questions are under way, and how many were at most."""

    now = most = 0


class Nameserver(Records):
    """A recursive resolver and three authoritative servers; a context manager.

    ``delay`` holds each answer back for that many seconds. ``journal`` has every question in order, ``most_at_once`` how many
    were under way together at most.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.port = port

    def reset(self) -> None:
        """No records, faults, journal and delay."""
        super().reset()
        self.delay = 0.0
        self.clear_faults()
        self.clear_journal()

    def fault(
        self, action: str, name: str | None = None, *, type: str | None = None, server: str | None = None
    ) -> None:
        """One of ACTIONS for the questions that fit.

        ``drop`` never answers; ``lame`` is an answer without authority and data; ``truncate`` sends UDP's answer cut off, so
        that it has to be fetched by TCP; ``wrong_id`` sends a forged answer (FORGED) with another id before the true one;
        ``garbage`` is no DNS message.
        """
        if action not in ACTIONS:
            raise ValueError(f"{action} is none of {', '.join(ACTIONS)}")
        self._faults.append(Fault(action, name, type, server))

    def clear_faults(self) -> None:
        """Everything works."""
        self._faults: list[Fault] = []

    def clear_journal(self) -> None:
        """Nothing was asked."""
        self.journal: list[Query] = []
        self._count = _Count()

    @property
    def most_at_once(self) -> int:
        """Since the journal was cleared; what was under way then is not counted."""
        return self._count.most

    def asked(
        self,
        name: str | None = None,
        *,
        type: str | None = None,
        server: str | None = None,
        transport: str | None = None,
    ) -> int:
        """How many questions fit; None stands for any."""
        wanted = (server, transport, name, type)
        return sum(all(w in (None, got) for w, got in zip(wanted, query, strict=True)) for query in self.journal)

    @property
    def silent(self) -> bool:
        """Whether some question is never answered."""
        return any(fault.action in ("drop", "garbage") for fault in self._faults)

    @property
    def options(self) -> dict[str, Any]:
        """How a client is pointed here: the resolver's address, and the port of every server."""
        return {"nameservers": [RECURSIVE], "port": self.port}

    def start(self) -> Nameserver:
        """Listen; raises OSError when the port is taken."""
        self._sockets = _bound(self.port)
        self.port = self._sockets[0][1].getsockname()[1]
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the name servers did not start")
        return self

    def stop(self) -> None:
        """Close the sockets."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def __enter__(self) -> Nameserver:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main(ready))
        self._loop.close()

    async def _main(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        transports, servers = [], []
        for address, udp, tcp in self._sockets:
            transport, _ = await self._loop.create_datagram_endpoint(functools.partial(_Udp, self, address), sock=udp)
            transports.append(transport)
            servers.append(await asyncio.start_server(self._tcp(address), sock=tcp))
        ready.set()
        await self._end.wait()
        for transport in transports:
            transport.close()
        for server in servers:
            server.close()
        for task in self._tasks | (asyncio.all_tasks() - {asyncio.current_task()}):
            task.cancel()
        await asyncio.sleep(0)

    def datagram(self, server: str, wire: bytes, send: Callable[[bytes], None]) -> None:
        """A question by UDP."""
        task = self._loop.create_task(self._answer(server, "udp", wire, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tcp(self, server: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    (length,) = struct.unpack("!H", await reader.readexactly(2))
                    wire = await reader.readexactly(length)
                    await self._answer(
                        server, "tcp", wire, lambda answer: writer.write(struct.pack("!H", len(answer)) + answer)
                    )
            except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        return connected

    async def _answer(self, server: str, transport: str, wire: bytes, send: Callable[[bytes], None]) -> None:
        message = dns.message.from_wire(wire)
        (question,) = message.question
        name = question.name.to_text(omit_final_dot=True).lower().strip(".")
        query = Query(server, transport, name, dns.rdatatype.to_text(question.rdtype))
        self.journal.append(query)
        count = self._count
        count.now += 1
        count.most = max(count.most, count.now)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            for answer in self._answers(query, message):
                send(answer)
        finally:
            count.now -= 1

    def _answers(self, query: Query, message: dns.message.Message) -> list[bytes]:
        action = next((fault.action for fault in self._faults if fault.hits(query)), None)
        reply = self.resolved(message) if query.server == RECURSIVE else self.authoritative(message, query.server)
        if action == "drop":
            return []
        if action == "garbage":
            return [b"no DNS"]
        if action in ("servfail", "refused", "nxdomain"):
            reply = dns.message.make_response(message)
            reply.flags |= dns.flags.AA
            reply.set_rcode(dns.rcode.from_text(action))
        elif action == "lame":
            reply = dns.message.make_response(message)
        elif action == "wrong_id":
            forged = dns.message.make_response(message)
            forged.flags |= dns.flags.AA
            forged.id ^= 1
            if query.type == "A":
                forged.answer.append(dns.rrset.from_text(f"{query.name}.", 60, "IN", "A", FORGED))
            return [forged.to_wire(), reply.to_wire(max_size=65535)]
        if query.transport == "udp" and (action == "truncate" or len(reply.to_wire(max_size=65535)) > 512):
            reply.answer.clear()
            reply.authority.clear()
            reply.flags |= dns.flags.TC
        return [reply.to_wire(max_size=65535)]


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, nameserver: Nameserver, server: str) -> None:
        self._nameserver, self._server = nameserver, server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._nameserver.datagram(self._server, data, lambda answer: self._transport.sendto(answer, addr))


def _bound(port: int) -> list[tuple[str, socket.socket, socket.socket]]:
    """A UDP and a TCP socket on each address, all on one port; 0 is any that is free on all of them."""
    for _try in range(20):
        found: list[tuple[str, socket.socket, socket.socket]] = []
        chosen = port
        try:
            for address in _ADDRESSES:
                udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                found.append((address, udp, tcp))
                udp.bind((address, chosen))
                chosen = udp.getsockname()[1]
                tcp.bind((address, chosen))
            return found
        except OSError as exc:
            for _address, udp, tcp in found:
                udp.close()
                tcp.close()
            if port or exc.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free on all addresses of the name servers")
