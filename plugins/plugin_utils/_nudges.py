# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mapped domains the plugin is asked to check again: those that it gave up on, each once a day.

All is pure but ``load`` and ``save``: the memory is the file ``nudges.json`` of the state directory
(``docs/schemas/nudges-1.json``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._moments import moment_of, text_of
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._nudge import AGAIN, told
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import Kind, keep, recall

KIND = Kind(
    "nudges.json", "wpmultisite.nudges/1", "memory of multisite_nudge", "each row may be asked for once more today"
)
PATIENCE = timedelta(days=1)

# When each row, by number and domain, was last asked for.
Memory = Mapping["tuple[int, str]", datetime]
Row = Mapping[str, Any]


class NudgePlan(NamedTuple):
    """``due``: the rows to ask for now. ``skipped``: rows of the result for the others. ``memory``: what to store before asking."""

    due: list[Row]
    skipped: list[dict[str, Any]]
    memory: Memory


def stuck_mappings(snapshot: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """The rows that are switched on, are in a stage that is not served, and are for one of ``names``, as the module wants them."""
    served = set(names)
    return [
        {"id": row["id"], "domain": row["domain"], "stage": row["stage"]}
        for row in snapshot["mappings"]
        if row["active"] and row["stage"] in AGAIN and _host(row["domain"]) in served
    ]


def _host(domain: str) -> str | None:
    try:
        return normalise(domain)
    except BadName:
        return None


def plan_nudges(rows: Sequence[Row], memory: Memory, now: datetime) -> NudgePlan:
    """What to ask for. A date in the future, from a clock that went wrong, counts as now."""
    kept = {key: min(at, now) for key, at in memory.items() if now - at < PATIENCE}
    due, skipped = [], []
    for row in rows:
        at = kept.get(key_of(row))
        if at is None:
            due.append(row)
        else:
            skipped.append(
                told(row, "skipped", "asked", at=text_of(at), next=text_of(at + PATIENCE)),
            )
    return NudgePlan(due, skipped, {**kept, **{key_of(row): now for row in due}})


def settle(memory: Memory, results: Iterable[Row]) -> Memory:
    """The memory without the rows that nothing was done for: they may be asked for at once."""
    untouched = {key_of(row) for row in results if row["state"] == "skipped" or row["reason"] == "not_tried"}
    return {key: at for key, at in memory.items() if key not in untouched}


def key_of(row: Row) -> tuple[int, str]:
    """What a row is known by: its number may come to stand for another domain."""
    return row["id"], row["domain"]


def load(state_dir: str) -> Memory:
    """What the state directory remembers; nothing when it has no such file.

    :raises StateError: when the file must not be used; it is never written over then.
    """
    return recall(state_dir, KIND, _loaded) or {}


def _loaded(document: Mapping[str, Any]) -> Memory:
    return {key_of(row): moment_of(row["at"]) for row in document["mappings"]}


def save(state_dir: str, memory: Memory) -> None:
    """Put the memory in its place; the folder is made, for its owner alone.

    :raises StateError: when that is not possible.
    """
    rows = [{"id": key[0], "domain": key[1], "at": text_of(at)} for key, at in sorted(memory.items())]
    keep(state_dir, KIND, {"mappings": rows})
