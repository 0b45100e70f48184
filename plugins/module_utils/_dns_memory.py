# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names were ready last time, so that a fault of DNS is not taken for a hundred customers who left.

The file is ``dns.json`` of the state directory (``docs/schemas/dns-memory-1.json``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._dns import Expected
from ._dns import text_of as network_text
from ._moments import moment_of, text_of
from ._names import enumerated
from ._state import Kind, keep, recall

KIND = Kind(
    "dns.json",
    "wpmultisite.dns-memory/1",
    "memory of DNS",
    "nothing is remembered, and this run's facts are believed as they are",
)
_FEWEST = 3
_SHARE = 10  # more than one in ten
PATIENCE = timedelta(minutes=10)


class Expectation(NamedTuple):
    """What counted as reaching us, each sorted: whether a name is ready depends on it, its order aside."""

    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


class Suspicion(NamedTuple):
    """The names that seem gone ever since it was first seen."""

    since: datetime
    gone: frozenset[str]


class Memory(NamedTuple):
    """What is remembered from one run to the next."""

    ready: frozenset[str] = frozenset()
    suspicion: Suspicion | None = None
    expected: Expectation = Expectation()


def expectation(expected: Expected) -> Expectation:
    """What is expected, as it is remembered."""
    return Expectation(
        tuple(sorted(expected.texts())),
        tuple(sorted(expected.cnames)),
        tuple(sorted(network_text(network) for network in expected.proxies)),
    )


def weigh(memory: Memory, expected: Expectation, seen: Mapping[str, bool], now: datetime) -> tuple[Memory, str | None]:
    """What to remember, and why the facts must not be believed (None when they may).

    :arg seen: host → whether it is ready now, for every host that is still asked for; others are forgotten.
    """
    believed = Memory(frozenset(name for name, ready in seen.items() if ready), None, expected)
    if memory.expected != expected:
        return believed, None  # ready meant something else, so there is nothing to compare with
    known = memory.ready & frozenset(seen)
    gone = frozenset(name for name in known if not seen[name])
    if not _many(len(gone), len(known)):
        return believed, None
    before = memory.suspicion
    if before is None or before.since > now:
        suspicion = Suspicion(now, gone)
    else:
        # One that comes back leaves the suspicion, so each of these has been gone in every run since then.
        lasting = before.gone & gone
        # The others are weighed as if those had been believed: a few are customers, and many are another fault.
        if _many(len(gone - lasting), len(known - lasting)):
            suspicion = Suspicion(now, gone)
        elif now - before.since >= PATIENCE:
            return believed, None
        else:
            suspicion = Suspicion(before.since, lasting)
    reason = (
        "%d of the %d names that were ready last time are not ready now (%s). So many at once are more likely a fault of DNS than "
        "customers who left, so nothing is concluded from it. A run from %s on that sees the same is believed. If the server has moved, "
        "see that expected_addresses (without it, the address that RunCloud has) is the new one: when that changes, the comparison begins anew."
        % (len(gone), len(known), enumerated(sorted(gone)), text_of(suspicion.since + PATIENCE))
    )
    return Memory(known, suspicion, expected), reason


def _many(gone: int, known: int) -> bool:
    return gone >= _FEWEST and gone * _SHARE > known


def load(state_dir: str) -> Memory:
    """What the state directory remembers; nothing when it has no such file.

    :raises StateError: when the file must not be used; it is never written over then.
    """
    return recall(state_dir, KIND, _loaded) or Memory()


def _loaded(document: Mapping[str, Any]) -> Memory:
    row = document["suspicion"]
    return Memory(
        frozenset(_texts(document["ready"])),
        Suspicion(moment_of(row["since"]), frozenset(_texts(row["gone"]))) if row is not None else None,
        Expectation(*(tuple(_texts(document["expected"][field])) for field in Expectation._fields)),
    )


def _texts(rows: Any) -> list[str]:
    if not isinstance(rows, list) or not all(isinstance(text, str) for text in rows):
        raise ValueError("a list of texts is none")
    return rows


def dump(memory: Memory) -> dict[str, Any]:
    """The memory as the file has it."""
    suspicion = memory.suspicion
    return {
        "expected": {field: list(texts) for field, texts in memory.expected._asdict().items()},
        "ready": sorted(memory.ready),
        "suspicion": {"since": text_of(suspicion.since), "gone": sorted(suspicion.gone)} if suspicion else None,
    }


def save(state_dir: str, memory: Memory) -> None:
    """Put the memory in its place; the folder is made, for its owner alone.

    :raises StateError: when that is not possible.
    """
    keep(state_dir, KIND, dump(memory))
