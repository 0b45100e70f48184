# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: a web app's listing as a run stored it before its first write, and the plan that puts one back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ._api import UNKNOWN_TYPE, Record, Target
from ._guards import limits
from ._lock import StateError
from ._moments import text_of
from ._names import BadName, fold, is_wildcard, normalise
from ._plan import describe
from ._plan_shapes import Action, Override, Plan, Policy, empty_plan
from ._state import unwritable, write

FORMAT = "wpmultisite.listing/1"
KEPT = 20
_OURS = re.compile(r"\d{8}T\d{6}\.\d{6}Z(-\d+)?\.json")
_KINDS = {
    "name": (str, "a text"),
    "type": (str, "a text"),
    "www": (bool, "true or false"),
    "redirection": (str, "a text"),
}
_TYPES, _REDIRECTIONS = ("primary", "alias", "redirect"), ("none", "www", "non-www")


def store(
    folder: str, network: str, target: Target, records: Sequence[Record], now: datetime, spare: str | None
) -> str:
    """Store a listing and return its path. Only the last 20 that were stored so are kept, and the one to spare.

    :raises StateError: when that is not possible.
    """
    stem = os.path.join(folder, now.strftime("%Y%m%dT%H%M%S.%fZ"))
    path, number = stem + ".json", 1
    while os.path.exists(path):
        path, number = "%s-%d.json" % (stem, number), number + 1
    write(path, document(network, target, records, now))
    try:
        # What a clock that went ahead has dated into the future goes first.
        made = [os.path.join(folder, name) for name in _stored(folder)]
        for old in sorted(made, key=lambda old: (old <= path, old))[:-KEPT]:
            if old != path and not (spare is not None and os.path.exists(spare) and os.path.samefile(old, spare)):
                os.unlink(old)
    except OSError as exc:
        raise unwritable(folder, exc) from exc
    return path


def document(network: str, target: Target, records: Sequence[Record], now: datetime) -> dict[str, Any]:
    """A listing as it is stored; docs/schemas/listing-1.json describes it."""
    return {
        "format": FORMAT,
        "network": network,
        "target": target._asdict(),
        "taken": text_of(now),
        "domains": [record._asdict() for record in sorted(records, key=lambda record: (record.name, record.id))],
    }


def _stored(folder: str) -> list[str]:
    return sorted(
        name for name in os.listdir(folder) if _OURS.fullmatch(name) and os.path.isfile(os.path.join(folder, name))
    )


def read(path: str, network: str | None, target: Target, folder: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The network of a stored listing and its rows, each with name, type, www and redirection, sorted by name.

    :raises StateError: with every reason why it must not be used.
    """
    said, rows, _taken = load(path, network, target, folder)
    rows, faults = _unique(rows)
    if faults:
        raise StateError("The backup %s is damaged: %s." % (path, "; ".join(faults)))
    return said, rows


def load(path: str, network: str | None, target: Target, folder: str | None) -> tuple[str, list[dict[str, Any]], str]:
    """The network of a stored listing, its rows as they stand there, and when it was taken.

    :arg network: which it has to be; None when the caller does not know.
    :arg folder: where backups lie, to name those that there are.
    :raises StateError: with every reason why it must not be used.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as exc:
        there = _stored(folder) if folder and os.path.isdir(folder) else []
        hint = " In %s lie: %s." % (folder, ", ".join(reversed(there))) if there else ""
        raise StateError("The backup %s cannot be read: %s.%s" % (path, exc.strerror, hint)) from exc
    except (ValueError, RecursionError) as exc:
        raise StateError("The backup %s is not JSON: give one as a run stored it." % path) from exc
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise StateError("%s is no backup of the format %s." % (path, FORMAT))
    said = found.get("network")
    if not isinstance(said, str) or not said:
        raise StateError("The backup %s is damaged: it names no network." % path)
    said = said.strip().lower()
    if said != (network or said):
        raise StateError("The backup %s is of another network: %s, not %s." % (path, said, network))
    if found.get("target") != target._asdict():
        words = "The backup %s is of another web app: %s, not %s. Give a backup of this one, or check server_id, webapp_id and api_url."
        raise StateError(words % (path, _place(found.get("target")), _place(target._asdict())))
    rows = found.get("domains")
    if not isinstance(rows, list) or not rows:
        raise StateError("The backup %s holds no domains; an empty list is never restored." % path)
    faults = [fault for index, row in enumerate(rows) for fault in _row_faults(index, row)]
    if faults:
        raise StateError("The backup %s is damaged: %s." % (path, "; ".join(faults)))
    return said, rows, str(found.get("taken"))


def _place(target: Any) -> str:
    if not isinstance(target, dict):
        return "an unknown one"
    return "%s of server %s at %s" % tuple(target.get(key) for key in ("webapp_id", "server_id", "api_url"))


def _row_faults(index: int, row: Any) -> list[str]:
    if not isinstance(row, dict):
        return ["domains[%d] is no record" % index]
    name = " (%s)" % row["name"] if isinstance(row.get("name"), str) and row["name"] else ""
    faults = [
        "domains[%d]%s: %s must be %s" % (index, name, key, words)
        for key, (kind, words) in _KINDS.items()
        if not isinstance(row.get(key), kind) or row[key] == ""
    ]
    return faults


def _unique(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows in one spelling, each name once; a name that stands there twice with different flags is a fault."""
    found: dict[str, dict[str, Any]] = {}
    ids: dict[str, Any] = {}
    faults = []
    for row in rows:
        kept = {key: row[key] for key in _KINDS}
        try:
            kept["name"] = normalise(kept["name"], wildcard=True)
        except BadName:
            kept["name"] = kept["name"].strip().lower()  # the panel itself may hold it
        first = found.setdefault(kept["name"], kept)
        number = ids.setdefault(kept["name"], row.get("id"))
        # The panel itself may hold two records of one name, each with its number; the first is the one that counts.
        if first != kept and (number == row.get("id") or None in (number, row.get("id"))):
            faults.append("%s stands in it twice, with different flags: leave one" % kept["name"])
    return [found[name] for name in sorted(found)], sorted(set(faults))


def restore_plan(rows: Sequence[dict[str, Any]], records: Sequence[Record], policy: Policy) -> Plan:
    """How to put a listing back: names that are gone are added, flags are reset, whoever owns the record. Nothing is removed."""
    plan = empty_plan(network=fold(policy.network))
    there: dict[str, Record] = {}
    for record in records:
        there.setdefault(record.name, record)
    for row in rows:
        if policy.only is None or fold(row["name"]) in policy.only:
            _put_back(plan, row, there.get(row["name"]), records, policy)
    names = {row["name"] for row in rows}
    plan.kept.extend(
        {"name": record.name, "reason": "not in the backup; a restore removes nothing"}
        for record in records
        if record.name not in names and (policy.only is None or fold(record.name) in policy.only)
    )
    # A name that sends its visitors to a www of its own comes after the record that serves it.
    plan.actions.sort(
        key=lambda action: (
            action.kind != "add",
            action.flags["redirection"] == "www" and not action.flags["www"],
            not is_wildcard(action.name),
            action.name,
        )
    )
    plan.kept.sort(key=lambda entry: entry["name"])
    if plan.actions and there and not names & set(there):
        plan.stops.append("The web app serves none of the names in the backup, so it may be the wrong one.")
    plan.stops.extend(limits(plan, records, policy))
    return plan


def _put_back(
    plan: Plan, row: dict[str, Any], record: Record | None, records: Sequence[Record], policy: Policy
) -> None:
    name = row["name"]
    override = policy.overrides.get(fold(name), Override())
    kept = policy.keep(name) or policy.keep(fold(name))
    if kept is not None or override.ignore:
        words = "on the keep list (%s)" % kept if kept is not None else "ignored by an override"
        plan.kept.append({"name": name, "reason": words})
        return
    flags = {key: row[key] for key in ("type", "www", "redirection")}
    flags["www"] = flags["www"] if override.www is None else override.www
    flags["redirection"] = override.redirection or flags["redirection"]
    if flags["type"] == UNKNOWN_TYPE or (record is not None and fold(name) in policy.protected):
        flags["type"] = record.type if record is not None else "alias"
    if record is not None and record.has(flags):
        return
    fault = _unwritable(name, flags) or (
        _not_added(flags, records) if record is None else _not_reset(record, flags, policy)
    )
    if fault:
        plan.refused.append({"name": name, "action": "add" if record is None else "update", "reason": fault})
    else:
        plan.actions.append(Action("add" if record is None else "update", name, flags, record, "in the backup"))


def _unwritable(name: str, flags: dict[str, Any]) -> str:
    """Why nobody can write this, or an empty text. The panel itself may hold what its API would not take."""
    try:
        normalise(name, wildcard=True)
    except BadName as exc:
        return "the name cannot be written: %s" % exc
    for key, known in (("type", _TYPES), ("redirection", _REDIRECTIONS)):
        if flags[key] not in known:
            return "the backup holds the %s %s, which is not known here" % (key, flags[key])
    return ""


def _not_added(flags: dict[str, Any], records: Sequence[Record]) -> str:
    if flags["type"] == "primary" and any(other.type == "primary" for other in records):
        return "it was the primary, and another one is now; use runcloud_domain with allow_primary_change"
    return ""


def _not_reset(record: Record, flags: dict[str, Any], policy: Policy) -> str:
    if flags["type"] != record.type and record.type == UNKNOWN_TYPE:
        return "the panel does not say its type, so it is left alone"
    if flags["type"] != record.type and "primary" in (flags["type"], record.type):
        return "its type was %s and is %s; the primary is changed only by runcloud_domain with allow_primary_change" % (
            flags["type"],
            record.type,
        )
    return "%s. %s" % (describe(record.flags(), flags), policy.no_edit) if policy.no_edit else ""
