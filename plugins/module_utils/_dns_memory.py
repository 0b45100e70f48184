# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names were ready last time, so that a fault of DNS is not taken for a hundred customers who left.

The file is ``dns.json`` of the state directory (``docs/schemas/dns-memory-1.json``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from ._ledger import text_of
from ._lock import StateError
from ._names import enumerated
from ._state import unwritable, write

FORMAT = "wpmultisite.dns-memory/1"
_FILE = "dns.json"
_FEWEST = 3
_SHARE = 10  # more than one in ten
PATIENCE = timedelta(minutes=10)


class Suspicion(NamedTuple):
    """The names that seemed gone, and when that was first seen."""

    since: datetime
    gone: frozenset[str]


class Memory(NamedTuple):
    """What is remembered from one run to the next."""

    ready: frozenset[str] = frozenset()
    suspicion: Suspicion | None = None


def weigh(memory: Memory, seen: Mapping[str, bool], now: datetime) -> tuple[Memory, str | None]:
    """What to remember, and why the facts must not be believed (None when they may).

    :arg seen: host → whether it is ready now, for every host that is still asked for; others are forgotten.
    """
    known = memory.ready & frozenset(seen)
    gone = frozenset(name for name in known if not seen[name])
    if len(gone) < _FEWEST or len(gone) * _SHARE <= len(known):
        return _believed(seen), None
    before = memory.suspicion
    if before is None or before.gone & frozenset(seen) != gone or before.since > now:
        since = now
    elif now - before.since >= PATIENCE:
        return _believed(seen), None
    else:
        since = before.since
    reason = (
        "%d of the %d names that were ready last time are not ready now (%s). So many at once are more likely a fault of DNS than "
        "customers who left, so nothing is concluded from it. A run from %s on that sees the same is believed."
        % (len(gone), len(known), enumerated(sorted(gone)), text_of(since + PATIENCE))
    )
    return Memory(known, Suspicion(since, gone)), reason


def _believed(seen: Mapping[str, bool]) -> Memory:
    return Memory(frozenset(name for name, ready in seen.items() if ready))


def load(state_dir: str) -> Memory:
    """What the state directory remembers; nothing when it has no such file.

    :raises StateError: when the file is damaged, or of a newer version; it is never written over then.
    """
    path = os.path.join(state_dir, _FILE)
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return Memory()
    except OSError as exc:
        raise StateError(
            "%s cannot be read: %s. Check the state directory, and run as the user who owns it." % (path, exc.strerror)
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise _unusable(path, "it is damaged (not JSON)") from exc
    kind = document.get("format") if isinstance(document, dict) else None
    if kind != FORMAT:
        if isinstance(kind, str) and kind.startswith("wpmultisite.dns-memory/"):
            raise StateError(
                "%s must not be used: its format is %s; this version reads %s. A newer version of the collection wrote it: upgrade this one."
                % (path, kind, FORMAT)
            )
        raise _unusable(path, "it is no memory of DNS")
    try:
        return _loaded(document)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise _unusable(path, "it is damaged (%s)" % exc) from exc


def _unusable(path: str, why: str) -> StateError:
    return StateError(
        "%s must not be used: %s. Bring it back, or remove it: then nothing is remembered, and this run's facts are believed as they are."
        % (path, why)
    )


def _loaded(document: Mapping[str, Any]) -> Memory:
    row = document["suspicion"]
    since = datetime.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ") if row is not None else None
    return Memory(
        _names(document["ready"]),
        Suspicion(since.replace(tzinfo=timezone.utc), _names(row["gone"])) if since is not None else None,
    )


def _names(rows: Any) -> frozenset[str]:
    if not isinstance(rows, list) or not all(isinstance(name, str) for name in rows):
        raise ValueError("a list of names is none")
    return frozenset(rows)


def dump(memory: Memory) -> dict[str, Any]:
    """The memory as the file has it."""
    suspicion = memory.suspicion
    return {
        "format": FORMAT,
        "ready": sorted(memory.ready),
        "suspicion": {"since": text_of(suspicion.since), "gone": sorted(suspicion.gone)} if suspicion else None,
    }


def save(state_dir: str, memory: Memory) -> None:
    """Put the memory in its place; the folder is made, for its owner alone.

    :raises StateError: when that is not possible.
    """
    try:
        os.makedirs(state_dir, mode=0o700, exist_ok=True)
    except OSError as exc:
        raise unwritable(state_dir, exc) from exc
    write(os.path.join(state_dir, _FILE), dump(memory))
