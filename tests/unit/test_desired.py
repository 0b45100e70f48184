# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of the filter desired_domains, and what the options may not be."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import FilterModule, desired_domains

from tests.cases.rows import blog, mapped, mapping, snapshot
from tests.unit.desired import TWO, resolve


def test_the_whole_document() -> None:
    rows = [
        mapping(7, "client.com", stage="checking-dns", primary=1),
        mapping(8, "foo_bar.com"),
        mapping(9, "off.com", active=0),
        mapping(10, "left.org"),
    ]
    document = snapshot([TWO], rows, root="/home/u/webapps/app", root_real="/srv/app")
    common = {
        "needs_dns": False,
        "www_needs_dns": False,
        "covered_by": None,
        "certificate": True,
        "certificate_reason": "it is wanted; its DNS has to point here first",
        "www": "keep",
        "redirection": "keep",
    }
    assert resolve(document, exclude=["left.org"]) == {
        "format": "wpmultisite.desired/1",
        "network": "network.com",
        "subdomain_install": True,
        "environment": "production",
        "two_writers": False,
        "policy": {
            "www_policy": "keep",
            "www_dns_check": True,
            "redirection_policy": "keep",
            "inactive_site_policy": "keep",
            "stage_policy": {
                "checking-dns": "ensure",
                "checking-ssl-cert": "ensure",
                "done": "ensure",
                "done-without-ssl": "ensure",
                "failed": "ready",
                "ssl-failed": "ensure",
                "inactive": "drop",
                "unknown": "keep",
            },
            "networks_in_scope": [],
            "rewrite": [],
        },
        "roots": ["/home/u/webapps/app", "/srv/app"],
        "keep": [],
        "domains": [
            {
                "name": "client.com",
                "class": "ensure",
                "type": "alias",
                "forms": "naked",
                "rule": "R2.3 stage checking-dns",
                "from": [{"mapping": 7, "blog": 2}],
                **common,
            },
            {
                "name": "network.com",
                "class": "protected",
                "type": "keep",
                "forms": "naked",
                "rule": "R2.1 network's own domain",
                "from": [{"network": 1}],
                **common,
            },
            {
                "name": "two.network.com",
                "class": "ensure",
                "type": "alias",
                "forms": "naked",
                "rule": "R2.2 site's own domain",
                "from": [{"blog": 2}],
                **common,
            },
        ],
        "ignored": [{"name": "left.org", "reason": "excluded (left.org)", "from": [{"mapping": 10, "blog": 2}]}],
        "unwanted": [{"name": "off.com", "reason": "the mapping is switched off", "from": [{"mapping": 9, "blog": 2}]}],
        "rejected": [
            {"value": "foo_bar.com", "reason": "an underscore in a host name", "from": [{"mapping": 8, "blog": 2}]}
        ],
        "warnings": [],
        "refused": [],
        "purge_refused": [],
        "hosts_to_check": ["client.com", "network.com", "two.network.com"],
    }


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"desired_domains": desired_domains}


def test_one_root_is_told_once() -> None:
    assert resolve(snapshot(root="/srv/app", root_real="/srv/app"))["roots"] == ["/srv/app"]
    assert resolve(snapshot(root=None, root_real=None))["roots"] == []


def test_the_input_stays_as_it_is() -> None:
    document = mapped("www.client.com", "müller.de", "foo_bar.com")
    before = json.dumps(document)
    resolve(document, extra_domains=[{"name": "x.com", "www": True}], exclude=["client.com"])
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"www_policy": "dns"}, "www_policy must be one of keep, setting, always, main_only, never"),
        ({"redirection_policy": "www"}, "redirection_policy must be one of keep, none, canonical"),
        ({"inactive_site_policy": "drop"}, "inactive_site_policy must be one of keep, remove"),
        ({"environment": "live"}, "environment must be one of production, staging, development, local"),
        ({"www_dns_check": "perhaps"}, "'perhaps' is not a valid boolean"),
        ({"www_dns_check": 0}, "www_dns_check must be one of true, false"),
        ({"allow_reserved_tlds": None}, "allow_reserved_tlds must be one of true, false"),
        ({"stage_policy": ["done"]}, "stage_policy must be a dict"),
        ({"stage_policy": {"checking_dns": "keep"}}, "stage_policy: 'checking_dns' is none of checking-dns, "),
        ({"stage_policy": {"failed": "remove"}}, "failed must be one of ensure, ready, keep, drop"),
        ({"stage_policy": {"inactive": "ensure"}}, "inactive must be keep or drop"),
        ({"no_such_option": 1}, "no_such_option"),
        ({"exclude": None}, "exclude must be a list"),
        ({"exclude": "client.com"}, "exclude must be a list"),
        ({"deny": ["fine.com", 5]}, r"deny\[1\] must be text"),
        ({"extra_domains": 5}, "extra_domains must be a list"),
        ({"networks_in_scope": 1}, "networks_in_scope must be a list"),
        ({"rewrite": {"from": "a.com", "to": "b.com"}}, "rewrite must be a list"),
    ],
)
def test_an_impossible_option_is_an_error(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match="desired_domains.*" + words):
        desired_domains(snapshot(), **options)


@pytest.mark.parametrize(("text", "value"), [("false", False), ("no", False), ("true", True), ("Yes", True)])
def test_truth_from_the_command_line_is_text(text: str, value: bool) -> None:
    assert resolve(snapshot(), www_dns_check=text)["policy"]["www_dns_check"] is value
    assert len(resolve(mapped("a.test"), allow_reserved_tlds=text)["rejected"]) == 1 - value


def test_all_impossible_options_are_told_at_once() -> None:
    with pytest.raises(AnsibleFilterError, match=r"www_policy.*redirection_policy.*exclude.*stage_policy"):
        desired_domains(snapshot(), www_policy="x", redirection_policy="x", exclude="x", stage_policy={"failed": "x"})


@pytest.mark.parametrize("library", ["idna", "publicsuffixlist"])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _suffixes

    _suffixes._list.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(AnsibleFilterError, match="needs the Python libraries idna and publicsuffixlist"):
        desired_domains(mapped("xn--mller-kva.de"))


@pytest.mark.parametrize(
    ("enabled", "configured", "two"),
    [
        (True, True, True),
        (True, None, True),
        (True, False, False),
        (False, True, False),
        (None, None, False),
        (False, False, False),
    ],
)
def test_two_writers(enabled: bool | None, configured: bool | None, two: bool) -> None:
    """Where nobody knows about the credentials an integration that is on is taken for one that writes."""
    document = mapped("client.com")
    document["settings"]["runcloud_integration"] = {"enabled": enabled, "configured": configured}
    desired = resolve(document)
    assert desired["two_writers"] is two
    assert ["two writers" in warning for warning in desired["warnings"]] == [True] * two


@pytest.mark.parametrize(("host", "below"), [("a.network.com", True), ("a.org", False), ("network.com", False)])
def test_where_the_source_cannot_know_the_sites_say_whether_they_are_subdomains(host: str, below: bool) -> None:
    assert resolve(snapshot([blog(2, host, "/b/")], subdomain_install=None))["subdomain_install"] is below
