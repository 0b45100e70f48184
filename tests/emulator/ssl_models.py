# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of the SSL side: certificates, orders, log rows, external APIs, and what the API takes.

Fields as in RunCloud's v3 docs api-8811386 and api-8812824 and as clients of v2 and v3 send and read them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from .base import CREATED, Lenient, Strict

# Marker values: tests look for them in logs and results, where they must never be.
SSL_KEY = "-----BEGIN PRIVATE KEY-----\nSSLKEY-SECRET-1\n-----END PRIVATE KEY-----\n"
API_SECRET = "EXTAPI-SECRET-1"

Environment = Literal["live", "staging"]
Authorization = Literal["http-01", "dns-01"]


class Order(Strict):
    """One certificate order at Let's Encrypt; ``outcome`` is None while it is under way, ``issued``, or the refusal."""

    at: float
    webapp_id: int
    domain: str | None  # None: the web app's own certificate
    names: list[str]
    why: Literal["install", "redeploy", "renewal", "autossl"]
    environment: Environment = "live"
    outcome: str | None = None


class Certificate(Strict):
    """An SSL object of a web app (``domain_id`` None) or of a domain, and what the emulator knows of it.

    In a seed: ``name`` is the domain, ``lifetime`` the days of a certificate that is there, ``age`` how many of them are gone.
    ``polls`` counts the reads until the order under way ends.
    """

    id: int = 0
    webapp_id: int = 0
    domain_id: int | None = None
    name: str | None = None
    method: Literal["letsencrypt", "custom"] = "letsencrypt"
    protocol: int = 2
    enableHttp: bool = False
    enableHsts: bool = False
    enableHstsSubdomains: bool = False
    enableHstsPreload: bool = False
    authorizationMethod: Authorization = "http-01"
    environment: Environment = "live"
    api_id: int | None = None
    validFrom: str | None = None
    validUntil: str | None = None
    renewalDate: str | None = None
    privateKey: str | None = None
    certificate: str | None = None
    created_at: str = CREATED
    names: list[str] = Field([])
    serial: int = 0
    order: Order | None = None
    polls: int = 0
    tried: float = 0.0  # when the last renewal was tried
    transient: bool = False
    lifetime: float = 0
    age: float = 0

    def wire(self, version: str) -> dict[str, Any]:
        """The object as the API of this version shows it; v3 shows neither protocol, key nor HSTS of subdomains."""
        shown: dict[str, Any] = {"id": self.id, "method": self.method}
        if version == "v2":
            shown["ssl_protocol_id"] = self.protocol
        shown |= {"enableHttp": self.enableHttp, "enableHsts": self.enableHsts}
        if version == "v3":
            shown["enableHstsPreload"] = self.enableHstsPreload
        authorization = self.authorizationMethod if self.method == "letsencrypt" else None
        shown |= {"authorizationMethod": authorization, "staging": self.environment == "staging"}
        if version == "v2" or self.api_id is not None:
            shown["api_id"] = self.api_id
        shown |= {"validUntil": self.validUntil, "renewalDate": self.renewalDate}
        if version == "v2":
            shown |= {"privateKey": self.privateKey or SSL_KEY, "certificate": self.certificate}
        return shown | {"created_at": self.created_at}


class SslRow(Strict):
    """A row of v3's ``GET …/ssl``: the domain's number and name, and its SSL object."""

    id: int
    name: str
    ssl: dict[str, Any] | None


class LogRowOut(Strict):
    """A row of a web app's log."""

    id: int = 0
    kind: str = "ssl"
    content: str
    created_at: str = CREATED


class LogRow(LogRowOut):
    """``webapp_id`` 0 means the first web app."""

    webapp_id: int = 0


class ExternalApiOut(Strict):
    """A DNS provider's credentials as the API shows them: the service in words, the secret in full."""

    id: int = 0
    label: str
    username: str | None = None
    secret: str = API_SECRET
    service: str = "Cloudflare"
    created_at: str = CREATED


class ExternalApi(ExternalApiOut):
    """``zones``: the domains of the account there, where dns-01 works."""

    zones: list[str] = Field([])


# --- what the API takes ---------------------------------------------------------------------------------------------


class ModeBody(Lenient):
    """Body of ``POST …/ssl/advanced``."""

    advancedSSL: StrictBool
    autoSSL: StrictBool | None = None


class Settings(Lenient):
    """Settings that both an install and a change take; the protocol goes by another name in each version."""

    enableHttp: StrictBool | None = None
    enableHsts: StrictBool | None = None
    enableHstsSubdomains: StrictBool | None = None
    enableHstsPreload: StrictBool | None = None
    sslProtocolId: StrictInt | None = Field(None, ge=1, le=3)
    ssl_protocol_id: StrictInt | None = Field(None, ge=1, le=3)
    authorizationMethod: Authorization | None = None
    externalApi: StrictInt | None = None
    certificate: StrictStr | None = None
    privateKey: StrictStr | None = None
    advancedSSL: StrictBool | None = None
    autoSSL: StrictBool | None = None


class InstallBody(Settings):
    """Body of ``POST …/ssl``, of a web app or of a domain."""

    provider: Literal["letsencrypt", "custom", "csr"]
    enableHttp: StrictBool
    enableHsts: StrictBool
    environment: Environment = "live"
