# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the decision about certificates and of the memory of orders, over random worlds."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record, Target
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._attempts import (
    Attempts,
    Failure,
    Halt,
    Order,
    dump,
    load,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._certs import (
    Decision,
    Hitch,
    Preflight,
    Rules,
    Seen,
    Site,
    Want,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._certs_advanced import advanced
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._certs_basic import basic
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import Facts, Host
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl import Certificate
from hypothesis import given, settings
from hypothesis import strategies as st

EVERYWHERE = settings(deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=100)
NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
NAMES = ["a.com", "b.com", "c.com", "*.d.com"]
HOSTS = [*NAMES, *("www." + name for name in NAMES[:3])]
STATES = ["valid", "expiring", "expired", "name_mismatch", "no_certificate", "unreachable", "proxied"]
moments = st.integers(-200 * 24, 10).map(lambda hours: NOW + timedelta(hours=hours))
keys = st.sampled_from([None, *HOSTS])
orders = st.builds(
    Order,
    place=st.sampled_from([None, *NAMES]),
    kind=st.sampled_from(["install", "redeploy"]),
    hosts=st.lists(st.sampled_from(HOSTS), min_size=1, unique=True).map(tuple),
    at=moments,
    ssl_id=st.one_of(st.none(), st.integers(1, 9)),
    outcome=st.sampled_from(["open", "issued", "failed"]),
    reason=st.sampled_from(["", "no"]),
).map(lambda order: order if order.ssl_id else order._replace(stamps=("", "")))
failures = st.builds(Failure, number=st.integers(1, 9), last=moments, reason=st.just("no"))
memories = st.builds(
    Attempts,
    orders=st.lists(orders, max_size=5).map(tuple),
    failures=st.dictionaries(keys, failures, max_size=4),
    halt=st.one_of(st.none(), st.builds(Halt, until=moments, reason=st.just("limit"))),
)


@st.composite
def certificates(draw: st.DrawFn) -> Certificate | None:
    if draw(st.booleans()):
        return None
    end = draw(st.one_of(st.none(), st.integers(-30 * 24, 90 * 24).map(lambda hours: NOW + timedelta(hours=hours))))
    return Certificate(
        id=draw(st.integers(1, 99)),
        provider=draw(st.sampled_from(["letsencrypt", "letsencrypt", "custom"])),
        authorization_method=draw(st.sampled_from(["http-01", "http-01", "dns-01", None])),
        environment=draw(st.sampled_from(["live", "live", "staging", None])),
        valid_until=end,
        renewal_date=end and end - timedelta(days=30),
        created_at=draw(st.sampled_from(["2026-07-18 11:59:00", "2026-01-01 00:00:00", None])),
        stamps=(str(end), "") if end else ("", ""),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Site], Rules]:
    sites = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))):
        www = draw(st.booleans()) and name != "*.d.com"
        want = st.builds(
            Want,
            name=st.just(name),
            policy=st.sampled_from(["auto", "auto", "auto", "report", "external", "none"]),
            reason=st.sampled_from(["", "", "", "no"]),
        )
        sites.append(
            Site(
                Record(number + 1, name, "alias", www, "none", created_at="2026-07-18 11:00:00"),
                draw(st.one_of(st.none(), want, want)),
                draw(st.booleans()),
                draw(certificates()),
            )
        )
    ready = st.sampled_from([True, True, True, False, None])
    facts = {host: Host(draw(ready), "words about %s" % host) for host in HOSTS if draw(st.integers(0, 9))}
    seen = {host: Seen(draw(st.sampled_from(STATES)), names=(host,)) for host in HOSTS if draw(st.booleans())}
    rules = Rules(
        now=NOW,
        preflight=Preflight(
            Facts(facts),
            frozenset(draw(st.lists(st.sampled_from(HOSTS), max_size=1))),
            {
                host: Hitch(host, "words about CAA", certain=draw(st.booleans()), caa=True)
                for host in draw(st.lists(st.sampled_from(HOSTS), max_size=1))
            },
            draw(st.sampled_from(["http-01", "http-01", "dns-01"])),
        ),
        seen=seen,
        attempts=draw(st.one_of(st.just(Attempts()), memories)),
        survived=draw(st.sampled_from([True, True, False])),
        app_order=draw(st.one_of(st.none(), moments)),
        ownership=draw(st.sampled_from(["all", "ledger", "none"])),
        max_orders=draw(st.integers(0, 4)),
    )
    return sites, rules


def once(decision: Decision, sites: list[Site]) -> None:
    """Each wanted name is in exactly one list, or one order is for it."""
    rows = [
        row
        for name in ("valid", "pending", "waiting", "forbidden", "blocked", "ignored")
        for row in getattr(decision, name)
    ]
    named = [row["name"] for row in rows] + [name for names in decision.names.values() for name in names]
    assert sorted(named) == sorted(site.record.name for site in sites if site.want is not None)
    assert all(row["reason"] for row in rows if "reason" in row)
    assert set(decision.names) == {step.place for step in decision.steps}


def permitted(decision: Decision, rules: Rules) -> None:
    """No order breaks a limit or carries a host that is not ready."""
    assert len(decision.steps) <= rules.max_orders
    for step in decision.steps:
        assert step.kind == ("redeploy" if step.before else "install")
        assert rules.survived or step.kind == "install"
        assert rules.attempts.halt is None or rules.attempts.halt.until <= NOW
        for key in [None] if step.place is None else step.hosts:
            failure = rules.attempts.failures.get(key)
            assert failure is None or min(failure.last, NOW) + timedelta(days=1) <= NOW
        for host in step.hosts:
            assert host not in rules.preflight.caa
            method = rules.preflight.method if step.before is None else step.before.authorization_method or "http-01"
            if method == "http-01":
                assert rules.preflight.facts is not None and rules.preflight.facts.hosts[host].ready is True
                assert not host.startswith("*") and host not in rules.preflight.proxied
        if step.before is not None:
            assert step.before.provider == "letsencrypt" and step.before.environment in ("live", None)


@EVERYWHERE
@given(worlds())
def test_advanced(world: tuple[list[Site], Rules]) -> None:
    sites, rules = world
    decision = advanced(sites, rules, False)
    once(decision, sites)
    permitted(decision, rules)
    by_name = {site.record.name: site for site in sites}
    for step in decision.steps:
        site = by_name[str(step.place)]
        assert site.want is not None and (site.want.policy, site.want.reason) == ("auto", "")
        assert step.hosts == site.record.hosts()
        if step.before is not None and step.before.issued:
            assert rules.ownership == "all" or (rules.ownership == "ledger" and site.owned)
    ranks = [step.rank for step in decision.steps]
    assert ranks == sorted(ranks)


@EVERYWHERE
@given(worlds())
def test_a_healthy_certificate_is_never_ordered_anew(world: tuple[list[Site], Rules]) -> None:
    sites, rules = world
    healthy = rules._replace(seen={}, max_orders=100)
    for step in advanced(sites, healthy, False).steps:
        if step.before is not None and step.before.valid_until is not None:
            late = step.before.renewal_date is not None and NOW - step.before.renewal_date >= timedelta(days=4.5)
            assert late or step.before.valid_until <= NOW


@EVERYWHERE
@given(worlds())
def test_autossl_is_never_ordered_for(world: tuple[list[Site], Rules]) -> None:
    sites, rules = world
    decision = advanced(sites, rules, True)
    once(decision, sites)
    assert decision.steps == []


@EVERYWHERE
@given(worlds(), certificates())
def test_basic(world: tuple[list[Site], Rules], found: Certificate | None) -> None:
    sites, rules = world
    decision = basic(sites, found, rules)
    once(decision, sites)
    permitted(decision, rules)
    assert len(decision.steps) <= 1
    for step in decision.steps:
        assert step.place is None and list(step.hosts) == [host for site in sites for host in site.record.hosts()]
        assert rules.app_order is None or min(rules.app_order, NOW) + timedelta(days=1) <= NOW
        if found is not None and found.issued and rules.ownership != "all":
            assert rules.ownership == "ledger" and any(site.owned for site in sites)


@EVERYWHERE
@given(memories)
def test_a_memory_comes_back_as_it_was(memory: Attempts) -> None:
    target = Target("https://manage.runcloud.io/api", 1, 2)
    document: dict[str, Any] = dump(target, memory)
    assert load(document) == (target, memory)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "stamps", "at"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@EVERYWHERE
@given(memories, json_values, st.data())
def test_a_damaged_memory_ends_in_words(memory: Attempts, odd: Any, data: st.DataObject) -> None:
    """Any one value replaced by any other: it is refused in words, or read as something that can be written again."""
    document: Any = dump(Target("https://manage.runcloud.io/api", 1, 2), memory)
    place: Any = None
    key: Any = None
    part = document
    while isinstance(part, (dict, list)) and part:
        place, key = part, data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        part = place[key]
        if data.draw(st.booleans()):
            break
    assert place is not None
    place[key] = odd
    try:
        target, found = load(document)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return  # what the reader of memories takes for damage, and nothing else
    assert load(dump(target, found)) == (target, found)


@EVERYWHERE
@given(memories)
def test_no_date_of_the_future_lasts(memory: Attempts) -> None:
    ahead = Attempts(
        tuple(order._replace(at=order.at + timedelta(days=400)) for order in memory.orders),
        {key: failure._replace(last=failure.last + timedelta(days=400)) for key, failure in memory.failures.items()},
        memory.halt and memory.halt._replace(until=memory.halt.until + timedelta(days=400)),
    )
    timely = ahead.timely(NOW)
    assert timely.timely(NOW) == timely
    assert all(order.at <= NOW for order in timely.orders)
    assert all(failure.again() <= NOW + timedelta(days=7) for failure in timely.failures.values())
    assert timely.halt is None or timely.halt.until <= NOW + timedelta(hours=3)
    assert Attempts(memory.orders, memory.failures).timely(NOW + timedelta(days=1)).orders == memory.orders


@EVERYWHERE
@given(memories, st.sets(st.sampled_from(HOSTS)))
def test_what_is_forgotten_decided_nothing(memory: Attempts, hosts: set[str]) -> None:
    """What a memory forbids it still forbids afterwards, of hosts that have left the web app, too: they may come back today."""
    kept = memory.kept(NOW, hosts)
    assert kept.kept(NOW, hosts) == kept
    for key in [None, *HOSTS]:
        assert kept.held([key], NOW) == memory.held([key], NOW)
    assert kept.covered(None) == memory.covered(None)
    recent = [order for order in memory.orders if order.at > NOW - timedelta(hours=3)]
    assert [order for order in kept.orders if order.at > NOW - timedelta(hours=3)] == recent


@EVERYWHERE
@given(failures)
def test_a_failure_waits_between_a_day_and_a_week(failure: Failure) -> None:
    wait = failure.again() - failure.last
    assert timedelta(days=1) <= wait <= timedelta(days=7)
    assert wait == timedelta(days={1: 1, 2: 2, 3: 4}.get(failure.number, 7))
