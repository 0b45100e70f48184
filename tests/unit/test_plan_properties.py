# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the plan of all wishes, records and policies."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import fold, matcher
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import Facts, Host, with_dns
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Override, Plan, Policy, Wish
from hypothesis import assume, given, settings
from hypothesis import strategies as st

EVERYWHERE = settings(deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=60)

# Few names, so that wishes and records meet; X and www.X, a wildcard and what it covers.
HOSTS = ["network.com", "a.network.com", "b.network.com", "client.com", "shop.client.com", "gone.com"]
NAMES = [*HOSTS, *(f"www.{host}" for host in HOSTS), "*.network.com", "*.client.com"]
FLAGS = {"www": st.booleans(), "redirection": st.sampled_from(["none", "www", "non-www"])}
_WISHES = st.lists(
    st.builds(
        lambda **fields: Wish(**fields),
        name=st.sampled_from(NAMES),
        cls=st.sampled_from(["ensure", "ensure", "keep", "protected"]),
        type=st.sampled_from(["keep", "alias", "alias", "redirect", "primary"]),
        www=st.sampled_from(["keep", "keep", "avoid", True, False]),
        redirection=st.sampled_from(["keep", "none", "www", "non-www"]),
        forms=st.sampled_from(["naked", "www", "both"]),
        needs_dns=st.booleans(),
        www_needs_dns=st.booleans(),
        rule=st.just("asked for"),
    ),
    unique_by=lambda wish: wish.name,
    max_size=10,
)
FACTS = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([True, False, None]).map(lambda ready: Host(ready, "as it is")), min_size=6
)
# Without DNS, and with what it says of each name.
WISHES = _WISHES | st.builds(
    lambda wishes, hosts, reason: with_dns(wishes, Facts(hosts, reason), "network.com"),
    _WISHES,
    FACTS,
    st.sampled_from(["", "", "", "not valid"]),
)
ROWS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "type": st.sampled_from(["alias", "alias", "alias", "redirect"]),
        "wildcard": st.sampled_from([False, False, False, True]),
        **FLAGS,
    }
)


def make_records(rows: list[dict[str, Any]], primary: bool) -> list[Record]:
    """Records with ids from 701, the first as the primary."""
    if rows and primary:
        rows = [{**rows[0], "type": "primary"}, *rows[1:]]
    return [Record(id=id, **row) for id, row in enumerate(rows, 701)]


RECORDS = st.builds(make_records, st.lists(ROWS, unique_by=lambda row: str(row["name"]), max_size=10), st.booleans())
OVERRIDES = st.builds(
    Override, www=st.sampled_from([None, True, False]), redirection=st.sampled_from([None, "none", "www"])
) | st.just(Override(ignore=True))
KEYS = st.frozensets(st.sampled_from(HOSTS), max_size=2)
POLICIES = st.builds(
    lambda ownership, purge, **fields: Policy(network="network.com", ownership=ownership, purge=purge, **fields),
    ownership=st.just("all"),
    purge=st.booleans(),
    keep=st.sampled_from([[], [], ["client.com"], [".network.com"], ["www.gone.com"], ["/gone/"]]).map(matcher),
    protected=KEYS,
    overrides=st.dictionaries(st.sampled_from(HOSTS), OVERRIDES, max_size=2),
    only=st.none() | KEYS,
    first_converge=st.booleans(),
    only_ready=st.booleans(),
    two_writers=st.sampled_from([False, False, True]),
    subdomain_install=st.booleans(),
    subdomain_sites=st.sampled_from([None, "wildcard", "individual", "ignore"]),
    no_edit=st.sampled_from(["", "", "It cannot."]),
    max_adds=st.integers(0, 8),
    max_updates=st.integers(0, 8),
    max_removals=st.integers(0, 8),
    max_removals_percent=st.integers(0, 100),
)


def carry_out(plan: Plan, records: Sequence[Record]) -> list[Record]:
    """The panel after the plan, by the panel's own rules."""
    panel = {record.id: record for record in records}
    for action in plan.actions:
        if action.kind == "add":
            assert action.record is None and action.name not in {record.name for record in panel.values()}
            fields: dict[str, Any] = {**action.flags, "wildcard": action.name.startswith("*.")}
            new = max(panel, default=700) + 1
            panel[new] = Record(id=new, name=action.name, **fields)
        elif action.kind == "update":
            assert action.record is not None and panel[action.record.id] == action.record
            assert action.flags != action.record.flags() and action.name == action.record.name
            panel[action.record.id] = action.record._replace(**action.flags)
        else:
            assert action.kind == "remove" and action.record is not None
            del panel[action.record.id]
    return list(panel.values())


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_a_plan_that_is_carried_out_leaves_nothing_to_do(
    wishes: list[Wish], records: list[Record], policy: Policy
) -> None:
    plan = make_plan(wishes, records, policy)
    # Where the list has X and www.X, a redirection to www waits until www.X is there; and a first run only adds.
    names = {wish.name for wish in wishes}
    assume(plan.stops == [] and not plan.first and not any(f"www.{name}" in names for name in names))
    again = make_plan(wishes, carry_out(plan, records), policy)
    # A primary that could not even be added is asked for again.
    assert again.actions == [] and (again.stops == [] or plan.refused)


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    wishes: list[Wish], records: list[Record], policy: Policy, random: Any
) -> None:
    plan = make_plan(wishes, records, policy)
    random.shuffle(wishes)
    random.shuffle(records)
    assert make_plan(wishes, records, policy) == plan


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_no_name_is_written_twice(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy)
    names = [action.name for action in plan.actions]
    assert len(set(names)) == len(names)
    others = [entry["name"] for entries in (plan.waiting, plan.covered, plan.refused) for entry in entries]
    assert len(set(others)) == len(others) and not set(names) & set(others)


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_without_purge_nothing_is_removed(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    assert make_plan(wishes, records, policy._replace(purge=False)).of("remove") == []


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_without_ownership_there_are_only_adds(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy._replace(purge=False, ownership="none"))
    assert {action.kind for action in plan.actions} <= {"add"}


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_an_api_that_cannot_edit_is_never_asked_to(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy._replace(no_edit="It cannot."))
    assert plan.of("update") == []
    assert not {action.name for action in plan.of("remove")} & {action.name for action in plan.of("add")}


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_what_is_never_removed(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy._replace(purge=True))
    wanted = {wish.name for wish in wishes} | {fold(wish.name) for wish in wishes}
    with_www = {record.name for record in records if record.www}
    for action in plan.of("remove"):
        record, name, key = action.record, action.name, fold(action.name)
        assert record is not None and record.type == "alias"
        assert not record.wildcard and not name.startswith("*.")
        assert key != "network.com" and key not in policy.protected
        assert policy.keep(name) is None and policy.keep(key) is None
        assert not policy.overrides.get(key, Override()).ignore
        assert name not in wanted
        assert policy.only is None or key in policy.only
        assert name == key or key in with_www


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_what_is_never_changed(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy)
    for action in plan.of("update"):
        record = action.record
        assert record is not None
        if record.type in ("primary", "redirect"):
            assert action.flags["type"] == record.type or plan.stops
        assert action.flags["type"] != "primary" or record.type == "primary"
        assert fold(record.name) not in policy.protected or action.flags["type"] == record.type


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_what_a_person_keeps_is_not_written(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    for action in make_plan(wishes, records, policy).actions:
        assert policy.keep(action.name) is None or action.name.startswith("www.")
        assert not policy.overrides.get(fold(action.name), Override()).ignore
        assert policy.only is None or fold(action.name) in policy.only


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_a_kept_wish_is_never_written(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    kept = {wish.name for wish in wishes if wish.cls == "keep"}
    assert not {action.name for action in make_plan(wishes, records, policy).actions} & kept


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_nobody_is_sent_to_a_www_that_is_not_served(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy)
    held = {record.name for record in records}
    for action in (*plan.of("add"), *plan.of("update")):
        if action.flags["redirection"] == "www":
            assert action.flags["www"] or f"www.{action.name}" in held


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_the_limits_hold(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy)
    if plan.stops or not plan.actions:
        return
    assert plan.first or len(plan.of("add")) <= policy.max_adds
    assert len(plan.of("update")) <= policy.max_updates
    removals = len(plan.of("remove"))
    aliases = sum(record.type == "alias" for record in records)
    assert removals <= policy.max_removals
    assert removals <= 2 or (removals - 1) * 100 < aliases * policy.max_removals_percent
    after = carry_out(plan, records)
    assert "network.com" in {fold(record.name) for record in after}


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_no_wish_is_lost(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    """A wish in scope that is not served when all is done stands in some list, with a reason."""
    plan = make_plan(wishes, records, policy)
    assume(plan.stops == [])
    after = {record.name for record in carry_out(plan, records)}
    lists = (plan.kept, plan.waiting, plan.covered, plan.refused, plan.differs)
    told = {entry["name"] for entries in lists for entry in entries}
    assert all(entry["reason"] for entries in lists for entry in entries)
    for wish in wishes:
        if policy.only is None or fold(wish.name) in policy.only:
            forms = {wish.name, fold(wish.name), f"www.{wish.name}"}
            assert wish.name in after or forms & told or (wish.forms == "www" and f"www.{wish.name}" in after)


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_what_is_protected_stays_reachable(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    """A protected wish and the www that it has now are served when all is done."""
    plan = make_plan(wishes, records, policy)
    assume(plan.stops == [])
    after = carry_out(plan, records)
    for wish in wishes:
        switched_off = False in (wish.www, policy.overrides.get(fold(wish.name), Override()).www)
        if wish.cls != "protected" or switched_off:
            continue
        for host in (wish.name, f"www.{wish.name}"):
            if any(record.serves(host) for record in records):
                assert any(record.serves(host) for record in after)


@EVERYWHERE
@given(_WISHES, FACTS, RECORDS, POLICIES)
def test_dns_removes_nothing_and_switches_no_www_off(
    wishes: list[Wish], hosts: dict[str, Host], records: list[Record], policy: Policy
) -> None:
    asked = make_plan(with_dns(wishes, Facts(hosts), "network.com"), records, policy)
    plain = make_plan(wishes, records, policy)
    assert {action.name for action in asked.of("remove")} <= {action.name for action in plain.of("remove")}
    off = {action.name for action in plain.of("update") if action.record and action.record.www > action.flags["www"]}
    for action in asked.of("update"):
        assert action.record is not None
        assert action.flags["www"] or not action.record.www or action.name in off


@EVERYWHERE
@given(_WISHES, FACTS, RECORDS, POLICIES)
def test_only_ready_names_are_added_where_only_those_may(
    wishes: list[Wish], hosts: dict[str, Host], records: list[Record], policy: Policy
) -> None:
    plan = make_plan(with_dns(wishes, Facts(hosts), "network.com"), records, policy._replace(only_ready=True))
    unknown = Host(None, "")
    free = {wish.name for wish in wishes if wish.cls == "protected"}
    for action in plan.of("add"):
        if fold(action.name) == "network.com" or action.name.startswith("*.") or {action.name, action.name[4:]} & free:
            continue
        alone = any(wish.name == action.name and wish.forms == "www" for wish in wishes)
        overridden = fold(action.name) in policy.overrides
        assert hosts.get(action.name, unknown).ready or (alone and overridden)


@EVERYWHERE
@given(WISHES, RECORDS, POLICIES)
def test_beside_another_writer_there_are_only_adds(wishes: list[Wish], records: list[Record], policy: Policy) -> None:
    plan = make_plan(wishes, records, policy._replace(two_writers=True))
    assert {action.kind for action in plan.actions} <= {"add"} and plan.due == []
