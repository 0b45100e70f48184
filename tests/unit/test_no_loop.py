# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No visitor goes in circles between RunCloud's redirection and WordPress' own: every combination of rows, policies and DNS is followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import read_dns, with_dns
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wishes import read_options
from ansible_collections.wpmultisite.runcloud.plugins.modules.runcloud_domains import OPTIONS

from tests.cases.facts import facts
from tests.cases.rows import NETWORK, blog, mapping, records, snapshot

NAKED, WWW, OTHER = "client.com", "www.client.com", "other.com"
IN_STEP = ("network", "domains", "refused", "subdomain_install")
Rows = Sequence[tuple[str, int, int]]  # host, blog, primary

# One site or two, and each way in which one of the rows of a site may be its primary.
ROWS: dict[str, Rows] = {
    "naked": [(NAKED, 2, 0)],
    "naked, primary": [(NAKED, 2, 1)],
    "www": [(WWW, 2, 0)],
    "www, primary": [(WWW, 2, 1)],
    "both": [(NAKED, 2, 0), (WWW, 2, 0)],
    "both, naked primary": [(NAKED, 2, 1), (WWW, 2, 0)],
    "both, www primary": [(NAKED, 2, 0), (WWW, 2, 1)],
    "both primary": [(NAKED, 2, 1), (WWW, 2, 1)],
    "both primary, www first": [(WWW, 2, 1), (NAKED, 2, 1)],
    "naked, another is primary": [(NAKED, 2, 0), (OTHER, 2, 1)],
    "www, another is primary": [(WWW, 2, 0), (OTHER, 2, 1)],
    "two sites": [(NAKED, 2, 0), (WWW, 3, 0)],
    "two sites, both primary": [(NAKED, 2, 1), (WWW, 3, 1)],
    "two sites, www primary": [(NAKED, 2, 0), (WWW, 3, 1)],
}
# What the web app holds of the names before.
BEFORE: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "naked": [{"name": NAKED}],
    "naked and its www": [{"name": NAKED, "www": True}],
    "www": [{"name": WWW}],
    "each": [{"name": NAKED}, {"name": WWW}],
}
PLACES = ("here", "elsewhere", "timeout")


class Policies(NamedTuple):
    """Of the filter and of the module."""

    redirection_policy: str
    www_policy: str
    www_dns_check: bool
    add_when: str


POLICIES = [
    Policies(*chosen)
    for chosen in product(("keep", "none", "canonical"), ("keep", "always", "never"), (True, False), ("row", "ready"))
]


def site(rows: Rows) -> dict[str, Any]:
    """The snapshot of these mappings."""
    made = [mapping(number, host, blog, primary=primary) for number, (host, blog, primary) in enumerate(rows, 1)]
    return snapshot([blog(2, f"two.{NETWORK}"), blog(3, f"three.{NETWORK}")], made)


def converge(rows: Rows, held: list[Record], policies: Policies, dns: Mapping[str, str]) -> list[Record]:
    """The web app after a run."""
    filter_options = {key: value for key, value in policies._asdict().items() if key != "add_when"}
    desired = desired_domains(site(rows), **filter_options)
    document = facts({host: dns.get(host, "here") for host in desired["hosts_to_check"]})
    given = {**{name: desired[name] for name in IN_STEP}, "dns": document, "add_when": policies.add_when}
    checked = ArgumentSpecValidator(OPTIONS).validate(given)
    wishes, policy, faults = read_options(checked.validated_parameters, no_edit="")
    found = read_dns(checked.validated_parameters, faults)
    assert faults == [] and checked.error_messages == []
    plan = make_plan(with_dns(wishes, found, NETWORK), held, policy)
    assert plan.stops == [] and plan.refused == [] and plan.of("remove") == []
    after = {record.id: record for record in held}
    for action in plan.actions:
        number = action.record.id if action.record else max(after) + 1
        after[number] = Record(id=number, name=action.name, **action.flags)
    return list(after.values())


def by_runcloud(host: str, held: list[Record]) -> str | None:
    """Where RunCloud sends a visitor of this host; the host itself when it hands him to WordPress, None when it serves no such host."""
    for record in held:
        if record.name == host or (record.www and host == f"www.{record.name}"):
            if record.redirection == "www" and host == record.name:
                return f"www.{record.name}"
            if record.redirection == "non-www" and host == f"www.{record.name}":
                return record.name
            return host
    return None


def by_wordpress(host: str, rows: Rows) -> str:
    """Where the plugin sends him: of the rows of both forms the primary one decides the site, whose primary is its address."""
    numbered = [(-primary, number, name, site) for number, (name, site, primary) in enumerate(rows)]
    forms = [row for row in numbered if row[2] in (host, f"www.{host}") or host == f"www.{row[2]}"]
    if not forms:
        return host
    chosen = min(forms)[3]
    primaries = [row for row in numbered if row[3] == chosen and row[0] == -1]
    return min(primaries)[2] if primaries else host


def follow(host: str, held: list[Record], rows: Rows, here: set[str]) -> list[str]:
    """The hosts that a visitor comes through. A host that does not lead here ends it."""
    way = [host]
    while way[-1] in here and way.count(way[-1]) == 1:
        target = by_runcloud(way[-1], held)
        if target == way[-1]:
            target = by_wordpress(way[-1], rows)
        if target is None or target == way[-1]:
            break
        way.append(target)
    return way


def check(held: list[Record], rows: Rows, dns: Mapping[str, str]) -> None:
    """Follows visitors of every host; where DNS is not known both truths are followed."""
    open_hosts = [host for host, place in dns.items() if place == "timeout"]
    for truth in product((False, True), repeat=len(open_hosts)):
        here = {OTHER} | {host for host, place in dns.items() if place == "here"}
        here |= {host for host, is_here in zip(open_hosts, truth, strict=True) if is_here}
        for host in (NAKED, WWW, OTHER):
            way = follow(host, held, rows, here)
            assert len(set(way)) == len(way), (way, held)
    for record in held:
        for host in (record.name, f"www.{record.name}"):
            target = by_runcloud(host, held)
            assert target is None or by_runcloud(target, held) is not None, (host, held)


def all_dns() -> Iterator[dict[str, str]]:
    for naked, www in product(PLACES, PLACES):
        yield {NAKED: naked, WWW: www}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("rows", ROWS)
def test_nobody_goes_in_circles(rows: str, before: str) -> None:
    for policies, dns in product(POLICIES, all_dns()):
        held = records(NETWORK, f"two.{NETWORK}", f"three.{NETWORK}", *BEFORE[before])
        check(converge(ROWS[rows], held, policies, dns), ROWS[rows], dns)


FLIPS = [("both, naked primary", "both, www primary"), ("both, www primary", "both, naked primary")]
FLIPS += [
    ("naked, primary", "www, primary"),
    ("www, primary", "naked, primary"),
    ("both primary", "both primary, www first"),
]


@pytest.mark.parametrize(("first", "then"), FLIPS)
def test_nor_after_the_site_has_changed_its_address_and_dns_has_moved(first: str, then: str) -> None:
    policies = [chosen for chosen in POLICIES if chosen.redirection_policy == "canonical" and chosen.www_dns_check]
    for chosen, dns, moved in product(policies, all_dns(), all_dns()):
        held = records(NETWORK, f"two.{NETWORK}", f"three.{NETWORK}")
        held = converge(ROWS[first], held, chosen, dns)
        check(converge(ROWS[then], held, chosen, moved), ROWS[then], moved)


def test_the_walk_itself_finds_a_circle() -> None:
    """RunCloud sends www to the name without it, and WordPress back: what the plugin's own integration writes."""
    held = records(NETWORK, {"name": NAKED, "www": True, "redirection": "non-www"})
    assert follow(NAKED, held, ROWS["both, www primary"], {NAKED, WWW}) == [NAKED, WWW, NAKED]
    with pytest.raises(AssertionError):
        check(held, ROWS["both, www primary"], {NAKED: "here", WWW: "here"})
    check(held, ROWS["both, naked primary"], {NAKED: "here", WWW: "here"})
