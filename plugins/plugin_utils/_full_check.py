# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When RunCloud has to be asked about a network again. Pure; the memory of it is ``check.json`` (docs/schemas/check-1.json).

A run that has nothing new to say and follows a full check closely enough asks nobody. Whatever is open asks for a full check sooner.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import end_of, moment_of, text_of
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import Kind
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._version import VERSION

KIND = Kind(
    "check.json",
    "wpmultisite.check/1",
    "memory of the last full check",
    "the next run looks at everything",
)
# Networks that were looked at in one run are not all due again in one run: each may be due earlier, by up to this part of the time.
SPREAD = 0.25
# What time, a customer or the next run changes without a word in the multisite, by the document that lists it.
_OPEN = {
    "result": ("waiting", "due", "refused", "not_approved", "not_applied"),
    "certificates": ("pending", "failures", "waiting", "forbidden"),
}
_WORDS = {
    "waiting": "waiting",
    "due": "due for removal",
    "refused": "refused",
    "not_approved": "not approved",
    "not_applied": "not applied",
    "pending": "certificates pending",
    "failures": "certificates failed",
    "forbidden": "certificates forbidden by CAA",
}


class Check(NamedTuple):
    """The last full check: what was compared, when it began, and how many names it left open, by word."""

    digest: str
    at: datetime
    open: Mapping[str, int]


class Rhythm(NamedTuple):
    """Seconds between full checks at the most; ``every`` 0: each run is one. ``open_every`` counts while something is open."""

    every: float
    open_every: float


def digest_of(document: Mapping[str, Any]) -> str:
    """Stands for all that decides what a run would do, but for RunCloud and DNS themselves; the collection's version is a part of it."""
    text = json.dumps([VERSION, document], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def ended(ends: Sequence[str], now: datetime) -> list[str]:
    """Those ends that have passed. What is no date and no moment is refused elsewhere, where it has a name."""
    found = []
    for end in ends:
        with suppress(ValueError):
            if end_of(end) <= now:
                found.append(end)
    return sorted(found)


def why_due(last: Check | None, digest: str, now: datetime, rhythm: Rhythm) -> str:
    """Why RunCloud has to be asked; empty when it has not."""
    if rhythm.every <= 0:
        return "each run looks at everything"
    if last is None:
        return "no full check is remembered"
    if last.digest != digest:
        return "what the multisite wants, or an option, is not what it was at the last full check (%s)" % text_of(
            last.at
        )
    if now < last.at:
        return "the clock went backwards: the last full check was at %s" % text_of(last.at)
    age = (now - last.at).total_seconds()
    if last.open and age >= min(rhythm.every, rhythm.open_every):
        return "the last full check (%s) has left open: %s" % (text_of(last.at), told_open(last.open))
    if age >= rhythm.every * (1 - SPREAD * _place_of(digest)):
        return "the last full check was at %s" % text_of(last.at)
    return ""


def _place_of(digest: str) -> float:
    """A number from 0 to below 1 that is the network's own for as long as nothing is new."""
    return int(digest[:8], 16) / 2**32


def told_open(left: Mapping[str, int]) -> str:
    """How many names are open, for a person."""
    return ", ".join("%d %s" % (left[word], word) for word in sorted(left))


def open_ends(documents: Mapping[str, Any]) -> dict[str, int]:
    """What a run has left open.

    :arg documents: ``result`` and ``certificates`` as the modules gave them, ``dns`` as a wpmultisite.dns/1 document, ``stuck`` names and
        ``blind``, the faults of the look at visitors' certificates. Each may be missing or empty.
    """
    found: dict[str, int] = {}
    for name, lists in _OPEN.items():
        for key in lists:
            _count(found, _WORDS[key], (documents.get(name) or {}).get(key))
    result = documents.get("result") or {}
    _count(found, "not served by WordPress", documents.get("stuck"))
    if result.get("paused"):
        found["paused"] = 1
    if not result.get("complete"):
        found["not looked at to the end"] = 1
    if documents.get("blind"):
        found["look at visitors' certificates"] = 1
    if (documents.get("dns") or {}).get("valid") is False:
        found["DNS not to be believed"] = 1
    return found


def _count(found: dict[str, int], word: str, rows: Sequence[Any] | None) -> None:
    if rows:
        found[word] = found.get(word, 0) + len(rows)


def dump(check: Check) -> dict[str, Any]:
    """What the file holds."""
    return {"digest": check.digest, "at": text_of(check.at), "open": dict(check.open)}


def load(document: Mapping[str, Any]) -> Check:
    """The check that a file's document holds.

    :raises AttributeError, KeyError, TypeError, ValueError: when it is none.
    """
    left = {str(word): number for word, number in document["open"].items()}
    if not all(isinstance(number, int) and not isinstance(number, bool) and number > 0 for number in left.values()):
        raise ValueError("open must hold numbers above 0")
    if not isinstance(document["digest"], str) or len(document["digest"]) != 64:
        raise ValueError("digest is none")
    return Check(document["digest"], moment_of(document["at"]), left)
