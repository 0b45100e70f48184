# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a plan must not be carried out at all, whatever its single actions are. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._api import Record
from ._names import enumerated

if TYPE_CHECKING:
    from ._plan_shapes import Action, Plan, Policy


def limits(plan: Plan, records: Sequence[Record], policy: Policy) -> list[str]:
    """The limits that a plan breaks, each with the number that it would take."""
    adds, updates, removals = (plan.of(kind) for kind in ("add", "update", "remove"))
    stops: list[str] = []
    if not plan.first:
        _limit(stops, "added", adds, "max_adds", policy.max_adds)
    _limit(stops, "updated", updates, "max_updates", policy.max_updates)
    _limit(stops, "removed", removals, "max_removals", policy.max_removals)
    aliases = sum(record.type == "alias" for record in records)
    share = max(2, -(-aliases * policy.max_removals_percent // 100))
    if len(removals) > share:
        needed = -(-len(removals) * 100 // aliases)
        stops.append(
            "%d of %d aliases would be removed; max_removals_percent: %d allows %d. If that is right, set max_removals_percent: %d. %s"
            % (len(removals), aliases, policy.max_removals_percent, share, needed, _names(removals))
        )
    return stops


def _limit(stops: list[str], verb: str, actions: list[Action], option: str, limit: int) -> None:
    if len(actions) > limit:
        stops.append(
            "%d domains would be %s, and %s is %d. If that is right, set %s: %d. %s"
            % (len(actions), verb, option, limit, option, len(actions), _names(actions))
        )


def _names(actions: list[Action]) -> str:
    return "Names: %s." % enumerated([action.name for action in actions])


def unremembered(policy: Policy, survived: bool) -> list[str]:
    """Why nothing may be removed by a ledger that did not survive: it does not know since when a name is missing."""
    if not policy.purge or survived or (policy.grace_period == 0 and policy.min_absences == 1):
        return []
    return [
        "purge: there is no ledger, so nobody knows since when a name is missing. Give a state_dir that survives, or set "
        "grace_period: 0 and min_absences: 1 to remove at once."
    ]


def surroundings(server: dict[str, Any], webapp: dict[str, Any], roots: Sequence[str]) -> list[str]:
    """Why this web app may not be written to: its server is away, or WordPress does not live in it. Empty when it may."""
    return [
        "The server %s %s: it would not take the changes." % (server.get("name") or server["id"], words)
        for field, words in (("connected", "is not connected to the panel"), ("online", "is offline"))
        if not server.get(field)
    ] + wrong_folder(webapp, roots)


def wrong_folder(webapp: dict[str, Any], roots: Sequence[str]) -> list[str]:
    """Why this may be the wrong web app: WordPress does not lie in it. Empty when it does.

    :arg roots: WordPress' folder as given and with symbolic links resolved; empty when the snapshot came from no host.
    """
    if not roots:
        return []
    app_root = _folder(str(webapp.get("rootPath") or ""))
    if app_root and any((_folder(root) + "/").startswith(app_root + "/") for root in roots):
        return []
    return [
        "WordPress lies in %s, but the web app %s lies in %s: check webapp_id."
        % (" or ".join(sorted(set(roots))), webapp.get("name") or webapp["id"], app_root or "no known folder")
    ]


def _folder(path: str) -> str:
    return posixpath.normpath(path).rstrip("/") if path else ""
