# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reports are made of: their formats, the classes of what is told, and texts that harm no reader. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of

REPORT_FORMAT = "wpmultisite.report/1"
FLEET_FORMAT = "wpmultisite.fleet/1"
STATUS_FORMAT = "wpmultisite.status/1"

# The worst first, as a person has to hear of them.
VERDICTS = ("error", "drift", "in_sync")
CLASSES = ("drift", "attention", "waiting", "foreign", "rejected", "kept", "acknowledged")
# What may fail a run.
LOUD = ("drift", "attention")


class Item(NamedTuple):
    """One thing to know of a name. ``do``: what a person has to do, empty where nothing is known or to be done."""

    name: str
    cls: str
    kind: str
    reason: str
    do: str = ""
    until: tuple[str, str] | None = None  # who acknowledges it says why, and until when

    @property
    def key(self) -> tuple[str, str, str]:
        """By what it is known again in the next report."""
        return self.name, self.cls, self.kind


def plain(value: Any) -> str:
    """A text on one line in which every character is seen: blanks become one blank, what hides or steers is written as an escape.

    Applied twice it changes nothing, so a report that was read back stays as it is.
    """
    return visible(" ".join(str(value).split()))


def visible(text: str) -> str:
    """A text in which what hides, or steers a terminal, is written as an escape."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return "\\x%02x" % code
    return "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; an error where there is none, because then nobody has looked."""
    return min(verdicts, key=VERDICTS.index, default="error")


def rows_of(document: Any, name: str) -> list[Mapping[str, Any]]:
    """The entries of a document's list; none where it has no such list."""
    return [row for row in _list(document, name) if isinstance(row, Mapping)]


def texts_of(document: Any, name: str) -> list[str]:
    """The sentences of a document's list."""
    return [plain(row) for row in _list(document, name) if isinstance(row, str)]


def _list(document: Any, name: str) -> Sequence[Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Sequence) and not isinstance(found, (str, bytes)) else ()


def is_list(value: Any) -> bool:
    """Whether it is a list, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def is_moment(text: Any) -> bool:
    """Whether it is a moment as documents have them."""
    try:
        return bool(moment_of(text))
    except (TypeError, ValueError):
        return False


def is_item(row: Mapping[str, Any]) -> bool:
    """Whether an entry of an earlier report can be used; it comes from a file that anybody may have edited."""
    texts = ("name", "class", "kind", "reason", "do", "since")
    return (
        set(row) == {*texts, "acknowledged"}
        and all(isinstance(row[key], str) and plain(row[key]) == row[key] for key in texts)
        and row["class"] in CLASSES
        and is_moment(row["since"])
        and _is_word(row["acknowledged"])
    )


def _is_word(value: Any) -> bool:
    """Whether it is what an item holds of an acknowledgement."""
    return value is None or (
        isinstance(value, Mapping)
        and set(value) == {"reason", "until"}
        and all(isinstance(text, str) and plain(text) == text for text in value.values())
    )


def count(number: int, one: str, many: str = "") -> str:
    """Such as: 1 name, 2 names."""
    return "%d %s" % (number, one if number == 1 else many or one + "s")
