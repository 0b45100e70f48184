# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for a web app's domains: what is accepted, what is refused, what a write does."""

from __future__ import annotations

import re

from .errors import ApiError, invalid
from .models import Domain, DomainBody, MetaBody, Server, WebApp
from .panel import World
from .switches import Switches

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def create(world: World, switches: Switches, app: WebApp, body: DomainBody, now: str) -> Domain:
    """``POST …/domains``; raises ApiError (422) and then stores nothing."""
    name = _checked_name(switches, body.name)
    _refuse_taken(world, switches, app, name)
    domain = Domain(
        webapp_id=app.id,
        name=name,
        type=body.type,
        www=int(body.www),
        redirection=body.redirection,
        wildcard=int(name.startswith("*.")),
        created_at=now,
    )
    _check_flags(world, switches, domain)
    if body.type == "primary":
        _demote(world, switches, domain)
    return world.add(domain)


def change(world: World, switches: Switches, domain: Domain, body: MetaBody) -> None:
    """``PATCH …/domains/{id}/meta``; raises ApiError (422) and then changes nothing."""
    given = body.model_dump(include={"type", "redirection", "www"}, exclude_none=True)
    missing = [field for field in ("type", "redirection", "www") if field not in given]
    if missing and switches.meta_omitted == "refused":
        raise invalid({field: [f"The {field} field is required."] for field in missing})
    changed = domain.model_copy(update=given | ({"www": int(given["www"])} if "www" in given else {}))
    _check_flags(world, switches, changed)
    if domain.type == "primary" and changed.type != "primary" and switches.demote_primary == "refused":
        raise ApiError(422, "The primary domain cannot be changed to another type.")
    if domain.type != "primary" and changed.type == "primary":
        _demote(world, switches, domain)
    domain.type, domain.redirection, domain.www = changed.type, changed.redirection, changed.www


def delete(world: World, switches: Switches, domain: Domain) -> Domain:
    """``DELETE …/domains/{id}``: the record that is gone."""
    if domain.type == "primary" and switches.delete_primary == "refused":
        raise ApiError(422, "The primary domain cannot be deleted.")
    world.remove(domain)
    return domain


def hints(server: Server, domain: Domain) -> list[dict[str, str]]:
    """The DNS records a customer has to make: one A, and a CNAME while ``www`` is on."""
    rows = [{"type": "A", "hostname": domain.name, "content": server.ipAddress}]
    if domain.www:
        rows.append({"type": "CNAME", "hostname": f"www.{domain.name}", "content": domain.name})
    return rows


def _checked_name(switches: Switches, given: str) -> str:
    """A lower-case ASCII host name of two labels or more, each of letters, digits and hyphens."""
    name = given.lower() if switches.upper_case_names == "lowered" else given
    host = name.removeprefix("*.") if switches.wildcard_names == "accepted" else name
    labels = host.split(".")
    if not name:
        raise invalid({"name": ["The name field is required."]})
    if (
        len(labels) < 2
        or len(host) > 253
        or labels[-1].isdigit()  # an IP address
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise invalid({"name": ["The name format is invalid."]})
    return name


def _refuse_taken(world: World, switches: Switches, app: WebApp, name: str) -> None:
    apps = {other.id: other for other in world.data.webapps}
    for domain in world.data.domains:
        if domain.name.lower() != name:
            continue
        holder = apps[domain.webapp_id]
        if holder.id == app.id:
            raise _taken(switches, "Domain already exists.")
        if holder.server_id == app.server_id:
            if switches.domain_on_other_app == "refused":
                raise _taken(switches, "Domain already exists in another web application.")
        elif switches.domain_on_other_server == "refused":
            raise _taken(switches, "Domain already exists on another server.")


def _taken(switches: Switches, text: str) -> ApiError:
    return invalid({"name": [text]}) if switches.duplicate_domain == "errors" else ApiError(422, text)


def _check_flags(world: World, switches: Switches, domain: Domain) -> None:
    if domain.redirection != "none" and not domain.www and switches.redirection_without_www == "refused":
        raise invalid({"redirection": ["The redirection needs www."]})
    if switches.www_overlap == "refused":
        others = (other for other in world.domains(domain.webapp_id) if other.id != domain.id)
        if any(_hosts(other) & _hosts(domain) for other in others):
            raise _taken(switches, "Domain already exists as the www of another domain.")


def _hosts(domain: Domain) -> set[str]:
    """What the web server answers to for this record."""
    return {domain.name, f"www.{domain.name}"} if domain.www else {domain.name}


def _demote(world: World, switches: Switches, successor: Domain) -> None:
    """Exactly one primary: the old one becomes an alias."""
    if switches.promote_primary == "refused":
        raise ApiError(422, "The primary domain cannot be changed.")
    for other in world.domains(successor.webapp_id):
        if other.type == "primary":
            other.type = "alias"
