# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the desired document of every snapshot and every choice of options."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, fold, matcher, normalise
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import resolve
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rewrite import read_rewrite
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases.rows import blog, by_name, mapping, snapshot

EVERYWHERE = settings(deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=60)
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SCHEMA = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "desired-1.json").read_text(encoding="utf-8")))

# Few names, so that rows meet; some that cannot be used.
NAMES = ["client.com", "shop.client.com", "a.network.com", "a.b.network.com", "network.com", "xnetwork.com", "co.uk"]
NAMES += ["müller.de", "xn--mller-kva.de", "x.co.uk", "foo_bar.com", "localhost", "10.0.0.5", "site.test", "", "-"]
HOSTS = st.builds(
    lambda before, name, after: before + name + after,
    st.sampled_from(["", "www.", "WWW.", " ", "https://", "*.", "www.www."]),
    st.sampled_from(NAMES),
    st.sampled_from(["", "", ".", ":8080", "/x", " "]),
)
STATES = st.sampled_from([{}, {}, {"archived": 1}, {"spam": 1}, {"deleted": 1}, {"deleted": 2}, {"public": 0}])
STAGES = st.sampled_from([None, "", "done", "done-without-ssl", "checking-dns", "ssl-failed", "failed", "parking"])
TRUTHS = st.sampled_from([0, 1, 1, "0", "1", "", None])
BLOGS = st.lists(st.tuples(HOSTS, STATES), max_size=6).map(
    lambda rows: [blog(number, host, f"/{number}/", **state) for number, (host, state) in enumerate(rows, 2)]
)
MAPPINGS = st.lists(st.tuples(HOSTS, st.integers(1, 8), STAGES, TRUTHS, TRUTHS, TRUTHS), max_size=8).map(
    lambda rows: [mapping(number, *row) for number, row in enumerate(rows, 1)]
)
SNAPSHOTS = st.builds(
    snapshot,
    BLOGS,
    MAPPINGS,
    st.sampled_from([["network.com"], ["www.network.com"], ["network.com", "second.org"]]),
    st.sampled_from([{}, {}, {"enable_domain_mapping": False}]),
    subdomain_install=st.booleans(),
    root=st.sampled_from([None, "/home/u/app"]),
)
PATTERNS = st.lists(
    st.sampled_from(["client.com", ".network.com", "/^shop/", "www.client.com", "network.com"]), max_size=2
)
POLICIES = st.builds(
    Policy,
    www_policy=st.sampled_from(["keep", "setting", "always", "main_only", "never"]),
    www_dns_check=st.booleans(),
    stage_policy=st.dictionaries(
        st.sampled_from(["done", "checking-dns", "failed", "unknown"]),
        st.sampled_from(["ensure", "ready", "keep", "drop"]),
        max_size=2,
    ),
    inactive_site_policy=st.sampled_from(["keep", "remove"]),
    networks_in_scope=st.just([]),
    environment=st.sampled_from([None, "production"]),
    rewrite=st.just([]),
    redirection_policy=st.sampled_from(["keep", "none", "canonical"]),
    extra_domains=st.lists(
        HOSTS | st.builds(lambda name, www: {"name": name, "www": www}, HOSTS, st.sampled_from([True, False, None])),
        max_size=3,
    ),
    exclude=PATTERNS,
    deny=PATTERNS,
    allow_reserved_tlds=st.booleans(),
)


def served(document: dict[str, Any]) -> set[str]:
    """Every host that the entries stand for."""
    hosts = {f"www.{entry['name']}" for entry in document["domains"] if entry["forms"] != "naked"}
    return hosts | {entry["name"] for entry in document["domains"]}


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_the_document_keeps_its_schema(document: dict[str, Any], policy: Policy) -> None:
    desired = resolve(document, policy)
    SCHEMA.validate(desired)
    assert desired["refused"] == []


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_it_is_the_same_again(document: dict[str, Any], policy: Policy) -> None:
    before = json.dumps(document)
    assert resolve(document, policy) == resolve(document, policy)
    assert json.dumps(document) == before


@EVERYWHERE
@given(SNAPSHOTS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(document: dict[str, Any], policy: Policy, random: Any) -> None:
    first = resolve(document, policy)
    for rows in ("networks", "blogs", "mappings"):
        random.shuffle(document[rows])
    assert resolve(document, policy) == first


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_no_name_and_no_pair_of_forms_stands_twice(document: dict[str, Any], policy: Policy) -> None:
    names = [entry["name"] for entry in resolve(document, policy)["domains"]]
    assert names == sorted(set(names))
    folded = [fold(name) for name in names]
    # Only below a public suffix a www is a domain of its own.
    assert len(set(folded)) == len(folded) or any(name.startswith("www.") for name in names)


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_the_networks_are_always_there_and_protected(document: dict[str, Any], policy: Policy) -> None:
    found = by_name(resolve(document, policy)["domains"])
    expected = {fold(network["domain"]) for network in document["networks"]}
    assert {name for name, entry in found.items() if entry["class"] == "protected"} == expected
    assert all(found[name]["type"] == "keep" and found[name]["covered_by"] is None for name in expected)


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_what_is_excluded_never_comes_out(document: dict[str, Any], policy: Policy) -> None:
    desired = resolve(document, policy)
    excluded = matcher(policy.exclude)
    networks = {fold(network["domain"]) for network in document["networks"]}
    for entry in desired["domains"]:
        forms = {"naked": [""], "www": ["www."], "both": ["", "www."]}[entry["forms"]]
        if entry["name"] not in networks:
            assert not any(excluded(form + entry["name"]) for form in forms)
        assert entry["www"] is not True or not excluded("www." + entry["name"])
    assert all(excluded(entry["name"]) or excluded(fold(entry["name"])) for entry in desired["ignored"])


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_no_row_is_lost(document: dict[str, Any], policy: Policy) -> None:
    """Each site and each mapping stands in some list, unless it is the network's or its host is a site's own."""
    desired = resolve(document, policy)
    lists = ("domains", "ignored", "unwanted", "rejected")
    accounted = [source for name in lists for entry in desired[name] for source in entry["from"]]
    rejected = {entry["value"] for entry in desired["rejected"]}
    own = {network["domain"] for network in document["networks"]}
    for row in document["blogs"]:
        host = spelled(row["domain"], rejected)
        assert host is None or host in own or {"blog": row["id"]} in accounted
    own |= {spelled(row["domain"], rejected) for row in document["blogs"]}
    for row in document["mappings"]:
        told = {"mapping": row["id"], "blog": row["blog_id"]} in accounted
        host = spelled(row["domain"], rejected)
        assert told is (host is None or host not in own)


def spelled(text: str, rejected: set[str]) -> str | None:
    """The host that a row stands for, or None when it is rejected."""
    if text in rejected or normalise(text) in rejected:
        return None
    return normalise(text)


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_a_living_site_is_served(document: dict[str, Any], policy: Policy) -> None:
    """What WordPress serves by itself is wanted, unless a person or its spelling says otherwise."""
    desired = resolve(document, policy)
    ignored = {entry["name"] for entry in desired["ignored"]}
    rejected = {entry["value"] for entry in desired["rejected"]}
    classes = {entry["name"]: entry["class"] for entry in desired["domains"]}
    for row in document["blogs"]:
        host = spelled(row["domain"], rejected)
        if host is not None and host not in ignored and not (row["archived"] or row["spam"] or row["deleted"]):
            assert host in served(desired)
            assert classes[fold(host) if fold(host) in classes else host] != "keep"


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_a_redirection_leads_to_a_form_that_wordpress_has(document: dict[str, Any], policy: Policy) -> None:
    for entry in resolve(document, policy)["domains"]:
        if entry["redirection"] == "www":
            assert entry["forms"] != "naked"
        if entry["redirection"] == "non-www":
            assert entry["forms"] != "www"


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_the_hosts_to_check_are_those_of_the_entries(document: dict[str, Any], policy: Policy) -> None:
    desired = resolve(document, policy)
    # No resolver knows the names of the RFCs, and none is asked for a wildcard.
    wanted = {
        entry["name"]: entry
        for entry in desired["domains"]
        if not re.search(r"^\*\.|\.(test|localhost)$", entry["name"])
    }
    checked = set(desired["hosts_to_check"])
    assert checked <= set(wanted) | {f"www.{name}" for name in wanted}
    assert {name for name, entry in wanted.items() if entry["class"] != "keep" or entry["needs_dns"]} <= checked


MAPS = st.sampled_from(
    [
        [{"from": "network.com", "to": "staging.agency.com"}],
        [{"from": "network.com", "to": "staging.network.com"}],
        [{"from": "network.com", "to": "s.org"}, {"from": "client.com", "to": "client.s.org"}],
        [{"from": "network.com", "to": "s.org"}, {"from": "a.network.com", "to": "x.co.uk"}],
    ]
)


@EVERYWHERE
@given(SNAPSHOTS, POLICIES, MAPS)
def test_a_rewrite_never_leaves_a_production_name(
    document: dict[str, Any], policy: Policy, rewrite: list[dict[str, str]]
) -> None:
    """Everything that is wanted or looked up lies below a name of the clone, or a person gave it by hand."""
    document["networks"] = document["networks"][:1]
    document["counts"]["networks"] = 1
    document["wordpress"]["environment_type"] = "staging"
    desired = resolve(document, policy._replace(rewrite=rewrite, environment=None))
    SCHEMA.validate(desired)
    assert desired["refused"] == []
    below = re.compile(r"(^|\.)(%s)$" % "|".join(re.escape(row["to"]) for row in rewrite))
    by_hand = {entry["name"] for entry in desired["domains"] if any("extra" in source for source in entry["from"])}
    assert all(below.search(entry["name"]) for entry in desired["domains"] if entry["name"] not in by_hand)
    assert all(
        below.search(host)
        for host in desired["hosts_to_check"]
        if fold(host) not in by_hand | {fold(name) for name in by_hand}
    )


@EVERYWHERE
@given(SNAPSHOTS, MAPS)
def test_a_second_rewrite_changes_nothing(document: dict[str, Any], rewrite: list[dict[str, str]]) -> None:
    done = read_rewrite(rewrite, [])
    for row in document["mappings"] + document["blogs"]:
        try:
            once = done.apply(normalise(row["domain"]))
        except BadName:
            continue
        assert once is None or done.apply(once) == once


@EVERYWHERE
@given(HOSTS)
def test_a_name_in_its_one_spelling_stays(text: str) -> None:
    try:
        host = normalise(text, wildcard=True)
    except BadName:
        return
    assert normalise(host, wildcard=True) == host


@EVERYWHERE
@given(SNAPSHOTS, POLICIES)
def test_another_network_s_names_are_neither_wanted_nor_unwanted(document: dict[str, Any], policy: Policy) -> None:
    """Sites 5 and up are of a second network that is not in scope."""
    document["networks"] = [document["networks"][0], {"id": 2, "domain": "other.net", "path": "/"}]
    document["counts"]["networks"] = 2
    for row in document["blogs"]:
        row["network_id"] = 2 if row["id"] >= 5 else 1
    desired = resolve(document, policy._replace(networks_in_scope=[1]))
    SCHEMA.validate(desired)
    assert desired["refused"] == [] and "other.net" in desired["keep"]
    foreign = {row["id"] for row in document["blogs"] if row["network_id"] == 2}
    for entry in desired["domains"] + desired["unwanted"] + desired["ignored"] + desired["rejected"]:
        assert not any(source.get("blog") in foreign for source in entry["from"])
