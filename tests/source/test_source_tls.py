# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source database by TLS to a real MariaDB: who must prove what, and that no password travels in plain text."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.source.conftest import Module, login
from tests.wordpress import MariaDB, Network

# The bit of a server's greeting that offers TLS, in the lower two bytes of its capabilities.
OFFERS_TLS = 0x0800


@pytest.fixture
def tls_user(network: Network) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Makes an account that must prove something; gives the options for it by TCP."""
    run = network.mariadb.run

    def make(requires: str) -> dict[str, Any]:
        run(f"CREATE USER tls@'127.0.0.1' IDENTIFIED BY 's3cret-of-tls' REQUIRE {requires}")
        run(f"GRANT SELECT ON `{network.database}`.* TO tls@'127.0.0.1'")
        return {
            **login(network),
            "login_unix_socket": None,
            "login_host": "127.0.0.1",
            "login_port": network.mariadb.port,
            "login_user": "tls",
            "login_password": "s3cret-of-tls",
        }

    yield make
    run("DROP USER IF EXISTS tls@'127.0.0.1'")


Make = Callable[[str], dict[str, Any]]


def test_an_encrypted_connection(info: Module, mariadb: MariaDB, tls_user: Make) -> None:
    options = tls_user("SSL")
    assert "access was denied" in info(**options)["msg"]
    result = info(**options, ca_cert=str(mariadb.ca))
    assert result["snapshot"]["counts"]["blogs"] == 4, result


def test_a_client_certificate(info: Module, mariadb: MariaDB, tls_user: Make) -> None:
    options = {**tls_user("X509"), "ca_cert": str(mariadb.ca)}
    assert "access was denied" in info(**options)["msg"]
    cert, key = (option.split("=")[1] for option in mariadb.certificate("client", "client.test"))
    result = info(**options, client_cert=cert, client_key=key)
    assert result["snapshot"]["counts"]["blogs"] == 4, result


def test_an_authority_that_did_not_sign_it(info: Module, tls_user: Make, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    options = {**tls_user("SSL"), "ca_cert": str(other)}
    for check in (True, False):
        message = info(**options, check_hostname=check)["msg"]
        assert "the server's certificate is not signed by a known authority" in message and "Set ca_cert" in message


def test_a_certificate_for_another_host_name(info: Module, mariadb: MariaDB, tls_user: Make) -> None:
    options = {**tls_user("SSL"), "login_host": "localhost", "ca_cert": str(mariadb.ca)}
    message = info(**options)["msg"]
    assert "the server's certificate is for another host name" in message and "check_hostname" in message
    assert info(**options, check_hostname=False)["snapshot"]["counts"]["blogs"] == 4


@pytest.mark.parametrize("option", ["ca_cert", "client_cert"])
def test_a_file_that_is_no_certificate(
    info: Module, mariadb: MariaDB, tls_user: Make, tmp_path: Path, option: str
) -> None:
    file = tmp_path / "file.pem"
    file.write_text("no certificate")
    options = {"ca_cert": str(mariadb.ca), **({"client_key": str(file)} if option == "client_cert" else {})}
    assert option in info(**tls_user("SSL"), **{**options, option: str(file)})["msg"]


class Stripper:
    """A man in the middle at ``host`` and ``port``: hides that the server offers TLS. ``said`` is what a client tells it."""

    def __init__(self, server: int) -> None:
        # Not an address that counts as this machine, though it is one.
        self.listener = socket.create_server(("127.0.0.2", 0))
        self.host, self.port = self.listener.getsockname()
        self.said = b""
        self._server = server
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self.listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._server)) as server:
            greeting = bytearray(server.recv(4096))
            capabilities = greeting.index(0, 5) + 1 + 4 + 8 + 1
            assert greeting[capabilities + 1] & (OFFERS_TLS >> 8)
            greeting[capabilities + 1] &= ~(OFFERS_TLS >> 8) & 0xFF
            client.sendall(greeting)
            client.settimeout(5)
            while part := client.recv(4096):
                self.said += part

    def end(self) -> None:
        """Waits until the client is gone."""
        self._thread.join()
        self.listener.close()


@pytest.mark.parametrize("given", [True, False])
def test_a_server_elsewhere_that_offers_no_encryption_is_told_nothing(
    info: Module, mariadb: MariaDB, tls_user: Make, given: bool
) -> None:
    between = Stripper(mariadb.port)
    options = {**tls_user("NONE"), "login_host": between.host, "login_port": between.port}
    message = info(**options, **({"ca_cert": str(mariadb.ca)} if given else {}))["msg"]
    between.end()
    assert "the server offers no encryption" in message and "Switch TLS on" in message
    assert between.said == b""
