# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R0: when nothing may be changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, mapped, mapping, snapshot
from tests.unit.desired import refusals, resolve


@pytest.mark.parametrize("document", [None, "", [], {}, {"format": "wpmultisite.snapshot/2"}, {"blogs": []}])
def test_r0_another_document(document: Any) -> None:
    assert "not a wpmultisite.snapshot/1 document" in refusals(document)


@pytest.mark.parametrize("name", ["wordpress", "settings", "counts", "networks", "blogs", "mappings"])
def test_r0_a_document_made_by_hand_that_is_not_whole(name: str) -> None:
    document = snapshot()
    del document[name]
    assert f"not whole: {name} is missing" in refusals(document)


def test_r0_a_row_made_by_hand_that_is_not_whole() -> None:
    document = mapped("client.com")
    del document["mappings"][0]["stage"]
    assert "mappings[0] has no stage" in refusals(document)


@pytest.mark.parametrize("rows", ["networks", "blogs"])
def test_r0_an_empty_read(rows: str) -> None:
    document = snapshot()
    document[rows], document["counts"][rows] = [], 0
    assert f"no {rows}" in refusals(document)


@pytest.mark.parametrize("rows", ["networks", "blogs", "mappings"])
@pytest.mark.parametrize("off", [-1, 1])
def test_r0_counts_that_disagree(rows: str, off: int) -> None:
    document = mapped("client.com")
    document["counts"][rows] += off
    assert f"counts {document['counts'][rows]} {rows}" in refusals(document)


@pytest.mark.parametrize("environment", ["staging", "development", "local"])
def test_r0_a_copy_by_its_environment(environment: str) -> None:
    assert f"WordPress calls itself a {environment} environment" in refusals(snapshot(environment_type=environment))


def test_r0_production() -> None:
    desired = resolve(snapshot(environment_type="production"))
    assert desired["refused"] == [] and desired["environment"] == "production"


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        ({"environment_type": None}, "does not know WP_ENVIRONMENT_TYPE,"),
        ({"environment_type": ""}, "does not know WP_ENVIRONMENT_TYPE,"),
        ({"domain_current_site": ""}, "does not know DOMAIN_CURRENT_SITE,"),
        ({"domain_current_site": None}, "does not know DOMAIN_CURRENT_SITE,"),
        (
            {"environment_type": None, "domain_current_site": None},
            "does not know WP_ENVIRONMENT_TYPE and DOMAIN_CURRENT_SITE,",
        ),
    ],
)
def test_r0_where_a_copy_cannot_be_told_a_person_has_to_say(unknown: dict[str, Any], words: str) -> None:
    reasons = refusals(snapshot(**unknown))
    assert words in reasons and "set multisite_domains_environment (option environment) to production" in reasons
    desired = resolve(snapshot(**unknown), environment="production")
    assert desired["refused"] == [] and desired["environment"] == "production"


@pytest.mark.parametrize("environment", ["staging", "development", "local"])
def test_r0_a_copy_by_the_word_of_a_person(environment: str) -> None:
    words = f"The option environment calls this a {environment} environment"
    assert words in refusals(snapshot(environment_type=None), environment=environment)


@pytest.mark.parametrize(("read", "said"), [("production", "staging"), ("staging", "production")])
def test_r0_a_person_does_not_beat_what_wordpress_says(read: str, said: str) -> None:
    words = f"WordPress calls itself a {read} environment, the option environment says {said}"
    assert words in refusals(snapshot(environment_type=read), environment=said)


def test_r0_the_word_of_a_person_does_not_lift_the_other_guards() -> None:
    document = snapshot(environment_type=None, domain_current_site="staging.agency.com", runtime_url=True)
    reasons = refusals(document, environment="production")
    assert "staging copy" in reasons and "WP_ULTIMO_RUNTIME_URL" in reasons


def test_r0_a_copy_by_its_runtime_url() -> None:
    assert "WP_ULTIMO_RUNTIME_URL" in refusals(snapshot(runtime_url=True))
    assert resolve(snapshot(runtime_url=None))["refused"] == []


def test_r0_a_copy_by_its_domain() -> None:
    reasons = refusals(snapshot(domain_current_site="staging.agency.com"))
    assert "staging.agency.com" in reasons and "network.com" in reasons


def test_r0_domain_current_site_may_be_spelled_otherwise() -> None:
    assert resolve(snapshot(domain_current_site="Network.COM."))["network"] == "network.com"


def test_r0_domain_current_site_that_is_no_host() -> None:
    assert "DOMAIN_CURRENT_SITE" in refusals(snapshot(domain_current_site="localhost"))


def test_r0_the_network_is_the_first_one_without_a_constant() -> None:
    document = snapshot(networks=["network.com", "second.org"], domain_current_site=None)
    document["networks"].reverse()
    assert resolve(document, environment="production")["network"] == "network.com"


@pytest.mark.parametrize("host", ["foo_bar.com", "network.test", "localhost"])
def test_r0_a_network_that_cannot_be_served(host: str) -> None:
    assert "domain of network 1" in refusals(snapshot(networks=[host]))


def test_r0_every_reason_is_told_at_once() -> None:
    document = snapshot(environment_type="staging", runtime_url=True)
    document["counts"]["blogs"] = 5
    assert len(resolve(document, exclude=["foo_bar.com"], deny=["/(/"])["refused"]) == 5


def test_r0_bad_patterns_name_their_option() -> None:
    assert "exclude: 'foo_bar.com'" in refusals(snapshot(), exclude=["foo_bar.com", "fine.com"])
    assert "deny: '/(/'" in refusals(snapshot(), deny=["/(/"])


def test_r0_rows_alone_never_refuse() -> None:
    rows = [mapping(1, ""), mapping(2, "\u0000"), mapping(3, "xn--"), mapping(4, "*"), mapping(5, "a" * 300)]
    assert resolve(snapshot([blog(2, "")], rows))["refused"] == []


def test_r0_a_count_that_nobody_made_disagrees_with_nothing() -> None:
    document = mapped("client.com")
    del document["counts"]["mappings"]
    assert resolve(document)["refused"] == []


@pytest.mark.parametrize("main", ["network.com", "second.org"])
def test_r0_the_network_is_the_main_one_wherever_it_stands(main: str) -> None:
    document = snapshot(networks=["network.com", "second.org"], domain_current_site=main)
    assert resolve(document)["network"] == main
