# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of wp_config_constants as wishes, and what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ._snapshot_words import SHORTEST_SECRET
from ._wp_config_plan import Wish
from ._wp_config_tokens import literal_of, php

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAGIC = re.compile(r"true|false|null|__\w+__", re.IGNORECASE | re.ASCII)
_USUAL = re.compile(r"[A-Z_][A-Z0-9_]*")
# Options whose texts are shown.
_PLAIN = ("path", "php_executable", "timeout", "load_wordpress", "http_host", "constants", "backup")
# PHP would read a number beyond this as one with a decimal point.
_LARGEST = 2**63 - 1


def constants(rows: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> tuple[list[Wish], list[str]]:
    """The wishes of the option constants, and what is wrong with it, as sentences.

    :arg rows: the checked entries.
    :arg given: the entries as they came, in which a value that is null differs from none.
    """
    wishes, faults = [], []
    for number, row in enumerate(rows):
        entry = given[number] if number < len(given) else None
        has_value = "value" in entry if isinstance(entry, Mapping) else row["value"] is not None
        found = list(_constant(row, has_value))
        faults += ["constants, %s: %s" % (_called(row, number), fault) for fault in found]
        if found:
            continue
        if row["state"] == "absent":
            wishes.append(Wish(row["name"], False))
        elif has_value:
            wishes.append(Wish(row["name"], False, php(row["value"]), literal_of(row["value"])))
        else:
            wishes.append(Wish(row["name"], False, row["expression"].strip()))
    return wishes, faults


def secrets(rows: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> tuple[list[Wish], list[str]]:
    """The same for the option secret_constants. No sentence holds a value."""
    wishes, faults = [], []
    for number, row in enumerate(rows):
        entry = given[number] if number < len(given) else None
        raw = entry.get("value") if isinstance(entry, Mapping) else row["value"]
        found = list(_secret(row, raw))
        faults += ["secret_constants, %s: %s" % (_called(row, number), fault) for fault in found]
        if not found and row["state"] == "absent":
            wishes.append(Wish(row["name"], True))
        elif not found:
            wishes.append(Wish(row["name"], True, php(row["value"]), literal_of(row["value"])))
    return wishes, faults


def astray(given: Mapping[str, Any]) -> Iterator[str]:
    """Every text among the options, as they came, that may be a secret in the wrong place."""
    for option, value in given.items():
        if option == "secret_constants":
            yield from _texts(value, known=("state",))
        elif option not in _PLAIN and not option.startswith("_ansible_"):
            yield from _texts(value)


def _texts(value: Any, known: Sequence[str] = ()) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            # A name as people write constants is none; another one may be the value by mistake.
            if key not in known and not (key == "name" and isinstance(below, str) and _USUAL.fullmatch(below)):
                yield from _texts(below, known)
    elif isinstance(value, Sequence):
        for below in value:
            yield from _texts(below, known)


def twice(wishes: Sequence[Wish]) -> Iterator[str]:
    """Sentences about names that occur more than once."""
    names = [wish.name for wish in wishes]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"{name} is given more than once in constants and secret_constants together: leave one."


def _called(row: Mapping[str, Any], number: int) -> str:
    return row["name"] if _NAME.fullmatch(row["name"]) else f"entry {number + 1}"


def _name(row: Mapping[str, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(row["name"]):
        yield "%s is no name of a PHP constant: letters, digits and _ only, no digit first." % ascii(row["name"])
    elif _MAGIC.fullmatch(row["name"]):
        yield "PHP keeps this name for itself."


def _constant(row: Mapping[str, Any], has_value: bool) -> Iterator[str]:
    yield from _name(row)
    value, expression = row["value"], row["expression"]
    has_expression = expression is not None
    if row["state"] == "absent":
        if has_value or has_expression:
            yield "with state absent, give neither value nor expression."
    elif has_value is has_expression:
        yield "give either value or expression%s." % (", not both" if has_value else "; value may be null")
    elif has_expression:
        yield from _line(expression, "expression")
        if not expression.strip():
            yield "expression is empty. For an empty text give value ''."
    elif isinstance(value, str):
        yield from _line(value, "value")
    elif not isinstance(value, (bool, int, type(None))):
        yield "value must be a text, a whole number, true, false or null. For anything else give expression, in PHP."
    elif isinstance(value, int) and abs(value) > _LARGEST:
        yield "value is larger than any whole number of PHP. Give it as a text, in quotes."


def _secret(row: Mapping[str, Any], raw: Any) -> Iterator[str]:
    yield from _name(row)
    if row["state"] == "absent":
        if raw is not None:
            yield "with state absent, give no value."
    elif raw is None:
        yield "value is missing."
    elif isinstance(raw, bool) or not isinstance(raw, (str, int)):
        yield "value must be a text. For true, false and PHP's expressions use constants."
    else:
        if len(row["value"]) < SHORTEST_SECRET:
            yield (
                f"value is shorter than {SHORTEST_SECRET} characters. Ansible masks a secret wherever it occurs, so a short one would"
                " make the whole output unreadable. Give a longer secret, or use constants, which are shown."
            )
        yield from _line(row["value"], "value")


def _line(text: str, option: str) -> Iterator[str]:
    if re.search(r"[\r\n\0]", text):
        yield f"{option} must have no line break and no NUL."
    if re.search("[\ud800-\udfff]", text):
        yield f"{option} must be valid Unicode."
