# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom certificates for tests: a root, an intermediate and leaves, with real keys."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from tests.modules.harness import START

Key = CertificateIssuerPrivateKeyTypes


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
    name: str,
    issuer: Pair | None = None,
    names: tuple[str, ...] = (),
    start: float = -10,
    days: float = 90,
    key: Key | None = None,
    uses: tuple[x509.ObjectIdentifier, ...] = (),
) -> Pair:
    """A certificate; ``start`` in days from the tests' beginning. ``uses``: its extended key usage."""
    key = key or ec.generate_private_key(ec.SECP256R1())
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
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@cache
def root() -> Pair:
    """A root that nobody trusts."""
    return make("Root", days=3650)


@cache
def intermediate() -> Pair:
    """Signed by the root."""
    return make("Intermediate", root(), days=1000)


def leaf(*names: str, start: float = -10, days: float = 90, **more: Any) -> Pair:
    """Signed by the intermediate, for these names."""
    return make(names[0], intermediate(), names, start, days, **more)


# Made by openssl ca -md sha1 for x.com and www.x.com, from 2026 to 2126: the library signs nothing by SHA-1 any more.
SHA1 = """\
-----BEGIN CERTIFICATE-----
MIIBTTCB9KADAgECAgEBMAkGByqGSM49BAEwEDEOMAwGA1UEAwwFeC5jb20wIBcN
MjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBAxDjAMBgNVBAMMBXguY29t
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4fq/6bMZbOUeLmGeOCVQjDMWWdq7
+yA+6Ea/7uaLOQJrpViKl6eZ9RHIkdEt2wJBTiDC6dGd/rXeYNWG55QHpKM+MDww
GwYDVR0RBBQwEoIFeC5jb22CCXd3dy54LmNvbTAdBgNVHQ4EFgQUv2bAMaXkx36x
k/clQhUOfdKpIqYwCQYHKoZIzj0EAQNJADBGAiEA3rH26EFjxKngz4Krg8lPrBa+
4MQ3pi/9IgeNOOdxkvoCIQCQzDpUvJcXPZB79LwB5INkC6f9zYoOWtljLnqbRe5j
Fw==
-----END CERTIFICATE-----
"""

# Made likewise, on the curve prime239v1, which the library does not know.
ODD_CURVE = """\
-----BEGIN CERTIFICATE-----
MIIBRTCB8aADAgECAgEEMAoGCCqGSM49BAMCMBAxDjAMBgNVBAMMBXguY29tMCAX
DTI2MDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAQMQ4wDAYDVQQDDAV4LmNv
bTBVMBMGByqGSM49AgEGCCqGSM49AwEEAz4ABAIJA59VglBCF6Mlup/CEN2yOjDK
+vwmGfEIwBcOWyBVDUX9dadJNqiWBYAZX7bGj8vhvQOZ8DvjE9PdoKM+MDwwGwYD
VR0RBBQwEoIFeC5jb22CCXd3dy54LmNvbTAdBgNVHQ4EFgQU1nIbJqzMy46I1YZH
QGsxnTCDYe8wCgYIKoZIzj0EAwIDQwAwQAIeW1wLTXBCiCE/Tjp1TP8qDiOGFRMr
b1P3NIobOZKmAh5HJAR+0pgtqjB4P5UmWPzaSnTbLwCdhXWEZ9qfHSg=
-----END CERTIFICATE-----
"""


def twice_named(pair: Pair) -> str:
    """The same certificate with its alternative names in two extensions, which no authority would sign."""
    other = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), b"0\x03\x82\x01x")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder(extensions=list(pair.certificate.extensions))
        .subject_name(pair.certificate.subject)
        .issuer_name(pair.certificate.issuer)
        .public_key(pair.certificate.public_key())
        .serial_number(1)
        .not_valid_before(pair.certificate.not_valid_before_utc)
        .not_valid_after(pair.certificate.not_valid_after_utc)
        .add_extension(other, False)
    )
    der = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER).replace(b"\x55\x1d\x12", b"\x55\x1d\x11")
    return ssl.DER_cert_to_PEM_cert(der)


def options(pair: Pair, *chain: Pair) -> dict[str, Any]:
    """The options of a module for it."""
    certificate = "".join(one.pem for one in (pair, *(chain or (intermediate(),))))
    return {"provider": "custom", "certificate": certificate, "private_key": pair.key_pem}
