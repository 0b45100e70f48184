# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Through a real WordPress, the plugin checks again what it gave up on, and nothing else is touched."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._nudge_program import PROGRAM
from ansible_collections.wpmultisite.runcloud.plugins.modules import multisite_nudge

from tests.nudge.conftest import Nudge
from tests.wordpress import Network
from tests.wordpress.domains import enqueue, queue, stages, use_plugin


def job(row: int) -> tuple[str, str, dict[str, Any], str]:
    return "wu_async_process_domain_stage", "pending", {"domain_id": row}, "domain"


def seen(result: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """State, reason and stage of each row."""
    return [(row["state"], row["reason"], row["stage"]) for row in result["mappings"]]


def test_the_program_is_valid_php() -> None:
    checked = subprocess.run(["php", "-l"], input=PROGRAM, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("kind", ["network", "folder_network"])
def test_each_stage_goes_back_to_where_its_check_begins(
    nudge: Nudge, kind: str, request: pytest.FixtureRequest
) -> None:
    network: Network = request.getfixturevalue(kind)
    use_plugin(network)
    before = {"ssl.com": "ssl-failed", "dns.com": "failed", "waits.com": "checking-ssl-cert", "new.com": "checking-dns"}
    ids = {domain: network.add_mapping(domain, stage=stage) for domain, stage in before.items()}
    others = {"done.com": "done", "other.com": "ssl-failed"}
    for domain, stage in others.items():
        network.add_mapping(domain, stage=stage)
    untouched = {row["id"]: row for row in network.rows("wu_domain_mappings")}
    result = nudge(network, *((ids[domain], domain, stage) for domain, stage in before.items()))
    assert not result.get("failed"), result
    assert result["changed"] is True
    after = {
        "ssl.com": "checking-ssl-cert",
        "dns.com": "checking-dns",
        "waits.com": "checking-ssl-cert",
        "new.com": "checking-dns",
    }
    assert seen(result) == [("requeued", "requeued", stage) for stage in after.values()]
    assert stages(network) == {**after, **others}
    assert queue(network) == [job(ids[domain]) for domain in before]
    for row in network.rows("wu_domain_mappings"):
        assert {**row, "stage": None} == {**untouched[row["id"]], "stage": None}


def test_the_result_is_as_documented(nudge: Nudge, plugin: Network) -> None:
    row = plugin.add_mapping("client-one.com", stage="ssl-failed")
    result = nudge(plugin, (row, "client-one.com", "ssl-failed"))
    (documented,) = yaml.safe_load(multisite_nudge.RETURN)["mappings"]["sample"]
    assert result["mappings"] == [{**documented, "id": row}]
    assert set(result) - {"invocation", "output"} == {"changed", "mappings"}


def test_a_second_run_finds_the_check_in_the_queue(nudge: Nudge, plugin: Network) -> None:
    row = plugin.add_mapping("a.com", stage="ssl-failed")
    nudge(plugin, (row, "a.com", "ssl-failed"))
    blind = nudge(plugin, (row, "a.com", "ssl-failed"))
    seeing = nudge(plugin, (row, "a.com", "checking-ssl-cert"))
    assert seen(blind) == [("skipped", "moved", "checking-ssl-cert")]
    assert seen(seeing) == [("skipped", "queued", "checking-ssl-cert")]
    assert "WP-Cron of the network's main site does not run" in seeing["mappings"][0]["message"]
    assert blind["changed"] is seeing["changed"] is False
    assert queue(plugin) == [job(row)]


def test_check_mode_tells_and_changes_nothing(nudge: Nudge, plugin: Network) -> None:
    row = plugin.add_mapping("a.com", stage="failed")
    result = nudge(plugin, (row, "a.com", "failed"), _ansible_check_mode=True)
    assert result["changed"] is True
    assert seen(result) == [("requeued", "requeued", "checking-dns")]
    assert result["mappings"][0]["message"] == "The plugin would check a.com again, in stage checking-dns."
    assert stages(plugin) == {"a.com": "failed"}
    assert queue(plugin) == []


@pytest.mark.parametrize("now", ["done", "done-without-ssl", "checking-ssl-cert", "checking-dns", "failed", "", None])
def test_a_row_in_another_stage_is_left_alone(nudge: Nudge, plugin: Network, now: str | None) -> None:
    row = plugin.add_mapping("a.com", stage=now or "done")
    if not now:
        plugin.sql(f"ALTER TABLE {plugin.table('wu_domain_mappings')} MODIFY stage varchar(20) NULL")
        plugin.sql(f"UPDATE {plugin.table('wu_domain_mappings')} SET stage = %s", (now,))
    result = nudge(plugin, (row, "a.com", "ssl-failed"))
    assert seen(result) == [("skipped", "moved", now)]
    assert result["changed"] is False
    assert stages(plugin) == {"a.com": now}
    assert queue(plugin) == []


def test_rows_that_are_gone_or_for_another_domain_are_left_alone(nudge: Nudge, plugin: Network) -> None:
    renamed = plugin.add_mapping("new-name.com", stage="ssl-failed")
    spelt = plugin.add_mapping("Upper.com", stage="ssl-failed")
    result = nudge(
        plugin,
        (renamed, "old-name.com", "ssl-failed"),
        (4711, "gone.com", "failed"),
        (spelt, "upper.com", "ssl-failed"),
    )
    assert seen(result) == [
        ("skipped", "renamed", "ssl-failed"),
        ("skipped", "gone", None),
        ("requeued", "requeued", "checking-ssl-cert"),
    ]
    assert "is for new-name.com now" in result["mappings"][0]["message"]
    assert "4711" in result["mappings"][1]["message"]
    assert queue(plugin) == [job(spelt)]


@pytest.mark.parametrize(
    ("job_of_it", "waits"),
    [
        ({"status": "pending"}, True),
        ({"status": "in-progress"}, True),
        ({"status": "pending", "tries": 3}, True),
        ({"status": "complete"}, False),
        ({"status": "failed"}, False),
        ({"status": "pending", "hook": "wu_add_domain"}, False),
    ],
)
def test_what_counts_as_a_check_in_the_queue(
    nudge: Nudge, plugin: Network, job_of_it: dict[str, Any], waits: bool
) -> None:
    row = plugin.add_mapping("a.com", stage="checking-ssl-cert")
    # More jobs than the queue gives out when nobody says how many.
    for other in range(1000, 1020):
        enqueue(plugin, other)
    enqueue(plugin, row, **job_of_it)
    result = nudge(plugin, (row, "a.com", "checking-ssl-cert"))
    assert [row["reason"] for row in result["mappings"]] == ["queued" if waits else "requeued"]


def test_no_rows_do_not_even_start_php(nudge: Nudge, plugin: Network) -> None:
    result = nudge(plugin, php_executable="/nowhere/php")
    assert result["mappings"] == [] and result["changed"] is False


def test_a_row_whose_stage_stays_is_not_saved(nudge: Nudge, network: Network) -> None:
    use_plugin(network, "add_filter('standin_refuses', function () { return new WP_Error('x', 'saved'); });")
    row = network.add_mapping("a.com", stage="checking-dns")
    result = nudge(network, (row, "a.com", "checking-dns"))
    assert seen(result) == [("requeued", "requeued", "checking-dns")]
    assert queue(network) == [job(row)]


def test_wordpress_is_loaded_like_its_cron(nudge: Nudge, network: Network) -> None:
    use_plugin(
        network,
        "$handler = set_error_handler('__return_true'); restore_error_handler();"
        "add_filter('standin_refuses', function () use ($handler) { return new WP_Error('x', json_encode([$handler,"
        "wp_doing_cron(), $_SERVER['HTTP_HOST'], get_current_blog_id(), (bool) did_action('wp_loaded'), is_user_logged_in()])); });",
    )
    row = network.add_mapping("a.com", stage="ssl-failed")
    ours = nudge(network, (row, "a.com", "ssl-failed"))
    site = nudge(network, (row, "a.com", "ssl-failed"), http_host="two.network.com")
    assert '[null,true,"network.com",1,true,false]' in ours["msg"]
    assert '[null,true,"two.network.com",3,true,false]' in site["msg"]


def test_what_plugins_print_is_not_taken_for_anything(nudge: Nudge, network: Network) -> None:
    use_plugin(
        network,
        "echo 'n0ise'; ob_start(); print('{\"reports\": []}'); trigger_error('n0ise', E_USER_WARNING);"
        "add_action('wu_transition_domain_stage', function () { while (ob_get_level()) ob_end_clean(); echo DB_PASSWORD; });"
        "add_action('shutdown', function () { echo 'n0ise'; exit(7); });",
    )
    network.write_config(extra="define('WP_DEBUG', true); define('WP_DEBUG_DISPLAY', true); echo 'n0ise';")
    row = network.add_mapping("a.com", stage="ssl-failed")
    result = nudge(network, (row, "a.com", "ssl-failed"))
    assert seen(result) == [("requeued", "requeued", "checking-ssl-cert")]
    assert "n0ise" not in result["output"] and network.mariadb.PASSWORD not in result["output"]
