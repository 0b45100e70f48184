# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shakes hands with many hosts at once by TLS and reads their home pages. The only place that opens such a connection."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, NamedTuple

from ._tls import Page, Shown, printable
from ._version import VERSION

MOST_ADDRESSES = 4  # of a host that are tried, so that a stranger's DNS does not decide how long a run takes
_MOST_BYTES = 65536  # of an answer's header
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which the ssl module does not name
_NO_ROUTE = (
    *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN),
    *(errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EACCES, errno.EPERM),
)
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
# What OpenSSL says of a first answer that is no TLS record.
_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"))
_ALERT = re.compile(r"(TLSV1|SSLV3|TLSV13)_(ALERT_)?")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r\n|$)")
_LOCATION = re.compile(rb"\nlocation:[ \t]*([^\r\n]*)", re.IGNORECASE)
# The most telling failure of several addresses comes first.
_TELLING = ("refused", "reset", "timeout", "error", "no_route")


class Settings(NamedTuple):
    """How to ask.

    :arg contexts: one that trusts the authorities, and one that takes every certificate.
    :arg timeout: seconds to connect, to shake hands, and to read an answer, each.
    :arg concurrency: hosts under way at once, at most.
    :arg path: of the page to get; None for none.
    """

    contexts: tuple[ssl.SSLContext, ssl.SSLContext]
    port: int = 443
    timeout: float = 10.0
    concurrency: int = 50
    path: str | None = "/"


class _Failed(Exception):
    """No certificate, with the outcome, the reason and the library's words."""

    def __init__(self, outcome: str, reason: str, detail: str = "") -> None:
        super().__init__(outcome)
        self.outcome, self.reason, self.detail = outcome, reason, detail
        self.address: str | None = None


def contexts(ca_path: str | None) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """One context that trusts the authorities of a file or folder, else the machine's, and one that takes every certificate.

    Neither looks at names and dates, which are judged by the caller's clock.

    :raises ValueError: with the reason why nothing would be trusted.
    """
    trusting, taking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context in (trusting, taking):
        context.check_hostname = False
    taking.verify_mode = ssl.CERT_NONE
    trusting.verify_flags |= _NO_CHECK_TIME
    if ca_path is None:
        places = ssl.get_default_verify_paths()
        if not places.cafile and not (places.capath and os.listdir(places.capath)):
            raise ValueError("This machine has no list of certificate authorities: install ca-certificates or give it.")
        trusting.load_default_certs()
        return trusting, taking
    try:
        folder = os.path.isdir(ca_path)
        trusting.load_verify_locations(**{"capath" if folder else "cafile": ca_path})
    except ssl.SSLError:
        raise ValueError("%s holds no PEM certificate." % ca_path) from None
    except OSError as exc:
        raise ValueError("%s cannot be read: %s." % (ca_path, exc.strerror)) from None
    return trusting, taking


def probe_all(
    targets: Mapping[str, Sequence[str] | None], settings: Settings, monotonic: Callable[[], float] = time.monotonic
) -> dict[str, Shown]:
    """What each host shows.

    :arg targets: hosts with the addresses to try in turn; None for those that the system's resolver gives.
    """
    probe = partial(_probe, settings=settings, monotonic=monotonic)
    with ThreadPoolExecutor(max_workers=max(1, min(settings.concurrency, len(targets)))) as pool:
        return dict(zip(targets, pool.map(probe, targets, targets.values())))


def _probe(host: str, addresses: Sequence[str] | None, settings: Settings, monotonic: Callable[[], float]) -> Shown:
    address, shaken = None, 0
    try:
        line, address = _connect(_resolve(host, settings.port) if addresses is None else addresses, settings)
        code, detail = 0, ""
        shaken += 1
        try:
            tls = _shake(line, host, settings.contexts[0])
        except ssl.SSLCertVerificationError as exc:
            code, detail = exc.verify_code, str(exc.verify_message)
            line, address = _connect([address], settings)
            shaken += 1
            tls = _shake(line, host, settings.contexts[1])
        with tls:
            chain, whole = _sent(tls)
            path = _certificates(tls, "get_verified_chain") or () if not code else ()
            page = None if settings.path is None else _page(tls, host, settings.path, settings.timeout, monotonic)
    except _Failed as exc:
        return Shown(exc.outcome, exc.address or address, exc.reason, exc.detail, handshakes=shaken)
    return Shown("shown", address, "", detail, chain, whole, path, code, page, shaken)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as exc:
        gone = exc.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
        raise _Failed("unreachable", "no_address" if gone else "dns", str(exc.strerror)) from None
    return list(dict.fromkeys(str(where[4][0]) for where in found))


def _connect(addresses: Sequence[str], settings: Settings) -> tuple[socket.socket, str]:
    """A connection to the first address that takes one."""
    failures = []
    for address in addresses[:MOST_ADDRESSES]:
        try:
            return socket.create_connection((address, settings.port), settings.timeout), address
        except OSError as exc:
            failed = _failed(exc)
            failures.append((_TELLING.index(failed.reason), address, failed))
    if not failures:
        raise _Failed("unreachable", "no_address")
    _rank, address, failed = min(failures, key=lambda failure: failure[0])
    failed.address = address
    raise failed


def _failed(exc: OSError) -> _Failed:
    if isinstance(exc, ConnectionRefusedError):
        return _Failed("unreachable", "refused")
    if isinstance(exc, (socket.timeout, TimeoutError)):  # two classes before Python 3.10
        return _Failed("unreachable", "timeout")
    if isinstance(exc, _CUT):
        return _Failed("unreachable", "reset")
    if isinstance(exc, ssl.SSLError):
        return _no_certificate(str(exc.reason or "an unknown fault"))
    if exc.errno in _NO_ROUTE:
        return _Failed("unreachable", "no_route", str(exc.strerror))
    return _Failed("unreachable", "error", str(exc.strerror))


def _no_certificate(reason: str) -> _Failed:
    words = _ALERT.sub("", reason).lower().replace("_", " ")
    if reason in _NO_TLS:
        return _Failed("no_certificate", "no_tls")
    return _Failed("no_certificate", "alert" if _ALERT.match(reason) else "handshake", words)


def _shake(line: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """The connection after a handshake for this host.

    :raises ssl.SSLCertVerificationError: when the certificate is not trusted.
    """
    try:
        with line:
            tls = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        try:
            tls.do_handshake()
        except OSError:
            tls.close()
            raise
    except ssl.SSLCertVerificationError:
        raise
    except OSError as exc:
        raise _failed(exc) from None
    return tls


def _sent(tls: ssl.SSLSocket) -> tuple[tuple[bytes, ...], bool]:
    """The certificates that the server sends, the leaf first, and whether these are all."""
    chain = _certificates(tls, "get_unverified_chain")
    if chain:
        return chain, True
    leaf = tls.getpeercert(binary_form=True)
    return ((leaf,) if leaf else ()), False


def _certificates(tls: Any, which: str) -> tuple[bytes, ...] | None:
    """A chain as DER; None before Python 3.10, where none is to be had. Public since Python 3.13."""
    if hasattr(tls, which):
        return tuple(getattr(tls, which)())
    chain = getattr(tls._sslobj, which, None)
    if chain is None:
        return None
    return tuple(ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain() or ())


def _page(tls: ssl.SSLSocket, host: str, path: str, timeout: float, monotonic: Callable[[], float]) -> Page:
    """The header of the answer to a GET; informational answers (1xx) are passed over."""
    agent = "wpmultisite.runcloud/%s (Ansible collection)" % VERSION
    text = "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    until, answer = monotonic() + timeout, b""
    try:
        tls.sendall((text % (path, host, agent)).encode("ascii"))
        while len(answer) < _MOST_BYTES:
            head, ended, rest = answer.partition(b"\r\n\r\n")
            status = _STATUS.match(head)
            if ended and not status:
                break
            if ended and status and status.group(1).startswith(b"1"):
                answer = rest
                continue
            if ended and status:
                location = _LOCATION.search(head)
                leads = printable(location.group(1).decode("latin-1").strip()) if location else None
                return Page(int(status.group(1)), leads)
            if monotonic() > until:
                return Page(error="timeout")
            more = tls.recv(16384)
            if not more:
                return Page(error="reset")
            answer += more
    except OSError as exc:
        return Page(error=_failed(exc).reason)
    return Page(error="no_http")
