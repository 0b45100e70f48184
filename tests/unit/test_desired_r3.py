# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R3: one entry for X and www.X."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, by_name, mapped, mapping, snapshot
from tests.unit.desired import THREE, TWO, entries, entry, rejected, resolve, warnings


@pytest.mark.parametrize(
    ("rows", "forms"),
    [
        (["client.com"], "naked"),
        (["www.client.com"], "www"),
        (["client.com", "www.client.com"], "both"),
        (["www.client.com", "client.com"], "both"),
    ],
)
def test_r3_both_forms_are_one_entry(rows: list[str], forms: str) -> None:
    found = entry(mapped(*rows))
    assert (found["name"], found["forms"], found["www"]) == ("client.com", forms, "keep")


def test_r3_www_twice_is_no_name_and_makes_no_second_record() -> None:
    document = mapped("client.com", "www.www.client.com")
    assert entry(document)["forms"] == "naked"
    assert rejected(document) == {"www.www.client.com": "www. twice"}
    # One that is there all the same is not removed for it.
    assert resolve(document)["keep"] == ["www.www.client.com"]


@pytest.mark.parametrize("options", [{"exclude": ["www.client.com"]}, {"deny": ["www.client.com"]}])
@pytest.mark.parametrize("www", [{"www_policy": "always"}, {"extra_domains": [{"name": "client.com", "www": True}]}])
def test_r3_a_www_that_is_excluded_or_denied_is_switched_on_by_nothing(
    options: dict[str, Any], www: dict[str, Any]
) -> None:
    document = mapped("client.com")
    assert entry(document, **www)["www"] is True
    assert entry(document, **www, **options)["www"] == "keep"
    assert "www.client.com" not in resolve(document, **www, **options)["hosts_to_check"]


@pytest.mark.parametrize("host", ["www.co.uk", "www.com.tr", "www.github.io"])
def test_r3_a_www_below_a_public_suffix_is_a_domain(host: str) -> None:
    found = entry(mapped(host))
    assert (found["name"], found["forms"]) == (host, "naked")


@pytest.mark.parametrize("policy", ["keep", "always", "never"])
def test_r3_such_a_domain_never_gets_another_www(policy: str) -> None:
    assert entry(mapped("www.co.uk"), www_policy=policy)["www"] != True  # noqa: E712


def test_r3_a_form_that_is_only_kept_makes_no_www() -> None:
    rows = [mapping(1, "client.com"), mapping(2, "www.client.com", stage="failed")]
    found = entry(snapshot([TWO], rows))
    assert (found["class"], found["forms"], found["needs_dns"]) == ("ensure", "naked", False)


def test_r3_different_sites_behind_one_key_are_a_conflict() -> None:
    rows = [mapping(1, "client.com"), mapping(2, "www.client.com", blog=3)]
    assert "client.com belongs to different sites (2, 3)" in warnings(snapshot([TWO, THREE], rows))


def test_r3_two_mappings_of_one_host_to_different_sites_are_one_too() -> None:
    rows = [mapping(1, "client.com"), mapping(2, "client.com", blog=3)]
    assert "belongs to different sites" in warnings(snapshot([TWO, THREE], rows))


def test_r3_two_sites_whose_own_hosts_fold_are_one_too() -> None:
    assert "belongs to different sites" in warnings(snapshot([blog(2, "native.com"), blog(3, "www.native.com")]))


@pytest.mark.parametrize("other", [mapping(2, "www.client.com"), mapping(2, "client.com")])
def test_r3_one_site_is_no_conflict(other: dict[str, Any]) -> None:
    assert warnings(snapshot([TWO], [mapping(1, "client.com"), other])) == ""


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ({"primary": 0}, {"primary": 1}, 3),
        ({"primary": 1}, {"primary": 0}, 2),
        ({"primary": "1"}, {"primary": ""}, 2),
        ({"primary": None}, {"primary": "1"}, 3),
        ({"primary": "0", "secure": 1}, {"primary": 0, "secure": 0}, 2),
        ({"secure": 0}, {"secure": 1}, 3),
        ({}, {}, 2),
    ],
)
def test_r3_the_plugin_chooses_between_rows(first: dict[str, Any], second: dict[str, Any], chosen: int) -> None:
    """Primary first, then secure, then the lowest id: the stage of the chosen row is the one that is told."""
    rows = [
        mapping(1, "client.com", blog=2, stage="done", **first),
        mapping(2, "www.client.com", blog=3, stage="ssl-failed", **second),
    ]
    stage = {2: "done", 3: "ssl-failed"}[chosen]
    assert entry(snapshot([TWO, THREE], rows), deny=["three.network.com"])["rule"] == f"R2.3 stage {stage}"


@pytest.mark.parametrize(
    ("policy", "client", "sub", "wild"), [("keep",) * 4, ("always", True, "keep", "keep"), ("never",) + ("avoid",) * 3]
)
def test_r3_www_policy(policy: str, client: Any, sub: Any, wild: Any) -> None:
    document = snapshot([TWO, blog(3, "a.b.network.com")], [mapping(1, "client.com")])
    found = by_name(resolve(document, www_policy=policy, extra_domains=["*.network.com"])["domains"])
    assert found["client.com"]["www"] == client
    assert found["two.network.com"]["www"] == found["a.b.network.com"]["www"] == sub
    assert found["*.network.com"]["www"] == wild
    assert found["network.com"]["www"] == client


def test_r3_always_leaves_kept_names_alone() -> None:
    assert entry(mapped("client.com", stage="parking"), www_policy="always")["www"] == "keep"


def test_r3_always_reaches_a_name_that_is_wanted_once_it_points_here() -> None:
    found = entry(mapped("client.com", stage="failed"), www_policy="always")
    assert (found["class"], found["needs_dns"], found["www"], found["www_needs_dns"]) == ("keep", True, True, True)


@pytest.mark.parametrize("host", ["xnetwork.com", "network.com.evil.org"])
def test_r3_a_name_that_only_looks_like_a_sub_site_gets_www(host: str) -> None:
    assert entry(mapped(host), www_policy="always")["www"] is True


def test_r3_always_knows_the_sub_sites_of_every_network() -> None:
    document = snapshot([blog(2, "a.second.org")], networks=["network.com", "www.second.org"])
    found = by_name(resolve(document, www_policy="always")["domains"])
    assert found["a.second.org"]["www"] == "keep" and found["second.org"]["www"] is True


@pytest.mark.parametrize(
    ("rows", "wish"),
    [
        ([mapping(1, "client.com", primary=1)], "non-www"),
        ([mapping(1, "www.client.com", primary=1)], "www"),
        ([mapping(1, "client.com"), mapping(2, "www.client.com", primary=1)], "www"),
        ([mapping(1, "client.com", primary=1), mapping(2, "www.client.com")], "non-www"),
        ([mapping(1, "client.com", primary="1"), mapping(2, "www.client.com", primary="0")], "non-www"),
        # WordPress redirects to another name, or to one that it does not serve, or nobody knows where to
        ([mapping(1, "client.com", primary=0)], "none"),
        ([mapping(1, "client.com"), mapping(2, "other.com", primary=1)], "none"),
        ([mapping(1, "client.com"), mapping(2, "www.client.com", primary=1, stage="failed")], "none"),
        ([mapping(1, "client.com"), mapping(2, "www.client.com", primary=1, active=0)], "none"),
        ([mapping(1, "client.com", primary=1), mapping(2, "www.client.com", blog=3, primary=1)], "none"),
        # two primaries: the plugin takes the secure one, then the older one
        ([mapping(1, "client.com", primary=1), mapping(2, "www.client.com", primary=1, secure=1)], "www"),
        ([mapping(1, "client.com", primary=1), mapping(2, "www.client.com", primary=1)], "non-www"),
        # one that is switched off is none
        ([mapping(1, "client.com", primary=1), mapping(2, "www.client.com", primary=1, secure=1, active=0)], "non-www"),
        # a bad primary says nothing
        ([mapping(1, "client.com"), mapping(2, "foo_bar.com", primary=1)], "none"),
    ],
)
def test_r3_redirection_canonical(rows: list[dict[str, Any]], wish: str) -> None:
    found = entries(snapshot([TWO, THREE], rows), redirection_policy="canonical")
    assert found["client.com"]["redirection"] == wish


@pytest.mark.parametrize(("host", "wish"), [("native.com", "non-www"), ("www.native.com", "www")])
def test_r3_redirection_canonical_of_a_sites_own_domain(host: str, wish: str) -> None:
    assert entry(snapshot([blog(2, host)]), redirection_policy="canonical")["redirection"] == wish


def test_r3_redirection_canonical_elsewhere() -> None:
    document = snapshot([TWO, blog(3, "dead.com", archived=1)])
    found = by_name(resolve(document, redirection_policy="canonical", extra_domains=["extra.com"])["domains"])
    assert {name: row["redirection"] for name, row in found.items()} == {
        "network.com": "keep",
        "two.network.com": "none",
        "dead.com": "keep",
        "extra.com": "none",
    }


@pytest.mark.parametrize("policy", ["keep", "none"])
def test_r3_redirection_of_the_other_policies(policy: str) -> None:
    rows = [mapping(1, "client.com"), mapping(2, "www.client.com", primary=1), mapping(3, "waits.com", stage="failed")]
    found = by_name(resolve(snapshot([TWO], rows), redirection_policy=policy)["domains"])
    assert found["client.com"]["redirection"] == found["two.network.com"]["redirection"] == policy
    assert found["waits.com"]["redirection"] == found["network.com"]["redirection"] == "keep"


@pytest.mark.parametrize(
    ("host", "www"),
    [
        ("client.co.uk", True),
        ("shop.client.co.uk", "keep"),
        ("client.com.tr", True),
        ("client.github.io", True),
        ("a.client.github.io", "keep"),
        ("xn--mller-kva.de", True),
        ("github.io", "keep"),
    ],
)
def test_r3_www_policy_main_only_goes_by_the_public_suffix_list(host: str, www: Any) -> None:
    assert entry(mapped(host), www_policy="main_only")["www"] == www


@pytest.mark.parametrize(
    ("setting", "client", "shop"),
    [("always", True, True), ("main_only", True, "keep"), ("never", "avoid", "avoid"), (None, "keep", "keep")],
)
def test_r3_www_policy_setting_follows_the_plugin(setting: str | None, client: Any, shop: Any) -> None:
    rows = [mapping(1, "client.com"), mapping(2, "shop.client.com")]
    document = snapshot([TWO], rows, settings={"auto_create_www_subdomain": setting})
    found = entries(document, www_policy="setting")
    assert (found["client.com"]["www"], found["shop.client.com"]["www"]) == (client, shop)
    assert ("auto_create_www_subdomain" in warnings(document, www_policy="setting")) is (setting is None)


def test_r3_the_setting_of_the_plugin_means_nothing_to_the_other_policies() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"auto_create_www_subdomain": "never"})
    assert entry(document)["www"] == "keep" and entry(document, www_policy="always")["www"] is True


def test_r3_a_name_that_a_wanted_wildcard_covers_gets_no_www() -> None:
    found = entries(mapped("client.com", "a.client.com"), www_policy="always", extra_domains=["*.client.com"])
    assert (found["client.com"]["www"], found["a.client.com"]["www"]) == (True, "keep")


@pytest.mark.parametrize(("length", "www"), [(249, True), (250, "keep"), (253, "keep")])
def test_r3_a_name_whose_www_would_be_too_long_gets_none(length: int, www: Any) -> None:
    host = ("a" * 50 + ".") * 4
    host += "b" * (length - len(host) - 4) + ".com"
    assert len(host) == length
    found = entry(mapped(host), www_policy="always")
    assert found["www"] == www
    assert max(len(name) for name in resolve(mapped(host), www_policy="always")["hosts_to_check"]) <= 253


@pytest.mark.parametrize(
    ("rows", "options", "needs"),
    [
        (["client.com"], {}, False),
        (["client.com"], {"www_policy": "always"}, True),
        (["client.com", "www.client.com"], {}, True),
        (["client.com", "www.client.com"], {"www_policy": "never"}, False),
        (["www.client.com"], {}, True),
        (["client.com"], {"www_policy": "always", "www_dns_check": False}, False),
        (["client.com", "www.client.com"], {"www_dns_check": False}, False),
    ],
)
def test_r3_www_dns_check(rows: list[str], options: dict[str, Any], needs: bool) -> None:
    assert entry(mapped(*rows), **options)["www_needs_dns"] is needs


@pytest.mark.parametrize(("www", "needs"), [(True, True), (False, False), (None, False)])
def test_r3_www_dns_check_holds_for_extras(www: bool | None, needs: bool) -> None:
    assert entry(snapshot(), extra_domains=[{"name": "extra.com", "www": www}])["www_needs_dns"] is needs


def test_r3_www_dns_check_asks_for_nothing_that_never_resolves_or_is_only_kept() -> None:
    document = snapshot(
        [TWO], [mapping(1, "a.test"), mapping(2, "b.com", stage="parking"), mapping(3, "www.b.com", stage="parking")]
    )
    found = entries(document, www_policy="always", allow_reserved_tlds=True)
    assert found["a.test"]["www"] is True and found["a.test"]["www_needs_dns"] is False
    assert found["b.com"]["forms"] == "both" and found["b.com"]["www_needs_dns"] is False


def test_r3_the_www_alone_stays_the_form_and_both_are_looked_at() -> None:
    """Whether the record is named with or without www depends on DNS, which the plan knows."""
    desired = resolve(mapped("www.client.com"))
    found = by_name(desired["domains"])["client.com"]
    assert (found["forms"], found["class"]) == ("www", "ensure")
    assert {"client.com", "www.client.com"} <= set(desired["hosts_to_check"])
