# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots and panel records from what a test wants to say about them; everything else has its usual value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record

NETWORK = "network.com"
FLAGS = ("public", "archived", "mature", "spam", "deleted")


def blog(id: int, domain: str, path: str = "/", network: int = 1, **flags: int) -> dict[str, Any]:
    """A row of the table blogs."""
    usual = {name: int(name == "public") for name in FLAGS}
    return {"id": id, "network_id": network, "domain": domain, "path": path, **usual, **flags}


def mapping(
    id: int, domain: str, blog: int = 2, stage: Any = "done", active: Any = 1, primary: Any = 0, secure: Any = 0
) -> dict[str, Any]:
    """A row of the plugin's table."""
    return {
        "id": id,
        "blog_id": blog,
        "domain": domain,
        "active": active,
        "primary": primary,
        "secure": secure,
        "stage": stage,
    }


def snapshot(
    blogs: Sequence[Mapping[str, Any]] = (),
    mappings: Sequence[Mapping[str, Any]] = (),
    networks: Sequence[str] = (NETWORK,),
    settings: Mapping[str, Any] | None = None,
    **wordpress: Any,
) -> dict[str, Any]:
    """A snapshot: ``blogs`` besides blog 1, which is the first network's own; ``mappings`` as rows."""
    sites = [blog(1, networks[0]) if networks else blog(1, NETWORK), *blogs]
    rows = [{"id": number, "domain": domain, "path": "/"} for number, domain in enumerate(networks, 1)]
    return {
        "format": "wpmultisite.snapshot/1",
        "source": "file",
        "wordpress": {
            "version": "6.8.7",
            "subdomain_install": True,
            "domain_current_site": networks[0] if networks else NETWORK,
            "environment_type": "production",
            "runtime_url": False,
            "root": None,
            "root_real": None,
            **wordpress,
        },
        "mapping_plugin": {"name": "ultimate_multisite", "version": "2.4.13", "schema": None, "unread_rows": 0},
        "settings": {
            "enable_domain_mapping": True,
            "auto_create_www_subdomain": "always",
            "runcloud_integration": {"enabled": False, "configured": False},
            **(settings or {}),
        },
        "networks": rows,
        "blogs": [dict(row) for row in sites],
        "mappings": [dict(row) for row in mappings],
        "counts": {"networks": len(rows), "blogs": len(sites), "mappings": len(mappings)},
    }


def mapped(*domains: str, **columns: Any) -> dict[str, Any]:
    """A snapshot in which these domains are mapped to blog 2, all alike."""
    rows = [mapping(number, domain, **columns) for number, domain in enumerate(domains, 1)]
    return snapshot([blog(2, f"two.{NETWORK}")], rows)


def records(*rows: str | Mapping[str, Any]) -> list[Record]:
    """What the panel holds: names, or fields. The first is the primary unless it says its type; ids from 701."""
    made = []
    for index, row in enumerate(rows):
        fields: dict[str, Any] = {"name": row} if isinstance(row, str) else dict(row)
        usual = {"type": "primary" if index == 0 else "alias", "www": False, "redirection": "none"}
        made.append(Record(id=701 + index, **{**usual, **fields}))
    return made


def flags(type: str = "alias", www: bool = False, redirection: str = "none") -> dict[str, Any]:
    """What a person compares of a record."""
    return {"type": type, "www": www, "redirection": redirection}


def by_name(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Entries by their name, of which each may stand once."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        assert entry["name"] not in found, f"{entry['name']} stands twice"
        found[entry["name"]] = entry
    return found
