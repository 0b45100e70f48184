# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a certificate and its key before anybody else sees them. Pure; no text ever repeats a part of the key."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, NamedTuple

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )
    from cryptography.x509.oid import ExtendedKeyUsageOID

    # What reading an extension raises where it is not there, or where a certificate breaks the rules for it.
    _NO_EXTENSION = (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError)
except ImportError:
    CRYPTOGRAPHY_ERROR: str | None = traceback.format_exc()
else:
    CRYPTOGRAPHY_ERROR = None

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----")
_KEY_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL)
_OLD_ENCRYPTION = "Proc-Type: 4,ENCRYPTED"
# CA/Browser Forum, Baseline Requirements 6.1.5 and 7.1.3.2: what browsers take of a server.
_FEWEST_BITS = 2048
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_BROKEN_HASHES = ("md5", "sha1")
_SHORTEST_LINE = 16  # of a key that is masked: a shorter one tells nothing, and could stand anywhere in the output


class Leaf(NamedTuple):
    """What is known of the first certificate: the names it covers, its end, its SHA-256 fingerprint in hexadecimal."""

    names: tuple[str, ...]
    not_after: datetime
    fingerprint: str

    def covers(self, host: str) -> bool:
        """Whether it is good for a host; a wildcard stands for one label (RFC 6125, 6.4.3)."""
        return host in self.names or "*." + host.partition(".")[2] in self.names


def check(certificate: str, private_key: str, now: datetime) -> tuple[Leaf | None, list[str], list[str]]:
    """The leaf (None when there is none to be had), every fault, and what a person should know.

    :arg certificate: the leaf and then its chain, PEM.
    """
    faults: list[str] = []
    notes: list[str] = []
    chain = _chain(certificate, faults)
    key = _key(private_key, faults)
    if not chain:
        return None, faults, notes
    leaf = chain[0]
    if key is not None:
        _match(key, chain, faults)
        _strength(key, faults)
    _order(chain, faults)
    _signatures(chain, faults)
    _purpose(leaf, faults)
    for position, one in enumerate(chain, 1):
        which = "certificate" if position == 1 else "certificate: number %d of the chain" % position
        if _end(one) <= now:
            faults.append("%s expired at %s." % (which, _words(_end(one))))
        elif _start(one) > now:
            faults.append("%s is not valid before %s." % (which, _words(_start(one))))
    names = _names(leaf)
    if not names:
        faults.append("certificate: it names no host (no DNS name among its alternative names).")
    if len(chain) == 1:
        signed = leaf.issuer == leaf.subject
        notes.append(
            "certificate is self-signed: browsers do not trust it."
            if signed
            else "certificate holds no intermediate certificate: many clients will not trust it."
        )
    return Leaf(names, _end(leaf), leaf.fingerprint(hashes.SHA256()).hex()), faults, notes


def fingerprint(certificate: str) -> str | None:
    """The SHA-256 of the first certificate of a PEM text; None when there is none."""
    chain = _chain(certificate, [])
    return chain[0].fingerprint(hashes.SHA256()).hex() if chain else None


def tidy(certificate: str) -> str:
    """The certificates of a PEM text alone, each block on lines of its own: files put together often lack a line end."""
    return "".join(block.replace("\r\n", "\n") + "\n" for block in _BLOCK.findall(certificate))


def tidy_key(private_key: str) -> str:
    """The key of a PEM text alone, without what tools put around it (bag attributes, EC parameters, certificates)."""
    found = _KEY_BLOCK.search(private_key)
    return found.group().replace("\r\n", "\n") + "\n" if found else private_key


def secrets(private_key: str) -> list[str]:
    """What must never be shown of a key: somebody may repeat it in part, or with other line ends than those given."""
    lines = [line.strip() for line in private_key.splitlines() if "-----" not in line]
    return [text for text in ["".join(lines), *lines] if len(text) >= _SHORTEST_LINE]


def uncovered(leaf: Leaf, hosts: Iterable[str]) -> list[str]:
    """The hosts that a certificate is not good for."""
    return [host for host in hosts if not leaf.covers(host)]


def _chain(text: str, faults: list[str]) -> list[Any]:
    if _KEY.search(text):
        faults.append("certificate holds a private key: it belongs in private_key alone.")
    blocks = _BLOCK.findall(text)
    if not blocks:
        faults.append("certificate is no PEM certificate (no BEGIN CERTIFICATE block).")
    try:
        return [x509.load_pem_x509_certificate(block.encode()) for block in blocks]
    except (ValueError, UnsupportedAlgorithm):
        faults.append("certificate cannot be read: a block of it is damaged or of an unknown kind.")
        return []


def _key(text: str, faults: list[str]) -> Any:
    found = _KEY.search(text)
    if not found:
        faults.append("private_key is no PEM key (no BEGIN PRIVATE KEY block).")
    elif len(_KEY.findall(text)) > 1:
        faults.append("private_key holds several keys: give only the one that belongs to certificate.")
    elif "ENCRYPTED" in found.group(1) or _OLD_ENCRYPTION in text:
        faults.append(
            "private_key is encrypted, and the panel takes no passphrase: decrypt it first (openssl pkey -in FILE)."
        )
    else:
        try:
            return load_pem_private_key(tidy_key(text).encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # The library's own words could repeat a part of the key.
            faults.append("private_key cannot be read: it is damaged or of an unknown kind.")
    return None


def _match(key: Any, chain: list[Any], faults: list[str]) -> None:
    wanted = _public(key)
    places = [position for position, one in enumerate(chain, 1) if _public(one) == wanted]
    if not places:
        faults.append("private_key does not belong to certificate.")
    elif places[0] > 1:
        faults.append(
            "certificate: wrong order; private_key belongs to number %d, and its certificate must come first."
            % places[0]
        )


def _strength(key: Any, faults: list[str]) -> None:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < _FEWEST_BITS:
            faults.append(
                "private_key has %d bits, and browsers take no RSA key with less than %d: make a new one."
                % (key.key_size, _FEWEST_BITS)
            )
    elif not isinstance(key, ec.EllipticCurvePrivateKey):
        faults.append("private_key is of a kind that browsers do not take: make one of RSA or of ECDSA (prime256v1).")
    elif key.curve.name not in _CURVES:
        faults.append(
            "private_key is on the curve %s, which browsers do not take: make one on prime256v1 or secp384r1."
            % key.curve.name
        )


def _signatures(chain: list[Any], faults: list[str]) -> None:
    for position, one in enumerate(chain, 1):
        if position > 1 and one.issuer == one.subject:
            continue  # a root is trusted because it is in the list
        try:
            algorithm = one.signature_hash_algorithm
        except UnsupportedAlgorithm:
            continue  # the authority knows better than an old library
        if algorithm is not None and algorithm.name in _BROKEN_HASHES:
            faults.append(
                "certificate: number %d is signed by %s, which browsers do not trust." % (position, algorithm.name)
            )


def _purpose(leaf: Any, faults: list[str]) -> None:
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except _NO_EXTENSION:
        return
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}.intersection(uses):
        faults.append("certificate is not for servers (its extended key usage lacks serverAuth).")


def _public(holder: Any) -> bytes:
    """The public key as DER; empty for a kind that the library does not know."""
    form = PublicFormat.SubjectPublicKeyInfo
    try:
        encoded: bytes = holder.public_key().public_bytes(Encoding.DER, form)
    except (ValueError, UnsupportedAlgorithm):
        return b""
    return encoded


def _order(chain: list[Any], faults: list[str]) -> None:
    for position, (one, issuer) in enumerate(zip(chain, chain[1:]), 1):
        if one.issuer != issuer.subject or not _signed_by(one, issuer):
            faults.append("certificate: wrong order; number %d was not issued by number %d." % (position, position + 1))
            return


def _signed_by(one: Any, issuer: Any) -> bool:
    if not hasattr(one, "verify_directly_issued_by"):  # cryptography before 40
        return True
    try:
        one.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    return True


def _names(leaf: Any) -> tuple[str, ...]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _NO_EXTENSION:
        return ()
    return tuple(name.lower() for name in found.get_values_for_type(x509.DNSName))


def _end(one: Any) -> datetime:
    """The end in UTC; the attribute with a zone came with cryptography 42."""
    found: datetime | None = getattr(one, "not_valid_after_utc", None)
    return found or one.not_valid_after.replace(tzinfo=timezone.utc)


def _start(one: Any) -> datetime:
    found: datetime | None = getattr(one, "not_valid_before_utc", None)
    return found or one.not_valid_before.replace(tzinfo=timezone.utc)


def _words(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
