# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of runcloud_domains to wishes and a policy. All faults are found before the first call. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._api import UNKNOWN_TYPE
from ._names import WWW, BadName, fold, matcher, normalise
from ._plan import Override, Policy, Wish

_WWW = {"true": True, "false": False}


def read_options(params: Mapping[str, Any], no_edit: str) -> tuple[list[Wish], Policy, list[str]]:
    """Wishes and policy, and every fault in the options (then neither may be used)."""
    faults = ["The source refuses: %s." % reason.rstrip(".") for reason in params["refused"]]
    wishes = []
    # A source that refuses gives no domains: to say that, too, would be a second reason that is none.
    if params["restore"] is None and (params["domains"] or not params["refused"]):
        wishes = _wishes(params["domains"], faults)
    overrides = _overrides(params["overrides"], faults)
    network = _name(params["network"], "network", faults) if params["network"] else ""
    protected = [_name(name, "protected[%d]" % index, faults) for index, name in enumerate(params["protected"])]
    only = None
    if params["only"] is not None:
        if not params["only"]:
            faults.append("only is empty: leave it out to converge all names.")
        only = frozenset(fold(_name(name, "only[%d]" % index, faults)) for index, name in enumerate(params["only"]))
    try:
        keep = matcher(params["keep"])
    except BadName as exc:
        faults.append("keep: %s." % exc)
        keep = matcher([])
    if params["purge"] and params["ownership"] == "none":
        faults.append("purge removes records, and ownership: none only adds them: give another ownership, or no purge.")
    faults += [
        "The source forbids a purge: %s." % reason.rstrip(".") for reason in params["purge_refused"] if params["purge"]
    ]
    if params["ownership"] == "ledger" and not params["state_dir"]:
        faults.append("ownership: ledger needs state_dir, where the ledger lies.")
    modes = [name for name in ("restore", "adopt", "purge") if params[name]]
    if len(modes) > 1:
        faults.append("%s are different things: give one of them." % " and ".join(modes))
    if params["adopt"] and not params["state_dir"]:
        faults.append("adopt needs state_dir, where the ledger lies.")
    for name in ("max_adds", "max_updates", "max_removals", "max_removals_percent", "grace_period", "min_absences"):
        if params[name] < 0:
            faults.append("%s must not be negative." % name)
    policy = Policy(
        network=network,
        ownership=params["ownership"] if params["restore"] is None else "all",
        repair=params["repair"] or params["restore"] is not None,
        purge=params["purge"],
        grace_period=params["grace_period"],
        min_absences=params["min_absences"],
        keep=keep,
        protected=frozenset(fold(name) for name in protected),
        overrides=overrides,
        only=only,
        first_converge=params["first_converge"],
        subdomain_install=params["subdomain_install"],
        subdomain_sites=params["subdomain_sites"],
        no_edit=no_edit,
        max_adds=params["max_adds"],
        max_updates=params["max_updates"],
        max_removals=params["max_removals"],
        max_removals_percent=params["max_removals_percent"],
    )
    return wishes, policy, faults


def _name(text: str, where: str, faults: list[str]) -> str:
    try:
        return normalise(text, wildcard=True)
    except BadName as exc:
        faults.append("%s: %r is not usable: %s." % (where, text, exc))
        return text


def _wishes(rows: Sequence[Mapping[str, Any]], faults: list[str]) -> list[Wish]:
    if not rows:
        faults.append("domains is empty. An empty list is never taken as the wish to have no domains.")
    seen: dict[str, int] = {}
    wishes = []
    for index, row in enumerate(rows):
        # A record that the panel already holds is taken as it is, even under a name that could not be added today.
        known = row["id"] is not None
        name = row["name"].strip().lower() if known else _name(row["name"], "domains[%d]" % index, faults)
        if name in seen:
            faults.append("domains[%d]: %s stands in domains[%d] already." % (index, name, seen[name]))
        seen.setdefault(name, index)
        if not known and row["www"] == "false" and row["redirection"] == "www":
            faults.append("domains[%d]: %s is to have no www and to redirect to it." % (index, name))
        wishes.append(
            Wish(
                name=name,
                cls=row["class"],
                type=row["type"] if row["type"] != UNKNOWN_TYPE else "keep",
                www=_WWW.get(row["www"], row["www"]),
                redirection=row["redirection"],
                forms=row["forms"],
                needs_dns=row["needs_dns"],
                rule=row["rule"],
            )
        )
    for index, row in enumerate(rows):
        if row["id"] is None and row["www"] in _WWW and WWW + wishes[index].name in seen:
            faults.append(
                "domains[%d]: %s says www, and %s%s stands in the list as a name of its own."
                % (index, wishes[index].name, WWW, wishes[index].name)
            )
    primaries = [wish.name for wish in wishes if wish.type == "primary"]
    if len(primaries) > 1:
        faults.append("A web app has one primary, the list names %d: %s." % (len(primaries), ", ".join(primaries)))
    return wishes


def _overrides(rows: Sequence[Mapping[str, Any]], faults: list[str]) -> dict[str, Override]:
    overrides: dict[str, Override] = {}
    for index, row in enumerate(rows):
        where = "overrides[%d]" % index
        key = fold(_name(row["name"], where, faults))
        if key in overrides:
            faults.append("%s: there are two overrides for %s." % (where, key))
        wishes = [name for name in ("www", "redirection") if row[name] is not None]
        if row["ignore"] and wishes:
            faults.append("%s: %s is to be ignored and to get %s." % (where, key, " and ".join(wishes)))
        if row["www"] is False and row["redirection"] == "www":
            faults.append("%s: %s is to have no www and to redirect to it." % (where, key))
        if not row["ignore"] and not wishes:
            faults.append("%s: %s says nothing: give www, redirection or ignore." % (where, key))
        overrides[key] = Override(row["www"], row["redirection"], row["ignore"], row["reason"])
    return overrides


def restored(rows: Sequence[Mapping[str, Any]]) -> list[Wish]:
    """Wishes that put a stored listing back: every name with its flags, whoever owns it. Nothing is ever removed."""
    return [
        Wish(row["name"], "restored", row["type"], row["www"], row["redirection"], rule="in the backup") for row in rows
    ]


def source_names(wishes: Sequence[Wish]) -> set[str]:
    """The record names by which the source still holds something, for the ledger's count of absences."""
    return {name for wish in wishes for name in (wish.name, WWW + wish.name, fold(wish.name))}
