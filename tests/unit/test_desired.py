# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter desired_domains, rule by rule. Every document that it gives is held against its schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import FilterModule, desired_domains

from tests.cases.rows import blog, by_name, mapped, mapping, snapshot

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SCHEMA = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "desired-1.json").read_text(encoding="utf-8")))
TWO = blog(2, "two.network.com")
THREE = blog(3, "three.network.com")


def resolve(document: Any, **options: Any) -> dict[str, Any]:
    desired = desired_domains(document, **options)
    SCHEMA.validate(desired)
    return desired


def entries(document: Any, **options: Any) -> dict[str, Any]:
    """The entries by name, of a snapshot that is not refused; the network's own and blog 2's are left out."""
    desired = resolve(document, **options)
    assert desired["refused"] == []
    found = dict(by_name(desired["domains"]))
    assert found.pop("network.com")["class"] == "protected"
    found.pop("two.network.com", None)
    return found


def entry(document: Any, **options: Any) -> Any:
    """The only entry besides the network's and blog 2's own."""
    (found,) = entries(document, **options).values()
    return found


def refusals(document: Any, **options: Any) -> str:
    desired = resolve(document, **options)
    assert desired["refused"] and not desired["domains"]
    return "; ".join(desired["refused"])


def warnings(document: Any, **options: Any) -> str:
    return "; ".join(resolve(document, **options)["warnings"])


def rejected(document: Any, **options: Any) -> dict[str, str]:
    return {row["value"]: row["reason"] for row in resolve(document, **options)["rejected"]}


# -- the document --------------------------------------------------------------------------------------------------------


def test_the_whole_document() -> None:
    rows = [
        mapping(7, "client.com", stage="checking-dns", primary=1),
        mapping(8, "foo_bar.com"),
        mapping(9, "off.com", active=0),
        mapping(10, "left.org"),
    ]
    document = snapshot([TWO], rows, root="/home/u/webapps/app", root_real="/srv/app")
    common = {"needs_dns": False, "covered_by": None, "certificate": True, "www": "keep", "redirection": "keep"}
    assert resolve(document, exclude=["left.org"]) == {
        "format": "wpmultisite.desired/1",
        "network": "network.com",
        "subdomain_install": True,
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
    "options",
    [
        {"www_policy": "setting"},
        {"redirection_policy": "www"},
        {"no_such_option": 1},
        {"exclude": None},
        {"extra_domains": 5},
    ],
)
def test_an_impossible_option_is_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="desired_domains"):
        desired_domains(snapshot(), **options)


@pytest.mark.parametrize("library", ["idna", "publicsuffixlist"])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _desired

    _desired._suffixes.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(AnsibleFilterError, match="needs the Python libraries idna and publicsuffixlist"):
        desired_domains(mapped("xn--mller-kva.de"))


# -- R0 guards -----------------------------------------------------------------------------------------------------------


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
    assert environment in refusals(snapshot(environment_type=environment))


@pytest.mark.parametrize("environment", ["production", None])
def test_r0_no_copy_by_its_environment(environment: str | None) -> None:
    assert resolve(snapshot(environment_type=environment))["refused"] == []


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
    assert resolve(document)["network"] == "network.com"


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


# -- R1 spelling ---------------------------------------------------------------------------------------------------------


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


# -- R2.1 networks -------------------------------------------------------------------------------------------------------


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


# -- R2.2 sites ----------------------------------------------------------------------------------------------------------


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


# -- R2.3 mappings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["done", "done-without-ssl", "checking-dns", "checking-ssl-cert", "ssl-failed"])
def test_r2_3_a_stage_that_is_wanted(stage: str) -> None:
    found = entry(mapped("client.com", stage=stage))
    assert (found["class"], found["rule"], found["needs_dns"]) == ("ensure", f"R2.3 stage {stage}", False)


@pytest.mark.parametrize(("stage", "words"), [("", "''"), (None, "None")])
def test_r2_3_a_stage_that_the_column_lost(stage: Any, words: str) -> None:
    found = entry(mapped("client.com", stage=stage))
    assert (found["class"], found["rule"]) == ("ensure", f"R2.3 stage {words}")


def test_r2_3_failed_waits_for_dns() -> None:
    found = entry(mapped("client.com", stage="failed"))
    assert (found["class"], found["needs_dns"], found["certificate"]) == ("keep", True, False)


def test_r2_3_an_unknown_stage_is_kept_with_a_warning() -> None:
    document = mapped("client.com", stage="parking")
    found = entry(document)
    assert (found["class"], found["needs_dns"]) == ("keep", False)
    assert "Mapping 1 of client.com has the unknown stage parking" in warnings(document)


@pytest.mark.parametrize("active", [1, "1", True])
def test_r2_3_switched_on(active: Any) -> None:
    assert entry(mapped("client.com", active=active))["class"] == "ensure"


@pytest.mark.parametrize("active", [0, "0", "", None, False])
@pytest.mark.parametrize("stage", ["done", "failed", None])
def test_r2_3_switched_off(active: Any, stage: Any) -> None:
    document = mapped("client.com", active=active, stage=stage)
    assert entries(document) == {}
    assert resolve(document)["unwanted"] == [
        {"name": "client.com", "reason": "the mapping is switched off", "from": [{"mapping": 1, "blog": 2}]}
    ]


def test_r2_3_an_orphan_is_not_wanted() -> None:
    document = mapped("client.com", blog=99)
    assert entries(document) == {}
    assert "site 99, which does not exist (orphan)" in warnings(document)
    assert resolve(document)["unwanted"][0]["name"] == "client.com"


def test_r2_3_an_orphan_beside_a_living_row() -> None:
    document = snapshot([TWO], [mapping(1, "client.com", blog=99), mapping(2, "client.com")])
    assert entry(document)["class"] == "ensure"


@pytest.mark.parametrize("state", [{"archived": 1}, {"deleted": 1}, {"deleted": 2}, {"spam": 1}])
@pytest.mark.parametrize("stage", ["done", "failed"])
def test_r2_3_of_a_dead_site_it_is_at_most_kept(state: dict[str, Any], stage: str) -> None:
    site = blog(2, "two.network.com", **state)
    found = entry(snapshot([site], [mapping(1, "client.com", stage=stage)]))
    assert (found["class"], found["needs_dns"]) == ("keep", False)


@pytest.mark.parametrize("stage", ["failed", "parking", "done", None])
@pytest.mark.parametrize("active", [1, 0])
def test_r2_3_the_own_domain_of_a_site_decides(stage: Any, active: int) -> None:
    document = snapshot([blog(2, "native.com")], [mapping(1, "native.com", stage=stage, active=active)])
    found = entry(document)
    assert (found["class"], found["rule"]) == ("ensure", "R2.2 site's own domain")
    assert warnings(document) == "" and resolve(document)["unwanted"] == []


def test_r2_3_the_own_domain_of_a_dead_site_decides_too() -> None:
    document = snapshot([TWO, blog(3, "native.com", archived=1)], [mapping(1, "native.com")])
    assert entry(document)["class"] == "keep"


def test_r2_3_a_mapping_of_a_shared_host_is_told() -> None:
    sites = [blog(8, "shared.org", "/a/"), blog(9, "shared.org", "/b/")]
    document = snapshot(sites, [mapping(1, "shared.org", blog=8, stage="failed")])
    assert entry(document)["class"] == "ensure"
    assert warnings(document) == "Mapping 1 gives shared.org to one site, but 2 sites share it."


def test_r2_3_switched_off_as_a_whole_everything_stays() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"enable_domain_mapping": False})
    found = entry(document)
    assert (found["class"], found["needs_dns"]) == ("keep", False)
    assert "mapping is switched off" in found["rule"]
    assert "switched off in the plugin" in warnings(document)


def test_r2_3_where_nobody_can_tell_whether_it_is_on_everything_stays_too() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"enable_domain_mapping": None})
    assert (entry(document)["class"], entry(document)["needs_dns"]) == ("keep", False)
    assert "cannot be told to be switched on" in warnings(document)


@pytest.mark.parametrize("enabled", [False, None])
@pytest.mark.parametrize("row", [{"active": 0}, {"active": None}, {"blog": 99}, {"stage": "failed"}, {}])
def test_r2_3_switched_off_keeps_every_row(enabled: bool | None, row: dict[str, Any]) -> None:
    """Nobody becomes removable: neither a row that is switched off itself nor one without a site."""
    document = snapshot([TWO], [mapping(1, "client.com", **row)], settings={"enable_domain_mapping": enabled})
    found = resolve(document)
    assert found["unwanted"] == [] and entry(document)["class"] == "keep"


def test_r2_3_mapping_is_switched_on() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"enable_domain_mapping": True})
    assert entry(document)["class"] == "ensure" and warnings(document) == ""


@pytest.mark.parametrize(("unread", "refused"), [(0, False), (200, True)])
def test_a_table_that_was_not_read_forbids_a_purge_and_nothing_else(unread: int, refused: bool) -> None:
    document = snapshot([TWO])
    document["mapping_plugin"].update(name="none", unread_rows=unread)
    found = resolve(document)
    assert found["refused"] == [] and [entry["name"] for entry in found["domains"]] == [
        "network.com",
        "two.network.com",
    ]
    assert found["purge_refused"] == (
        ["mapping_plugin is none, but the tables of mapping plugins hold 200 domains that were not read"]
        if refused
        else []
    )


def test_r2_3_switched_off_without_mappings_is_nothing_to_tell() -> None:
    assert warnings(snapshot(settings={"enable_domain_mapping": False})) == ""


@pytest.mark.parametrize("stages", [("failed", "done"), ("done", "failed"), ("parking", "done")])
def test_r2_3_the_strongest_of_many_rows_wins(stages: tuple[str, str]) -> None:
    rows = [mapping(number, "client.com", stage=stage) for number, stage in enumerate(stages, 1)]
    found = entry(snapshot([TWO], rows))
    assert (found["class"], found["rule"], found["needs_dns"]) == ("ensure", "R2.3 stage done", False)


# -- R2.4 extra_domains, exclude, deny -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("extra", [5, None, {"www": True}, {"name": 5}, {"name": "x.com", "www": "yes"}, ["x.com"]])
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


# -- R3 folding of www ---------------------------------------------------------------------------------------------------


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


def test_r3_only_one_www_is_folded() -> None:
    assert entry(mapped("www.www.client.com"))["name"] == "www.client.com"


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
    assert entry(mapped("client.com", stage="failed"), www_policy="always")["www"] == "keep"


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


# -- R4 wildcards, R5 type, DNS ------------------------------------------------------------------------------------------


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
