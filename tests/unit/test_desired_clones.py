# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R0 with a rewrite map: the names of a staging clone, whose database still lists the production ones."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rewrite import Rewrite

from tests.cases.rows import blog, by_name, mapping, snapshot
from tests.unit.desired import refusals, rejected, resolve, warnings

MAP = [{"from": "network.com", "to": "staging.agency.com"}, {"from": "client.com", "to": "client.staging.agency.com"}]


def clone(*domains: str, **wordpress: Any) -> dict[str, Any]:
    """A clone whose WordPress says that it is one; the domains are mapped to blog 2, a.network.com."""
    rows = [mapping(number, domain) for number, domain in enumerate(domains, 1)]
    return snapshot([blog(2, "a.network.com")], rows, **{"environment_type": "staging", **wordpress})


def names(document: dict[str, Any], **options: Any) -> set[str]:
    desired = resolve(document, **options)
    assert desired["refused"] == []
    return {entry["name"] for entry in desired["domains"]}


@pytest.mark.parametrize(
    "marked",
    [
        {"environment_type": "staging"},
        {"environment_type": "production", "runtime_url": True},
        {"environment_type": "development", "runtime_url": True},
        {"environment_type": "production", "domain_current_site": "staging.agency.com"},
    ],
)
def test_r0_a_map_lets_a_clone_be_resolved(marked: dict[str, Any]) -> None:
    document = clone("client.com", **marked)
    assert "staging" in refusals(document) or "WP_ULTIMO_RUNTIME_URL" in refusals(document)
    desired = resolve(document, rewrite=MAP)
    assert desired["refused"] == [] and desired["network"] == "staging.agency.com"
    assert desired["environment"] == marked["environment_type"]
    assert {name: entry["class"] for name, entry in by_name(desired["domains"]).items()} == {
        "staging.agency.com": "protected",
        "a.staging.agency.com": "ensure",
        "client.staging.agency.com": "ensure",
    }


@pytest.mark.parametrize("options", [{}, {"environment": "production"}])
def test_r0_a_map_that_reached_the_production_site_by_mistake_is_refused(options: dict[str, str]) -> None:
    document = clone("client.com", environment_type="production")
    assert "this is the production site by all that is known" in refusals(document, rewrite=MAP, **options)
    document = clone("client.com", environment_type=None, domain_current_site=None)
    words = "this is the production site by all that is known"
    assert words in refusals(document, rewrite=MAP, environment="production")
    assert names(document, rewrite=MAP, environment="staging") >= {"client.staging.agency.com"}


def test_r0_a_map_does_not_lift_the_other_guards() -> None:
    document = clone("client.com")
    document["counts"]["mappings"] = 5
    assert "counts 5 mappings" in refusals(document, rewrite=MAP)
    assert "does not know WP_ENVIRONMENT_TYPE" in refusals(clone(environment_type=None), rewrite=MAP)
    assert "looks like a staging copy" in refusals(clone(domain_current_site="third.com"), rewrite=MAP)


def test_r0_what_the_map_does_not_reach_is_not_wanted_and_told() -> None:
    desired = resolve(clone("client.com", "other.com", "www.other.com"), rewrite=MAP)
    assert [(row["name"], row["reason"], row["from"]) for row in desired["unwanted"]] == [
        ("other.com", "the rewrite map does not reach it", [{"mapping": 2, "blog": 2}]),
        ("www.other.com", "the rewrite map does not reach it", [{"mapping": 3, "blog": 2}]),
    ]
    assert "other.com" not in by_name(desired["domains"])
    assert desired["hosts_to_check"] == ["a.staging.agency.com", "client.staging.agency.com", "staging.agency.com"]


def test_r0_a_network_that_the_map_does_not_reach_is_refused() -> None:
    assert "domain of network 1, 'network.com', is not usable: the rewrite map does not reach it" in refusals(
        clone(), rewrite=[{"from": "client.com", "to": "staging.com"}]
    )


@pytest.mark.parametrize(
    ("host", "staging"),
    [
        ("network.com", "staging.agency.com"),
        ("deep.a.network.com", "deep.a.staging.agency.com"),
        ("vip.network.com", "vip.com"),
        ("x.vip.network.com", "x.vip.com"),
        ("www.client.com", "www.client.org"),
        ("xnetwork.com", None),
        ("network.com.evil.org", None),
        # names of the clone itself stay
        ("a.staging.agency.com", "a.staging.agency.com"),
        ("client.org", "client.org"),
    ],
)
def test_r0_the_longest_name_takes_everything_below_it(host: str, staging: str | None) -> None:
    rewrite = Rewrite(
        [("network.com", "staging.agency.com"), ("vip.network.com", "vip.com"), ("client.com", "client.org")]
    )
    assert rewrite.apply(host) == staging


def test_r0_a_clone_below_its_own_network() -> None:
    """The most common map of all: the staging names lie below the production ones."""
    document = clone("b.network.com", "a.staging.network.com")
    found = names(document, rewrite=[{"from": "network.com", "to": "staging.network.com"}])
    assert found == {"staging.network.com", "a.staging.network.com", "b.staging.network.com"}


def test_r0_the_map_takes_urls_and_other_spellings() -> None:
    rows = [{"from": "https://Network.COM/", "to": "http://STAGING.agency.com:8080"}]
    assert names(clone(), rewrite=rows) == {"staging.agency.com", "a.staging.agency.com"}


def test_r0_the_forms_of_www_stay() -> None:
    found = by_name(resolve(clone("client.com", "www.client.com"), rewrite=MAP)["domains"])
    assert found["client.staging.agency.com"]["forms"] == "both"


def test_r0_redirections_are_those_of_the_clone() -> None:
    rows = [mapping(1, "client.com"), mapping(2, "www.client.com", primary=1)]
    document = snapshot([blog(2, "a.network.com")], rows, environment_type="staging")
    rewrite = [MAP[0], {"from": "client.com", "to": "client-staging.com"}]
    found = by_name(resolve(document, rewrite=rewrite, redirection_policy="canonical")["domains"])
    assert found["client-staging.com"]["redirection"] == "www"


def test_r0_what_a_person_adds_is_not_rewritten() -> None:
    found = names(clone(), rewrite=MAP, extra_domains=["*.staging.agency.com", "panel.network.com"])
    assert found == {"staging.agency.com", "a.staging.agency.com", "*.staging.agency.com", "panel.network.com"}


def test_r0_exclude_and_deny_hold_the_names_of_the_clone() -> None:
    document = clone("client.com", "b.network.com")
    desired = resolve(document, rewrite=MAP, exclude=["client.staging.agency.com"], deny=["b.staging.agency.com"])
    assert [row["name"] for row in desired["ignored"]] == ["client.staging.agency.com"]
    assert [row["value"] for row in desired["rejected"]] == ["b.staging.agency.com"]


def test_r0_a_result_that_is_no_host_is_rejected() -> None:
    long = ".".join(["a" * 58] * 4)  # 235 characters, and 26 more on the clone
    assert "longer than 253 characters" in rejected(clone(f"{long}.client.com"), rewrite=MAP)[f"{long}.client.com"]
    assert "would be rewritten to" in rejected(clone(f"{long}.client.com"), rewrite=MAP)[f"{long}.client.com"]


def test_r0_a_result_below_a_reserved_name_needs_the_option() -> None:
    rows = [{"from": "network.com", "to": "network.test"}]
    assert "reserved top-level domain .test" in refusals(clone(), rewrite=rows)
    assert names(clone(), rewrite=rows, allow_reserved_tlds=True) == {"network.test", "a.network.test"}


def test_r0_two_names_that_become_one_are_told() -> None:
    document = clone("b.client.com", "b.client.staging.agency.com")
    assert "b.client.com and b.client.staging.agency.com both become b.client.staging.agency.com." in warnings(
        document, rewrite=MAP
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"from": "a.com", "to": "b.com"}, {"from": "A.com.", "to": "c.com"}], "a.com is to become b.com and c.com"),
        (
            [{"from": "a.com", "to": "c.com"}, {"from": "b.com", "to": "c.com"}],
            "a.com and b.com are both to become c.com",
        ),
        ([{"from": "a.com", "to": "a.com"}], "runs in a circle"),
        ([{"from": "a.com", "to": "b.com"}, {"from": "b.com", "to": "a.com"}], "runs in a circle"),
        ([{"from": "a.com", "to": "b.com"}, {"from": "b.com", "to": "c.com"}], "b.com is to be rewritten"),
        (
            [{"from": "a.com", "to": "b.com"}, {"from": "x.b.com", "to": "c.com"}],
            "x.b.com is to be rewritten and is below",
        ),
        ([{"from": "a_b.com", "to": "c.com"}], "rewrite[0]: from, 'a_b.com', is not usable: an underscore"),
        ([{"from": "a.com", "to": "*.c.com"}], "rewrite[0]: to, '*.c.com', is not usable: a wildcard"),
        ([{"from": "a.com"}], "rewrite[0] must be {from, to}"),
        (["a.com"], "rewrite[0] must be {from, to}"),
        ([5], "rewrite[0] must be {from, to}"),
        ([{"from": "a.com", "to": "b.com", "www": True}], "rewrite[0] must be {from, to}"),
    ],
)
def test_r0_a_map_that_leads_nowhere_is_refused(rows: list[Any], words: str) -> None:
    assert words in refusals(clone("client.com"), rewrite=rows)


def test_r0_all_faults_of_a_map_are_told_at_once() -> None:
    rows = ["x", {"from": "a_b.com", "to": "-"}, {"from": "a.com", "to": "a.com"}]
    reasons = refusals(clone(), rewrite=rows)
    assert all(words in reasons for words in ("rewrite[0]", "rewrite[1]: from", "rewrite[1]: to", "circle"))
