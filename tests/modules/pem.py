# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom certificates for tests: a root, an intermediate and leaves, with real keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.modules.harness import START

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, and who signed it."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """Its key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def locked(self, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
        """Its key behind a passphrase."""
        return self.key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"open sesame")).decode()


def make(
    name: str, issuer: Pair | None = None, names: tuple[str, ...] = (), start: float = -10, days: float = 90
) -> Pair:
    """A certificate; ``start`` in days from the tests' beginning."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins: datetime = START + timedelta(days=start)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@cache
def root() -> Pair:
    """A root that nobody trusts."""
    return make("Root", days=3650)


@cache
def intermediate() -> Pair:
    """Signed by the root."""
    return make("Intermediate", root(), days=1000)


def leaf(*names: str, start: float = -10, days: float = 90) -> Pair:
    """Signed by the intermediate, for these names."""
    return make(names[0], intermediate(), names, start, days)


def options(pair: Pair, *chain: Pair) -> dict[str, Any]:
    """The options of a module for it."""
    certificate = "".join(one.pem for one in (pair, *(chain or (intermediate(),))))
    return {"provider": "custom", "certificate": certificate, "private_key": pair.key_pem}
