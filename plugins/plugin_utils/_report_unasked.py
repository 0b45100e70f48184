# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a network that a run had no reason to look at: what the report before said still stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import (
    CLASSES,
    REPORT_FORMAT,
    is_item,
    is_moment,
    plain,
    rows_of,
    texts_of,
)

_NUMBERS = (*CLASSES, "new", "changes", "certificates", "as_wanted", "covered", "records")
_CERTIFICATE = frozenset(("name", "state", "days_left", "valid_until"))
_BEGINS = "not looked at in this run: "  # of the note


def is_untold(unasked: Mapping[str, Any], previous: Any) -> bool:
    """Whether no report tells of the full check upon which a run rests, as after a run that was killed before its report."""
    made = previous.get("made") if isinstance(previous, Mapping) else None
    return not is_moment(made) or str(made) < str(unasked.get("checked"))


def carried_over(run: Mapping[str, Any], previous: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The report of such a run. The verdict is that of the report before; without one it is in_sync, because only a run without a fault is built upon.

    :arg run: ``host``, ``desired`` and ``unasked`` with its ``checked`` and ``why``.
    :arg previous: the report before, empty when there is none that can be used.
    """
    unasked, before = run["unasked"], previous.get("counts")
    known = before if isinstance(before, Mapping) else {}
    items = [dict(row) for row in rows_of(previous, "items") if is_item(row)]
    counts = {key: known[key] if isinstance(known.get(key), int) else 0 for key in _NUMBERS}
    counts.update({cls: sum(row["class"] == cls for row in items) for cls in CLASSES}, new=0, changes=0)
    certificates = [dict(row) for row in rows_of(previous, "certificates") if set(row) == _CERTIFICATE]
    notes = [note for note in texts_of(previous, "notes") if not note.startswith(_BEGINS)]
    notes.append(_BEGINS + plain(unasked.get("why")))
    if is_untold(unasked, previous):
        notes.append(
            "no report tells of that full check, so what it found is not listed; the next run looks at everything"
        )
    last = previous["last_success"] if "last_success" in previous else unasked.get("checked")
    return {
        "format": REPORT_FORMAT,
        "host": plain(run["host"]),
        "network": plain((run.get("desired") or {}).get("network") or previous.get("network") or ""),
        "made": now,
        "verdict": previous.get("verdict") if previous.get("verdict") in ("in_sync", "drift", "error") else "in_sync",
        "last_success": last if is_moment(last) else None,
        "faults": texts_of(previous, "faults"),
        "changes": [],
        "items": items,
        "remembered": [dict(row) for row in rows_of(previous, "remembered") if is_item(row)],
        "certificates": certificates,
        "notes": sorted(set(notes)),
        "counts": {**counts, "certificates": len(certificates)},
        "api_calls": {"total": 0},
        "duration": None,
    }
