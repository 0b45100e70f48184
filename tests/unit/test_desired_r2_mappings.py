# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R2.3: the rows of the mapping plugin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.rows import blog, mapped, mapping, snapshot
from tests.unit.desired import TWO, entries, entry, resolve, warnings


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


def test_r2_3_the_rest_api_never_tells_whether_it_is_on_so_its_rows_are_wanted() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"enable_domain_mapping": None})
    assert entry({**document, "source": "rest"})["class"] == "ensure"


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


def test_further_tables_that_were_not_read_forbid_it_too() -> None:
    document = snapshot([TWO])
    document["mapping_plugin"].update(unread_rows=2)
    (reason,) = resolve(document)["purge_refused"]
    assert reason == "further tables of mapping plugins hold 2 domains that were not read"


def test_a_source_that_cannot_count_the_networks_forbids_a_purge_and_nothing_else() -> None:
    document = snapshot([TWO])
    document["source"], document["counts"]["networks"] = "rest", None
    found = resolve(document)
    assert found["refused"] == [] and len(found["domains"]) == 2
    (reason,) = found["purge_refused"]
    assert reason.startswith("the source rest cannot say how many networks there are")


def test_r2_3_switched_off_without_mappings_is_nothing_to_tell() -> None:
    assert warnings(snapshot(settings={"enable_domain_mapping": False})) == ""


@pytest.mark.parametrize("stages", [("failed", "done"), ("done", "failed"), ("parking", "done")])
def test_r2_3_the_strongest_of_many_rows_wins(stages: tuple[str, str]) -> None:
    rows = [mapping(number, "client.com", stage=stage) for number, stage in enumerate(stages, 1)]
    found = entry(snapshot([TWO], rows))
    assert (found["class"], found["rule"], found["needs_dns"]) == ("ensure", "R2.3 stage done", False)


@pytest.mark.parametrize(
    ("stage", "word", "cls", "needs_dns"),
    [
        ("failed", "ensure", "ensure", False),
        ("failed", "ready", "keep", True),
        ("failed", "keep", "keep", False),
        ("checking-dns", "ready", "keep", True),
        ("done", "keep", "keep", False),
        ("ssl-failed", "keep", "keep", False),
    ],
)
def test_r2_3_stage_policy(stage: str, word: str, cls: str, needs_dns: bool) -> None:
    found = entry(mapped("client.com", stage=stage), stage_policy={stage: word})
    assert (found["class"], found["needs_dns"]) == (cls, needs_dns)
    assert stage in found["rule"] and (
        (word == "ready" and stage == "failed") or f"stage_policy: {word}" in found["rule"]
    )


@pytest.mark.parametrize("stage", ["failed", "checking-dns", "done"])
def test_r2_3_stage_policy_drop(stage: str) -> None:
    document = mapped("client.com", stage=stage)
    assert entries(document, stage_policy={stage: "drop"}) == {}
    assert resolve(document, stage_policy={stage: "drop"})["unwanted"] == [
        {
            "name": "client.com",
            "reason": f"the mapping is in stage {stage} (stage_policy)",
            "from": [{"mapping": 1, "blog": 2}],
        }
    ]


def test_r2_3_stage_policy_of_one_stage_leaves_the_others() -> None:
    rows = [mapping(1, "a.com", stage="failed"), mapping(2, "b.com"), mapping(3, "c.com", stage="checking-dns")]
    found = entries(snapshot([TWO], rows), stage_policy={"done": "keep"})
    assert {name: row["class"] for name, row in found.items()} == {"a.com": "keep", "b.com": "keep", "c.com": "ensure"}


@pytest.mark.parametrize("active", [0, None, ""])
def test_r2_3_stage_policy_keeps_what_is_switched_off(active: Any) -> None:
    document = mapped("client.com", active=active, stage="done")
    found = entry(document, stage_policy={"inactive": "keep"})
    assert (found["class"], found["needs_dns"]) == ("keep", False) and "switched off" in found["rule"]
    assert resolve(document, stage_policy={"inactive": "keep"})["unwanted"] == []


@pytest.mark.parametrize(
    ("word", "cls", "told"),
    [("ensure", "ensure", "wanted all the same"), ("ready", "keep", "as soon as"), ("keep", "keep", "neither added")],
)
@pytest.mark.parametrize("stage", ["parking", "inactive", "unknown"])
def test_r2_3_stage_policy_of_stages_that_are_not_known(stage: str, word: str, cls: str, told: str) -> None:
    document = mapped("client.com", stage=stage)
    assert entry(document, stage_policy={"unknown": word})["class"] == cls
    assert told in warnings(document, stage_policy={"unknown": word})


def test_r2_3_stage_policy_never_beats_an_empty_stage() -> None:
    policy = {"unknown": "drop", "done": "drop"}
    assert {row["class"] for row in entries(mapped("a.com", stage=""), stage_policy=policy).values()} == {"ensure"}
    assert {row["class"] for row in entries(mapped("a.com", stage=None), stage_policy=policy).values()} == {"ensure"}


def test_r2_3_stage_policy_does_not_matter_while_mapping_is_switched_off() -> None:
    document = snapshot([TWO], [mapping(1, "client.com", stage="failed")], settings={"enable_domain_mapping": False})
    assert entry(document, stage_policy={"failed": "drop", "inactive": "drop"})["class"] == "keep"


@pytest.mark.parametrize("state", [{"archived": 1}, {"deleted": 1}, {"deleted": 2}, {"spam": 1}])
@pytest.mark.parametrize("stage", ["done", "failed", "parking", None])
def test_r2_3_the_mapping_of_a_site_that_is_to_go(state: dict[str, Any], stage: Any) -> None:
    document = snapshot([blog(2, "two.network.com", **state)], [mapping(1, "client.com", stage=stage)])
    desired = resolve(document, inactive_site_policy="remove")
    assert [entry["name"] for entry in desired["domains"]] == ["network.com"]
    assert {row["name"] for row in desired["unwanted"]} == {"client.com", "two.network.com"}
    assert all("(inactive_site_policy)" in row["reason"] for row in desired["unwanted"])


def test_r2_3_the_mapping_of_a_living_site_never_goes_with_the_dead_ones() -> None:
    rows = [mapping(1, "alive.com"), mapping(2, "dead.com", blog=3)]
    document = snapshot([TWO, blog(3, "three.network.com", archived=1)], rows)
    desired = resolve(document, inactive_site_policy="remove")
    assert [row["name"] for row in desired["unwanted"]] == ["dead.com", "three.network.com"]
    assert entries(document, inactive_site_policy="remove")["alive.com"]["class"] == "ensure"


@pytest.mark.parametrize("plugin", ["mercator", "wp_ultimo_1", "other"])
def test_r2_3_plugins_without_stages_serve_what_is_switched_on(plugin: str) -> None:
    rows = [
        mapping(1, "on.com", stage=None, primary=None, secure=None),
        mapping(2, "off.com", active=0, stage=None, primary=None, secure=None),
    ]
    document = snapshot([TWO], rows, settings={"enable_domain_mapping": None, "auto_create_www_subdomain": None})
    document["mapping_plugin"].update(name=plugin, version=None)
    found = entry(document)
    assert (found["name"], found["class"], found["rule"]) == ("on.com", "ensure", "R2.3 mapping is switched on")
    assert [row["name"] for row in resolve(document)["unwanted"]] == ["off.com"] and warnings(document) == ""


def test_r2_3_another_plugin_may_say_that_mapping_is_off() -> None:
    document = snapshot([TWO], [mapping(1, "client.com")], settings={"enable_domain_mapping": False})
    document["mapping_plugin"]["name"] = "other"
    assert entry(document)["class"] == "keep"


def test_r2_3_another_plugin_may_have_stages() -> None:
    document = mapped("client.com", stage="failed")
    document["mapping_plugin"]["name"] = "other"
    assert entry(document)["needs_dns"] is True
