# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which networks of a database the list is about; those of the others are neither added nor removed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._hosts import Hosts


def in_scope(rows: Sequence[Any], networks: Sequence[Mapping[str, Any]], hosts: Hosts) -> frozenset[int] | None:
    """The ids of the networks that ``networks_in_scope`` names by id or domain; None: all of them.

    What names no network of the database is refused.
    """
    if not rows:
        return None
    found: set[int] = set()
    known = ", ".join("%s (%s)" % (network["id"], network["domain"]) for network in networks)
    for index, row in enumerate(rows):
        ids = _ids(row, networks, hosts)
        if not ids:
            hosts.findings.refused.append(
                "networks_in_scope[%d]: %r is no network of this database, which has %s" % (index, row, known)
            )
        found |= ids
    return frozenset(found)


def _ids(row: Any, networks: Sequence[Mapping[str, Any]], hosts: Hosts) -> set[int]:
    if str(row).isdigit():
        return {int(network["id"]) for network in networks if int(network["id"]) == int(row)}
    try:
        name = normalise(str(row))
    except BadName:
        return set()
    ids = set()
    for network in networks:
        # By the name that the database has, or by the one that a staging clone has.
        try:
            stored = normalise(str(network["domain"]))
        except BadName:
            continue
        if name in (stored, hosts.rewrite.apply(stored)):
            ids.add(int(network["id"]))
    return ids
