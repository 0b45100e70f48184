# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules R4 to R6: wildcards, types, certificates and the hosts whose DNS matters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, by_name, mapped, mapping, snapshot
from tests.unit.desired import TWO, resolve


def test_r4_a_wanted_wildcard_covers_one_label() -> None:
    document = snapshot([TWO, blog(3, "a.b.network.com")], [mapping(1, "xnetwork.com")])
    found = by_name(resolve(document, extra_domains=["*.network.com"])["domains"])
    assert {name: row["covered_by"] for name, row in found.items()} == {
        "*.network.com": None,
        "network.com": None,
        "two.network.com": "*.network.com",
        "a.b.network.com": None,
        "xnetwork.com": None,
    }


def test_r4_a_network_is_never_covered() -> None:
    document = snapshot(networks=["network.com", "sub.network.com"])
    found = by_name(resolve(document, extra_domains=["*.network.com"])["domains"])
    assert found["sub.network.com"]["covered_by"] is None


def test_r5_types() -> None:
    found = by_name(resolve(mapped("client.com"), extra_domains=["extra.com", "*.x.com"])["domains"])
    assert {name for name, row in found.items() if row["type"] == "keep"} == {"network.com"}
    assert {row["type"] for name, row in found.items() if name != "network.com"} == {"alias"}


def test_hosts_to_check() -> None:
    rows = [
        mapping(1, "both.com"),
        mapping(2, "www.both.com"),
        mapping(3, "www.only.com"),
        mapping(4, "failed.com", stage="failed"),
        mapping(5, "parked.com", stage="parking"),
    ]
    options = {"extra_domains": ["*.wild.com", {"name": "extra.com", "www": True}]}
    assert resolve(snapshot([], [{**row, "blog_id": 1} for row in rows]), **options)["hosts_to_check"] == [
        "both.com",
        "extra.com",
        "failed.com",
        "network.com",
        "only.com",
        "www.both.com",
        "www.extra.com",
        "www.only.com",
    ]


@pytest.mark.parametrize(
    ("document", "options", "name", "certificate", "words"),
    [
        (mapped("client.com"), {}, "client.com", True, "it is wanted"),
        (mapped("client.com"), {}, "network.com", True, "it is wanted"),
        (mapped("client.com", stage="failed"), {}, "client.com", False, "only once its DNS points here"),
        (mapped("client.com", stage="parking"), {}, "client.com", False, "neither added nor removed"),
        (mapped("client.test"), {"allow_reserved_tlds": True}, "client.test", False, "knows .test"),
        (snapshot(), {"extra_domains": ["*.x.com"]}, "*.x.com", False, "validated by DNS"),
        (mapped("a.x.com"), {"extra_domains": ["*.x.com"]}, "a.x.com", False, "*.x.com serves it"),
    ],
)
def test_r6_certificate(
    document: dict[str, Any], options: dict[str, Any], name: str, certificate: bool, words: str
) -> None:
    found = by_name(resolve(document, **options)["domains"])[name]
    assert found["certificate"] is certificate and words in found["certificate_reason"]


@pytest.mark.parametrize(
    ("rows", "options", "checked"),
    [
        ([mapping(1, "a.test")], {"allow_reserved_tlds": True}, []),
        ([mapping(1, "a.com")], {"www_policy": "always"}, ["a.com", "www.a.com", "www.network.com"]),
        ([mapping(1, "a.com", stage="failed")], {}, ["a.com"]),
        ([mapping(1, "a.com", stage="failed")], {"stage_policy": {"failed": "keep"}}, []),
        ([mapping(1, "www.a.com"), mapping(2, "a.com")], {"www_policy": "never"}, ["a.com", "www.a.com"]),
        ([], {"extra_domains": ["*.a.com"]}, []),
    ],
)
def test_hosts_to_check_are_those_whose_dns_decides_something(
    rows: list[dict[str, Any]], options: dict[str, Any], checked: list[str]
) -> None:
    found = resolve(snapshot([TWO], rows), **options)["hosts_to_check"]
    assert found == sorted([*checked, "network.com", "two.network.com"])
