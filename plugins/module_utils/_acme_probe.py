# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a file come back through whatever stands before a host: redirects as Let's Encrypt follows them, and the words. Pure.

By https://letsencrypt.org/docs/challenge-types/ and github.com/letsencrypt/boulder, va/http.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from ._names import BadName, normalise

MOST_REDIRECTS = 10
MOST_OCTETS = 127  # of a body; Let's Encrypt refuses the 128th
_REDIRECTS = frozenset((301, 302, 307, 308))
_LONGEST_LOCATION = 2000
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 by way of NAT64 (RFC 6052)
_PATH = re.compile(r"/\.well-known(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_CONTENT = re.compile(r"[A-Za-z0-9._~-]{16,%d}" % MOST_OCTETS)
_STATUS = {
    401: "it wants a password. Let %s through without one",
    403: "it refuses the request. Let %s through there",
    404: "the file is not there: this is another server, or its web server has a place of its own for %s",
    429: "it has had too many requests. Try again later, and let %s through there",
}
_UNREACHED = {
    "timeout": "did not answer in time",
    "refused": "refuses connections",
    "unreachable": "cannot be reached from the machine that probes",
    "tls": "does not finish a TLS handshake",
    "no_http": "does not speak HTTP, or hangs up",
}


class BadRedirect(ValueError):
    """A redirect that Let's Encrypt, or this probe, does not follow; the message says why."""


class Ports(NamedTuple):
    """The ports for HTTP and HTTPS, the only ones to which a redirect may lead."""

    http: int = 80
    https: int = 443


class Place(NamedTuple):
    """Where to ask; ``target`` is the path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """The beginning of the URL."""
        usual = {"http": 80, "https": 443}[self.scheme]
        return "%s://%s%s" % (self.scheme, self.host, "" if self.port == usual else ":%d" % self.port)


class Answer(NamedTuple):
    """What came back: ok, or why nothing did (timeout, refused, unreachable, tls, no_http). The body is MOST_OCTETS + 1 at most."""

    outcome: str
    status: int | None = None
    location: str | None = None
    body: bytes = b""


def input_faults(url_path: str, content: str) -> list[str]:
    """Every fault of the two texts."""
    faults = []
    if not _PATH.fullmatch(url_path):
        faults.append(
            "url_path must be a path below /.well-known/ such as /.well-known/x7Gq, of letters, digits and . _ ~ -, no part "
            "of it beginning with a dot."
        )
    if not _CONTENT.fullmatch(content):
        faults.append("content must be from 16 to %d letters, digits and . _ ~ -, random in each run." % MOST_OCTETS)
    return faults


def start(host: str, url_path: str, ports: Ports) -> Place:
    """Where Let's Encrypt begins."""
    return Place("http", host, ports.http, url_path)


def redirected(place: Place, answer: Answer, before: Sequence[Place], ports: Ports) -> Place | None:
    """Where an answer leads on; None when it is no redirect.

    :arg before: the places that were asked earlier.
    :raises BadRedirect: when that is not followed.
    """
    if answer.status not in _REDIRECTS or not answer.location:
        return None
    if len(before) >= MOST_REDIRECTS:
        raise BadRedirect("there are more than %d redirects" % MOST_REDIRECTS)
    if len(answer.location) > _LONGEST_LOCATION:
        raise BadRedirect("the redirect is longer than %d characters" % _LONGEST_LOCATION)
    try:
        parts = urlsplit(urljoin(place.origin + place.target, answer.location))
        port = parts.port
    except ValueError:
        raise BadRedirect("the redirect cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise BadRedirect("the redirect leads neither to http nor to https")
    port = port if port is not None else (ports.http if parts.scheme == "http" else ports.https)
    if port not in ports:
        raise BadRedirect("the redirect leads to port %d; Let's Encrypt takes %d and %d only" % (port, *ports))
    try:
        host = normalise(parts.hostname or "")
    except BadName as exc:
        raise BadRedirect("the redirect leads to no host name (%s)" % exc) from None
    target = quote((parts.path or "/").encode("utf-8", "replace"), safe="%/:=&~+!$,;'@()*")
    if parts.query:
        target += "?" + quote(parts.query.encode("utf-8", "replace"), safe="%/:=&?~+!$,;'@()*")
    found = Place(parts.scheme, host, port, target)
    if found == place or found in before:
        raise BadRedirect("the redirects lead in a circle")
    return found


def may_ask(addresses: Sequence[str], own: Sequence[str]) -> bool:
    """Whether a redirect may lead to these addresses: public ones, or those of the host (``own``), lest it reaches into our network."""
    return all(address in own or _public(ip_address(address)) for address in addresses)


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return _public(inside)
    return address.is_global and not address.is_multicast


def entry(host: str, places: Sequence[Place], status: int | None, fault: str | None) -> dict[str, Any]:
    """What is told about a host.

    :arg places: where was asked, in order.
    :arg fault: why the file did not come back, else None.
    """
    origins = [place.origin for place in places]
    by_way = " by way of %s" % " > ".join(origins[1:]) if len(origins) > 1 else ""
    if fault is None:
        message = "%s leads here%s: it gives the file of this run." % (host, by_way)
    else:
        message = "It is not seen that %s leads here%s: %s." % (host, by_way, fault)
    return {"name": host, "reached": fault is None, "status": status, "redirects": origins[1:], "message": message}


def fault_of(place: Place, answer: Answer, content: str) -> str | None:
    """Why an answer that is no redirect is not the file; None when it is."""
    if answer.outcome != "ok":
        return "%s %s; check where the proxy or the DNS record of %s leads" % (
            place.origin,
            _UNREACHED[answer.outcome],
            place.host,
        )
    if answer.status == 200:
        # Let's Encrypt passes over white space at the end, too.
        if len(answer.body) <= MOST_OCTETS and answer.body.rstrip(b" \t\r\n") == content.encode("ascii"):
            return None
        return (
            "%s answers HTTP 200 with something else than the file; check to which server it is forwarded"
            % place.origin
        )
    words = _STATUS.get(answer.status or 0)
    if words is not None:
        words = words % "/.well-known/" if "%s" in words else words
    elif (answer.status or 0) >= 500:
        words = "the server behind it has a fault, or does not answer the proxy; check to which address it is forwarded"
    else:
        words = "that is neither the file nor a redirect that Let's Encrypt follows"
    return "%s answers HTTP %d: %s" % (place.origin, answer.status or 0, words)
