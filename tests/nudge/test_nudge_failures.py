# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the plugin from checking again is told: what failed, where, what to do next, and without a secret."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nudge.conftest import Nudge
from tests.wordpress import MariaDB, Network
from tests.wordpress.domains import queue, stages, use_plugin
from tests.wordpress.network import PLUGIN

SECRETS = (MariaDB.PASSWORD, "s4lt-of-the-cookies", "k3y-of-the-rest-interface", "l1cence-t0ken")
TOKEN = "define('LICENCE_TOKEN', 'l1cence-t0ken');"
NOBODY = 65534

Failure = Callable[..., dict[str, Any]]


@pytest.fixture
def fails(nudge: Nudge) -> Failure:
    """Asks for the row a.com in ssl-failed, which must fail, with no secret in any output."""

    def call(network: Network, *rows: tuple[int, str, str], **options: Any) -> dict[str, Any]:
        result = nudge(network, *rows, **options)
        assert result.get("failed"), result
        assert not any(secret in result["output"] for secret in SECRETS)
        return result

    return call


@pytest.fixture
def refused(fails: Failure) -> Callable[..., str]:
    """As ``fails``, where WordPress never got as far as the rows; gives the message."""

    def call(network: Network, **options: Any) -> str:
        row = network.add_mapping("a.com", stage="ssl-failed")
        result = fails(network, (row, "a.com", "ssl-failed"), **options)
        assert [row["reason"] for row in result["mappings"]] == ["not_tried"]
        assert result["changed"] is False
        assert stages(network) == {"a.com": "ssl-failed"}
        assert queue(network) == []
        assert str(network.path) in result["msg"]
        return str(result["msg"])

    return call


def ids(network: Network, count: int) -> list[tuple[int, str, str]]:
    names = [f"{letter}.com" for letter in "abcdef"[:count]]
    return [(network.add_mapping(name, stage="ssl-failed"), name, "ssl-failed") for name in names]


def reasons(result: dict[str, Any]) -> list[str]:
    return [row["reason"] for row in result["mappings"]]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("nonsense(DB_PASSWORD);", ["fatal error (line 7 of wp-content/plugins/ultimate-multisite"]),
        ("throw new Exception(DB_PASSWORD);", ["fatal error (line 7 of wp-content/plugins/ultimate-multisite"]),
        ("require '/nowhere/' . DB_PASSWORD;", ["fatal error (line 7 of wp-content/plugins/ultimate-multisite"]),
        ("this is no PHP;", ["fatal error (line 7 of wp-content/plugins/ultimate-multisite"]),
        ("ini_set('memory_limit', '40M'); $x = str_repeat('x', 90000000);", ["fatal error (line 7 of"]),
        ("add_action('init', function () { exit('n0ise'); });", ["ends the program", "deactivating"]),
        ("add_action('init', function () { wp_die(DB_PASSWORD); });", ["ends the program", "deactivating"]),
        ("@mysqli_connect('localhost:/nowhere'); exit;", ["ends the program", "deactivating"]),
        ("add_action('init', function () { undefined_x(); });", ["fatal error (line 7 of wp-content/plugins"]),
    ],
)
def test_a_plugin_that_breaks_wordpress(
    refused: Callable[..., str], network: Network, code: str, words: list[str]
) -> None:
    use_plugin(network, code)
    message = refused(network)
    for word in words:
        assert word in message


def test_the_plugin_is_not_active(refused: Callable[..., str], plugin: Network) -> None:
    plugin.set_option("active_sitewide_plugins", "a:0:{}")
    assert "Ultimate Multisite is not active in the network. Activate it" in refused(plugin)


@pytest.mark.parametrize("name", ["wu_get_domain", "wu_enqueue_async_action", "wu_get_scheduled_actions"])
def test_the_plugin_is_too_old(refused: Callable[..., str], plugin: Network, name: str) -> None:
    plugin.write_config(extra=f"define('STANDIN_LACKS', ['{name}']);")
    message = refused(plugin)
    assert f"Ultimate Multisite is active, but has no {name}(). Finish its set-up" in message


def test_the_queue_cannot_be_read(refused: Callable[..., str], plugin: Network) -> None:
    code = "function wu_get_scheduled_actions() {\nthrow new LogicException(DB_PASSWORD); }"
    plugin.write_config(extra="define('STANDIN_LACKS', ['wu_get_scheduled_actions']);")
    use_plugin(plugin, code)
    assert f"cannot tell what is in its queue (line 8 of wp-content/plugins/{PLUGIN})" in refused(plugin)


def test_the_configuration_is_told_as_the_reader_tells_it(refused: Callable[..., str], plugin: Network) -> None:
    plugin.config.write_text(plugin.config_text().replace("define( 'DB_NAME',", "define( 'DB_OTHER',"))
    assert "does not set DB_NAME. Check DB_NAME" in refused(plugin)


def test_the_database_refuses(refused: Callable[..., str], plugin: Network) -> None:
    plugin.config.write_text(plugin.config_text().replace(MariaDB.PASSWORD, "another"))
    message = refused(plugin)
    assert "access was denied (error 1045)" in message and "DB_PASSWORD" in message


def test_a_site_that_is_not_there(refused: Callable[..., str], plugin: Network) -> None:
    message = refused(plugin, http_host="nobody.network.com")
    assert "WordPress has no site nobody.network.com. Set http_host" in message


def test_no_host_at_all(refused: Callable[..., str], plugin: Network) -> None:
    plugin.config.write_text(plugin.config_text().replace("define( 'DOMAIN_CURRENT_SITE'", "define( 'NOT_DOMAIN'"))
    assert "does not set DOMAIN_CURRENT_SITE. Set http_host to the network's domain." in refused(plugin)


def test_a_host_that_wp_config_takes_from_the_request(
    refused: Callable[..., str], nudge: Nudge, plugin: Network
) -> None:
    text = plugin.config_text()
    plugin.config.write_text(text.replace("'network.com' );", "$_SERVER['HTTP_HOST'] );"))
    assert plugin.config.read_text() != text
    assert "Set http_host to the network's domain." in refused(plugin)
    (row,) = plugin.rows("wu_domain_mappings")
    result = nudge(plugin, (row["id"], "a.com", "ssl-failed"), http_host="network.com")
    assert reasons(result) == ["requeued"]


@pytest.fixture
def maintenance(plugin: Network) -> Iterator[Network]:
    file = plugin.path / ".maintenance"
    file.write_text("<?php $upgrading = time();")
    yield plugin
    file.unlink()


def test_maintenance_mode(refused: Callable[..., str], maintenance: Network) -> None:
    assert "maintenance mode (.maintenance). Wait" in refused(maintenance)


@pytest.fixture
def foreign(plugin: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Network, str]]:
    """The network where root runs the module and the folder is another user's; and that user's name."""
    mine = os.geteuid()
    if mine == 0:
        os.chown(plugin.path, NOBODY, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    yield plugin, pwd.getpwuid(mine or NOBODY).pw_name
    os.chown(plugin.path, mine, -1)


def test_root_is_not_the_site_s_user(refused: Callable[..., str], foreign: tuple[Network, str], tmp_path: Path) -> None:
    network, owner = foreign
    message = refused(network, php_executable=str(tmp_path / "never-started"))
    assert "run the site's plugins as root" in message
    assert f"become_user: {owner}." in message


@pytest.fixture
def unreadable(plugin: Network) -> Iterator[Network]:
    # Nothing else cannot be read by root, as which the tests may run.
    plugin.config.unlink()
    plugin.config.mkdir()
    yield plugin
    plugin.config.rmdir()


def test_a_user_who_cannot_read_wp_config(refused: Callable[..., str], unreadable: Network) -> None:
    message = refused(unreadable)
    assert f"cannot read {unreadable.config}. Run the module as the site's user" in message


def test_a_folder_that_is_not_there(fails: Failure, plugin: Network) -> None:
    result = fails(plugin, (1, "a.com", "failed"), path="/nowhere/at/all")
    assert "/nowhere/at/all" in result["msg"] and "No such file or directory. Correct path" in result["msg"]
    assert reasons(result) == ["not_tried"]


def test_no_php(refused: Callable[..., str], plugin: Network) -> None:
    assert "cannot start /nowhere/php" in refused(plugin, php_executable="/nowhere/php")


def test_php_that_does_not_end(fails: Failure, network: Network) -> None:
    use_plugin(network, "add_action('wu_transition_domain_stage', function () { while (true); });")
    result = fails(network, *ids(network, 2), timeout=3)
    assert reasons(result) == ["unknown", "unknown"]
    assert "did not finish within 3 seconds" in result["msg"]
    assert "nobody knows whether a.com is checked again" in result["mappings"][0]["message"]


def test_everything_wrong_with_the_options_is_said_at_once(nudge: Nudge, plugin: Network) -> None:
    rows = [(0, "a.com", "failed"), (7, "b.com", "failed"), (7, "c.com", "failed"), (8, " ", "failed")]
    result = nudge(plugin, *rows, path="relative", http_host="https://x/", timeout=0, php_executable="/nowhere")
    assert result["failed"] and "mappings" not in result
    for word in ["path is 'relative'", "http_host must be", "timeout", "the id 0", "the id 7 2 times", "empty domain"]:
        assert word in result["msg"]


def test_a_stage_that_is_served_is_no_option(nudge: Nudge, plugin: Network) -> None:
    result = nudge(plugin, (1, "a.com", "done"))
    assert result["failed"] and "must be one of: ssl-failed" in result["msg"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("throw new DomainException(DB_PASSWORD);", "stopped with DomainException (line 7 of wp-content/plugins/"),
        ("undefined_function();", "stopped with Error (line 7 of wp-content/plugins/"),
        ("wp_die(DB_PASSWORD);", "stopped with RuntimeException"),
    ],
)
def test_what_is_thrown_at_one_row_leaves_the_others(fails: Failure, network: Network, code: str, words: str) -> None:
    use_plugin(
        network,
        f"add_action('wu_transition_domain_stage', function ($old, $new, $id) {{ if ($id % 3 == 2) {{ {code} }} }}, 10, 3);",
    )
    rows = ids(network, 3)
    bad = next(at for at, row in enumerate(rows) if row[0] % 3 == 2)
    result = fails(network, *rows)
    expected = ["requeued"] * 3
    expected[bad] = "threw"
    assert reasons(result) == expected
    assert words in result["msg"]
    assert result["msg"].startswith("1 of 3 domains")
    assert result["changed"] is True
    assert [args["domain_id"] for _, _, args, _ in queue(network)] == [row[0] for row in rows if row is not rows[bad]]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("exit(DB_PASSWORD);", "PHP ended while the plugins worked on b.com."),
        (
            "ini_set('memory_limit', '40M'); $x = str_repeat('x', 90000000);",
            "worked on b.com (line 7 of wp-content/plugins/",
        ),
    ],
)
def test_what_ends_php_at_one_row_leaves_the_rest_untried(
    fails: Failure, network: Network, code: str, words: str
) -> None:
    rows = ids(network, 4)
    use_plugin(
        network,
        f"add_action('wu_transition_domain_stage', function ($old, $new, $id) {{ if ($id == {rows[1][0]}) {{ {code} }} }}, 10, 3);",
    )
    result = fails(network, *rows)
    assert reasons(result) == ["requeued", "stopped", "not_tried", "not_tried"]
    assert words in result["msg"] and result["msg"].startswith("3 of 4 domains")
    assert [args["domain_id"] for _, _, args, _ in queue(network)] == [rows[0][0]]
    assert list(stages(network).values())[2:] == ["ssl-failed", "ssl-failed"]


def test_the_plugin_refuses_to_save(fails: Failure, plugin: Network) -> None:
    rows = ids(plugin, 1)
    plugin.add_mapping("a.com", stage="done")
    result = fails(plugin, *rows)
    assert reasons(result) == ["refused"]
    assert "refused to save a.com: A mapping with the Domain a.com exists already." in result["msg"]
    assert result["changed"] is False and queue(plugin) == []


@pytest.mark.parametrize(
    "text", ["'x' . DB_PASSWORD . 'x'", "LICENCE_TOKEN", "AUTH_KEY", "'<b>' . DB_PASSWORD . '</b>'", "''"]
)
def test_a_refusal_with_a_secret_is_not_shown(fails: Failure, network: Network, text: str) -> None:
    use_plugin(network, f"{TOKEN} add_filter('standin_refuses', function () {{ return new WP_Error('x', {text}); }});")
    result = fails(network, *ids(network, 1))
    assert "refused to save a.com: it gave no reason that can be shown" in result["msg"]


def test_the_plugin_does_not_take_over_the_stage(fails: Failure, network: Network) -> None:
    use_plugin(
        network, "add_filter('standin_refuses', function ($no, $domain) { $domain->set_stage('ssl-failed'); }, 10, 2);"
    )
    result = fails(network, *ids(network, 1))
    assert reasons(result) == ["not_saved"]
    assert "its stage is still ssl-failed" in result["msg"]
    assert queue(network) == []


def test_the_queue_takes_no_job(fails: Failure, network: Network) -> None:
    use_plugin(network, "add_filter('standin_queue_is_broken', '__return_true');")
    result = fails(network, *ids(network, 1))
    assert reasons(result) == ["not_queued"]
    assert "a.com is in stage checking-ssl-cert, but the plugin's queue took no job" in result["msg"]


def test_many_failures_are_told_in_short(fails: Failure, network: Network) -> None:
    use_plugin(network, "add_filter('standin_queue_is_broken', '__return_true');")
    result = fails(network, *ids(network, 6))
    assert result["msg"].startswith("6 of 6 domains") and result["msg"].endswith(" And 1 more.")
    assert "f.com" not in result["msg"] and len(result["mappings"]) == 6
