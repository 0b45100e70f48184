# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a snapshot, made by whatever source or hand: what they must have, and how their values are read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SNAPSHOT_FORMAT = "wpmultisite.snapshot/1"
# What is read here of each row. Types may differ between sources ("1", 1, true), so only the keys are demanded.
_ROW_KEYS = {
    "networks": ("id", "domain"),
    "blogs": ("id", "network_id", "domain", "archived", "spam", "deleted"),
    "mappings": ("id", "blog_id", "domain", "active", "primary", "secure", "stage"),
}


def unusable(snapshot: Any) -> str:
    """Why this is no document that can be resolved; empty when it is one."""
    if not isinstance(snapshot, Mapping) or snapshot.get("format") != SNAPSHOT_FORMAT:
        return "the snapshot is not a %s document" % SNAPSHOT_FORMAT
    lacking = _lacking(snapshot)
    return "the snapshot is not whole: %s" % lacking if lacking else ""


def _lacking(snapshot: Mapping[str, Any]) -> str:
    """The first thing that a document, perhaps made by hand, lacks; empty when it has all."""
    for name in ("wordpress", "settings", "counts"):
        if not isinstance(snapshot.get(name), Mapping):
            return "%s is missing" % name
    for name, keys in _ROW_KEYS.items():
        if not isinstance(snapshot.get(name), list):
            return "%s is missing" % name
        for index, row in enumerate(snapshot[name]):
            for key in keys:
                if not isinstance(row, Mapping) or key not in row:
                    return "%s[%d] has no %s" % (name, index, key)
    return ""


def by_id(rows: list[Any]) -> list[Mapping[str, Any]]:
    """Rows in the order of their ids, so that no result depends on the order in which a source gives them."""
    return sorted(rows, key=lambda row: int(row["id"]))


def state(blog: Mapping[str, Any]) -> str:
    """Why visitors of a site get HTTP 410, or an empty text. ``public`` and ``mature`` do not matter to visitors."""
    words = {1: "deleted", 2: "not activated"}
    states = [words.get(int(blog["deleted"] or 0), "")] + [name for name in ("archived", "spam") if truth(blog[name])]
    return " and ".join(word for word in states if word)


def truth(value: Any) -> bool:
    """What PHP takes for true; databases and JSON sources give integers, strings, booleans or null."""
    return value not in (None, 0, "", "0", False)


def plugin(snapshot: Mapping[str, Any]) -> str:
    """The mapping plugin's name; a document without one is taken for that of Ultimate Multisite."""
    return str((snapshot.get("mapping_plugin") or {}).get("name") or "ultimate_multisite")
