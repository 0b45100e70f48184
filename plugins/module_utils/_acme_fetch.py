# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches one small file from many hosts by HTTP, as Let's Encrypt does: addresses by DNS, all hosts of a round at once."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ._acme_probe import (
    MOST_OCTETS,
    Answer,
    BadRedirect,
    Place,
    Ports,
    entry,
    fault_of,
    may_ask,
    redirected,
    start,
)
from ._dns import View
from ._dns_query import Settings, ask_all
from ._version import VERSION

_HEADERS = {
    "User-Agent": "wpmultisite.runcloud/%s (Ansible collection)" % VERSION,
    "Accept": "*/*",
    "Connection": "close",
}


class Probe(NamedTuple):
    """What to look for.

    :arg timeout: seconds for one request to one address, from the connection to the last octet.
    :arg concurrency: requests under way at once, at most.
    """

    url_path: str
    content: str
    ports: Ports = Ports()
    timeout: float = 10.0
    concurrency: int = 20


class _Road:
    """The way of one host: the places asked so far, and what the last one said."""

    def __init__(self, host: str, place: Place) -> None:
        self.host, self.places = host, [place]
        self.status: int | None = None
        self.fault: str | None = None


def probe_all(hosts: Sequence[str], probe: Probe, dns: Settings) -> tuple[list[dict[str, Any]], int]:
    """What is found of each host, and how many DNS queries that took.

    :raises DnsError: when no resolver answers.
    """
    roads = [_Road(host, start(host, probe.url_path, probe.ports)) for host in hosts]
    seen: dict[str, View] = {}
    queries, under_way = 0, list(roads)
    with ThreadPoolExecutor(probe.concurrency) as pool:
        while under_way:
            unknown = {road.places[-1].host: None for road in under_way if road.places[-1].host not in seen}
            if unknown:
                # The names after the first ones are strangers' choice, and say nothing about the resolver.
                answers = ask_all(unknown, dns, doubt=not seen)
                queries += answers.queries
                seen.update((host, views[0]) for host, views in answers.views.items())
            under_way = [
                road for road, more in zip(under_way, pool.map(lambda r: _step(r, seen, probe), under_way)) if more
            ]
    return [entry(road.host, road.places, road.status, road.fault) for road in roads], queries


def _step(road: _Road, seen: dict[str, View], probe: Probe) -> bool:
    """Ask at the last place of a road; whether it goes on from there."""
    place = road.places[-1]
    view = seen[place.host]
    if not view.addresses:
        outcome = next((reply.outcome for reply in (view.a, view.aaaa) if reply.outcome != "ok"), "no address")
        road.fault = "DNS has no address for %s (%s)" % (place.host, outcome)
        return False
    if len(road.places) > 1 and not may_ask(view.addresses, seen[road.host].addresses):
        road.fault = "the redirect to %s leads to an address that is not public" % place.origin
        return False
    answer = _fetched(place, view, probe.timeout)
    road.status = answer.status
    try:
        following = redirected(place, answer, road.places[:-1], probe.ports)
    except BadRedirect as exc:
        road.fault = str(exc)
        return False
    if following is not None:
        road.places.append(following)
        return True
    road.fault = fault_of(place, answer, probe.content)
    return False


def _fetched(place: Place, view: View, timeout: float) -> Answer:
    """The answer of the first IPv6 address, or of the first IPv4 address where that one takes no connection."""
    answer = Answer("unreachable")
    for address in (*view.aaaa.addresses[:1], *view.a.addresses[:1]):
        line = _Line(place, address, timeout)
        answer = line.get()
        if line.taken:
            break
    return answer


class _Line(http.client.HTTPConnection):
    """One request to one address. It is cut when its time is over, however slowly the other side goes on sending."""

    def __init__(self, place: Place, address: str, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout)
        self._place, self._address = place, address
        self._socket: socket.socket | None = None
        self._over = False
        if place.scheme == "https":
            self.default_port = 443

    def connect(self) -> None:
        """To the address that DNS gave, under the host's name."""
        self._socket = self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._place.scheme == "https":
            # The certificate is what the host may lack yet, so Let's Encrypt does not look at it either.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            line = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._socket = self.sock = line
            line.do_handshake()
        if self._over:
            raise socket.timeout

    @property
    def taken(self) -> bool:
        """Whether the address took the connection."""
        return self._socket is not None

    def get(self) -> Answer:
        """The answer to the request, or why there is none."""
        watch = threading.Timer(self.timeout or 0, self._cut)
        watch.daemon = True
        watch.start()
        try:
            self.request("GET", self._place.target, headers=_HEADERS)
            response = self.getresponse()
            body = response.read(MOST_OCTETS + 1)
            location = response.getheader("Location")
            if location is not None:
                # It is read as Latin-1, and means UTF-8 wherever it is not ASCII.
                location = location.encode("latin-1").decode("utf-8", "replace")
            answer = Answer("ok", response.status, location, body)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            answer = Answer(_outcome(exc))
        finally:
            watch.cancel()
            self.close()
            if self._socket is not None:
                self._socket.close()
        return Answer("timeout") if self._over else answer

    def _cut(self) -> None:
        self._over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Not the TLS socket's own method, which another thread must not call.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _outcome(exc: Exception) -> str:
    if isinstance(exc, socket.timeout):
        return "timeout"
    if isinstance(exc, ConnectionRefusedError):
        return "refused"
    if isinstance(exc, ssl.SSLError):
        return "tls"
    if isinstance(exc, OSError) and not isinstance(exc, ConnectionError):
        return "unreachable"
    return "no_http"
