# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules R2.1 and R2.2: the networks and the sites."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, by_name, mapped, mapping, snapshot
from tests.unit.desired import entries, entry, resolve, warnings


def test_r2_1_every_network_is_protected() -> None:
    found = by_name(resolve(snapshot(networks=["network.com", "second.org"]))["domains"])
    assert {name: row["class"] for name, row in found.items()} == {
        "network.com": "protected",
        "second.org": "protected",
    }
    assert {row["type"] for row in found.values()} == {"keep"}


def test_r2_1_a_network_with_www() -> None:
    desired = resolve(snapshot(networks=["www.network.com"]))
    assert desired["network"] == "www.network.com"
    (found,) = desired["domains"]
    assert (found["name"], found["forms"], found["class"]) == ("network.com", "www", "protected")


def test_r2_1_sites_in_folders_are_the_network() -> None:
    folders = [blog(number, "network.com", f"/s{number}/") for number in range(2, 51)]
    assert entries(snapshot(folders, subdomain_install=False)) == {}


def test_r2_1_a_dead_site_in_a_folder_does_not_weaken_the_network() -> None:
    assert entries(snapshot([blog(2, "network.com", "/x/", archived=1)])) == {}


def test_r2_1_a_mapping_of_it_is_told() -> None:
    document = mapped("network.com", stage="failed")
    assert entries(document) == {}
    assert "network's own domain" in warnings(document)


@pytest.mark.parametrize(
    ("flags", "cls", "words"),
    [
        ({}, "ensure", "R2.2 site's own domain"),
        ({"public": 0}, "ensure", "R2.2 site's own domain"),
        ({"mature": 1}, "ensure", "R2.2 site's own domain"),
        ({"archived": 1}, "keep", "the site is archived"),
        ({"spam": 1}, "keep", "the site is spam"),
        ({"deleted": 1}, "keep", "the site is deleted"),
        ({"deleted": 2}, "keep", "the site is not activated"),
        ({"deleted": 1, "archived": 1, "spam": 1}, "keep", "the site is deleted and archived and spam"),
    ],
)
def test_r2_2_a_site_by_its_state(flags: dict[str, Any], cls: str, words: str) -> None:
    found = entry(snapshot([blog(2, "native.com", **flags)]))
    assert found["class"] == cls and words in found["rule"]
    assert found["certificate"] is (cls == "ensure")
    assert found["needs_dns"] is False


def test_r2_2_nulls_are_a_living_site() -> None:
    row = {**blog(2, "native.com"), "archived": None, "spam": None, "deleted": None, "public": None}
    assert entry(snapshot([row]))["class"] == "ensure"


@pytest.mark.parametrize("order", [1, -1])
def test_r2_2_one_living_site_is_enough(order: int) -> None:
    sites = [blog(2, "shared.com", "/a/", archived=1), blog(3, "shared.com", "/b/")]
    found = entry(snapshot(sites[::order]))
    assert found["class"] == "ensure"
    assert found["from"] == [{"blog": 2}, {"blog": 3}]


def test_r2_2_a_shared_host_is_no_conflict() -> None:
    assert warnings(snapshot([blog(2, "shared.com", "/a/"), blog(3, "shared.com", "/b/")])) == ""


def test_r2_2_a_bad_host_of_many_sites_is_rejected_once() -> None:
    desired = resolve(snapshot([blog(3, "foo_bar.com", "/b/"), blog(2, "foo_bar.com", "/a/")]))
    assert desired["rejected"] == [
        {"value": "foo_bar.com", "reason": "an underscore in a host name", "from": [{"blog": 2}]}
    ]


@pytest.mark.parametrize("state", [{"archived": 1}, {"deleted": 1}, {"deleted": 2}, {"spam": 1}])
def test_r2_2_a_site_that_is_to_go(state: dict[str, Any]) -> None:
    desired = resolve(snapshot([blog(2, "native.com", **state)]), inactive_site_policy="remove")
    assert [entry["name"] for entry in desired["domains"]] == ["network.com"]
    ((name, source),) = [(row["name"], row["from"]) for row in desired["unwanted"]]
    assert (name, source) == ("native.com", [{"blog": 2}])


@pytest.mark.parametrize("flags", [{"public": 0}, {"mature": 1}])
def test_r2_2_a_site_that_visitors_see_never_goes(flags: dict[str, Any]) -> None:
    assert entry(snapshot([blog(2, "native.com", **flags)]), inactive_site_policy="remove")["class"] == "ensure"


def test_r2_2_a_host_that_a_living_site_shares_never_goes() -> None:
    sites = [blog(2, "shared.com", "/a/", archived=1), blog(3, "shared.com", "/b/")]
    document = snapshot(sites)
    assert entry(document, inactive_site_policy="remove")["class"] == "ensure"
    assert resolve(document, inactive_site_policy="remove")["unwanted"] == []


@pytest.mark.parametrize(
    ("row", "goes"),
    [({"blog": 3}, False), ({"blog": 3, "active": 0}, True), ({"blog": 2}, True), ({"blog": 99}, True)],
)
def test_r2_2_a_dead_site_s_host_that_a_living_one_has_mapped_stays(row: dict[str, Any], goes: bool) -> None:
    document = snapshot(
        [blog(2, "native.com", archived=1), blog(3, "a.network.com")], [mapping(1, "native.com", **row)]
    )
    desired = resolve(document, inactive_site_policy="remove")
    assert [row["name"] for row in desired["unwanted"]] == ["native.com"] * goes
    assert {entry["name"]: entry["class"] for entry in desired["domains"]}.get("native.com") == (
        None if goes else "keep"
    )


def test_r2_2_the_networks_own_site_never_goes() -> None:
    document = snapshot()
    document["blogs"][0]["archived"] = 1
    desired = resolve(document, inactive_site_policy="remove")
    assert [entry["class"] for entry in desired["domains"]] == ["protected"] and desired["unwanted"] == []
