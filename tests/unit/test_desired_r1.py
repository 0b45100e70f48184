# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R1: one spelling for each name, and which names are none."""

from __future__ import annotations

import pytest

from tests.cases.rows import blog, by_name, mapped, snapshot
from tests.unit.desired import entries, entry, rejected, resolve, warnings


def test_r1_many_spellings_are_one_name() -> None:
    found = entry(mapped("Client.COM ", "client.com.", "https://client.com/x", "client.com:8080"))
    assert found["name"] == "client.com" and len(found["from"]) == 4


def test_r1_each_bad_value_is_listed_with_its_row() -> None:
    desired = resolve(mapped("localhost", "10.0.0.5", "good.com"))
    assert [(row["value"], row["from"]) for row in desired["rejected"]] == [
        ("10.0.0.5", [{"mapping": 2, "blog": 2}]),
        ("localhost", [{"mapping": 1, "blog": 2}]),
    ]
    assert "good.com" in by_name(desired["domains"])


def test_r1_unicode_is_converted_with_a_warning() -> None:
    document = mapped("Müller.de ")
    assert entry(document)["name"] == "xn--mller-kva.de"
    assert "xn--mller-kva.de is stored as Müller.de." in warnings(document)


def test_r1_ascii_raises_no_warning() -> None:
    assert warnings(mapped("xn--mller-kva.de", "client.com")) == ""


def test_r1_a_name_that_idna_2008_refuses_stays_with_a_warning() -> None:
    document = mapped("xn--i-7iq.ws")
    assert entry(document)["class"] == "ensure"
    assert "IDNA 2008" in warnings(document) and "xn--i-7iq.ws" in warnings(document)


@pytest.mark.parametrize("tld", ["test", "local", "localhost", "invalid", "example", "internal", "onion"])
def test_r1_reserved_names(tld: str) -> None:
    document = mapped(f"client.{tld}")
    assert f".{tld}" in rejected(document)[f"client.{tld}"]
    assert entries(document) == {}
    assert entry(document, allow_reserved_tlds=True)["name"] == f"client.{tld}"


def test_r1_a_wildcard_in_a_row_is_rejected() -> None:
    assert "wildcard" in rejected(mapped("*.client.com"))["*.client.com"]
    assert "wildcard" in rejected(snapshot([blog(2, "*.client.com")]))["*.client.com"]


@pytest.mark.parametrize("suffix", ["co.uk", "com.tr"])
def test_r1_a_public_suffix_belongs_to_nobody(suffix: str) -> None:
    assert "public suffix" in rejected(mapped(suffix))[suffix]


def test_r1_a_network_on_a_public_suffix_is_one_all_the_same() -> None:
    desired = resolve(snapshot(networks=["github.io"]))
    assert [entry["name"] for entry in desired["domains"]] == ["github.io"] and desired["rejected"] == []
