# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of runcloud_certificates to what a run works with. All faults are found before the first call. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._api import spelling
from ._certs import Hitch, Preflight, Seen, Want
from ._moments import moment_of, until_faults
from ._names import fold, usable
from ._plan_dns import read_dns
from ._ssl import Wish

_NO_REASON = "no certificate is wanted"
_FRACTIONS = ("overdue_fraction", "expiring_fraction")


class Options(NamedTuple):
    """What a run is asked for. Times are in seconds; ``external_api`` is a number or a label.

    ``strangers``: names of overrides that no wanted name has.
    """

    wants: Sequence[Want]
    strangers: Sequence[str]
    preflight: Preflight
    seen: Mapping[str, Seen]
    wish: Wish
    external_api: str | None = None
    state_dir: str | None = None
    ownership: str = "all"
    overdue: float = 0.05
    expiring: float = 0.2
    max_orders: int = 100
    batch_size: int = 20
    autossl_grace: float = 3600.0
    wait: bool = True
    wait_timeout: float = 300.0
    wait_interval: float = 15.0
    check_mode: bool = False
    diff: bool = False


def read_options(params: Mapping[str, Any]) -> tuple[Options, list[str]]:
    """What a run is asked for, and every fault in the options (then it may not be used)."""
    faults: list[str] = []
    wants, strangers = _wants(params, faults)
    preflight = _preflight(params, faults)
    if params["authorization_method"] == "dns-01" and params["external_api"] is None:
        faults.append("authorization_method: dns-01 needs external_api, the DNS provider's credentials in the panel.")
    if params["authorization_method"] == "http-01" and params["external_api"] is not None:
        faults.append("external_api is for authorization_method: dns-01.")
    if params["ownership"] == "ledger" and not params["state_dir"]:
        faults.append("ownership: ledger needs state_dir, where the ledger lies.")
    if params["state_dir"] and not posixpath.isabs(params["state_dir"]):
        faults.append("state_dir must be an absolute path: a relative one is another folder in each run.")
    for name in _FRACTIONS:
        if not 0 < params[name] < 1:
            faults.append("%s must be a fraction of a lifetime, between 0 and 1." % name)
    for name, least in (("max_orders", 0), ("batch_size", 1)):
        if params[name] < least:
            faults.append("%s must be %d or more." % (name, least))
    for name in ("wait_timeout", "autossl_grace"):
        if not 0 <= params[name] < float("inf"):
            faults.append("%s must be a finite number of seconds, 0 or more." % name)
    if not 0 < params["wait_interval"] < float("inf"):
        faults.append("wait_interval must be a finite number of seconds above 0.")
    options = Options(
        wants=wants,
        strangers=strangers,
        preflight=preflight,
        seen=_seen(params["tls"] or (), faults),
        wish=Wish(
            provider="letsencrypt",
            authorization_method=params["authorization_method"],
            environment=params["environment"],
            enable_http=params["enable_http"],
            enable_hsts=params["enable_hsts"],
            minimum_tls_version=params["minimum_tls_version"],
        ),
        external_api=params["external_api"],
        state_dir=params["state_dir"],
        ownership=params["ownership"],
        overdue=params["overdue_fraction"],
        expiring=params["expiring_fraction"],
        max_orders=params["max_orders"],
        batch_size=params["batch_size"],
        autossl_grace=params["autossl_grace"],
        wait=params["wait"],
        wait_timeout=params["wait_timeout"],
        wait_interval=params["wait_interval"],
    )
    return options, faults


def _wants(params: Mapping[str, Any], faults: list[str]) -> tuple[list[Want], list[str]]:
    """Who wants what, and the overrides that are about none of them."""
    policies: dict[str, str | None] = {}
    asked = set()  # one that ignores a name may be about a record that nobody here wants
    for index, row in enumerate(params["overrides"]):
        name = fold(usable(row["name"], "overrides[%d]" % index, faults))
        if name in policies:
            faults.append("overrides[%d]: there is one for %s already." % (index, name))
        faults += until_faults(row, "overrides[%d] (%s)" % (index, name))
        policies[name] = "none" if row["ignore"] else row["ssl_policy"]
        if row["ssl_policy"]:
            asked.add(name)
    if not params["domains"]:
        faults.append("domains is empty: name the domains whose certificates matter.")
    only = None
    if params["only"] is not None:
        only = {fold(usable(name, "only[%d]" % index, faults)) for index, name in enumerate(params["only"])}
    wants: dict[str, Want] = {}
    for index, row in enumerate(params["domains"]):
        name = usable(row["name"], "domains[%d]" % index, faults)
        if name in wants:
            faults.append("domains[%d]: %s stands in the list already." % (index, name))
        reason = "" if row["certificate"] else row["certificate_reason"] or _NO_REASON
        wants[name] = Want(name, policies.get(fold(name)) or params["ssl_policy"], reason)
    known = {fold(name) for name in wants}
    chosen = [want for want in wants.values() if only is None or fold(want.name) in only]
    return chosen, sorted(name for name in asked if name not in known)


def _preflight(params: Mapping[str, Any], faults: list[str]) -> Preflight:
    facts = read_dns({"dns": params["dns"], "add_when": "auto", "restore": None, "adopt": False}, faults)
    probed = {usable(name, "probed[%d]" % index, faults) for index, name in enumerate(params["probed"])}
    rows = params["dns"].get("hosts") if isinstance(params["dns"], Mapping) else None
    proxied: set[str] = set()
    caa: dict[str, Hitch] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, Mapping) or not isinstance(row.get("name"), str):
            continue  # read_dns has told it
        name = spelling(row["name"].strip().lower())
        if row.get("state") == "proxied" and name not in probed:
            proxied.add(name)
        found = row.get("caa")
        if found is None:
            continue
        if not isinstance(found, Mapping) or found.get("allowed", "") not in (True, False, None):
            faults.append("dns: hosts[%d] (%s) has a caa whose allowed is not true, false or null." % (index, name))
        elif not found["allowed"]:
            known = found["allowed"] is False
            words = "the CAA records of %s forbid it" if known else "nobody knows what the CAA records of %s say"
            caa[name] = Hitch(name, str(found.get("message") or words % name), certain=known, caa=True)
    return Preflight(facts, frozenset(proxied), caa, params["authorization_method"])


def _seen(rows: Sequence[Any], faults: list[str]) -> dict[str, Seen]:
    """Host to what its visitors see, from the ``hosts`` of tls_certificate_info."""
    seen: dict[str, Seen] = {}
    for index, row in enumerate(rows):
        where = "tls[%d]" % index
        if not isinstance(row, Mapping) or not all(isinstance(row.get(key), str) for key in ("name", "state")):
            faults.append("%s has no name and state: give the hosts that tls_certificate_info returned." % where)
            continue
        name = usable(row["name"], where, faults)
        if name in seen:
            faults.append("%s names %s once more." % (where, name))
        days, names = row.get("lifetime_days"), row.get("names")
        seen[name] = Seen(
            row["state"],
            _moment(row.get("not_after"), where, faults),
            timedelta(days=days) if isinstance(days, (int, float)) and 0 < days < 10000 else None,
            tuple(str(one).lower() for one in names) if isinstance(names, list) else (),
        )
    return seen


def _moment(text: Any, where: str, faults: list[str]) -> datetime | None:
    if text is None:
        return None
    try:
        return moment_of(str(text))
    except ValueError:
        faults.append("%s: not_after is %r, no moment such as 2026-07-18T12:00:00Z." % (where, text))
        return None
