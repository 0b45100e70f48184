# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shape of wp-config.php that WordPress can live with is read as WordPress reads it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php_program import PROGRAM

from tests.source.conftest import Module
from tests.wordpress import Network

LOAD = "require_once ABSPATH . 'wp-settings.php';"


@pytest.fixture
def reads(info: Module, network: Network) -> Callable[..., None]:
    """Asserts that the network is read with this text of wp-config.php."""
    network.add_mapping("client.com")

    def check(text: str | bytes, **options: str) -> None:
        network.config.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = info(network, **options)
        assert not result.get("failed"), result
        assert [row["domain"] for row in result["snapshot"]["mappings"]] == ["client.com"]
        assert "warnings" not in result

    return check


def test_the_program_is_valid_php() -> None:
    checked = subprocess.run(["php", "-l"], input=PROGRAM, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "require_once(ABSPATH . 'wp-settings.php');",
        'require ABSPATH."wp-settings.php" ;',
        "include_once( ABSPATH . '/wp-settings.php' );",
        "include __DIR__ . '/wp-settings.php';",
        'require_once "{$dir}wp-settings.php";',
        'require_once "$dir/wp-settings.php";',
        "@require_once(ABSPATH . 'wp-settings.php');",
        "@ /* quiet */ require_once ABSPATH . 'wp-settings.php';",
        "REQUIRE_ONCE\n(\nABSPATH\n.\n'wp-settings.php'\n)\n;",
        "if (true) require_once ABSPATH . 'wp-settings.php';",
        "if (false) { echo 'x'; } else require_once ABSPATH . 'wp-settings.php';",
        "if (true):\nrequire_once ABSPATH . 'wp-settings.php';\nendif;",
        "if (!defined('NEVER')) {\n    require_once ABSPATH . 'wp-settings.php';\n}",
        "require_once ABSPATH . 'wp-settings.php' or die('no WordPress');",
        "require_once ABSPATH . 'wp-settings.php' ?>",
        "// require_once ABSPATH . 'wp-settings.php';\nrequire_once ABSPATH . 'wp-settings.php'; # wp-settings.php",
        "$note = 'wp-settings.php'; require 'my-wp-settings.php'; require_once ABSPATH . 'wp-settings.php';",
    ],
)
def test_every_spelling_of_the_line_that_loads_wordpress(
    reads: Callable[..., None], network: Network, statement: str
) -> None:
    mine = network.path / "my-wp-settings.php"
    mine.write_text("<?php // the user's own")
    try:
        reads(network.config_text(extra="$dir = ABSPATH;").replace(LOAD, statement))
    finally:
        mine.unlink()


@pytest.mark.parametrize(
    ("find", "put"),
    [
        pytest.param("<?php\n", "<?php declare(strict_types=1);\n", id="strict types"),
        pytest.param("<?php\n", "<?php\nnamespace Site;\n", id="namespace"),
        pytest.param("<?php\n", "\ufeff<?php\n", id="byte order mark"),
        pytest.param("<?php\n", "\n<?php\n", id="blank line first"),
        pytest.param("\n", "\r\n", id="crlf"),
        pytest.param("\n", "\r", id="cr"),
        pytest.param(LOAD, LOAD + "\n?>\n\n\n", id="blank lines last"),
        pytest.param(LOAD, LOAD + "\nadd_filter('x', '__return_true');", id="calls of WordPress afterwards"),
        pytest.param(LOAD, LOAD + "\necho 'x'; exit;", id="not reached"),
        pytest.param("define( 'ABSPATH'", "define( 'ABSPATH', '/nowhere/' ); define( 'ABSPATH'", id="ABSPATH again"),
        pytest.param("define( 'DB_NAME',", "const DB_NAME =", id="const"),
        pytest.param("$table_prefix =", "$GLOBALS['table_prefix'] =", id="globals"),
        pytest.param("define(", "\\define(", id="qualified name"),
        pytest.param("<?php\n", "<?php\n$i = $k = $db = $tokens = $prefix = 'x';\n", id="the reader's names"),
        pytest.param("<?php\n", "<?php\nob_start();\n", id="output buffer"),
        pytest.param(
            "<?php\n", "<?php\nob_start(); ob_end_clean(); while (ob_get_level()) ob_end_clean();\n", id="no buffer"
        ),
        pytest.param("<?php\n", "<?php\nfunction helper() { return __FILE__; }\nhelper();\n", id="function"),
        pytest.param(
            "<?php\n", "<?php\nini_set('display_errors', '1'); error_reporting(E_ALL); echo $n;\n", id="notice"
        ),
        pytest.param(
            "<?php\n", "<?php\nset_error_handler(function () { return true; }); $a = $b;\n", id="error handler"
        ),
        pytest.param("<?php\n", "<?php\ntrigger_error('deprecated', E_USER_DEPRECATED);\n", id="deprecated"),
    ],
)
def test_shapes(reads: Callable[..., None], network: Network, find: str, put: str) -> None:
    text = network.config_text()
    assert find in text
    if put.startswith("const"):
        text = re.sub(r"define\( 'DB_NAME', ('[^']+') \)", r"const DB_NAME = \1", text)
    else:
        text = text.replace(find, put)
    reads(text)


def test_values_from_the_environment(
    reads: Callable[..., None], network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_DB_PASSWORD", network.mariadb.PASSWORD)
    monkeypatch.setenv("SITE_DB_HOST", network.db_host)
    text = network.config_text().replace(f"'{network.mariadb.PASSWORD}'", "getenv( 'SITE_DB_PASSWORD' )")
    reads(text.replace(f"'{network.db_host}'", "getenv( 'SITE_DB_HOST' ) ?: 'localhost'"))


@pytest.mark.parametrize(
    "include",
    [
        "require __DIR__ . '/secret/db.php';",
        "require dirname( __FILE__ ) . '/secret/db.php';",
        "require ABSPATH . 'secret/db.php';",
        "require 'secret/db.php';",
        "require $_SERVER['DOCUMENT_ROOT'] . '/secret/db.php';",
        "foreach ( glob( __DIR__ . '/secret/*.php' ) as $file ) { require $file; }",
        "if ( file_exists( __DIR__ . '/secret/local.php' ) ) { exit; } elseif ( true ) { include __DIR__ . '/secret/db.php'; }",
    ],
)
def test_values_from_an_included_file(reads: Callable[..., None], network: Network, include: str) -> None:
    line = f"define( 'DB_PASSWORD', '{network.mariadb.PASSWORD}' );"
    secret = network.path / "secret"
    secret.mkdir()
    try:
        (secret / "db.php").write_text(f"<?php\n{line}\n$table_prefix = 'wp_';\nreturn array( 'x' => __DIR__ );\n")
        reads(network.config_text().replace(line, include).replace("$table_prefix = 'wp_';", ""))
    finally:
        shutil.rmtree(secret)


def test_file_and_dir_are_those_of_the_file_itself(info: Module, network: Network, tmp_path: Path) -> None:
    # Reached by a link, as deployments do it: PHP resolves it in __FILE__, and WordPress' own folder stays ABSPATH.
    real = tmp_path / "shared" / "wp-config.php"
    real.parent.mkdir()
    checks = [
        f"__FILE__ === '{real}'",
        f"__DIR__ === '{real.parent}'",
        f"ABSPATH === '{network.path}/'",
        "__LINE__ === 2",
    ]
    lines = [f"if (!({check})) {{ throw new Exception('wrong'); }}" for check in checks]
    real.write_text(network.config_text().replace("<?php\n", f"<?php\n{' '.join(lines)}\n"))
    network.config.unlink()
    network.config.symlink_to(real)
    result = info(network)
    network.config.unlink()
    assert not result.get("failed"), result


def test_one_level_up(info: Module, network: Network) -> None:
    above = network.path.parent / "wp-config.php"
    text = network.config_text(extra="require 'beside.php'; require __DIR__ . '/beside.php'; require 'below.php';")
    (above.parent / "beside.php").write_text("<?php")
    (network.path / "below.php").write_text("<?php")
    above.write_text(text)
    network.config.unlink()
    try:
        assert not info(network).get("failed")
    finally:
        above.unlink()
        (network.path / "below.php").unlink()


def test_the_one_in_the_folder_beats_the_one_above(info: Module, network: Network) -> None:
    above = network.path.parent / "wp-config.php"
    above.write_text("<?php exit;")
    try:
        assert not info(network).get("failed")
    finally:
        above.unlink()


@pytest.mark.parametrize("host", ["network.com", "network.com:8080"])
def test_http_host_as_an_option(reads: Callable[..., None], network: Network, host: str) -> None:
    condition = f"$_SERVER['HTTP_HOST'] !== '{host}' || $_SERVER['SERVER_NAME'] !== 'network.com'"
    reads(network.config_text(extra=f"if ({condition}) {{ die('who?'); }}"), http_host=host)


def test_a_config_that_knows_of_the_command_line_needs_no_http_host(
    reads: Callable[..., None], network: Network
) -> None:
    reads(network.config_text(extra="define('WP_HOME', 'https://' . ($_SERVER['HTTP_HOST'] ?? 'network.com'));"))


def test_constants_that_the_file_is_about_to_get_are_taken_for_given(info: Module, network: Network) -> None:
    network.write_config(multisite=False)
    assert "does not switch on multisite" in info(network)["msg"]
    wanted = {"MULTISITE": True, "SUBDOMAIN_INSTALL": True, "DOMAIN_CURRENT_SITE": "network.com"}
    ahead = info(network, assume_constants=wanted)["snapshot"]
    assert (ahead["wordpress"]["domain_current_site"], ahead["counts"]["blogs"]) == ("network.com", 4)
    # What the file says itself counts.
    network.write_config(extra="")
    there = info(network, assume_constants={"DOMAIN_CURRENT_SITE": "other.com"})["snapshot"]
    assert there["wordpress"]["domain_current_site"] == "network.com"
    assert "no name of a PHP constant" in info(network, assume_constants={"a-b": 1})["msg"]


def test_a_config_that_goes_on_without_http_host_is_read_with_a_warning(info: Module, network: Network) -> None:
    network.write_config(extra="define('WP_HOME', 'https://' . $_SERVER['HTTP_HOST']);")
    result = info(network)
    assert result["snapshot"]["counts"]["blogs"] == 4
    assert "http_host" in json.dumps(result["warnings"])


HOSTS = ["localhost:{socket}", ":{socket}", "127.0.0.1:{port}", "127.0.0.1:{port}:{socket}"]


@pytest.mark.parametrize("host", HOSTS)
def test_forms_of_db_host(reads: Callable[..., None], network: Network, host: str) -> None:
    server = network.mariadb
    reads(network.config_text(db_host=host.format(socket=server.socket, port=server.port)))


def test_db_host_is_taken_apart_as_wordpress_does_it(wordpress: Path) -> None:
    hosts = [
        "localhost", "", "db", "db:3307", "db:", "db:x", "127.0.0.1:3307", "localhost:/run/s.sock", ":/run/s.sock",
        "db:3307:/run/s.sock", "::1", "[::1]", "[::1]:3307", "[2001:db8::7]:3307", "2001:DB8::7", "p:localhost",
        "p:db:3307", "[::1]:/run/s.sock", "zz::1", "db/x:3307", "/run/s.sock", "db:3307/x", "0", "db:0",
    ]  # fmt: skip
    mine = PROGRAM.split("WpmReader::start(")[0] + "$mine = ['WpmReader', 'parseHost'];"
    script = (
        mine
        + """
        function absint($number) { return abs((int) $number); }
        define('WP_DEBUG', false); define('ABSPATH', getenv('WP')); define('WPINC', 'wp-includes');
        $class = file_exists(ABSPATH . 'wp-includes/class-wpdb.php') ? 'class-wpdb.php' : 'wp-db.php';
        require ABSPATH . 'wp-includes/' . $class;
        $wpdb = (new ReflectionClass('wpdb'))->newInstanceWithoutConstructor();
        foreach (json_decode(getenv('HOSTS')) as $host) {
            $theirs = $wpdb->parse_db_host($host);
            $both[] = [$host, $mine($host), $theirs === false ? null : $theirs];
        }
        echo json_encode($both);
    """
    )
    environment = {**os.environ, "WP": f"{wordpress}/", "HOSTS": json.dumps(hosts)}
    ran = subprocess.run(["php"], input=script, env=environment, capture_output=True, text=True, check=False)
    both = json.loads(ran.stdout)
    assert [host for host, _mine, _theirs in both] == hosts
    assert [[host, mine] for host, mine, _theirs in both] == [[host, theirs] for host, _mine, theirs in both]


def test_client_flags_are_honoured(info: Module, network: Network) -> None:
    # This server has no TLS, so a connection that insists on it must fail: the flag arrived.
    network.write_config(extra="define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL);")
    result = info(network)
    assert result.get("failed")
    assert "database connection failed" in result["msg"]
    network.write_config(extra="define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_COMPRESS);")
    assert not info(network).get("failed")
