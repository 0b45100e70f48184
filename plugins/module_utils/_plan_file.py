# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A saved plan: a plan as a document, a document as a plan, and what of a later plan it approves. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._api import Record, Target
from ._moments import moment_of, text_of
from ._names import fold
from ._plan_shapes import Action, Plan, Policy

FORMAT = "wpmultisite.plan/1"
FAMILY = FORMAT.rpartition("/")[0] + "/"
# Clocks of two machines are never quite the same.
AHEAD = timedelta(minutes=5)
_KINDS = ("add", "update", "remove")
_KEYS = {"format", "network", "target", "made", "purge", "actions", "digest"}
_FLAGS = {"type": str, "www": bool, "redirection": str}
_AGAIN = "Make a new plan."


class Approval(NamedTuple):
    """What of a plan a saved one approves, and both rests: lists of name, kind and reason."""

    actions: list[Action]
    not_approved: list[dict[str, Any]]
    not_applied: list[dict[str, Any]]


def entry_of(action: Action) -> dict[str, Any]:
    """An action as the file has it: kind, name, reason, and the flags before and after (None where there is no record)."""
    return {
        "kind": action.kind,
        "name": action.name,
        "before": action.record.flags() if action.record is not None else None,
        "after": action.flags if action.kind != "remove" else None,
        "reason": action.reason,
    }


def document(
    network: str, target: Target, made: datetime, purge: bool, actions: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The document of a plan, in the same order whenever it is the same plan.

    :arg actions: as ``entry_of`` gives them.
    """
    rest = {
        "format": FORMAT,
        "network": network,
        "target": target._asdict(),
        "made": text_of(made),
        "purge": purge,
        "actions": sorted(
            (dict(action) for action in actions), key=lambda entry: (_KINDS.index(entry["kind"]), entry["name"])
        ),
    }
    return dict(rest, digest=_digest(rest))


def _digest(rest: Mapping[str, Any]) -> str:
    text = json.dumps({key: rest[key] for key in rest if key != "digest"}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def faults_of(found: Any, network: str, target: Target, now: datetime, max_age: float) -> list[str]:
    """Every reason why a document must not be carried out, for a person; empty when it may be.

    :arg max_age: seconds.
    """
    form = found.get("format") if isinstance(found, dict) else None
    if not isinstance(form, str) or not form.startswith(FAMILY):
        return ["it is no saved plan (format %s). Give the file that a run with plan_out has written." % FORMAT]
    if form != FORMAT:
        return ["its format is %s, and this version reads %s. Make a new plan with this version." % (form, FORMAT)]
    if found.get("digest") != _digest(found):
        return ["it was edited after it was made, or is damaged (its digest does not fit). %s" % _AGAIN]
    try:
        said, made = _read(found)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        return ["it is damaged (%s). %s" % (exc or type(exc).__name__, _AGAIN)]
    faults = []
    if found["network"] != network:
        faults.append("it is of another network: %s, not %s." % (found["network"], network))
    if said != target:
        faults.append("it is of another web app: %s, not %s." % (place(said), place(target)))
    if made > now + AHEAD:
        faults.append(
            "it is from the future (made %s, and it is %s here): check the clocks of both machines, and make a new plan."
            % (text_of(made), text_of(now))
        )
    elif now - made > timedelta(seconds=max_age):
        faults.append(
            "it is too old: made %s, %s ago, and plan_max_age allows %s. %s"
            % (text_of(made), _age((now - made).total_seconds()), _age(max_age), _AGAIN)
        )
    return faults


def _read(found: Mapping[str, Any]) -> tuple[Target, datetime]:
    """The target and the moment of a document whose shape is right.

    :raises AttributeError, KeyError, TypeError, ValueError: when it is not.
    """
    if set(found) != _KEYS:
        raise ValueError("it has other keys than a plan has")
    if not isinstance(found["network"], str) or not isinstance(found["purge"], bool):
        raise ValueError("network or purge is of another kind")
    entry_faults = faults_of_entries(found["actions"], "actions")
    if entry_faults:
        raise ValueError("; ".join(entry_faults))
    return Target(*(found["target"][key] for key in Target._fields)), moment_of(found["made"])


def faults_of_entries(rows: Any, what: str) -> list[str]:
    """Which rows are not as ``entry_of`` gives them, or stand there twice."""
    if not isinstance(rows, list):
        return ["%s is no list" % what]
    faults = ["%s[%d] is no action of a plan" % (what, index) for index, row in enumerate(rows) if not _is_entry(row)]
    if faults:
        return faults
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(rows):
        key = (row["kind"], row["name"])
        if key in seen:
            faults.append("%s[%d]: %s %s stands there twice" % (what, index, *key))
        seen.add(key)
    return faults


def _is_entry(row: Any) -> bool:
    if not isinstance(row, dict) or set(row) != {"kind", "name", "before", "after", "reason"}:
        return False
    states = {"add": (False, True), "update": (True, True), "remove": (True, False)}.get(str(row["kind"]))
    return (
        states is not None
        and isinstance(row["name"], str)
        and isinstance(row["reason"], str)
        and all(_is_flags(row[key]) if there else row[key] is None for key, there in zip(("before", "after"), states))
    )


def _is_flags(flags: Any) -> bool:
    return (
        isinstance(flags, dict)
        and set(flags) == set(_FLAGS)
        and all(isinstance(flags[key], kind) for key, kind in _FLAGS.items())
    )


def approve(plan: Plan, saved: Sequence[Mapping[str, Any]], records: Sequence[Record], policy: Policy) -> Approval:
    """Only what both the plan of now and the saved one hold, with the same flags before and after.

    The plan of now was made from the listing of now, so what it has in common with the saved one has the same before-state.

    :arg saved: the actions of a saved plan. Those of names that ``policy.only`` leaves out are not looked at.
    """
    there: dict[str, Record] = {}
    for record in records:
        there.setdefault(record.name, record)
    looked_at = [row for row in saved if _in_scope(row, policy)]
    entries = {(row["kind"], row["name"]): row for row in looked_at}
    actions: list[Action] = []
    not_approved, approved = [], set()
    for action in plan.actions:
        key, now = (action.kind, action.name), entry_of(action)
        if key in entries and _same(entries[key], now):
            actions.append(action)
            approved.add(key)
        else:
            why = "the plan holds it otherwise: %s" % _change(entries[key]) if key in entries else "not in the plan"
            reason = "%s; %s (%s)" % (why, _change(now), action.reason)
            not_approved.append({"name": action.name, "kind": action.kind, "reason": reason})
    otherwise = {(action.kind, action.name) for action in plan.actions}
    not_applied = [
        {
            "name": row["name"],
            "kind": row["kind"],
            "reason": _why_not(row, there.get(row["name"]), (row["kind"], row["name"]) in otherwise, plan, policy),
        }
        for row in looked_at
        if (row["kind"], row["name"]) not in approved
    ]
    return Approval(actions, not_approved, not_applied)


def headless(plan: Plan, approval: Approval) -> list[str]:
    """Why nothing may be written to a new web app: its first record, the network's own domain, is not approved."""
    first = [entry for entry in approval.not_approved if fold(entry["name"]) == plan.network]
    if not plan.first or not approval.actions or not first:
        return []
    return ["first_converge adds %s before all others, and the plan does not approve it. %s" % (plan.network, _AGAIN)]


def _in_scope(row: Mapping[str, Any], policy: Policy) -> bool:
    if row["kind"] == "remove" and policy.removable is not None:
        return row["name"] in policy.removable
    return policy.only is None or fold(row["name"]) in policy.only


def _same(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(row[key] == other[key] for key in ("kind", "name", "before", "after"))


def _why_not(row: Mapping[str, Any], record: Record | None, otherwise: bool, plan: Plan, policy: Policy) -> str:
    """Why an action of the saved plan is not carried out."""
    now = record.flags() if record is not None else None
    if now == row["after"]:
        return "it is so already"
    if now != row["before"]:
        return "the record is another one now: %s, and the plan was made for %s" % (_state(now), _state(row["before"]))
    if otherwise:
        return "this run wants it otherwise"
    if row["kind"] == "remove" and not policy.purge and any(entry["name"] == row["name"] for entry in plan.due):
        return "purge is off"
    told = (*plan.kept, *plan.waiting, *plan.differs, *plan.refused, *plan.covered)
    reasons = [str(entry["reason"]) for entry in told if entry["name"] == row["name"]]
    return "this run would not do it%s" % (": " + "; ".join(reasons) if reasons else "")


def _change(row: Mapping[str, Any]) -> str:
    if row["kind"] == "update":
        return "update %s -> %s" % (_state(row["before"]), _state(row["after"]))
    return "%s %s" % (row["kind"], _state(row["after"] or row["before"]))


def _state(flags: Mapping[str, Any] | None) -> str:
    if flags is None:
        return "no record"
    return "%s, www %s, redirection %s" % (flags["type"], "on" if flags["www"] else "off", flags["redirection"])


def place(target: Target) -> str:
    """A web app for a person."""
    return "%s of server %s at %s" % (target.webapp_id, target.server_id, target.api_url)


def _age(seconds: float) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return "%d %ss" % (seconds // length, unit)
    return "%d seconds" % seconds
