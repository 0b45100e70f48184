# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RunCloud's resources as plain data. The one place that knows how API v2 and v3 differ; nothing above names a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from ._client import ApiError, Client
from ._names import WWW, BadName, covering, normalise

# No v2 client and no v2 page knows a call that edits a domain record. To remove it and add it again would lose its certificate.
_V2_NO_EDIT = "API v2 cannot edit a record: use an API v3 token, or change it in the panel."
UNKNOWN_TYPE = "unknown"
_ODD = "Nothing is done with records that cannot be told apart; report this with the API version."
_SECRET_FIELDS = frozenset(("pullKey1", "pullKey2"))


class Record(NamedTuple):
    """One domain record of a web app, normalised: a lower-case name and real booleans."""

    id: int
    name: str
    type: str  # primary, alias, redirect; unknown where an old server does not say it
    www: bool
    redirection: str  # none, www, non-www
    wildcard: bool = False
    dns_integration: str | None = None
    status: str | None = None
    created_at: str | None = None

    def hosts(self) -> tuple[str, ...]:
        """The host names of this record, as they stand on a certificate."""
        return (self.name, WWW + self.name) if self.www else (self.name,)

    def names(self, host: str) -> bool:
        """Whether this record is made for the host itself, which beats any wildcard."""
        return host == self.name or (self.www and host == WWW + self.name)

    def serves(self, host: str) -> bool:
        """Whether RunCloud routes this host to the web app because of this record."""
        return self.names(host) or covering(host, self.wildcard_bases()) is not None

    def wildcard_bases(self) -> tuple[str, ...]:
        """The names whose direct subdomains this record covers: of ``*.x``, or of x with the wildcard flag."""
        if self.name.startswith("*."):
            return (self.name[2:],)
        return (self.name,) if self.wildcard else ()

    def flags(self) -> dict[str, Any]:
        """What a person compares: type, www and redirection."""
        return {"type": self.type, "www": self.www, "redirection": self.redirection}

    def has(self, flags: dict[str, Any]) -> bool:
        """Whether it has these flags; a type that the panel does not say is taken for the right one."""
        return self.flags() == (dict(flags, type=UNKNOWN_TYPE) if self.type == UNKNOWN_TYPE else flags)


class Target(NamedTuple):
    """By what a web app is known everywhere: the API's address without its version, and the two numbers."""

    api_url: str
    server_id: int
    webapp_id: int


class SslMode(NamedTuple):
    """How the certificates of a web app are kept: one for all its names, or with Advanced SSL one for each.

    ``auto``: RunCloud orders a name's certificate by itself as soon as the name is added.
    """

    advanced: bool
    auto: bool

    @property
    def spoiled(self) -> str:
        """What a name that does not reach the server would spoil, in words; empty when nothing."""
        if not self.advanced:
            return "the web app has one certificate for all its names"
        return "AutoSSL orders the certificate of a name at once" if self.auto else ""


class SslFields(NamedTuple):
    """How an API version spells the settings of a certificate: the protocol's field, and whether the HSTS extras are known."""

    protocol: str
    hsts_extras: bool


# v3's spelling is that of the clients that were corrected by use; a wrong name is ignored without a word.
_V2_SSL, _V3_SSL = SslFields("ssl_protocol_id", False), SslFields("sslProtocolId", True)


def record(row: dict[str, Any], path: str) -> Record:
    """A record from the API's object; ``www`` and ``wildcard`` come as 0/1 (v3 docs api-8617111), tolerated as booleans.

    :arg path: where it came from, for the error.
    :raises ApiError: when it has no number and name to know it by.
    """
    key, name = row.get("id"), row.get("name")
    if not isinstance(key, int) or isinstance(key, bool) or not isinstance(name, str) or not name.strip():
        raise ApiError("GET", path, 200, "a domain record without a usable id and name", hint=_ODD)
    return Record(
        id=key,
        name=spelling(name.strip().lower()),
        type=_word(row.get("type"), UNKNOWN_TYPE),
        www=_flag(row.get("www")),
        redirection=_word(row.get("redirection"), "none"),
        wildcard=_flag(row.get("wildcard")),
        dns_integration=row.get("dns_integration"),
        status=row.get("status"),
        created_at=row.get("created_at"),
    )


def spelling(name: str) -> str:
    """The name as everything else spells it. What cannot be spelled so stays as it is; the plan leaves it alone."""
    if not name.isascii():
        try:
            return normalise(name, wildcard=True)
        except BadName:
            return name
    return name[:-1] if name.endswith(".") else name


def _word(value: Any, default: str) -> str:
    """A text as it is; whatever else the panel may say as a text that equals nothing that anybody wants."""
    if isinstance(value, str) and value:
        return value
    return default if value in (None, "") else "odd (%s)" % str(value)[:40]


def _flag(value: Any) -> bool:
    return value in (1, True, "1", "true")


def without_secrets(row: dict[str, Any]) -> dict[str, Any]:
    """An API object without the web hook keys that web apps carry."""
    return {key: value for key, value in row.items() if key not in _SECRET_FIELDS}


class Panel:
    """What the collection does with the API. Every method raises ApiError.

    :arg url: the API's address without its version.
    :arg no_edit: why this API cannot edit a record; empty when it can.
    """

    def __init__(self, client: Client, url: str, no_edit: str = "", ssl_fields: SslFields = _V3_SSL) -> None:
        self.client, self.url = client, url
        self.no_edit = no_edit
        self.ssl_fields = ssl_fields

    def ping(self) -> None:
        """Prove the credentials (contract: ``GET /ping`` needs them, in both versions)."""
        self.client.get("/ping")

    def servers(self) -> list[dict[str, Any]]:
        """Every server that the credentials see, the shared ones too (they are not promised in the first list)."""
        rows = self.client.listing("/servers")
        known = {row["id"] for row in rows}
        return rows + [row for row in self.client.listing("/servers/shared") if row["id"] not in known]

    def server(self, server_id: int) -> dict[str, Any]:
        """One server."""
        return _object(self.client.get("/servers/%d" % server_id), "GET", "/servers/%d" % server_id)

    def system_user(self, server_id: int, user_id: int) -> dict[str, Any]:
        """One system user of a server, who may own web apps."""
        path = "/servers/%d/users/%d" % (server_id, user_id)
        return _object(self.client.get(path), "GET", path)

    def system_users(self, server_id: int) -> list[dict[str, Any]]:
        """Every system user of a server."""
        return self.client.listing("/servers/%d/users" % server_id)

    def webapps(self, server_id: int) -> list[dict[str, Any]]:
        """Every web app of a server, without its secrets."""
        return [without_secrets(row) for row in self.client.listing("/servers/%d/webapps" % server_id)]

    def app(self, server_id: int, webapp_id: int) -> App:
        """One web app; no call is made yet."""
        return App(self, server_id, webapp_id)


class App:
    """One web app and its domain records."""

    def __init__(self, panel: Panel, server_id: int, webapp_id: int) -> None:
        self._panel, self.client = panel, panel.client
        self.server_id, self.webapp_id = server_id, webapp_id
        self.root = app_path(server_id, webapp_id)

    @property
    def target(self) -> Target:
        """By what it is known."""
        return Target(self._panel.url, self.server_id, self.webapp_id)

    @property
    def no_edit(self) -> str:
        """Why a record cannot be edited here; empty when it can."""
        return self._panel.no_edit

    @property
    def ssl_fields(self) -> SslFields:
        """How the settings of a certificate are spelt here."""
        return self._panel.ssl_fields

    def read(self) -> dict[str, Any]:
        """The web app's object, without its secrets."""
        return without_secrets(_object(self.client.get(self.root), "GET", self.root))

    def server(self) -> dict[str, Any]:
        """The server of the web app."""
        return self._panel.server(self.server_id)

    def ssl_mode(self) -> SslMode:
        """How its certificates are kept (contract: ``GET …/ssl/advanced``, both versions).

        :raises ApiError: also when the answer does not say it; which status a lower plan gets is not known (perhaps 403 or 422).
        """
        path = self.root + "/ssl/advanced"
        answer = self.client.get(path)
        flags = [answer.get(key) for key in ("advancedSSL", "autoSSL")] if isinstance(answer, dict) else []
        if not flags or flags[0] not in (0, 1):
            raise ApiError("GET", path, 200, "the answer does not say how the certificates are kept")
        return SslMode(bool(flags[0]), _flag(flags[1]))

    def records(self) -> list[Record]:
        """All domain records, from all pages."""
        path = self.root + "/domains"
        return [record(row, path) for row in self.client.listing(path)]

    def one(self, record_id: int) -> Record | None:
        """One record read back, or None when it is gone."""
        path = "%s/domains/%d" % (self.root, record_id)
        try:
            return record(_object(self.client.get(path), "GET", path), path)
        except ApiError as exc:
            if exc.status == 404 and not exc.html:
                return None
            raise

    def add(self, name: str, www: bool, redirection: str, type: str) -> Record | None:
        """Add a record; None when the answer did not carry it. All four fields are sent: their defaults are not documented."""
        body = {"name": name, "www": www, "redirection": redirection, "type": type}
        path = self.root + "/domains"
        answer = self.client.write("POST", path, body)
        try:
            return record(answer, path) if isinstance(answer, dict) else None
        except ApiError:
            return None  # it was accepted; the listing says what it is

    def edit(self, record_id: int, www: bool, redirection: str, type: str) -> None:
        """Change a record's flags. Always all three are sent, as the documented call does (v3 docs api-8617114)."""
        body = {"type": type, "redirection": redirection, "www": www}
        self.client.write("PATCH", "%s/domains/%d/meta" % (self.root, record_id), body)

    def remove(self, record_id: int) -> None:
        """Remove a record. One that is already gone counts as removed."""
        try:
            self.client.write("DELETE", "%s/domains/%d" % (self.root, record_id))
        except ApiError as exc:
            if exc.status != 404 or exc.html:
                raise

    def others(self) -> Iterator[tuple[dict[str, Any], list[Record]]]:
        """The other web apps of the server with their records, one at a time: there is no search by domain."""
        for row in self._panel.webapps(self.server_id):
            if row["id"] != self.webapp_id:
                yield row, self._panel.app(self.server_id, row["id"]).records()


def app_path(server_id: int, webapp_id: int) -> str:
    """The path below which everything of a web app lies."""
    return "/servers/%d/webapps/%d" % (server_id, webapp_id)


def _object(answer: Any, method: str, path: str) -> dict[str, Any]:
    """A single object, which both versions answer bare (v2 docs api-9849712)."""
    if not isinstance(answer, dict) or "id" not in answer:
        raise ApiError(method, path, 200, "the answer is not the object that was asked for")
    return answer


def panel(version: str, url: str, make_client: Callable[[str], Client]) -> Panel:
    """The panel of one API version, ``v2`` or ``v3``, at an address without version; the client is made for the version's."""
    client = make_client("%s/%s" % (url, version))
    return Panel(client, url) if version == "v3" else Panel(client, url, _V2_NO_EDIT, _V2_SSL)
