# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and columns of WordPress and of the mapping plugins, and what is wrong with those that were found. Pure.

The sources that read tables (php, database) share it, so they read the same and complain in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._snapshot_words import ReadFailed

# Key of the snapshot: column, with a # before those that hold integers. The first column is the number of the row.
_CORE: dict[str, dict[str, Any]] = {
    "networks": {"table": "site", "columns": {"id": "#id", "domain": "domain", "path": "path"}},
    "blogs": {
        "table": "blogs",
        "columns": {
            "id": "#blog_id",
            "network_id": "#site_id",
            "domain": "domain",
            "path": "path",
            **{name: f"#{name}" for name in ("public", "archived", "mature", "spam", "deleted")},
        },
    },
}
_ULTIMATE_MULTISITE = {
    "table": "wu_domain_mappings",
    "columns": {
        "id": "#id",
        "blog_id": "#blog_id",
        "domain": "domain",
        "active": "#active",
        "primary": "#primary_domain",
        "secure": "#secure",
        "stage": "stage",
    },
}
# Other plugins keep rows of another meaning in a table of this name, so it must have these columns and no others.
_MERCATOR = {
    "table": "domain_mapping",
    "columns": {"id": "#id", "blog_id": "#blog_id", "domain": "domain", "active": "#active"},
    "exact": True,
}
# Mercator keeps the domains of whole networks as options of these names.
_MERCATOR_NETWORKS = "^mercator_[0-9a-f]{40}$"
_MAPPING_KEYS = tuple(_ULTIMATE_MULTISITE["columns"])
# The network option that holds the table's version, and the folders that the plugin had over the years.
_PLUGINS: dict[str, dict[str, Any]] = {
    "ultimate_multisite": {
        "title": "Ultimate Multisite",
        "mappings": _ULTIMATE_MULTISITE,
        "mark": "wpdb_wu_domain_mappings_version",
        "folders": ["ultimate-multisite", "multisite-ultimate", "wp-multisite-waas", "wp-ultimo"],
        "settings": True,
        "unread": ["wu_%d_domain_mappings"],
    },
    "mercator": {
        "title": "Mercator",
        "mappings": _MERCATOR,
        "mark": "mercator.db.version",
        "folders": ["mercator"],
        "unread_options": _MERCATOR_NETWORKS,
    },
    # It brings Mercator along.
    "wp_ultimo_1": {
        "title": "WP Ultimo 1",
        "mappings": _MERCATOR,
        "mark": "mercator.db.version",
        "folders": ["wp-ultimo"],
        "unread_options": _MERCATOR_NETWORKS,
    },
    # Ultimate Multisite; Mercator, Dark Matter, WP Ultimo 1 and WordPress MU Domain Mapping; Domainer.
    "none": {
        "unread": ["wu_domain_mappings", "wu_%d_domain_mappings", "domain_mapping", "domainer"],
        "unread_options": _MERCATOR_NETWORKS,
    },
}
PLUGINS = tuple(_PLUGINS)


def plan(plugin: str) -> dict[str, Any]:
    """What to read for a ``mapping_plugin``, as plain data.

    ``tables``: kind of rows → ``table`` (without prefix), ``columns``, ``exact`` (no other columns may be there); ``mark``: the network option with
    the table's version, or None; ``folders``: of the plugin; ``settings``: whether Ultimate Multisite's own are read; ``unread``: tables whose rows are
    only counted, ``%d`` stands for the number of a network that is not the main one; ``unread_options``: a pattern of network options that are
    counted as well, or None.
    """
    about = _PLUGINS[plugin]
    tables = dict(_CORE, **({"mappings": about["mappings"]} if "mappings" in about else {}))
    return {
        "name": plugin,
        "tables": {kind: dict({"exact": False}, **table) for kind, table in tables.items()},
        "mark": about.get("mark"),
        "folders": about.get("folders", []),
        "settings": about.get("settings", False),
        "unread": about.get("unread", []),
        "unread_options": about.get("unread_options"),
    }


def title(plugin: str) -> str:
    """What people call a ``mapping_plugin`` other than none."""
    found: str = _PLUGINS[plugin]["title"]
    return found


def fits(about: Mapping[str, Any], columns: Iterable[str], logins: bool) -> bool:
    """Whether a table is the one that is meant.

    :arg about: the entry of ``plan()["tables"]``.
    :arg logins: whether there is a table of the same name with ``_logins`` at its end.
    """
    missing, extra = _differences(about, columns)
    return not missing and not (about["exact"] and (extra or logins))


def unfit(about: Mapping[str, Any], prefix: str, columns: Iterable[str], logins: bool) -> tuple[str, str]:
    """What is wrong with a table that does not fit, and what to do next."""
    table = prefix + about["table"]
    missing, extra = _differences(about, columns)
    if not about["exact"]:
        return (
            f"the table {table} lacks {_columns(missing)}",
            "Run the database upgrade of WordPress and of the mapping plugin, then try again.",
        )
    then = "Its rows may mean something else, so they are not read. Bring them with a program of your own (source: command)."
    if "is_primary" in extra:
        looks = f"the table {table} looks like the one of Dark Matter, because it has the column is_primary"
    elif logins:
        looks = f"the table {table} looks like the one of WordPress MU Domain Mapping, because there is a table {table}_logins"
        then += f" If {table}_logins is a left-over of a plugin that is gone, drop or rename it."
    elif missing:
        looks = f"the table {table} lacks {_columns(missing)}"
    else:
        looks = f"the table {table} has {_columns(extra)}, which Mercator's has not"
    return looks, then


def _differences(about: Mapping[str, Any], columns: Iterable[str]) -> tuple[list[str], list[str]]:
    wanted = [column.lstrip("#") for column in about["columns"].values()]
    found = [column.lower() for column in columns]
    return [column for column in wanted if column not in found], [column for column in found if column not in wanted]


def _columns(names: list[str]) -> str:
    return f"the column{'' if len(names) == 1 else 's'} {', '.join(names)}"


def completed(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mappings with all keys of the snapshot: null for what the plugin's table does not know."""
    return [{key: row.get(key) for key in _MAPPING_KEYS} for row in rows]


def told(snapshot: Mapping[str, Any], tables: Mapping[str, Any], prefix: str) -> Callable[[str], str]:
    """Gives the words for a fault of the snapshot: in a row it names the table, the row and the column."""

    def words(fault: str) -> str:
        place = re.match(r"(networks|blogs|mappings)\[(\d+)\]\.(\w+) (.*)", fault, re.DOTALL)
        if place is None:
            return fault
        kind, number, key, what = place.groups()
        row = snapshot[kind][int(number)]
        return f"table {prefix}{tables[kind]['table']}, {_row(tables[kind], row['id'])}: {tables[kind]['columns'][key].lstrip('#')} {what}"

    return words


def misread(
    snapshot: Mapping[str, Any], tables: Mapping[str, Any], prefix: str, charsets: Mapping[str, str | None]
) -> list[str]:
    """Warnings about names that hold bytes which are no text.

    :arg charsets: the character set of the column domain by kind of rows; None for an empty table.
    :raises ReadFailed: names beyond ASCII stand in a column of another character set than Unicode. Whether they were written through a connection of that
        character set cannot be told, so they may be read as other names than are meant.
    """
    wrong, warnings = [], []
    for kind, about in tables.items():
        charset = charsets[kind] or ""
        foreign = not re.match(r"utf|ucs2|ascii|binary|$", charset)
        beyond = [row["id"] for row in snapshot[kind] if foreign and not row["domain"].isascii()]
        broken = [row["id"] for row in snapshot[kind] if "\ufffd" in row["domain"]]
        if beyond:
            wrong.append(
                f"table {prefix}{about['table']}, {_row(about, *beyond)}: domain is not in plain letters, and the column's"
                f" character set {charset} often holds such names garbled"
            )
        if broken:
            warnings.append(
                f"Table {prefix}{about['table']}, {_row(about, *broken)}: domain holds bytes that are no UTF-8."
                " They are shown as \ufffd, and no such name is used. Correct the domain there."
            )
    if wrong:
        raise ReadFailed(f"{'; '.join(wrong)}. Convert the table to utf8mb4, and look whether the names are right.")
    return warnings


def _row(about: Mapping[str, Any], *ids: int) -> str:
    column = next(iter(about["columns"].values())).lstrip("#")
    shown = ", ".join(str(number) for number in ids[:10])
    more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
    return f"row{'' if len(ids) == 1 else 's'} with {column} {shown}{more}"
