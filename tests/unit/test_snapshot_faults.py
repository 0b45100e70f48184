# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a snapshot document, held against the JSON Schema that says the same."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot import faults
from hypothesis import given, settings
from hypothesis import strategies as st

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
GOOD: dict[str, Any] = {
    "format": "wpmultisite.snapshot/1",
    "source": "php",
    "wordpress": {
        "version": "6.8.7",
        "subdomain_install": True,
        "domain_current_site": "network.com",
        "environment_type": "production",
        "runtime_url": False,
        "root": "/home/u/webapps/app",
        "root_real": "/home/u/webapps/app",
    },
    "mapping_plugin": {
        "name": "ultimate_multisite",
        "version": "2.4.13",
        "schema": "2.0.1-revision.20260109",
        "unread_rows": 0,
    },
    "settings": {
        "enable_domain_mapping": True,
        "auto_create_www_subdomain": "always",
        "runcloud_integration": {"enabled": False, "configured": False},
    },
    "networks": [{"id": 1, "domain": "network.com", "path": "/"}],
    "blogs": [
        {
            "id": number,
            "network_id": 1,
            "domain": f"site{number}.network.com",
            "path": "/",
            "public": 1,
            "archived": 0,
            "mature": 0,
            "spam": 0,
            "deleted": 0,
        }
        for number in (1, 2)
    ],
    "mappings": [
        {"id": 7, "blog_id": 2, "domain": "client.com", "active": 1, "primary": 1, "secure": 0, "stage": "checking-dns"}
    ],
    "counts": {"networks": 1, "blogs": 2, "mappings": 1},
}
Place = tuple[Any, ...]


def changed(place: Place, value: Any) -> dict[str, Any]:
    """GOOD with another value at a place."""
    document = copy.deepcopy(GOOD)
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return document


def without(place: Place) -> dict[str, Any]:
    """GOOD without the key at a place."""
    document = copy.deepcopy(GOOD)
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    del at[place[-1]]
    return document


def places(value: Any, before: Place = ()) -> list[Place]:
    """Every place of a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in below for place in [(*before, key), *places(inner, (*before, key))]]


def test_a_good_document_has_no_faults() -> None:
    VALIDATOR.validate(GOOD)
    assert faults(GOOD) == []


def test_the_mapping_plugin_may_be_absent() -> None:
    document = changed(("mapping_plugin",), {"name": "none", "version": None, "schema": None, "unread_rows": 0})
    document["mappings"], document["counts"]["mappings"] = [], 0
    assert faults(document) == []


@pytest.mark.parametrize("name", ["ultimate_multisite", "mercator", "wp_ultimo_1", "other"])
def test_what_a_source_cannot_know_may_be_null(name: str) -> None:
    document = copy.deepcopy(GOOD)
    document["wordpress"] = dict.fromkeys(GOOD["wordpress"])
    document["mapping_plugin"] = {"name": name, "version": None, "schema": None, "unread_rows": None}
    document["settings"] = {
        "enable_domain_mapping": None,
        "auto_create_www_subdomain": None,
        "runcloud_integration": {"enabled": None, "configured": None},
    }
    document["counts"] = dict.fromkeys(GOOD["counts"])
    document["mappings"][0].update(active=None, primary=None, secure=None, stage=None)
    VALIDATOR.validate(document)
    assert faults(document) == []


@settings(deadline=None, derandomize=True, max_examples=500)
@given(
    place=st.sampled_from(places(GOOD)),
    value=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False).filter(lambda number: number != int(number) if abs(number) < 1e300 else False),
        st.text(),
        st.sampled_from(["always", "none", "production", "wpmultisite.snapshot/1", "file", [], {}]),
    ),
)
def test_the_check_and_the_schema_agree_on_every_value(place: Place, value: Any) -> None:
    document = changed(place, value)
    # Rows that go away and ids that meet are beyond a schema.
    wrong = [
        fault for fault in faults(document) if "the read was incomplete" not in fault and "more than once" not in fault
    ]
    assert bool(wrong) is not VALIDATOR.is_valid(document), (place, value, wrong)


@pytest.mark.parametrize("place", [place for place in places(GOOD) if isinstance(place[-1], str)])
def test_a_missing_key_is_named(place: Place) -> None:
    document = without(place)
    assert not VALIDATOR.is_valid(document)
    found = faults(document)
    if place == ("format",):
        assert found == ["it has no key format; a snapshot says format: wpmultisite.snapshot/1"]
    else:
        assert len(found) == 1
        assert found[0].endswith(f"{place[-1]} is missing")


@pytest.mark.parametrize("place", [(), ("wordpress",), ("settings", "runcloud_integration"), ("blogs", 1), ("counts",)])
def test_a_key_too_many_is_named(place: Place) -> None:
    document = changed((*place, "extra"), 1)
    assert not VALIDATOR.is_valid(document)
    assert [fault.endswith("extra is not a key of this format") for fault in faults(document)] == [True]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "it is empty"),
        ([], "it is a list, not a mapping with the key format"),
        ("text", "it is 'text', not a mapping"),
        ({}, "it has no key format"),
        (
            {"format": "wpmultisite.snapshot/2"},
            "its format is 'wpmultisite.snapshot/2'; this version of the collection",
        ),
        ({"format": 1}, "its format is 1"),
    ],
)
def test_what_is_no_snapshot_is_only_said_to_be_that(document: Any, words: str) -> None:
    found = faults(document)
    assert len(found) == 1
    assert found[0].startswith(words)


def test_all_faults_are_told_at_once() -> None:
    document = changed(("blogs", 1, "id"), "2")
    document["mappings"][0]["active"] = True
    document["wordpress"]["version"] = 6.8
    document["settings"]["auto_create_www_subdomain"] = True
    del document["counts"]
    assert faults(document) == [
        "wordpress.version is 6.8, not text or null",
        "settings.auto_create_www_subdomain is true, not one of always, main_only, never, null",
        "blogs[1].id is '2', not a whole number",
        "mappings[0].active is true, not a whole number or null",
        "counts is missing",
    ]


@pytest.mark.parametrize("kind", ["networks", "blogs", "mappings"])
def test_counts_that_disagree(kind: str) -> None:
    document = changed(("counts", kind), 9)
    rows = len(GOOD[kind])
    assert faults(document) == [f"{kind} holds {rows} rows, but counts.{kind} says 9: the read was incomplete"]


@pytest.mark.parametrize("kind", ["networks", "blogs"])
def test_an_empty_list_is_a_read_that_failed(kind: str) -> None:
    document = changed((kind,), [])
    document["counts"][kind] = 0
    assert faults(document) == [f"{kind} is empty, and no multisite is without {kind}"]


def test_an_id_twice() -> None:
    assert faults(changed(("blogs", 1, "id"), 1)) == ["blogs holds the id 1 more than once"]


def test_half_a_character_is_no_text() -> None:
    assert faults(changed(("mappings", 0, "domain"), "x\ud83d.com")) == ["mappings[0].domain is not valid Unicode text"]


def test_a_long_wrong_value_is_cut() -> None:
    (fault,) = faults(changed(("source",), "x" * 10_000))
    assert len(fault) < 200
