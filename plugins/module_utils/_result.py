# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a plan and its outcome to what a module returns: entries, diff and the sentence of a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._api import Record
from ._apply import Outcome
from ._plan_shapes import Action, Plan


def as_dict(record: Record) -> dict[str, Any]:
    """A record as modules return it, and as runcloud_domains takes it back. One that check mode foresees has no id."""
    return dict(record._asdict(), id=record.id or None)


def by_name(records: Sequence[Record]) -> list[Record]:
    """Sorted as everything that is returned."""
    return sorted(records, key=lambda record: (record.name, record.id))


def result(plan: Plan, outcome: Outcome, calls: Mapping[str, int]) -> dict[str, Any]:
    """The return value of a run over a list of domains."""
    return {
        "changed": bool(outcome.done) or outcome.altered,
        "added": [_added(action, outcome.ids) for action in outcome.done if action.kind == "add"],
        "updated": [_updated(action) for action in outcome.done if action.kind == "update"],
        "removed": [_removed(action) for action in outcome.done if action.kind == "remove"],
        "differs": outcome.differs,
        "waiting": plan.waiting,
        "kept": outcome.kept,
        "covered": plan.covered,
        "refused": outcome.refused,
        "due": plan.due,
        "unchanged": plan.unchanged,
        "notes": plan.notes,
        "domains": [as_dict(record) for record in by_name(outcome.records)],
        "api_calls": api_calls(calls),
    }


def api_calls(calls: Mapping[str, int]) -> dict[str, int]:
    """Calls of a run by verb, and their total."""
    return dict({verb: calls[verb] for verb in sorted(calls)}, total=sum(calls.values()))


def diff(before: Sequence[Record], after: Sequence[Record]) -> dict[str, str]:
    """One line a record, without ids and dates, so that only what a person compares shows."""
    return {"before": _lines(before), "after": _lines(after)}


def beyond(rests: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What a saved plan and the plan of now do not have in common, one line each; it follows the diff."""
    return "".join(
        "%s: %s %s: %s\n" % (name.replace("_", " "), row["kind"], row["name"], row["reason"])
        for name, rows in rests.items()
        for row in rows
    )


def _lines(records: Sequence[Record]) -> str:
    return "".join(
        "%s: %s, www %s, redirection %s\n"
        % (record.name, record.type, "on" if record.www else "off", record.redirection)
        for record in by_name(records)
    )


def failure_text(outcome: Outcome, check_mode: bool = False) -> str:
    """What failed, name by name; empty when nothing did."""
    parts = ["%s (%s): %s" % (entry["name"], entry["action"], entry["reason"]) for entry in outcome.refused]
    if parts:
        done = "would be" if check_mode else "was" if len(outcome.done) == 1 else "were"
        words = "cannot be made" if check_mode else "could not be made"
        parts.insert(0, "%d of the wanted changes %s, %d %s." % (len(parts), words, len(outcome.done), done))
    return " ".join(parts + outcome.errors)


def _added(action: Action, ids: Mapping[str, int]) -> dict[str, Any]:
    return dict(action.flags, name=action.name, id=ids.get(action.name), reason=action.reason)


def _updated(action: Action) -> dict[str, Any]:
    before = action.record.flags() if action.record else {}
    return {"name": action.name, "before": before, "after": action.flags, "reason": action.reason}


def _removed(action: Action) -> dict[str, Any]:
    return dict(action.flags, name=action.name, reason=action.reason)


def one_by_name(rows: Sequence[dict[str, Any]], name: str, what: str) -> list[dict[str, Any]]:
    """The one API object of that name, as a list of one.

    :raises LookupError: when none or more than one has it, with the ones to choose from.
    """
    found = [row for row in rows if row.get("name") == name]
    if len(found) == 1:
        return found
    if found:
        raise LookupError(
            "%d %ss are called %s: give the number (%s)."
            % (len(found), what, name, ", ".join(str(row["id"]) for row in found))
        )
    names = ", ".join(sorted(str(row.get("name")) for row in rows)) or "none"
    raise LookupError("There is no %s called %s. Those to be seen: %s." % (what, name, names))
