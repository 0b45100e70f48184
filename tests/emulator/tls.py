# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What visitors meet: a TLS port that shows the panel's certificates by SNI, signed by an authority of its own.

Root, intermediate and leaf as Let's Encrypt has them; the staging environment has another root, which nobody trusts.
"""

from __future__ import annotations

import socketserver
import ssl
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .certificates import seconds
from .ssl_models import Certificate

if TYPE_CHECKING:
    from .server import Emulator

_BROKEN = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


class Issuer:
    """A root and its intermediate; all leaves share one key, because nobody here has to be kept apart from anybody."""

    def __init__(self, name: str) -> None:
        self._root_key, self._key, self._leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        root = _name(f"{name} Root")
        self.root = _signed(root, root, self._root_key, self._root_key, authority=True)
        self._name = _name(f"{name} E1")
        self._intermediate = _signed(self._name, root, self._key, self._root_key, authority=True)

    def issue(self, certificate: Certificate) -> bytes:
        """Key, leaf and intermediate of an issued certificate, as PEM."""
        leaf = _signed(
            _name(certificate.names[0][:64]), self._name, self._leaf_key, self._key, authority=False, of=certificate
        )
        key = self._leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, self._intermediate))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    authority: bool,
    of: Certificate | None = None,
) -> x509.Certificate:
    start = _moment(of.validFrom) if of else datetime(2020, 1, 1, tzinfo=UTC)
    end = _moment(of.validUntil) if of else start + timedelta(days=36500)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(of.serial if of else x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False), critical=True
        )
    )
    if of:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in of.names]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _moment(text: str | None) -> datetime:
    return datetime.fromtimestamp(seconds(text or ""), UTC)


class TlsServer:
    """Listens on 127.0.0.1 (``port`` 0: any free one); a name without a certificate gets the alert ``unrecognized_name``.

    ``handshakes`` holds the name of every handshake in order.
    """

    def __init__(self, emulator: Emulator, port: int = 0) -> None:
        self._emulator = emulator
        self._folder = tempfile.TemporaryDirectory(prefix="emulator-tls-")
        self._issuers = {name: Issuer(f"Emulated {name}") for name in ("live", "staging")}
        self._contexts: dict[Any, ssl.SSLContext] = {}
        self.handshakes: list[str | None] = []
        self.ca_file = str(Path(self._folder.name, "root.pem"))
        Path(self.ca_file).write_bytes(self._issuers["live"].root.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose
        outer = context

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(5)
                try:
                    with outer.wrap_socket(self.request, server_side=True) as line:
                        if line.recv(65536):
                            line.sendall(_BROKEN if emulator.broken("breaks") else _PAGE)
                except OSError:
                    pass  # a client that only shakes hands, or refuses the certificate

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._folder.cleanup()

    def _choose(self, line: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        with self._emulator.lock:
            self.handshakes.append(name)
            certificate = self._served(name) if name else None
            if certificate is not None and self._emulator.broken("confuses"):
                certificate = certificate.model_copy(
                    update={"names": ["other.example"], "serial": certificate.serial + 1}
                )
            if certificate is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            line.context = self._context(certificate)
        return None

    def _served(self, host: str) -> Certificate | None:
        """The certificate of the web app or domain that the web server has for this host, whether it covers it or not."""
        world = self._emulator.world
        self._emulator.authority(world).settle()
        star = "*." + host.partition(".")[2]  # a name of its own goes before a wildcard
        for domain in sorted(world.data.domains, key=lambda domain: host not in domain.hosts()):
            if not {host, star} & set(domain.hosts()):
                continue
            app = next(app for app in world.data.webapps if app.id == domain.webapp_id)
            place = (app.id, domain.id if app.advancedSSL else None)
            for certificate in world.data.certificates:
                if (certificate.webapp_id, certificate.domain_id) == place and certificate.names:
                    return certificate
        return None

    def _context(self, certificate: Certificate) -> ssl.SSLContext:
        key = (
            certificate.environment,
            certificate.serial,
            certificate.validUntil,
            *certificate.names,
            certificate.certificate,
        )
        if key not in self._contexts:
            if certificate.certificate:
                pem = f"{certificate.privateKey}\n{certificate.certificate}".encode()
            else:
                pem = self._issuers[certificate.environment].issue(certificate)
            path = Path(self._folder.name, f"{len(self._contexts)}.pem")
            path.write_bytes(pem)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(path)
            self._contexts[key] = context
        return self._contexts[key]
