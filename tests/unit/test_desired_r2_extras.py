# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R2.4: extra_domains, exclude and deny."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, by_name, mapped, snapshot
from tests.unit.desired import entries, entry, refusals, rejected, resolve


def test_r2_4_extras() -> None:
    found = entries(snapshot(), extra_domains=["Extra.com", {"name": "müller.de"}, "*.network.com"])
    assert set(found) == {"extra.com", "xn--mller-kva.de", "*.network.com"}
    assert {row["class"] for row in found.values()} == {"ensure"}
    assert found["xn--mller-kva.de"]["from"] == [{"extra": 1}]
    assert found["*.network.com"]["certificate"] is False


@pytest.mark.parametrize(("www", "wish"), [(True, True), (False, "avoid"), (None, "keep")])
def test_r2_4_an_extra_has_its_own_www(www: bool | None, wish: Any) -> None:
    assert entry(snapshot(), extra_domains=[{"name": "extra.com", "www": www}])["www"] == wish


def test_r2_4_the_www_of_an_extra_beats_the_policy() -> None:
    extras = [{"name": "extra.com", "www": True}]
    assert entry(snapshot(), extra_domains=extras, www_policy="never")["www"] is True
    extras = [{"name": "extra.com", "www": False}]
    assert entry(snapshot(), extra_domains=extras, www_policy="always")["www"] == "avoid"


@pytest.mark.parametrize(
    "extra",
    [5, None, {"www": True}, {"name": 5}, {"name": "x.com", "www": "yes"}, {"name": "x.com", "ssl": True}, ["x.com"]],
)
def test_r2_4_an_extra_that_is_none(extra: Any) -> None:
    assert "extra_domains[1]" in refusals(snapshot(), extra_domains=["fine.com", extra])


def test_r2_4_an_extra_that_is_no_host_is_rejected() -> None:
    desired = resolve(snapshot(), extra_domains=["foo_bar.com", "site.local"])
    assert [(row["value"], row["from"]) for row in desired["rejected"]] == [
        ("foo_bar.com", [{"extra": 0}]),
        ("site.local", [{"extra": 1}]),
    ]


def test_r2_4_an_extra_makes_a_failed_mapping_wanted() -> None:
    found = entry(mapped("client.com", stage="failed"), extra_domains=["client.com"])
    assert (found["class"], found["rule"]) == ("ensure", "R2.4 extra domain")
    assert found["from"] == [{"mapping": 1, "blog": 2}, {"extra": 0}]


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("client.com", {"client.com"}),
        ("CLIENT.com.", {"client.com"}),
        (".client.com", {"shop.client.com"}),
        ("/^shop/", {"shop.client.com", "shop.org"}),
        ("/client/", {"client.com", "shop.client.com"}),
    ],
)
def test_r2_4_exclude(pattern: str, gone: set[str]) -> None:
    everything = ["client.com", "shop.client.com", "shop.org", "myclient.net"]
    everything = [name for name in everything if name != "myclient.net" or pattern != "/client/"]
    document = mapped(*everything)
    assert set(entries(document, exclude=[pattern])) == set(everything) - gone
    ignored = by_name(resolve(document, exclude=[pattern])["ignored"])
    assert set(ignored) == gone
    assert all(row["reason"].startswith("excluded (") for row in ignored.values())


def test_r2_4_exclude_takes_the_www_along_but_not_the_other_way() -> None:
    document = mapped("client.com", "www.client.com")
    assert entries(document, exclude=["client.com"]) == {}
    assert entry(document, exclude=["www.client.com"])["forms"] == "naked"


def test_r2_4_no_policy_brings_an_excluded_www_back() -> None:
    document = mapped("client.com", "other.com")
    found = {
        name: (row["www"], row["www_needs_dns"])
        for name, row in entries(document, exclude=["www.client.com"], www_policy="always", www_dns_check=False).items()
    }
    assert found["client.com"] == ("keep", False) and found["other.com"] == (True, False)
    assert "www.client.com" not in resolve(document, exclude=["www.client.com"], www_policy="always")["hosts_to_check"]


def test_r2_4_exclude_beats_sites_and_extras() -> None:
    document = snapshot([blog(2, "native.com")])
    desired = resolve(document, extra_domains=["extra.com", "*.x.com"], exclude=["native.com", "extra.com", "*.x.com"])
    assert [row["name"] for row in desired["domains"]] == ["network.com"]
    assert [row["name"] for row in desired["ignored"]] == ["*.x.com", "extra.com", "native.com"]


def test_r2_4_exclude_never_takes_the_network() -> None:
    assert entries(snapshot(), exclude=["network.com", "/./"]) == {}


@pytest.mark.parametrize("host", ["agency.com", "www.agency.com", "shop.agency.com", "a.b.agency.com"])
def test_r2_4_denied_names(host: str) -> None:
    document = mapped(host, "notagency.com")
    assert set(entries(document, deny=["agency.com"])) == {"notagency.com"}
    assert "deny-list" in rejected(document, deny=["agency.com"])[host]


@pytest.mark.parametrize("host", ["agency.com", "www.agency.com"])
def test_r2_4_a_denied_expression_holds_with_and_without_www(host: str) -> None:
    assert entries(mapped(host), deny=["/^agency\\.com$/"]) == {}


@pytest.mark.parametrize(("host", "options"), [("co.uk", {}), ("agency.com", {"deny": ["agency.com"]}), ("a.test", {})])
def test_r1_a_rejected_host_is_not_wanted_and_not_to_be_removed(host: str, options: dict[str, Any]) -> None:
    found = resolve(mapped(host), **options)
    assert [row["value"] for row in found["rejected"]] == [host] and found["keep"] == [host]


def test_r1_what_companies_declare_a_suffix_may_be_a_customer() -> None:
    assert set(entries(mapped("uk.com", "shop.uk.com"))) == {"uk.com", "shop.uk.com"}


def test_r2_4_a_denied_wildcard_takes_what_is_below() -> None:
    assert set(entries(mapped("shop.agency.com", "agency.com"), deny=["*.agency.com"])) == {"agency.com"}


def test_r2_4_deny_takes_patterns_and_reaches_sites() -> None:
    document = snapshot([blog(2, "admin.net"), blog(3, "a.internal.org"), blog(4, "internal.org")])
    assert set(entries(document, deny=["/^admin\\./", ".internal.org"])) == {"internal.org"}


def test_r2_4_deny_spares_the_network_and_what_a_person_adds() -> None:
    found = entries(snapshot(), deny=["network.com", "agency.com"], extra_domains=["panel.agency.com"])
    assert set(found) == {"panel.agency.com"}


def test_r2_4_deny_reaches_sub_sites_of_the_network() -> None:
    document = snapshot([blog(2, "admin.network.com"), blog(3, "shop.network.com")])
    assert set(entries(document, deny=["admin.network.com"])) == {"shop.network.com"}


def test_r2_4_an_extra_beside_a_mapping_is_no_conflict() -> None:
    desired = resolve(mapped("client.com"), extra_domains=["www.client.com"])
    assert desired["warnings"] == [] and desired["domains"][0]["forms"] == "both"


def test_r2_4_nobody_looks_up_a_name_that_cannot_be() -> None:
    host = ".".join(["a" * 60] * 4) + ".bcd.ef"  # 250 characters: a www. before it is one too many
    desired = resolve(snapshot(), extra_domains=[{"name": host, "www": True}])
    assert len(host) == 250 and desired["hosts_to_check"] == [host, "network.com"]


def test_r2_4_a_wildcard_has_no_www_that_could_be_looked_up() -> None:
    found = entry(snapshot(), extra_domains=[{"name": "*.x.com", "www": True}])
    assert found["www_needs_dns"] is False
    assert entry(snapshot(), extra_domains=["*.x.com"], www_policy="always")["www"] == "keep"


def test_r2_4_deny_spares_the_network_wherever_it_stands() -> None:
    desired = resolve(mapped("network.com"), deny=["network.com"])
    assert [row["value"] for row in desired["rejected"]] == ["two.network.com"]


def test_r2_4_a_denied_www_is_denied_alone() -> None:
    document = mapped("www.agency.com", "agency.com")
    assert entry(document, deny=["www.agency.com"])["forms"] == "naked"
    assert set(rejected(document, deny=["www.agency.com"])) == {"www.agency.com"}


def test_r2_4_a_wildcard_that_is_rejected_is_not_kept() -> None:
    desired = resolve(snapshot(), extra_domains=["*.x.test"])
    assert [row["value"] for row in desired["rejected"]] == ["*.x.test"] and desired["keep"] == []
