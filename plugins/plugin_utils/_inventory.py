# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the panel's servers and web apps to the hosts and groups of an inventory. Pure; values of the API stay as they are, names become safe."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any, NamedTuple

FORMAT = "wpmultisite.inventory/1"
HOSTNAMES = ("name", "name_and_server", "id")

# What is kept of an object of the API, and therefore what lies in a cache: nothing that is a secret.
_SERVER_FIELDS = ("id", "name", "provider", "stack", "ipAddress", "connected", "online", "tags")
_APP_FIELDS = ("id", "name", "type", "phpVersion", "stack", "stackMode", "rootPath", "publicPath", "server_user_id")
_USER_FIELDS = ("id", "username")
# Names that mean something to Ansible.
_RESERVED = frozenset(("all", "ungrouped", "localhost", "127.0.0.1"))
# A host's name is that of a folder (the state directory), with the server's behind it.
_LONGEST = 100

Row = Mapping[str, Any]


class Source(NamedTuple):
    """Where a listing comes from; one from elsewhere is of no use."""

    api_url: str
    api_version: str


class Choice(NamedTuple):
    """Which servers or web apps are meant: patterns of names, or numbers. No ``include`` means all."""

    include: Sequence[str]
    exclude: Sequence[str]

    def has(self, row: Row) -> bool:
        """Whether a row is meant."""
        return (not self.include or _any(self.include, row)) and not _any(self.exclude, row)

    def missing(self, rows: Sequence[Row]) -> list[str]:
        """What is included by its plain name or number and is not there. A pattern may match nothing."""
        return [text for text in self.include if not re.search(r"[*?\[]", text) and not _any([text], *rows)]


class Wanted(NamedTuple):
    """What a run asks for; ``users``: with the names of the system users."""

    source: Source
    servers: Choice
    apps: Choice
    users: bool


class Placed(NamedTuple):
    """A web app on its server, and the name of its host."""

    host: str
    server: Row
    app: Row


def _any(patterns: Iterable[str], *rows: Row) -> bool:
    return any(_matches(pattern.strip().lower(), row) for pattern in patterns for row in rows)


def _matches(pattern: str, row: Row) -> bool:
    name = (_text(row.get("name")) or "").lower()
    return pattern in (name, str(row["id"])) or fnmatchcase(name, pattern)


# --- the listing ------------------------------------------------------------------------------------------------------


def listing(
    source: Source, servers: Sequence[Row], apps: Mapping[int, Sequence[Row]], users: Mapping[int, Sequence[Row]]
) -> dict[str, Any]:
    """What was read, as it is cached: all servers, and by the number of each chosen one its web apps and, if asked for, its users."""
    return {
        "format": FORMAT,
        **source._asdict(),
        "servers": [_only(_SERVER_FIELDS, row) for row in servers],
        "webapps": {str(key): [_only(_APP_FIELDS, row) for row in rows] for key, rows in apps.items()},
        "users": {str(key): [_only(_USER_FIELDS, row) for row in rows] for key, rows in users.items()},
    }


def _only(fields: Sequence[str], row: Row) -> dict[str, Any]:
    return {field: row.get(field) for field in fields}


def answers(document: Any, wanted: Wanted) -> bool:
    """Whether a cached listing is whole, from the right source, and says everything that is asked now."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return False
    if any(document.get(key) != value for key, value in wanted.source._asdict().items()):
        return False
    rows: Any = document.get("servers")
    if not _are_rows(rows) or wanted.servers.missing(rows):
        return False
    keys = [str(row["id"]) for row in rows if wanted.servers.has(row)]
    # Users that nobody asks for are read all the same, so they have to be sound.
    for name, needed in (("webapps", keys), ("users", keys if wanted.users else [])):
        part = document.get(name)
        if not isinstance(part, dict) or not all(_are_rows(part.get(key)) for key in {*needed, *part}):
            return False
    return not wanted.apps.missing([row for key in keys for row in document["webapps"][key]])


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and isinstance(row.get("id"), int) for row in value)


# --- names ------------------------------------------------------------------------------------------------------------


def server_groups(servers: Sequence[Row]) -> dict[int, str]:
    """The group of each server by its number: ``server_<name>``, with the number behind it where two would be the same."""
    names = [re.sub(r"\W+", "_", "server_%s" % (_text(row.get("name")) or ""), flags=re.ASCII) for row in servers]
    candidates = [(name, "%s_%d" % (name, row["id"])) for name, row in zip(names, servers)]
    return {row["id"]: name for row, name in zip(servers, _unique(candidates, frozenset()))}


def placed(servers: Sequence[Row], apps: Mapping[str, Sequence[Row]], rule: str, groups: Iterable[str]) -> list[Placed]:
    """Every web app with the name of its host, which no other one and no group has.

    :arg apps: the web apps by the number of their server, as text.
    :arg rule: one of HOSTNAMES.
    """
    pairs = [(server, app) for server in servers for app in apps.get(str(server["id"]), ())]
    taken = _RESERVED.union(name.lower() for name in groups)
    names = _unique([_candidates(server, app, rule) for server, app in pairs], taken)
    return [Placed(name, server, app) for name, (server, app) in zip(names, pairs)]


def _candidates(server: Row, app: Row, rule: str) -> tuple[str, ...]:
    """Names of a web app's host, from the shortest to one that no other web app can have."""
    ids = server["id"], app["id"]
    if rule == "id":
        return "webapp-%d" % ids[1], "webapp-%d-%d" % ids
    name, place = _slug(app, "webapp"), _slug(server, "server")
    told = "%s.%s" % (name, place), "%s.%d.%d" % (name, *ids)
    return told if rule == "name_and_server" else (name, *told)


def _slug(row: Row, otherwise: str) -> str:
    """A name in which no character means anything to Ansible's patterns, a shell, or SSH."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", _text(row.get("name")) or "")
    return name.strip("-._")[:_LONGEST] or otherwise


def _unique(candidates: Sequence[Sequence[str]], taken: frozenset[str]) -> list[str]:
    """Of each row the first candidate that nobody else wants; who wants it makes no difference to the order of the rows.

    Capitals do not tell two names apart: they are folders on machines where they would be one.
    """
    levels = [0] * len(candidates)
    while True:
        names = [row[level] for row, level in zip(candidates, levels)]
        wanted = Counter(name.lower() for name in names)
        again = [
            index
            for index, name in enumerate(names)
            if (wanted[name.lower()] > 1 or name.lower() in taken) and levels[index] + 1 < len(candidates[index])
        ]
        if not again:
            return names
        for index in again:
            levels[index] += 1


# --- variables --------------------------------------------------------------------------------------------------------


def variables(place: Placed, users: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """The variables of a host; null where the panel does not say it. Without ``users`` nobody asked, and there is no ``runcloud_user``."""
    server, app = place.server, place.app
    names = {row["id"]: _text(row.get("username")) for row in users.get(str(server["id"]), ())}
    owner = app.get("server_user_id")
    owner = owner if isinstance(owner, int) else None
    tags = server.get("tags")
    return {
        "runcloud_server_id": server["id"],
        "runcloud_server_name": _text(server.get("name")),
        "runcloud_server_address": _text(server.get("ipAddress")),
        "runcloud_server_provider": _text(server.get("provider")),
        "runcloud_server_stack": _text(server.get("stack")),
        "runcloud_server_online": bool(server.get("online") and server.get("connected")),
        "runcloud_server_tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "runcloud_webapp_id": app["id"],
        "runcloud_app_name": _text(app.get("name")),
        "runcloud_app_type": _text(app.get("type")),
        "runcloud_php_version": _text(app.get("phpVersion")),
        "runcloud_stack": _text(app.get("stack")),
        "runcloud_stack_mode": _text(app.get("stackMode")),
        "runcloud_root_path": _text(app.get("rootPath")),
        "runcloud_public_path": _text(app.get("publicPath")),
        "runcloud_user_id": owner,
        **({"runcloud_user": names.get(owner)} if users else {}),
    }


def without_address(servers: Iterable[Row]) -> list[Row]:
    """The servers whose address is none: it goes into the command line of SSH."""
    return [row for row in servers if not _address(row.get("ipAddress"))]


def _address(value: Any) -> bool:
    try:
        return isinstance(value, str) and "%" not in value and bool(ip_address(value))
    except ValueError:
        return False


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
