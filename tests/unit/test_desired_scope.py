# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""networks_in_scope: several networks in one database, of which the list is about some."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, by_name, mapping, snapshot
from tests.unit.desired import refusals, resolve, warnings


def two_networks(*rows: dict[str, Any]) -> dict[str, Any]:
    """Network 1 with blog 2, network 2 (second.org) with blogs 3 and 4, of which 4 is archived."""
    sites = [
        blog(2, "a.network.com"),
        blog(3, "second.org", network=2),
        blog(4, "b.second.org", network=2, archived=1),
    ]
    return snapshot(sites, rows, networks=["network.com", "second.org"])


@pytest.mark.parametrize("scope", [[], [1, 2], ["1", "second.org"], ["network.com", "SECOND.org."]])
def test_every_network(scope: list[Any]) -> None:
    desired = resolve(two_networks(), networks_in_scope=scope)
    assert set(by_name(desired["domains"])) == {"network.com", "a.network.com", "second.org", "b.second.org"}
    assert desired["keep"] == []


@pytest.mark.parametrize("scope", [[2], ["2"], ["second.org"], ["https://second.org/"]])
def test_what_other_networks_hold_is_neither_added_nor_removed(scope: list[Any]) -> None:
    rows = [mapping(1, "one.com", blog=2), mapping(2, "two.com", blog=3), mapping(3, "off.com", blog=2, active=0)]
    desired = resolve(two_networks(*rows), networks_in_scope=scope)
    assert set(by_name(desired["domains"])) == {"second.org", "b.second.org", "two.com"}
    assert desired["keep"] == ["a.network.com", "network.com", "off.com", "one.com"]
    assert desired["unwanted"] == []


def test_the_network_is_one_in_scope() -> None:
    assert resolve(two_networks(), networks_in_scope=[1])["network"] == "network.com"
    assert resolve(two_networks(), networks_in_scope=[2])["network"] == "second.org"
    document = two_networks()
    document["wordpress"]["domain_current_site"] = None
    assert resolve(document, networks_in_scope=[2], environment="production")["network"] == "second.org"


def test_a_mapping_without_a_site_may_be_of_any_network() -> None:
    document = two_networks(mapping(1, "left.com", blog=99))
    assert resolve(document, networks_in_scope=[1])["keep"] == ["b.second.org", "left.com", "second.org"]
    assert [row["name"] for row in resolve(document)["unwanted"]] == ["left.com"]


@pytest.mark.parametrize("host", ["second.org", "www.second.org", "b.second.org"])
def test_a_mapping_of_what_another_network_holds_is_kept_and_told(host: str) -> None:
    document = two_networks(mapping(1, host, blog=2))
    desired = resolve(document, networks_in_scope=[1])
    assert set(by_name(desired["domains"])) == {"network.com", "a.network.com"}
    assert host in desired["keep"]
    assert f"names {host}, which belongs to a network that is not in scope" in warnings(document, networks_in_scope=[1])


def test_networks_that_share_a_host_by_folder() -> None:
    sites = [blog(2, "network.com", "/b/", network=2)]
    document = snapshot(sites, networks=["network.com", "network.com"])
    desired = resolve(document, networks_in_scope=[1])
    assert [entry["class"] for entry in desired["domains"]] == ["protected"] and desired["keep"] == []


def test_what_a_network_in_scope_holds_too_is_not_another_one_s() -> None:
    sites = [
        blog(2, "www.native.com"),
        blog(3, "www.network.com", "/b/", network=2),
        blog(4, "not a host", "/c/", network=2),
    ]
    rows = [mapping(1, "www.native.com", blog=3), mapping(2, "www.network.com", blog=3)]
    document = snapshot(sites, rows, networks=["www.network.com", "www.network.com"])
    desired = resolve(document, networks_in_scope=[1])
    assert {name: entry["class"] for name, entry in by_name(desired["domains"]).items()} == {
        "native.com": "ensure",
        "network.com": "protected",
    }
    assert desired["rejected"] == [] and desired["keep"] == []


def test_what_other_networks_hold_raises_neither_rejections_nor_warnings() -> None:
    rows = [mapping(1, "foo_bar.com", blog=3), mapping(2, "parked.com", blog=3, stage="parking")]
    desired = resolve(two_networks(*rows), networks_in_scope=[1])
    assert desired["rejected"] == [] and desired["warnings"] == [] and "parked.com" in desired["keep"]


@pytest.mark.parametrize("entry", [3, "3", "third.net", "not a host", True, None, {"id": 1}])
def test_an_entry_that_names_no_network_is_refused(entry: Any) -> None:
    reasons = refusals(two_networks(), networks_in_scope=[1, entry])
    assert "networks_in_scope[1]" in reasons and "1 (network.com), 2 (second.org)" in reasons


def test_the_networks_of_a_clone_have_both_names() -> None:
    document = two_networks()
    document["wordpress"]["environment_type"] = "staging"
    rewrite = [{"from": "network.com", "to": "one.agency.com"}, {"from": "second.org", "to": "two.agency.com"}]
    for name in ("second.org", "two.agency.com"):
        desired = resolve(document, rewrite=rewrite, networks_in_scope=[name])
        assert set(by_name(desired["domains"])) == {"two.agency.com", "b.two.agency.com"}
        assert desired["keep"] == ["a.one.agency.com", "one.agency.com"]
