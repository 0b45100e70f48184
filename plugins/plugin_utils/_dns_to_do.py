# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each customer has to do about DNS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What DNS servers said for sure; of the others nobody knows that there is anything to do.
_SURE = ("elsewhere", "partly", "nxdomain", "no_address")


def dns_to_do(
    desired: Mapping[str, Any],
    facts: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
    covered: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """One entry for each wanted name with something to do, in the order of names.

    :arg desired: what the filter desired_domains gave.
    :arg facts: what domain_dns_info gave for the wanted names.
    :arg more: what it gave with CAA, for the names of the web app; its word counts where it knows a host.
    :arg covered: names that a wildcard serves, whose DNS is one record of the network's own.
    :returns: entries with ``name``, ``messages`` (sentences) and ``records`` (type, name and value each).
    """
    found: dict[str, dict[str, Any]] = {}
    for document in (facts, more or {}):
        if document.get("valid"):
            found.update({host["name"]: host for host in document["hosts"]})
    return list(_entries([row for row in desired["domains"] if row["name"] not in covered], found))


def _entries(domains: Sequence[Mapping[str, Any]], found: Mapping[str, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for domain in sorted(domains, key=lambda row: str(row["name"])):
        name = domain["name"]
        messages, records = [], []
        for host in (found[each] for each in (name, f"www.{name}") if each in found):
            if host["state"] in _SURE:
                messages.append(host["message"])
                records += [host["record"]] if host["record"] else []
            caa = host.get("caa") or {}
            if caa.get("allowed") is False:
                messages.append(caa["message"])
        if messages and domain["class"] != "keep":
            yield {"name": name, "messages": messages, "records": records}
