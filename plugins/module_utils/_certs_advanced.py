# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advanced SSL: which domains get an order for their own certificate, and why the others do not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ._attempts import DAY
from ._certs import (
    ENDED,
    LACKING,
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
from ._certs_hindrances import (
    NOT_OURS,
    REPORT,
    Hindrance,
    spent,
    too_soon,
    unfit,
    unready,
    unremembered,
)
from ._moments import text_of
from ._names import enumerated
from ._ssl import Certificate, moment


class _Lack(NamedTuple):
    """What is wrong with a certificate. ``replaces``: whether visitors have one, perhaps ended; ``valid``: whether it is still good."""

    reason: str
    replaces: bool = False
    valid: bool = False


def advanced(sites: Sequence[Site], rules: Rules, auto: bool) -> Decision:
    """What to order for these records.

    :arg auto: AutoSSL is on, so the panel orders, and what is missing is only told.
    """
    decision = undecided()
    steps: list[Step] = []
    for site in sites:
        if site.want is not None:
            step = _site(site, rules, auto, decision)
            if step is not None:
                steps.append(step)
    steps.sort(key=lambda one: one.rank)
    left = rules.budget()
    for step in steps[:left]:
        decision.steps.append(step)
        decision.names[step.place] = [str(step.place)]
    by_name = {site.record.name: site for site in sites}
    for step in steps[left:]:
        _put(decision, spent(rules, left), by_name[str(step.place)], _lack(by_name[str(step.place)], rules), rules)
    return decision


def _site(site: Site, rules: Rules, auto: bool, decision: Decision) -> Step | None:
    """The order that a site needs and may have; where there is none, the site is entered in one of the lists."""
    name, hosts, found = site.record.name, site.record.hosts(), site.certificate
    why = unwanted(site)
    if why:
        decision.ignored.append({"name": name, "reason": why})
        return None
    if site.wanted().policy == "external":
        external(site, rules, decision)
        return None
    since = under_way(found, name, rules.attempts, rules.now)
    if since is not None:
        reason = "ordered at %s, and not there yet" % text_of(since)
        decision.pending.append({"name": name, "reason": reason})
        return None
    lack = _lack(site, rules)
    hitches = rules.preflight.hitches(hosts, found)
    if found is not None and not dead(found, rules.now):
        decision.warnings.extend(doomed(hitches, found, rules.now))
        decision.warnings.extend(_ending(name, found, hosts, rules))
    if lack is None:
        decision.valid.append(stands(name, found, rules.ending(hosts), rules.now))
        decision.warnings.extend(unseen(name, hosts, rules) if found else [])
        return None
    kind = "redeploy" if found else "install"
    hindrance = (
        unfit(found, rules)
        or (_automatic(site, hitches, rules) if auto else None)
        or unready(hitches)
        or (NOT_OURS if lack.replaces and not rules.may_replace(site.owned) else None)
        or unremembered(name, kind, rules)
        or too_soon(name, hosts, rules)
        or (REPORT if site.wanted().policy == "report" else None)
    )
    if hindrance is not None:
        _put(decision, hindrance, site, lack, rules)
        return None
    return Step(name, kind, hosts, lack.reason, site.record.id, found, _rank(site, lack, rules))


def _lack(site: Site, rules: Rules) -> _Lack | None:
    """Why a site needs an order; None when its certificate is good."""
    found, hosts = site.certificate, site.record.hosts()
    covered, _unknown = rules.shown(hosts)
    if not site.asked or (found is None and len(covered) == len(hosts)):
        return None
    if found is None:
        return _Lack("there is no certificate")
    reason = dead(found, rules.now)
    if reason:
        return _Lack(reason, replaces=found.issued)
    if found.provider == "letsencrypt" and found.environment == "staging" and rules.environment == "live":
        return _Lack("its certificate is one of the staging environment", replaces=True)
    reason = late(found, rules.lifetime(found, hosts), rules)
    if reason:
        return _Lack(reason, replaces=True, valid=True)
    bare = rules.bare(site.record.name, hosts, hosts)
    if covered and bare:
        return _Lack("its certificate does not cover %s" % enumerated(bare), replaces=True, valid=True)
    return None


def _put(decision: Decision, hindrance: Hindrance, site: Site, lack: _Lack | None, rules: Rules) -> None:
    """A certificate that is still good stays in its list, with a word of warning."""
    name = site.record.name
    if lack is None or not lack.valid:
        hindrance.put(decision, name, lack.reason if lack else "")
        return
    decision.valid.append(stands(name, site.certificate, rules.ending(site.record.hosts()), rules.now))
    decision.warnings.append("%s: %s; %s" % (name, lack.reason, hindrance.reason))


def _automatic(site: Site, hitches: Sequence[Hitch], rules: Rules) -> Hindrance:
    """AutoSSL orders by itself; after a grace time a person is told that it did not, unless it is known that it cannot."""
    known = unready([hitch for hitch in hitches if hitch.certain])
    if known is not None:
        return known
    since = moment((site.certificate and site.certificate.created_at) or site.record.created_at or "")
    if since is not None and rules.now - since < rules.autossl_grace:
        return Hindrance("waiting", "AutoSSL is on, and orders it by itself", again=since + rules.autossl_grace)
    refusal = rules.refusals.get(site.record.name)
    said = " The panel's log: %s" % refusal if refusal else ""
    return Hindrance("blocked", "AutoSSL is on, and has brought none: look at the web app in the panel.%s" % said)


def external(site: Site, rules: Rules, decision: Decision) -> None:
    """A name whose certificate somebody else cares for is only looked at."""
    name, hosts = site.record.name, site.record.hosts()
    covered, _unknown = rules.shown(hosts)
    if len(covered) == len(hosts):
        decision.valid.append(stands(name, None, rules.ending(hosts), rules.now))
        decision.warnings.extend(_ending(name, None, hosts, rules))
        return
    decision.ignored.append({"name": name, "reason": "ssl_policy: external"})
    for host in hosts:
        if host in rules.seen and host not in covered and rules.seen[host].state in LACKING | ENDED:
            decision.warnings.append(
                "%s: visitors see no valid certificate (%s), and ssl_policy: external leaves it to somebody else"
                % (host, rules.seen[host].state)
            )


def _ending(name: str, found: Certificate | None, hosts: Sequence[str], rules: Rules) -> list[str]:
    seen = rules.ending(hosts)
    end = (found.valid_until if found else None) or (seen.not_after if seen else None)
    if end is None or not ends_soon(end, rules.lifetime(found, hosts), rules):
        return []
    return ["%s: its certificate ends on %s, in %d days" % (name, text_of(end), (end - rules.now) // DAY)]


def _rank(site: Site, lack: _Lack, rules: Rules) -> tuple[int, str]:
    """Served and ending first, then served without a certificate, then what has been added during the last day."""
    end = site.certificate.valid_until if site.certificate else None
    if lack.replaces:
        return 0, "%s %s" % (text_of(end) if end else "", site.record.name)
    added = moment(site.record.created_at or "")
    new = added is not None and rules.now - added < DAY
    return (2 if new else 1), site.record.name
