# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the desired document of every snapshot and every choice of options."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import fold, matcher, normalise
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import Policy, resolve
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
    www_policy=st.sampled_from(["keep", "always", "never"]),
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
    wanted = {entry["name"]: entry for entry in desired["domains"] if not entry["name"].startswith("*.")}
    checked = set(desired["hosts_to_check"])
    assert checked <= set(wanted) | {f"www.{name}" for name in wanted}
    assert {name for name, entry in wanted.items() if entry["class"] != "keep" or entry["needs_dns"]} <= checked
