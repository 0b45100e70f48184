# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes: what the panel holds (also the seed), what it answers, what it takes.

The documented objects (RunCloud API v3 docs: server api-8617075, web app api-8617094, domain api-8617111) are the
``…Out`` classes; what only the emulator knows of a record (to which app it belongs) is added by the subclass.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, StrictBool, StrictStr, model_validator

from .base import CREATED, Lenient, Strict
from .ssl_models import Certificate, ExternalApi, ExternalApiOut, LogRow, LogRowOut, SslRow

TOKEN = "rc-emulator-token-0001"
KEY = "rc-emulator-key-0001"
SECRET = "rc-emulator-secret-0001"
# Marker values: tests look for them in logs and results, where they must never be.
PULL_KEYS = ("PULLKEY-SECRET-1", "PULLKEY-SECRET-2")


class ServerOut(Strict):
    """A server as the API shows it."""

    id: int = 0
    name: str = ""
    provider: str | None = "Akamai (Linode)"
    stack: str = "nginx"
    ipAddress: str = "192.0.2.10"
    country_iso_code: str | None = "JP"
    os: str = "Ubuntu"
    osVersion: str | None = "jammy"
    connected: bool = True
    online: bool = True
    agentVersion: str | None = "2.8.7-1+ubuntu20.04+11"
    phpCLIVersion: str = "php81rc"
    softwareUpdate: bool = False
    securityUpdate: bool = True
    transferStatus: str = "AVAILABLE"
    created_at: str = CREATED
    tags: list[str] = Field([])


class Server(ServerOut):
    """``shared``: another workspace's server; it is listed under ``/servers/shared`` only."""

    shared: bool = False


class UserOut(Strict):
    """A system user as the API shows it."""

    id: int = 0
    username: str = "runcloud"
    created_at: str = CREATED


class User(UserOut):
    """``server_id`` 0 means the first server."""

    server_id: int = 0


class WebAppOut(Strict):
    """A web app as the API shows it; ``pullKey1`` and ``pullKey2`` are secrets."""

    id: int = 0
    server_user_id: int = 0
    name: str = ""
    rootPath: str = ""
    publicPath: str = ""
    phpVersion: str = "php81rc"
    stack: str = "hybrid"
    stackMode: str = "production"
    type: str = "wordpress"
    defaultApp: bool = False
    alias: int | None = None
    pullKey1: str = PULL_KEYS[0]
    pullKey2: str = PULL_KEYS[1]
    created_at: str = CREATED


class SslMode(Strict):
    """How a web app's certificates are kept, of ``GET …/ssl/advanced``: one for all names, or one for each."""

    advancedSSL: bool = False
    autoSSL: bool = False


class WebApp(WebAppOut, SslMode):
    """``server_id`` 0 means the first server. The SSL mode is no field of the API's web app object."""

    server_id: int = 0


class DomainOut(Strict):
    """A domain as the API shows it: the flags are integers, the creation time has no zone."""

    id: int = 0
    name: str
    type: str = ""
    www: int = 0
    redirection: str = "none"
    wildcard: int = 0
    dns_integration: str = "none"
    status: str | None = None
    created_at: str = CREATED


class Domain(DomainOut):
    """``webapp_id`` 0 means the first web app. Any name is taken: a panel holds odd records."""

    webapp_id: int = 0

    def hosts(self) -> list[str]:
        """The host names that the web server answers to for this record."""
        return [self.name, f"www.{self.name}"] if self.www else [self.name]


class Key(Strict):
    """A legacy (v2) pair of credentials."""

    key: str
    secret: str


Row = ServerOut | UserOut | WebAppOut | DomainOut | LogRowOut | ExternalApiOut | SslRow


def wire(record: Row) -> dict[str, Any]:
    """Only the documented fields of a record, in the documented order."""
    for shape in (ServerOut, UserOut, WebAppOut, DomainOut, LogRowOut, ExternalApiOut, SslRow):
        if isinstance(record, shape):
            return record.model_dump(include=set(shape.model_fields))
    raise TypeError(record)


class Seed(Strict):
    """All that the panel holds. Defaults: one server (1), one user, one web app (2) without domains."""

    tokens: list[str] = Field([TOKEN])
    keys: list[Key] = Field([Key(key=KEY, secret=SECRET)])
    servers: list[Server] = Field(default_factory=lambda: [Server(id=1)])
    users: list[User] = Field([])
    webapps: list[WebApp] = Field(default_factory=lambda: [WebApp(id=2, name="network")])
    domains: list[Domain] = Field([])
    certificates: list[Certificate] = Field([])
    external_apis: list[ExternalApi] = Field([])
    log: list[LogRow] = Field([])

    @model_validator(mode="after")
    def fill(self) -> Seed:
        """Give numbers, owners, names and paths to what came without."""
        _number(self.servers, 1)
        _number(self.users, 1647)
        _number(self.webapps, 2)
        _number(self.domains, 701)
        for server in self.servers:
            server.name = server.name or f"server-{server.id}"
        first_server = self.servers[0].id if self.servers else 0
        for user in self.users:
            user.server_id = user.server_id or first_server
        for app in self.webapps:
            app.server_id = app.server_id or first_server
            app.server_user_id = app.server_user_id or self._user_of(app.server_id)
            app.name = app.name or f"app-{app.id}"
            owner = next((user.username for user in self.users if user.id == app.server_user_id), "runcloud")
            app.rootPath = app.rootPath or f"/home/{owner}/webapps/{app.name}"
            app.publicPath = app.publicPath or app.rootPath
        known = {app.id for app in self.webapps}
        for domain in self.domains:
            domain.webapp_id = domain.webapp_id or self.webapps[0].id
            if domain.webapp_id not in known:
                raise ValueError(f"domain {domain.name}: no web app {domain.webapp_id}")
        # The domain an app is created with is its primary; a seed that names types itself may hold anything.
        with_primary = {domain.webapp_id for domain in self.domains if domain.type == "primary"}
        seen: set[int] = set()
        for domain in self.domains:
            first = domain.webapp_id not in seen | with_primary
            domain.type = domain.type or ("primary" if first else "alias")
            seen.add(domain.webapp_id)
        self._place_certificates()
        return self

    def _place_certificates(self) -> None:
        """Certificates are named by the domain they were ordered for; what they cover is that name unless told."""
        _number(self.certificates, 55)
        _number(self.external_apis, 31)
        _number(self.log, 9001)
        for row in self.log:
            row.webapp_id = row.webapp_id or self.webapps[0].id
        for certificate in self.certificates:
            certificate.webapp_id = certificate.webapp_id or self.webapps[0].id
            own = [domain for domain in self.domains if domain.webapp_id == certificate.webapp_id]
            if certificate.name:
                certificate.domain_id = next(domain.id for domain in own if domain.name == certificate.name)
                own = [domain for domain in own if domain.id == certificate.domain_id]
            if certificate.lifetime:
                certificate.names = certificate.names or [host for domain in own for host in domain.hosts()]

    def _user_of(self, server_id: int) -> int:
        for user in self.users:
            if user.server_id == server_id:
                return user.id
        user = User(id=max((user.id for user in self.users), default=1646) + 1, server_id=server_id)
        self.users.append(user)
        return user.id


def _number(records: list[Any], start: int) -> None:
    following = max([start - 1, *(record.id for record in records)])
    for record in records:
        if not record.id:
            following += 1
            record.id = following


# --- what the API takes; unknown fields are ignored but recorded ----------------------------------------------

DomainType = Literal["alias", "primary", "redirect"]
Redirection = Literal["none", "www", "non-www"]


class DomainBody(Lenient):
    """Body of ``POST …/domains`` (api-8617111); only ``name`` is required."""

    name: StrictStr
    www: StrictBool = False
    redirection: Redirection = "none"
    type: DomainType = "alias"


class MetaBody(Lenient):
    """Body of ``PATCH …/domains/{id}/meta`` (api-8617114)."""

    type: DomainType | None = None
    redirection: Redirection | None = None
    www: StrictBool | None = None


class PageQuery(Lenient):
    """Query of every list."""

    page: int = Field(1, ge=1)
    perPage: int | None = Field(None, ge=1)


class SearchQuery(PageQuery):
    """Lists that can be searched by name."""

    search: str = ""


class SortQuery(SearchQuery):
    """The v3 list of web apps can also be sorted."""

    sortColumn: Literal["id", "name", "created_at"] = "id"
    sortDirection: Literal["asc", "desc"] = "asc"


class DnsHint(Strict):
    """One row of ``GET …/domains/{id}/dns`` (api-8617115)."""

    type: Literal["A", "CNAME"]
    hostname: str
    content: str
