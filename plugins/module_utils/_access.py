# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a person knows of a web app - a number, a name, a domain, an address in the panel - to the web app, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ._api import Panel, Record
from ._result import one_by_name

# Both forms are seen in the wild (contract 3.4).
_PANEL_PATH = re.compile(r"/servers/(\d+)(?:/(?:webapplications|apps)/(\d+))?(?:/|$)")


class Wanted(NamedTuple):
    """What a person gave; at most one of number and name each."""

    server_id: int | None
    server: str | None
    webapp_id: int | None
    webapp: str | None
    host: str | None


class Found(NamedTuple):
    """The server's and the web app's objects, and the records of the web app."""

    server: dict[str, Any]
    webapp: dict[str, Any]
    records: list[Record]


def ids_of(url: str) -> tuple[int, int | None]:
    """The numbers of a server and, if it is there, a web app in the address of a page of the panel.

    :raises ValueError: with the reason.
    """
    found = _PANEL_PATH.search(urlsplit(url.strip()).path)
    if not found:
        raise ValueError(
            "panel_url: %s holds no number of a server. Copy the address of the web app's page in the panel, such as"
            " https://manage.runcloud.io/servers/1903/webapplications/646." % url
        )
    return int(found.group(1)), int(found.group(2)) if found.group(2) else None


class Holder(NamedTuple):
    """A web app's object and its records."""

    webapp: dict[str, Any]
    records: list[Record]


def serving(panel: Panel, server_id: int, webapps: Sequence[dict[str, Any]], host: str) -> Holder | None:
    """The web app that serves a host, a record of it before a wildcard; None when none does. Reads one web app after the other.

    :raises ApiError: a call fails.
    """
    by_wildcard = None
    for webapp in webapps:
        records = panel.app(server_id, webapp["id"]).records()
        if any(record.names(host) for record in records):
            return Holder(webapp, records)
        if by_wildcard is None and any(record.serves(host) for record in records):
            by_wildcard = Holder(webapp, records)
    return by_wildcard


def find(panel: Panel, wanted: Wanted) -> Found:
    """The web app that is meant.

    :raises ApiError: a call fails.
    :raises LookupError: nothing, or more than one, fits; with the words for a person.
    """
    if wanted.server_id is not None:
        server = panel.server(wanted.server_id)
    else:
        servers = panel.servers()
        if wanted.server is None and len(servers) != 1:
            return _anywhere(panel, servers, wanted)
        server = one_by_name(servers, wanted.server, "server")[0] if wanted.server is not None else servers[0]
    return Found(server, *_webapp(panel, server, wanted))


def _webapp(panel: Panel, server: Mapping[str, Any], wanted: Wanted) -> Holder:
    if wanted.webapp_id is not None:
        app = panel.app(server["id"], wanted.webapp_id)
        return Holder(app.read(), app.records())
    webapps = panel.webapps(server["id"])
    if wanted.webapp is not None:
        return _held(panel, server, one_by_name(webapps, wanted.webapp, "web app")[0])
    found = serving(panel, server["id"], webapps, wanted.host) if wanted.host is not None else None
    if found is None:
        names = ", ".join(sorted("%s (%s)" % (row.get("name"), row["id"]) for row in webapps)) or "none"
        raise LookupError(
            "None of the web apps of the server %s (%s) serves %s. Add it to one of them, or name the web app: %s."
            % (server.get("name"), server["id"], wanted.host, names)
        )
    return found


def _held(panel: Panel, server: Mapping[str, Any], webapp: dict[str, Any]) -> Holder:
    return Holder(webapp, panel.app(server["id"], webapp["id"]).records())


def _anywhere(panel: Panel, servers: Sequence[dict[str, Any]], wanted: Wanted) -> Found:
    """On any of the servers: by the web app's name, or else by a domain."""
    hits: list[Found] = []
    for server in servers:
        webapps = panel.webapps(server["id"])
        if wanted.webapp is not None:
            named = [row for row in webapps if row.get("name") == wanted.webapp]
            hits += [Found(server, *_held(panel, server, row)) for row in named]
        elif wanted.host is not None:
            holder = serving(panel, server["id"], webapps, wanted.host)
            hits += [Found(server, *holder)] if holder else []
    what = "is called %s" % wanted.webapp if wanted.webapp is not None else "serves %s" % wanted.host
    if not hits:
        names = ", ".join(sorted(str(row.get("name")) for row in servers)) or "none"
        raise LookupError(
            "No web app %s on the servers to be seen (%s). Check the name, or whose token it is." % (what, names)
        )
    if len(hits) > 1:
        places = ", ".join("web app %s on server %s" % (hit.webapp["id"], hit.server["id"]) for hit in hits)
        raise LookupError("More than one web app %s: %s. Say which one by its number." % (what, places))
    return hits[0]


def faults(found: Found, host: str | None, holder: Holder | None) -> list[str]:
    """What speaks against working with this web app, as sentences.

    :arg host: the network's domain, if it is known.
    :arg holder: another web app of the server that serves it.
    """
    server, told = found.server, []
    if not (server.get("online") and server.get("connected")):
        told.append(
            "The server %s (%s) is %s: RunCloud would take changes and not carry them out. Look at its page in the panel; is it"
            " running, and its agent connected?"
            % (
                server.get("name"),
                server["id"],
                "offline" if not server.get("online") else "not connected to the panel",
            )
        )
    if holder is not None:
        told.append(
            "%s is on the web app %s (%s), not on %s (%s): is this the right web app?"
            % (host, holder.webapp.get("name"), holder.webapp["id"], found.webapp.get("name"), found.webapp["id"])
        )
    return told


def wordpress_root(webapp: Mapping[str, Any]) -> str | None:
    """The folder that holds WordPress: the public path where it differs from the root (contract 3.2)."""
    root = webapp.get("publicPath") or webapp.get("rootPath")
    return str(root).rstrip("/") if root else None
