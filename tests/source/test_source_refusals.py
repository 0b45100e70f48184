# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be read is refused: with what failed, where and what to do next, and without a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.source.conftest import Ansible, Module
from tests.wordpress import MariaDB, Network

Failure = Callable[..., str]
SECRETS = (MariaDB.PASSWORD, "s4lt-of-the-cookies", "k3y-of-the-rest-interface", "wr0ng-password")


def rewrite(network: Network, find: str, put: str) -> None:
    text = network.config_text()
    assert find in text
    network.config.write_text(text.replace(find, put))


def script(folder: Path, text: str) -> str:
    file = folder / "php"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


# What is put where in wp-config.php, and what the message must tell a person.
CONFIG = [
    pytest.param("define( 'DB_NAME',", "define( 'DB_OTHER',", ["does not set DB_NAME", "Check DB_NAME"], id="constant"),
    pytest.param(
        "define( 'DB_", "define( 'NO_DB_", ["does not set DB_NAME, DB_USER, DB_PASSWORD, DB_HOST"], id="all constants"
    ),
    pytest.param("$table_prefix =", "$prefix =", ["does not set $table_prefix"], id="prefix"),
    pytest.param("'wp_';", "'wp-';", ["$table_prefix", "letters, digits"], id="bad prefix"),
    pytest.param(
        "'wp_';",
        "'other_';",
        ["tables other_site, other_blogs, other_sitemeta", "Correct $table_prefix"],
        id="other prefix",
    ),
    pytest.param("'wp_';", "'`; DROP TABLE x; --';", ["$table_prefix"], id="evil prefix"),
    pytest.param(
        "'network_com'", "getenv('NOT_SET')", ["DB_NAME of", "is empty", "environment of this task"], id="empty"
    ),
    pytest.param("'network_com'", "'elsewhere'", ["no such database (error 1049)", "Correct DB_NAME"], id="database"),
    pytest.param(MariaDB.PASSWORD, "wr0ng-password", ["access was denied (error 1045)", "DB_PASSWORD"], id="password"),
    pytest.param("localhost:", "localhost:/nowhere", ["no database server answers", "Start the database"], id="socket"),
    pytest.param("<?php\n", "<?php echo 'n0ise';\n", ["prints text, which is not shown", "print nothing"], id="prints"),
    pytest.param("<?php\n", "n0ise\n<?php\n", ["prints text"], id="text before"),
    pytest.param("<?php\n", "<?php ob_start(); print('n0ise');\n", ["prints text"], id="prints to its buffer"),
    pytest.param(
        "<?php\n",
        "<?php register_shutdown_function(function () { echo 'n0ise'; });\n",
        ["prints text"],
        id="prints last",
    ),
    pytest.param("<?php\n", "<?php file_put_contents('php://stdout', 'n0ise');\n", ["prints text"], id="prints aside"),
    pytest.param("<?php\n", "<?php exit;\n", ["ends the program (exit or die)"], id="exits"),
    pytest.param("<?php\n", "<?php die('n0ise');\n", ["ends the program"], id="dies"),
    pytest.param("<?php\n", "<?php $x = ;\n", ["not valid PHP (line 1)", "php -l"], id="syntax"),
    pytest.param(
        "<?php\n",
        "<?php\n\nn0ise_function();\n",
        ["Call to undefined function n0ise_function()", "line 3"],
        id="function",
    ),
    pytest.param(
        "<?php\n",
        "<?php\nthrow new RuntimeException('n0ise');\n",
        ["fails with RuntimeException (line 2)"],
        id="throws",
    ),
    pytest.param(
        "<?php\n", "<?php\nrequire '/nowhere/n0ise.php';\n", ["fatal error (line 2)", "requires"], id="include"
    ),
    pytest.param("<?php\n", "<?php trigger_error('n0ise', E_USER_ERROR);\n", ["fatal error"], id="user error"),
    pytest.param("<?php\n", "<?php\nfunction f() {}\nfunction f() {}\n", ["fatal error (line 3)"], id="declared twice"),
    pytest.param(
        "require_once ABSPATH", "// require_once ABSPATH", ["no statement that loads wp-settings.php"], id="never"
    ),
    pytest.param(
        "'wp-settings.php';",
        "'wp-settings.php'; require ABSPATH . 'wp-settings.php';",
        ["more than once (lines 19, 19)"],
        id="twice",
    ),
    pytest.param(
        "require_once ABSPATH", "$x = require_once ABSPATH", ["inside another expression (line 19)"], id="inside"
    ),
    pytest.param("require_once ABSPATH", "defined('X') or require_once ABSPATH", ["inside another"], id="inside an or"),
    pytest.param(
        "<?php\n", "<?php define('WPINC', 'x');\n", ["a file that loads WordPress"], id="loads WordPress itself"
    ),
    pytest.param("'MULTISITE', true", "'MULTISITE', false", ["does not switch on multisite"], id="not multisite"),
]


@pytest.mark.parametrize(("find", "put", "words"), CONFIG)
def test_a_wp_config_that_cannot_be_used(info: Module, network: Network, find: str, put: str, words: list[str]) -> None:
    rewrite(network, find, put)
    result = info(network, timeout=20)
    assert result.get("failed"), result
    assert "snapshot" not in result
    for word in [str(network.path), *words]:
        assert word in result["msg"]
    # The name of a function is shown on purpose, what was printed or thrown is not.
    for secret in (*SECRETS, "n0ise ", "'n0ise'", "n0ise.php"):
        assert secret not in result["output"]


def test_a_single_site(failure: Failure, network: Network) -> None:
    network.write_config(multisite=False)
    assert "does not switch on multisite" in failure(network)


def test_no_wp_config(failure: Failure, network: Network) -> None:
    network.config.unlink()
    assert "no wp-config.php, neither in the folder nor one level up" in failure(network)


def test_the_wp_config_above_belongs_to_another_wordpress(failure: Failure, network: Network) -> None:
    network.config.unlink()
    above = network.path.parent
    try:
        (above / "wp-config.php").write_text("<?php")
        (above / "wp-settings.php").write_text("<?php")
        assert "the one above it belongs to another WordPress" in failure(network)
    finally:
        (above / "wp-config.php").unlink()
        (above / "wp-settings.php").unlink()


def test_a_wp_config_that_cannot_be_opened(failure: Failure, network: Network) -> None:
    # A folder cannot be read as a file by anybody, not even by root, to whom modes mean nothing.
    network.config.unlink()
    network.config.mkdir()
    try:
        message = failure(network)
    finally:
        network.config.rmdir()
    assert f"cannot read {network.config}" in message
    assert "become_user" in message


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/etc/hostname"])
def test_no_such_folder(failure: Failure, path: str) -> None:
    message = failure(path=path)
    assert f"Cannot read the multisite in {path}: it is no folder" in message
    assert "Correct path" in message


def test_a_folder_without_wordpress(failure: Failure, tmp_path: Path) -> None:
    assert "no wp-includes/version.php" in failure(path=str(tmp_path))


def test_a_relative_path(failure: Failure) -> None:
    assert "must be absolute" in failure(path="webapps/app")


@pytest.mark.parametrize("host", ["https://network.com", "network.com/x", "", "a b", "network.com:", "'\"`$(id)"])
def test_an_http_host_that_is_none(failure: Failure, network: Network, host: str) -> None:
    assert "http_host must be a host name" in failure(network, http_host=host)


@pytest.mark.parametrize(
    "code",
    [
        "if (!isset($_SERVER['HTTP_HOST'])) { exit; }",
        "if (empty($_SERVER['HTTP_HOST'])) { throw new Exception('no host'); }",
        "(function (string $host) { return $host; })($_SERVER['HTTP_HOST']);",
        "require ABSPATH . 'wp-includes/' . ($_SERVER['SERVER_NAME'] === 'network.com' ? 'version' : 'x') . '.php';",
        "if (@$_SERVER['HTTP_HOST'] !== 'network.com') { echo 'unknown host'; }",
    ],
)
def test_a_config_that_needs_http_host_says_how_to_set_it(info: Module, network: Network, code: str) -> None:
    network.write_config(extra=code)
    assert "asks for HTTP_HOST, which the option http_host sets" in info(network)["msg"]
    assert info(network, http_host="network.com")["snapshot"]["counts"]["blogs"] == 4


def test_with_http_host_set_other_failures_do_not_speak_of_it(failure: Failure, network: Network) -> None:
    network.write_config(extra="if ($_SERVER['HTTP_HOST']) { exit; }")
    assert "HTTP_HOST" not in failure(network, http_host="network.com")


def test_a_failure_in_an_included_file_is_said_to_be_there(failure: Failure, network: Network, tmp_path: Path) -> None:
    (tmp_path / "db.php").write_text("<?php\n\n\nnot_there();\n")
    network.write_config(extra=f"require '{tmp_path}/db.php';")
    assert "undefined function not_there() (line 4 of a file that it includes)" in failure(network)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (["wu_domain_mappings"], ["no table wp_wu_domain_mappings", "mapping_plugin: none"]),
        (["blogs"], ["no multisite", "table wp_blogs"]),
        (["site", "blogs", "sitemeta"], ["no multisite", "tables wp_site, wp_blogs, wp_sitemeta"]),
    ],
)
def test_missing_tables(failure: Failure, network: Network, tables: list[str], words: list[str]) -> None:
    for table in tables:
        network.sql(f"DROP TABLE {network.table(table)}")
    message = failure(network)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(("table", "kind"), [("blogs", "blogs"), ("site", "networks")])
def test_an_empty_table_is_a_failed_read(failure: Failure, network: Network, table: str, kind: str) -> None:
    network.sql(f"DELETE FROM {network.table(table)}")
    assert f"{kind} is empty, and no multisite is without {kind}" in failure(network)


def test_a_column_that_is_missing(failure: Failure, network: Network) -> None:
    network.sql(f"ALTER TABLE {network.table('wu_domain_mappings')} DROP COLUMN stage")
    assert "the table wp_wu_domain_mappings lacks the column stage. Run the database upgrade" in failure(network)


def test_a_user_without_rights_on_a_table(failure: Failure, network: Network) -> None:
    run = network.mariadb.run
    run("CREATE USER poor@localhost IDENTIFIED BY 'wr0ng-password'")
    for table in ("site", "blogs", "sitemeta"):
        run(f"GRANT SELECT ON `{network.database}`.`{network.table(table)}` TO poor@localhost")
    text = network.config_text().replace(MariaDB.USER, "poor").replace(MariaDB.PASSWORD, "wr0ng-password")
    network.config.write_text(text)
    try:
        message = failure(network)
    finally:
        run("DROP USER poor@localhost")
    assert "lacks rights (error 1142, table wp_wu_domain_mappings)" in message
    assert "Grant DB_USER" in message


def test_a_busy_database_ends_at_the_time_limit(failure: Failure, network: Network) -> None:
    other = network.mariadb.connect(network.database)
    try:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLES {network.table('blogs')} WRITE")
        message = failure(network, timeout=1)
    finally:
        other.close()
    assert "did not finish within 1 seconds" in message
    assert "raise timeout" in message


def test_the_time_limit_also_ends_a_php_behind_a_wrapper(failure: Failure, network: Network, tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    # What the wrapper started holds the pipe: were it not ended too, the module would wait for it, and the mark be there.
    php = script(tmp_path, f"sleep 20 && touch {mark} & wait")
    assert "did not finish within 1 seconds" in failure(network, php_executable=php, timeout=1)
    assert not mark.exists()


def test_no_time(failure: Failure, network: Network) -> None:
    assert "timeout must be at least 1 second" in failure(network, timeout=0)


@pytest.mark.parametrize("php", ["/nowhere/php", "php-not-there", "/etc"])
def test_no_php(failure: Failure, network: Network, php: str) -> None:
    message = failure(network, php_executable=php)
    assert f"cannot start {php}" in message
    assert "set php_executable" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "cat >/dev/null; echo 'PHP Parse error: syntax error, unexpected ?' >&2; exit 255",
            ["(exit status 255): PHP Parse error"],
        ),
        ("cat >/dev/null", ["(exit status 0): it said nothing"]),
        ("exit 1", ["(exit status 1)"]),
    ],
)
def test_a_php_that_cannot_run_the_reader(
    failure: Failure, network: Network, tmp_path: Path, text: str, words: list[str]
) -> None:
    message = failure(network, php_executable=script(tmp_path, text))
    assert all(word in message for word in [*words, "Set php_executable"]), message


@pytest.mark.parametrize(("missing", "kept"), [("mysqli", "tokenizer"), ("tokenizer", "mysqlnd mysqli")])
def test_a_php_without_an_extension(
    failure: Failure, network: Network, tmp_path: Path, missing: str, kept: str
) -> None:
    # -n leaves the php.ini out, and with it the extensions that it would load.
    loads = " ".join(f"-d extension={name}" for name in kept.split())
    php = script(tmp_path, f'exec php -n {loads} "$@"')
    message = failure(network, php_executable=php)
    assert f"this PHP lacks the extension {missing}" in message


def test_a_php_that_dies_in_the_middle(failure: Failure, network: Network) -> None:
    network.write_config(extra="posix_kill(getmypid(), 9);")
    assert "ended without an answer (exit status -9)" in failure(network)


@pytest.mark.parametrize("options", [{}, {"source": "file"}])
def test_what_a_source_needs_is_asked_for(failure: Failure, options: dict[str, Any]) -> None:
    wanted = "file" if options else "path"
    assert f"all of the following are missing: {wanted}" in failure(**options)


def test_no_secret_at_the_highest_verbosity(network: Network, ansible: Ansible) -> None:
    constants = {f"WU_RUNCLOUD_{name}": f"t0ken-of-{name}" for name in ("API_TOKEN", "SERVER_ID", "APP_ID")}
    network.write_config(extra="".join(f"define('{name}', '{value}');" for name, value in constants.items()))
    network.set_option("wu_hosting_credential_WU_RUNCLOUD_API_TOKEN", "$wu_enc$c1pher-text")
    good = ansible({"path": str(network.path)})
    assert good[0] == 0, good[1]
    assert '"domain": "one.network.com"' in good[1]
    rewrite(network, "<?php\n", f"<?php echo '{MariaDB.PASSWORD}'; nonsense('{MariaDB.PASSWORD}');\n")
    bad = ansible({"path": str(network.path)})
    assert bad[0] == 2, bad[1]
    assert "Call to undefined function nonsense()" in bad[1]
    for text in (good[1], bad[1]):
        for secret in (*SECRETS, *constants.values(), "c1pher", MariaDB.USER):
            assert secret not in text
