# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Basic SSL: whether the web app's one certificate is ordered anew, and which name forbids it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ._attempts import DAY
from ._certs import (
    Decision,
    Hitch,
    Rules,
    Site,
    Step,
    dead,
    doomed,
    ends_soon,
    late,
    stands,
    undecided,
    under_way,
    unseen,
    unwanted,
)
from ._certs_advanced import external
from ._certs_hindrances import (
    NOT_OURS,
    REPORT,
    Hindrance,
    named,
    spent,
    too_soon,
    unfit,
    unready,
    unremembered,
)
from ._moments import text_of
from ._names import enumerated
from ._ssl import Certificate
from ._ssl_plan import MAX_NAMES

WARN_NAMES = 80
_WAY_OUT = (
    "switch www off where nobody uses it, remove names that nobody wants, divide the sites among web apps, or move to Advanced SSL "
    "(runcloud_ssl_mode)"
)


def basic(sites: Sequence[Site], found: Certificate | None, rules: Rules) -> Decision:
    """What to order for the web app with all of these records, and its certificate."""
    decision = undecided()
    hosts = [host for site in sites for host in site.record.hosts()]
    hitches = rules.preflight.hitches(hosts, found)
    decision.warnings.extend(_size(hosts))
    served = [site for site in sites if site.want is not None and _asked(site, rules, decision)]
    since = under_way(found, None, rules.attempts, rules.now)
    if since is not None:
        reason = "ordered at %s, and not there yet" % text_of(since)
        decision.pending.extend({"name": site.record.name, "reason": reason} for site in served)
        return decision
    broken = _broken(found, rules)
    overdue = late(found, rules.lifetime(found, hosts), rules) if found and not broken else ""
    if found is not None and not broken:
        decision.warnings.extend(doomed(hitches, found, rules.now))
        end = found.valid_until
        if end is not None and ends_soon(end, rules.lifetime(found, hosts), rules):
            days = (end - rules.now) // DAY
            decision.warnings.append("the web app's certificate ends on %s, in %d days" % (text_of(end), days))
    lacking: dict[str, tuple[Site, str]] = {}
    for site in served:
        reason = broken or _uncovered(site, rules)
        if reason and not _shown_anyway(site, found, rules):
            lacking[site.record.name] = (site, reason)
            continue
        if reason or not _unknown(site, rules):
            decision.valid.append(stands(site.record.name, found, rules.ending(site.record.hosts()), rules.now))
            decision.warnings.extend(unseen(site.record.name, site.record.hosts(), rules) if found else [])
            continue
        unsure = Hindrance("waiting", "nobody knows whether the web app's certificate covers it")
        (unready(rules.preflight.hitches(site.record.hosts(), found)) or unsure).put(decision, site.record.name, "")
    _order(served, lacking, overdue, found, hosts, hitches, rules, decision)
    return decision


def _asked(site: Site, rules: Rules, decision: Decision) -> bool:
    """Whether a wanted site is to have the web app's certificate; one that is not is entered in a list."""
    why = unwanted(site)
    if why:
        decision.ignored.append({"name": site.record.name, "reason": why})
    elif site.wanted().policy == "external":
        external(site, rules, decision)
    return not why and site.wanted().policy != "external"


def _broken(found: Certificate | None, rules: Rules) -> str:
    """Why nobody has a certificate by this object; empty when it is good."""
    if found is None:
        return "the web app has no certificate"
    if found.provider == "letsencrypt" and found.environment == "staging" and rules.environment == "live":
        return "the web app's certificate is one of the staging environment"
    reason = dead(found, rules.now)
    return reason.replace("its ", "the web app's ", 1) if reason else ""


def _uncovered(site: Site, rules: Rules) -> str:
    """Why a site is not on the certificate; empty when it is, and when nobody knows."""
    bare = rules.bare(None, site.record.hosts(), rules.seen)
    return "the web app's certificate does not cover %s" % enumerated(bare) if bare else ""


def _unknown(site: Site, rules: Rules) -> list[str]:
    """The hosts of which neither visitors nor the memory say whether they are covered."""
    _covered, unknown = rules.shown(site.record.hosts())
    ordered = rules.attempts.covered(None)
    return [host for host in unknown if host not in ordered]


def _shown_anyway(site: Site, found: Certificate | None, rules: Rules) -> bool:
    """Whether visitors see a valid certificate although the panel has none for them."""
    covered, _unknown = rules.shown(site.record.hosts())
    return (found is None or not found.issued) and len(covered) == len(site.record.hosts())


def _order(
    served: Sequence[Site],
    lacking: dict[str, tuple[Site, str]],
    overdue: str,
    found: Certificate | None,
    hosts: Sequence[str],
    hitches: Sequence[Hitch],
    rules: Rules,
    decision: Decision,
) -> None:
    """One order for all, or for each name that needs it the reason why there is none."""
    told = [name for name, (site, _why) in lacking.items() if site.wanted().policy == "report"]
    reported = {name: lacking.pop(name) for name in told}
    causes = [site for site, _why in lacking.values()]
    if overdue and not causes:
        causes = [site for site in served if site.wanted().policy == "auto"]
    askers = causes or [site for site, _why in reported.values()]
    kind = "redeploy" if found else "install"
    replaces = found is not None and found.issued
    held_up = Hindrance("waiting", _held_up(hitches), hitches) if hitches else None
    hindrance = (
        unfit(found, rules)
        or _too_many(hosts)
        or held_up
        or (NOT_OURS if replaces and not any(rules.may_replace(site.owned) for site in askers) else None)
        or unremembered(None, kind, rules)
        or _daily(rules)
        or too_soon(None, hosts, rules)
        or (None if rules.budget() else spent(rules))
    )
    for name, (_site, why) in reported.items():
        (hindrance or REPORT).put(decision, name, why)
    if not causes:
        if overdue:
            decision.warnings.append("the web app's certificate: %s; %s" % (overdue, REPORT.reason))
        return
    reasons = list(dict.fromkeys(why for _site, why in lacking.values())) + ([overdue] if overdue else [])
    if hindrance is None:
        decision.steps.append(Step(None, kind, tuple(hosts), enumerated(reasons, 3), None, found))
        renewing = {site.record.name for site in served} if overdue else set()
        decision.names[None] = [*lacking, *(entry["name"] for entry in decision.valid if entry["name"] in renewing)]
        decision.valid[:] = [entry for entry in decision.valid if entry["name"] not in renewing]
        return
    for name, (site, why) in lacking.items():
        own = unready(rules.preflight.hitches(site.record.hosts(), found)) if hindrance is held_up else None
        (own if own and own.list == "forbidden" else hindrance).put(decision, name, why)
    if overdue:
        decision.warnings.append("the web app's certificate: %s; %s" % (overdue, hindrance.reason))


def _held_up(hitches: Sequence[Hitch]) -> str:
    return "one order would carry all names of the web app, and these are not ready: %s" % named(hitches)


def _too_many(hosts: Sequence[str]) -> Hindrance | None:
    """Why no certificate can hold them all."""
    if len(hosts) <= MAX_NAMES:
        return None
    return Hindrance(
        "blocked",
        "the web app serves %d names (www. counts), and Let's Encrypt puts at most %d on one certificate: %s"
        % (len(hosts), MAX_NAMES, _WAY_OUT),
    )


def _daily(rules: Rules) -> Hindrance | None:
    at = rules.app_order
    if at is None or rules.now - min(at, rules.now) >= DAY:
        return None
    until = min(at, rules.now) + DAY
    reason = "the web app's certificate was ordered at %s, and is ordered at most once a day" % text_of(at)
    return Hindrance("waiting", reason, again=until)


def _size(hosts: Sequence[str]) -> list[str]:
    if len(hosts) < WARN_NAMES:
        return []
    return [
        "the web app serves %d names (www. counts), and its one certificate holds at most %d: %s"
        % (len(hosts), MAX_NAMES, _WAY_OUT)
    ]
