# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""WP-CLI as a source, by a stand-in that loads the real WordPress."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.source.conftest import Module, ended
from tests.wordpress import MariaDB, Network

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text())
Failure = Callable[..., str]
SECRETS = (MariaDB.PASSWORD, "s4lt-of-the-cookies", "n0ise")


@pytest.fixture
def must_use(network: Network) -> Iterator[Callable[[str], None]]:
    """Writes a must-use plugin, which ``--skip-plugins`` does not leave out."""
    file = network.path / "wp-content" / "mu-plugins" / "noise.php"
    file.parent.mkdir()

    def write(code: str) -> None:
        file.write_text(f"<?php\n{code}\n")

    yield write
    shutil.rmtree(file.parent)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], str]:
    """A program by its text; it stands in for wp."""

    def write(text: str) -> str:
        file = tmp_path / "wp"
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return str(file)

    return write


@pytest.fixture
def wp_cli(wp: str) -> dict[str, Any]:
    """The options that choose the source."""
    return {"source": "wp_cli", "wp_executable": [wp]}


# -- the stand-in ------------------------------------------------------------------------------------------------------


def test_the_stand_in_knows_what_it_says_and_nothing_else(network: Network, wp: str) -> None:
    def call(*words: str) -> tuple[int, str, str]:
        ran = subprocess.run([wp, *words, f"--path={network.path}"], capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout, ran.stderr

    assert call("config", "get", "DOMAIN_CURRENT_SITE") == (0, "network.com\n", "")
    assert call("core", "version")[1].strip() in (network.path / "wp-includes/version.php").read_text()
    assert call("eval", "echo get_current_blog_id();", "--url=https://two.network.com/") == (0, "3", "")
    code = "echo count(wp_get_active_network_plugins());"
    assert [call("eval", code, *flags)[1] for flags in ((), ("--skip-plugins",))] == ["1", "0"]
    for words in (["site", "list"], ["eval", "1;", "--allow-root"], ["eval"], ["eval", "1;", "--skip-plugins=a"]):
        assert call(*words)[0] == 1


# -- what is read ------------------------------------------------------------------------------------------------------


def test_the_snapshot_is_that_of_php(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    network.add_mapping("client.com", primary=1)
    network.add_mapping("nulls.com", active=None, primary=None, secure=None, stage=None)
    network.add_blog("dead.com", archived=1, deleted=2)
    snapshot = info(network, **wp_cli)["snapshot"]
    jsonschema.validate(snapshot, SCHEMA)
    assert snapshot == {**info(network)["snapshot"], "source": "wp_cli"}
    assert [row["domain"] for row in snapshot["mappings"]] == ["client.com", "nulls.com"]


def test_a_folder_network_without_the_plugin(info: Module, folder_network: Network, wp_cli: dict[str, Any]) -> None:
    folder_network.add_mapping("client.com")
    snapshot = info(folder_network, **wp_cli, mapping_plugin="none")["snapshot"]
    assert snapshot == {**info(folder_network, mapping_plugin="none")["snapshot"], "source": "wp_cli"}
    assert (snapshot["mappings"], snapshot["mapping_plugin"]["unread_rows"]) == ([], 1)


def test_the_table_of_mercator(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    network.use_mercator()
    network.add_mercator("client.com", blog=3)
    network.add_mercator("off.com", active=0)
    result = info(network, **wp_cli, mapping_plugin="mercator")
    assert result["snapshot"] == {**info(network, mapping_plugin="mercator")["snapshot"], "source": "wp_cli"}
    assert [row["domain"] for row in result["snapshot"]["mappings"]] == ["client.com", "off.com"]


def test_bytes_that_are_no_text_are_told(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    network.sql(f"ALTER TABLE `{network.table('wu_domain_mappings')}` MODIFY domain VARBINARY(191)")
    network.sql(f"INSERT INTO `{network.table('wu_domain_mappings')}` (blog_id, domain) VALUES (2, X'ff2e636f6d')")
    result = info(network, **wp_cli)
    assert "wp_wu_domain_mappings" in str(result["warnings"])
    assert result["warnings"] == info(network)["warnings"]


def test_more_rows_than_the_plugin_s_own_command_gives(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    network.add_mappings([f"c{number}.com" for number in range(1200)])
    assert len(info(network, **wp_cli)["snapshot"]["mappings"]) == 1200


@pytest.mark.parametrize("path", ["", "/"])
def test_a_link_to_the_folder(
    info: Module, network: Network, wp_cli: dict[str, Any], tmp_path: Path, path: str
) -> None:
    (tmp_path / "live").symlink_to(network.path)
    wordpress = info(**wp_cli, path=f"{tmp_path / 'live'}{path}")["snapshot"]["wordpress"]
    assert (wordpress["root"], wordpress["root_real"]) == (str(tmp_path / "live"), str(network.path))


def test_printing_around_the_answer_does_no_harm(
    info: Module, network: Network, wp_cli: dict[str, Any], must_use: Callable[[str], None]
) -> None:
    must_use(
        "echo '{\"facts\": {}}'; trigger_error('n0ise');\n"
        "ob_start(function ($text) { return 'n0ise' . $text; });\n"
        "add_action('shutdown', function () { echo 'n0ise'; });"
    )
    network.add_mapping("client.com")
    result = info(network, **wp_cli)
    assert [row["domain"] for row in result["snapshot"]["mappings"]] == ["client.com"]
    assert "n0ise" not in result["output"]


def test_the_words_that_wp_gets(
    info: Module, network: Network, wp: str, script: Callable[[str], str], tmp_path: Path
) -> None:
    wrapper = script(f'printf "%s\\n" "$@" > {tmp_path}/words; shift 2; exec {wp} "$@"')
    result = info(network, source="wp_cli", wp_executable=[wrapper, "exec", "web"], http_host="network.com:8080")
    words = (tmp_path / "words").read_text().splitlines()
    assert words[:3] == ["exec", "web", "eval"]
    assert words[-4:] == [
        f"--path={network.path}",
        "--skip-plugins",
        "--skip-themes",
        "--url=https://network.com:8080/",
    ]
    assert not result.get("failed") or "no site at the address" in result["msg"]


def test_nothing_is_written(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    def checksums() -> Any:
        tables = [next(iter(row.values())) for row in network.sql("SHOW TABLES LIKE %s", (network.prefix + "%",))]
        return network.sql("CHECKSUM TABLE " + ", ".join(f"`{table}`" for table in tables if "options" not in table))

    before = checksums()
    assert "snapshot" in info(network, **wp_cli)
    assert checksums() == before


def test_one_moment_for_all_tables(info: Module, network: Network, wp_cli: dict[str, Any]) -> None:
    network.sql("SET GLOBAL general_log = 0")
    network.sql("SET GLOBAL log_output = 'TABLE'")
    network.sql("TRUNCATE mysql.general_log")
    network.sql("SET GLOBAL general_log = 1")
    try:
        assert "snapshot" in info(network, **wp_cli)
    finally:
        network.sql("SET GLOBAL general_log = 0")
    log = network.sql(
        "SELECT thread_id, CONVERT(argument USING utf8mb4) AS said FROM mysql.general_log ORDER BY event_time"
    )
    said = [(row["thread_id"], row["said"]) for row in log]
    start = next(n for n, (_, text) in enumerate(said) if text.startswith("START TRANSACTION"))
    end = next(n for n, (_, text) in enumerate(said) if text == "ROLLBACK")
    assert said[start][1] == "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
    ours = [text for thread, text in said[start + 1 : end] if thread == said[start][0]]
    assert all(text.startswith("SELECT") for text in ours)
    for table in ("site", "blogs", "wu_domain_mappings"):
        assert sum(f"FROM `{network.table(table)}`" in text and "ORDER BY" in text for text in ours) == 1


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_wp_cli_missing(failure: Failure, network: Network) -> None:
    said = failure(network, source="wp_cli", wp_executable=["/nowhere/wp"])
    assert "cannot start /nowhere/wp" in said and "No such file" in said and "wp_executable" in said
    assert "elements of a list" in failure(network, source="wp_cli", wp_executable=["docker exec web wp"])


FAILURES = [
    pytest.param("exit 7", ["exit status 7 without an answer", "run wp option get siteurl"], id="exit code"),
    pytest.param("exit 0", ["exit status 0 without an answer"], id="no fence"),
    pytest.param("echo n0ise; echo n0ise >&2; exit 255", ["exit status 255"], id="noise"),
    pytest.param("kill -9 $$", ["killed by signal 9"], id="killed"),
    pytest.param("echo 'Error: YIKES! It looks like root' >&2; exit 1", ["become_user"], id="root"),
    pytest.param(
        "echo \"Error: 'eval' is not a registered wp command.\" >&2; exit 1",
        ["does not know the command eval"],
        id="no eval",
    ),
    pytest.param('{wp} "$@"; {wp} "$@"', ["more than one answer", "@all"], id="two fences"),
    pytest.param('{wp} "$@"; exit 4', ["exit status 4 after its answer"], id="exit code after the answer"),
    pytest.param('{wp} "$@" | head -c 300', ["in the middle of its answer"], id="cut answer"),
    pytest.param('{wp} "$@" --allow-root', ["does not know one of --path"], id="unknown option"),
]


@pytest.mark.parametrize(("text", "words"), FAILURES)
def test_a_run_without_one_answer_is_told(
    failure: Failure, network: Network, wp: str, script: Callable[[str], str], text: str, words: list[str]
) -> None:
    said = failure(network, source="wp_cli", wp_executable=[script(text.replace("{wp}", wp))])
    assert said.startswith(f"Cannot read the multisite in {network.path} by WP-CLI: ")
    assert all(word in said for word in words), said
    assert not any(secret in said for secret in SECRETS)


def test_a_time_limit_ends_all_that_was_started(
    failure: Failure, network: Network, script: Callable[[str], str], tmp_path: Path
) -> None:
    wrapper = script(f"sh -c 'echo $$ > {tmp_path}/child; exec sleep 600' & wait")
    said = failure(network, source="wp_cli", wp_executable=[wrapper], timeout=1)
    assert "did not finish within 1 seconds" in said and "raise timeout" in said
    assert ended(int((tmp_path / "child").read_text()))


CODE = [
    pytest.param(
        "throw new RuntimeException('n0ise');",
        ["fatal error of PHP in", "noise.php on line 2", "source: php"],
        id="throws",
    ),
    pytest.param("n0ise_function();", ["fatal error of PHP in", "noise.php on line 2"], id="PHP fatal"),
    pytest.param("$x = ;", ["fatal error of PHP in", "noise.php on line 2"], id="syntax"),
    pytest.param("exit('n0ise');", ["exit status 0 without an answer"], id="exits"),
    pytest.param("wp_die('n0ise');", ["exit status 1 without an answer"], id="dies"),
]


@pytest.mark.parametrize(("code", "words"), CODE)
def test_a_wordpress_that_stops_is_told(
    failure: Failure,
    network: Network,
    wp_cli: dict[str, Any],
    must_use: Callable[[str], None],
    code: str,
    words: list[str],
) -> None:
    must_use(code)
    said = failure(network, **wp_cli)
    assert all(word in said for word in words), said
    assert not any(secret in said for secret in SECRETS)


def test_a_database_that_is_down(failure: Failure, network: Network, wp_cli: dict[str, Any]) -> None:
    network.write_config(db_host="localhost:/nowhere/socket")
    said = failure(network, **wp_cli)
    assert "cannot connect to its database" in said and "/nowhere" not in said


def test_no_multisite(failure: Failure, network: Network, wp_cli: dict[str, Any]) -> None:
    network.write_config(multisite=False)
    assert "does not switch on multisite" in failure(network, **wp_cli)


def test_no_wordpress_there(failure: Failure, tmp_path: Path, wp_cli: dict[str, Any]) -> None:
    said = failure(**wp_cli, path=str(tmp_path))
    assert f"finds no WordPress in {tmp_path}" in said and "Set path" in said


def test_no_site_at_the_address(failure: Failure, network: Network, wp_cli: dict[str, Any]) -> None:
    said = failure(network, **wp_cli, http_host="elsewhere.example")
    assert "no site at the address" in said and "http_host" in said


def test_no_table_of_the_plugin(failure: Failure, network: Network, wp_cli: dict[str, Any]) -> None:
    network.sql(f"DROP TABLE `{network.table('wu_domain_mappings')}`")
    said = failure(network, **wp_cli)
    assert "wp_wu_domain_mappings" in said and "mapping_plugin: none" in said


def test_a_column_that_is_missing(failure: Failure, network: Network, wp_cli: dict[str, Any]) -> None:
    network.sql(f"ALTER TABLE `{network.table('wu_domain_mappings')}` DROP COLUMN stage")
    assert "wp_wu_domain_mappings lacks the column stage" in failure(network, **wp_cli)


def test_a_database_of_a_drop_in(
    failure: Failure, network: Network, wp_cli: dict[str, Any], must_use: Callable[[str], None]
) -> None:
    # The last that WordPress does before it hands over to WP-CLI.
    must_use("add_action('wp_loaded', function () { $GLOBALS['wpdb']->dbh = null; }, PHP_INT_MAX);")
    said = failure(network, **wp_cli)
    assert "drop-in" in said and "source: command" in said


OPTIONS = [
    pytest.param({"path": "relative"}, ["path is 'relative'", "must be absolute"], id="path"),
    pytest.param({"http_host": "https://x.com/"}, ["http_host must be a host name"], id="http_host"),
    pytest.param({"wp_executable": []}, ["wp_executable is empty"], id="no program"),
    pytest.param({"timeout": 0}, ["timeout must be"], id="timeout"),
    pytest.param({"path": "x", "wp_executable": [""], "timeout": -1}, ["path", "wp_executable", "timeout"], id="all"),
]


@pytest.mark.parametrize(("options", "words"), OPTIONS)
def test_options_are_refused_before_anything_runs(
    failure: Failure, script: Callable[[str], str], tmp_path: Path, options: dict[str, Any], words: list[str]
) -> None:
    usual = {"source": "wp_cli", "path": "/", "wp_executable": [script(f"touch {tmp_path}/ran")]}
    said = failure(**{**usual, **options})
    assert all(word in said for word in words), said
    assert not os.path.exists(tmp_path / "ran")
