# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the certificate that a host shows is worth to its visitors. Pure; only ``read`` needs cryptography."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any, NamedTuple

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID
except ImportError:
    CRYPTOGRAPHY_ERROR: str | None = traceback.format_exc()
else:
    CRYPTOGRAPHY_ERROR = None

from ._names import covering, is_wildcard

# From the most telling fault to the least: it gives the state of the host.
FAULTS = (
    *("name_mismatch", "self_signed", "expired", "not_yet_valid", "incomplete_chain", "untrusted_chain"),
    "expiring",
)
# X509_V_ERR_… of openssl/x509_vfy.h.
_NO_ISSUER = frozenset((2, 20, 21))
_SELF_SIGNED_LEAF = 18


class Certificate(NamedTuple):
    """What is told of a certificate. ``subject`` and ``issuer`` as in RFC 4514; ``title`` and ``issued_by`` are their short forms."""

    names: tuple[str, ...]
    subject: str
    issuer: str
    title: str
    issued_by: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str

    @property
    def self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return self.subject == self.issuer

    @property
    def lifetime(self) -> timedelta:
        """From the first to the last moment of validity."""
        return self.not_after - self.not_before


class Page(NamedTuple):
    """The answer to a GET: the status and where it leads; ``error`` instead where none came."""

    status: int | None = None
    location: str | None = None
    error: str | None = None


class Shown(NamedTuple):
    """What an address shows for a host.

    :arg outcome: shown, no_certificate or unreachable; ``reason`` says why for the last two.
    :arg detail: the TLS library's own words.
    :arg chain: DER, the leaf first, as the server sends it; ``whole`` is False where only the leaf is to be had.
    :arg path: DER, from the leaf to the trusted root, where there is such a path.
    :arg verify_code: of OpenSSL, 0 when the path is trusted. Dates are not part of it.
    """

    outcome: str
    address: str | None = None
    reason: str = ""
    detail: str = ""
    chain: tuple[bytes, ...] = ()
    whole: bool = True
    path: tuple[bytes, ...] = ()
    verify_code: int = 0
    page: Page | None = None
    handshakes: int = 0


class Verdict(NamedTuple):
    """The state of a host and all faults, the most telling first.

    :arg leaf: None where no certificate is shown.
    :arg dated: the certificate between leaf and root that is out of date, if one is.
    """

    state: str
    shown: Shown
    faults: tuple[str, ...] = ()
    leaf: Certificate | None = None
    chain: tuple[Certificate, ...] = ()
    dated: Certificate | None = None

    @property
    def ok(self) -> bool:
        """Whether visitors get a certificate that they trust."""
        return not set(self.faults) - {"expiring"}

    @property
    def chain_ok(self) -> bool:
        """Whether the certificate comes from a trusted authority by a chain that is complete."""
        return set(self.faults).isdisjoint(("self_signed", "incomplete_chain", "untrusted_chain"))


class Rules(NamedTuple):
    """By what a host is judged. ``warn_fraction``: a certificate expires soon when less of its lifetime is left."""

    now: datetime
    warn_fraction: float
    proxies: tuple[Any, ...] = ()


def read(der: bytes) -> Certificate | None:
    """A certificate from its DER; None where it cannot be read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            names=_names(found),
            subject=printable(found.subject.rfc4514_string()),
            issuer=printable(found.issuer.rfc4514_string()),
            title=_short(found.subject),
            issued_by=_short(found.issuer),
            serial="%x" % found.serial_number,
            not_before=_moment(found, "not_valid_before"),
            not_after=_moment(found, "not_valid_after"),
            fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        )
    except (ValueError, TypeError):
        return None


def _names(found: Any) -> tuple[str, ...]:
    # Browsers look at the alternative names alone, never at the common name (RFC 9525, 2).
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return tuple(dict.fromkeys(printable(name.lower()) for name in names.get_values_for_type(x509.DNSName)))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()


def _short(name: Any) -> str:
    parts = [*name.get_attributes_for_oid(NameOID.COMMON_NAME), *name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    return printable(", ".join(str(part.value) for part in parts)) or "an unnamed authority"


def _moment(found: Any, which: str) -> datetime:
    # The attribute with a zone came with cryptography 42.
    moment: datetime | None = getattr(found, which + "_utc", None)
    return moment or getattr(found, which).replace(tzinfo=timezone.utc)


def printable(text: str) -> str:
    """A stranger's text without control characters, its beginning where it is long."""
    return "".join(char if char.isprintable() else "?" for char in text[:500])


def covers(names: Sequence[str], host: str) -> bool:
    """Whether a certificate for these names is good for a host; a wildcard stands for one label (RFC 9525, 6.3)."""
    return host in names or covering(host, [name[2:] for name in names if is_wildcard(name)]) is not None


def trust(code: int, chain: Sequence[Certificate], whole: bool = True) -> str | None:
    """The fault that keeps OpenSSL from trusting a chain, the leaf first; None where it trusts it.

    :arg code: OpenSSL's.
    :arg whole: whether the chain is all that the server sends.
    """
    if not code:
        return None
    leaf = chain[0]
    if code == _SELF_SIGNED_LEAF or leaf.self_issued:
        return "self_signed"
    if code in _NO_ISSUER and whole and all(one.subject != leaf.issuer for one in chain):
        return "incomplete_chain"
    return "untrusted_chain"


def dating(leaf: Certificate, now: datetime, warn_fraction: float) -> str | None:
    """The fault of a certificate's dates, which are both part of its validity (RFC 5280, 4.1.2.5)."""
    if now > leaf.not_after:
        return "expired"
    if now < leaf.not_before:
        return "not_yet_valid"
    return "expiring" if leaf.not_after - now < leaf.lifetime * warn_fraction else None


def faults(
    host: str, code: int, chain: Sequence[Certificate], rules: Rules, whole: bool = True, dated: bool = False
) -> tuple[str, ...]:
    """All faults of what a host shows, the most telling first.

    :arg dated: whether a certificate between leaf and root is out of date.
    """
    leaf = chain[0]
    found = {trust(code, chain, whole) or ("untrusted_chain" if dated else None)}
    found.add(dating(leaf, rules.now, rules.warn_fraction))
    if not covers(leaf.names, host):
        found.add("name_mismatch")
    return tuple(fault for fault in FAULTS if fault in found)


def judge(host: str, shown: Shown, rules: Rules) -> Verdict:
    """What an answer comes to."""
    verdict = _judge(host, shown, rules)
    return verdict._replace(state="proxied") if _is_proxy(shown.address, rules.proxies) else verdict


def _judge(host: str, shown: Shown, rules: Rules) -> Verdict:
    if shown.outcome != "shown":
        return Verdict(shown.outcome, shown, (shown.outcome,))
    sent = [read(der) for der in shown.chain]
    if not sent or sent[0] is None:
        return Verdict("no_certificate", shown._replace(reason="unreadable"), ("no_certificate",))
    chain = tuple(one for one in sent if one is not None)
    # The root's own dates do not matter: it is trusted because it is in the list.
    between = [read(der) for der in shown.path[1:-1]]
    dated = next((one for one in between if one is not None and dating(one, rules.now, 0)), None)
    found = faults(host, shown.verify_code, chain, rules, shown.whole, dated is not None)
    return Verdict(found[0] if found else "valid", shown, found, chain[0], chain, dated)


def _is_proxy(address: str | None, proxies: Sequence[Any]) -> bool:
    return address is not None and any(ip_address(address) in network for network in proxies)
