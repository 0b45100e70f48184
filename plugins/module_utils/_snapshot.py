# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot document must look like (``docs/schemas/snapshot-1.json`` says the same as a JSON Schema). Pure.

A snapshot holds a multisite's domain facts as they are stored: integers where the column is one, null stays null, text is
not touched. Null also stands for what a source cannot know. Nothing in it is a judgement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FORMAT = "wpmultisite.snapshot/1"
ROWS = ("networks", "blogs", "mappings")

# A dict: exactly these keys. A list: rows like this one. A tuple: one of these values. Otherwise a kind of _KINDS.
_SHAPE: dict[str, Any] = {
    "format": (FORMAT,),
    "source": ("php", "database", "wp_cli", "rest", "command", "file"),
    "wordpress": {
        "version": "text?",
        "subdomain_install": "bool?",
        "domain_current_site": "text?",
        "environment_type": "text?",
        "runtime_url": "bool?",
        "root": "text?",
        "root_real": "text?",
    },
    "mapping_plugin": {
        "name": ("ultimate_multisite", "mercator", "wp_ultimo_1", "none", "other"),
        "version": "text?",
        "schema": "text?",
        "unread_rows": "int?",
    },
    "settings": {
        "enable_domain_mapping": "bool?",
        "auto_create_www_subdomain": ("always", "main_only", "never", None),
        "runcloud_integration": {"enabled": "bool?", "configured": "bool?"},
    },
    "networks": [{"id": "int", "domain": "text", "path": "text"}],
    "blogs": [
        {
            "id": "int",
            "network_id": "int",
            "domain": "text",
            "path": "text",
            "public": "int?",
            "archived": "int?",
            "mature": "int?",
            "spam": "int?",
            "deleted": "int?",
        }
    ],
    "mappings": [
        {
            "id": "int",
            "blog_id": "int",
            "domain": "text",
            "active": "int?",
            "primary": "int?",
            "secure": "int?",
            "stage": "text?",
        }
    ],
    "counts": {"networks": "int?", "blogs": "int?", "mappings": "int?"},
}
_KINDS: dict[str, tuple[type, str]] = {
    "text": (str, "text"),
    "int": (int, "a whole number"),
    "bool": (bool, "true or false"),
}


def faults(document: Any) -> list[str]:
    """Everything that keeps ``document`` from being a snapshot that may be acted upon; empty when it is one.

    A document of another format or version is only said to be that: nothing else is known about it.
    """
    if document is None:
        return ["it is empty"]
    if not isinstance(document, dict):
        return [f"it is {_words(document)}, not a mapping with the key format"]
    if document.get("format") != FORMAT:
        return [_foreign(document.get("format"))]
    wrong = list(_compare(document, _SHAPE, ""))
    return wrong or list(_incomplete(document))


def _foreign(name: Any) -> str:
    if name is None:
        return f"it has no key format; a snapshot says format: {FORMAT}"
    return f"its format is {name!r}; this version of the collection reads {FORMAT}"


def _compare(value: Any, shape: Any, where: str) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from _compare_keys(value, shape, where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where} is {_words(value)}, not a list"
            return
        for number, row in enumerate(value):
            yield from _compare(row, shape[0], f"{where}[{number}]")
    elif isinstance(shape, tuple):
        # Compared with the type, because to Python 1 is True.
        if not any(type(value) is type(allowed) and value == allowed for allowed in shape):
            yield f"{where} is {_words(value)}, not one of {', '.join('null' if one is None else one for one in shape)}"
    else:
        yield from _compare_scalar(value, shape, where)


def _compare_keys(value: Any, shape: dict[str, Any], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is {_words(value)}, not a mapping"
        return
    prefix = f"{where}." if where else ""
    for key, below in shape.items():
        if key in value:
            yield from _compare(value[key], below, prefix + key)
        else:
            yield f"{prefix}{key} is missing"
    for key in value:
        if key not in shape:
            yield f"{prefix}{key} is not a key of this format"


def _compare_scalar(value: Any, kind: str, where: str) -> Iterator[str]:
    wanted, words = _KINDS[kind.rstrip("?")]
    if value is None and kind.endswith("?"):
        return
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
        yield f"{where} is {_words(value)}, not {words}{' or null' if kind.endswith('?') else ''}"
    elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        yield f"{where} is not valid Unicode text"


def _incomplete(document: dict[str, Any]) -> Iterator[str]:
    for kind in ROWS:
        rows, count = document[kind], document["counts"][kind]
        if count is not None and len(rows) != count:
            yield f"{kind} holds {len(rows)} rows, but counts.{kind} says {count}: the read was incomplete"
        seen: set[int] = set()
        for row in rows:
            if row["id"] in seen:
                yield f"{kind} holds the id {row['id']} more than once"
            seen.add(row["id"])
    for kind in ("networks", "blogs"):
        # A multisite always has its network and its main site, so this is a read that failed.
        if not document[kind]:
            yield f"{kind} is empty, and no multisite is without {kind}"


def _words(value: Any) -> str:
    """A wrong value for a person: short, and with its type where that is the point."""
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
