# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of runcloud_domains to wishes and a policy. All faults are found before the first call. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ._api import UNKNOWN_TYPE, Record
from ._moments import until_faults
from ._names import WWW, BadName, fold, matcher, plain_names, usable
from ._plan_shapes import Override, Policy, Wish

_WWW = {"true": True, "false": False}
_TEN_YEARS = 10 * 366 * 86400  # seconds


def read_options(params: Mapping[str, Any], no_edit: str) -> tuple[list[Wish], Policy, list[str]]:
    """Wishes and policy, and every fault in the options (then neither may be used)."""
    faults = ["The list is refused: %s." % reason.rstrip(".") for reason in params["refused"]]
    wishes = []
    # A source that refuses gives no domains: to say that, too, would be a second reason that is none.
    if params["restore"] is None and (params["domains"] or not params["refused"]):
        wishes = _wishes(params["domains"], faults)
    overrides = _overrides(params["overrides"], faults)
    network = usable(params["network"], "network", faults) if params["network"] else ""
    protected = [usable(name, "protected[%d]" % index, faults) for index, name in enumerate(params["protected"])]
    only = None
    if params["only"] is not None:
        if not params["only"]:
            faults.append("only is empty: leave it out to converge all names.")
        only = frozenset(usable(name, "only[%d]" % index, faults) for index, name in enumerate(params["only"]))
    kept: list[str] = []
    try:
        keep = matcher(params["keep"])
        kept = plain_names(params["keep"])
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
    if params["state_dir"] and not posixpath.isabs(params["state_dir"]):
        faults.append("state_dir must be an absolute path: a relative one is another folder in each run.")
    for name in ("max_adds", "max_updates", "max_removals", "max_removals_percent"):
        if params[name] < 0:
            faults.append("%s must not be negative." % name)
    if params["max_removals_percent"] > 100:
        faults.append("max_removals_percent must not be above 100.")
    if not 0 <= params["grace_period"] <= _TEN_YEARS:
        faults.append("grace_period must be a number of seconds from 0 to %d (ten years)." % _TEN_YEARS)
    if params["min_absences"] < 1:
        faults.append("min_absences must be 1 or more.")
    policy = Policy(
        network=network,
        ownership=params["ownership"],
        two_writers=params["two_writers"],
        only_ready=params["add_when"] == "ready",
        repair=params["repair"],
        purge=params["purge"],
        grace_period=params["grace_period"],
        min_absences=params["min_absences"],
        keep=keep,
        protected=_keys(protected),
        # A restore does not know what the multisite holds.
        named={
            option: _keys(names)
            for option, names in (("keep", kept), ("protected", protected))
            if names and params["restore"] is None
        },
        known=_keys(name.strip().lower() for name in params["known"]),
        overrides=overrides,
        only=None if only is None else _keys(only),
        removable=only,
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


def _keys(names: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(name) for name in names)


def _wishes(rows: Sequence[Mapping[str, Any]], faults: list[str]) -> list[Wish]:
    if not rows:
        faults.append("domains is empty. An empty list is never taken as the wish to have no domains.")
    seen: dict[str, int] = {}
    wishes = []
    for index, row in enumerate(rows):
        # A record that the panel already holds is taken as it is, even under a name that could not be added today.
        known = row["id"] is not None
        name = row["name"].strip().lower() if known else usable(row["name"], "domains[%d]" % index, faults)
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
                www_needs_dns=row["www_needs_dns"],
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
        key = fold(usable(row["name"], where, faults))
        if key in overrides:
            faults.append("%s: there are two overrides for %s." % (where, key))
        wishes = [name for name in ("www", "redirection") if row[name] is not None]
        if row["ignore"] and wishes:
            faults.append("%s: %s is to be ignored and to get %s." % (where, key, " and ".join(wishes)))
        if row["www"] is False and row["redirection"] == "www":
            faults.append("%s: %s is to have no www and to redirect to it." % (where, key))
        faults += until_faults(row, "%s (%s)" % (where, key))
        if not row["ignore"] and not wishes and row["ssl_policy"] is None and row["until"] is None:
            faults.append("%s: %s says nothing: give www, redirection, ignore, ssl_policy or until." % (where, key))
        # One that is about certificates alone decides nothing here.
        reason = row["reason"] if row["ignore"] or wishes else ""
        overrides[key] = Override(row["www"], row["redirection"], row["ignore"], reason)
    return overrides


def paused(params: Mapping[str, Any], faults: list[str]) -> str:
    """Why and since when the network is held, for a person; empty when it is not."""
    held = params["paused"]
    if held is None:
        return ""
    reason, since = held["reason"].strip(), held["since"].strip()
    if not reason:
        faults.append("paused: the reason is empty.")
    try:
        date.fromisoformat(since)
    except ValueError:
        faults.append("paused: since must be a date such as 2026-11-20, not %r." % since)
    return "%s, since %s" % (reason, since)


def assumed_records(rows: Sequence[Mapping[str, Any]], idle: bool, faults: list[str]) -> list[Record] | None:
    """The records that an earlier call foresaw; None when there are none.

    :arg idle: whether the run writes nothing.
    """
    if not rows:
        return None
    if not idle:
        faults.append("assume_domains is for check mode and paused networks: a run that writes lists for itself.")
    return records_of(rows, "assume_domains", faults)


def records_of(rows: Sequence[Mapping[str, Any]], where: str, faults: list[str]) -> list[Record]:
    """Records as the result ``domains`` holds them.

    :arg where: how a fault names the list.
    """
    records = []
    for index, row in enumerate(rows):
        fields: dict[str, Any] = {key: row.get(key) for key in Record._fields}
        if not all(isinstance(fields[key], str) for key in ("name", "type", "redirection")):
            faults.append("%s[%d] is no record as the result domains holds it." % (where, index))
            continue
        # What is only foreseen has no number yet.
        fields.update(id=fields["id"] or -1 - index, www=bool(fields["www"]), wildcard=bool(fields["wildcard"]))
        records.append(Record(**fields))
    return records
