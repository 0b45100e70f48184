# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source database on the server that a real WordPress uses: the same facts as php, and what it refuses."""

from __future__ import annotations

import gc
import importlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.source.conftest import Ansible, Module, login
from tests.wordpress import MariaDB, Network

ROWS = ("networks", "blogs", "mappings", "counts", "settings")
SETTINGS = "wp-ultimo_v2_settings"


@pytest.fixture
def read(info: Module) -> Callable[..., dict[str, Any]]:
    """Reads by the source database, and gives the whole result."""

    def call(network: Network, **options: Any) -> dict[str, Any]:
        result = info(**{**login(network), **options})
        assert not result.get("failed"), result
        assert result["changed"] is False
        return result

    return call


@pytest.fixture
def refused(info: Module) -> Callable[..., str]:
    """Gives the message of a read that must fail, and holds that it shows neither the account nor its password."""

    def call(network: Network, **options: Any) -> str:
        options = {**login(network), **options}
        result = info(**options)
        assert result.get("failed") and "snapshot" not in result, result
        for secret in (MariaDB.PASSWORD, MariaDB.USER, "wr0ng-password"):
            assert secret not in result["msg"]
        return str(result["msg"])

    return call


def test_what_only_the_files_of_wordpress_know_is_null(
    read: Callable[..., dict[str, Any]], info: Module, network: Network
) -> None:
    network.add_mapping("client.com", primary=1, stage=None)
    snapshot = read(network)["snapshot"]
    assert snapshot["format"] == "wpmultisite.snapshot/1"
    assert snapshot["source"] == "database"
    assert snapshot["wordpress"] == {
        "version": None,
        "subdomain_install": True,
        "domain_current_site": None,
        "environment_type": None,
        "runtime_url": None,
        "root": None,
        "root_real": None,
    }
    assert snapshot["mapping_plugin"] == {
        "name": "ultimate_multisite",
        "version": None,
        "schema": "2.0.1-revision.20260109",
        "unread_rows": 0,
    }
    assert snapshot["settings"] == {
        "enable_domain_mapping": True,
        "auto_create_www_subdomain": "always",
        "runcloud_integration": {"enabled": False, "configured": None},
    }
    assert [row["domain"] for row in snapshot["mappings"]] == ["client.com"]


def test_a_subdirectory_network_with_another_prefix(
    read: Callable[..., dict[str, Any]], folder_network: Network
) -> None:
    snapshot = read(folder_network)["snapshot"]
    assert snapshot["wordpress"]["subdomain_install"] is False
    assert [blog["path"] for blog in snapshot["blogs"]] == ["/", "/one/", "/two/", "/three/"]


def test_it_reads_no_file_of_wordpress(read: Callable[..., dict[str, Any]], network: Network) -> None:
    network.config.write_text("<?php exit('not for you');")
    assert read(network)["snapshot"]["counts"] == {"networks": 1, "blogs": 4, "mappings": 0}


def test_check_mode_reads_all_the_same(read: Callable[..., dict[str, Any]], network: Network) -> None:
    assert read(network, _ansible_check_mode=True)["snapshot"] == read(network)["snapshot"]


@pytest.mark.parametrize(
    ("stored", "mapping", "www"),
    [
        ('a:1:{s:20:"enable_domain_mapping";b:1;}', None, None),
        ('a:1:{s:21:"enable_domain_mapping";s:2:"on";}', True, None),
        ('a:1:{s:21:"enable_domain_mapping";s:1:"0";}', False, None),
        ('a:1:{s:21:"enable_domain_mapping";d:1;}', True, None),
        ('a:1:{s:21:"enable_domain_mapping";i:2;}', False, None),
        ('a:1:{s:21:"enable_domain_mapping";a:0:{}}', None, None),
        ('a:1:{s:21:"enable_domain_mapping";O:8:"stdClass":0:{}}', None, None),
        ('a:2:{i:0;O:3:"Foo":1:{s:1:"a";i:1;}s:25:"auto_create_www_subdomain";s:5:"never";}', None, "never"),
        ('a:1:{s:25:"auto_create_www_subdomain";s:5:"maybe";}', None, None),
        ('a:1:{s:5:"müll";s:4:"🦊";}', None, None),
        ('O:8:"stdClass":0:{}', None, None),
        ("a:1:{this is broken", None, None),
        ("", None, None),
        ("s:1:", None, None),
    ],
)
def test_settings_are_read_as_php_reads_them(
    read: Callable[..., dict[str, Any]],
    info: Module,
    network: Network,
    stored: str,
    mapping: bool | None,
    www: str | None,
) -> None:
    network.set_option(SETTINGS, stored)
    settings = read(network)["snapshot"]["settings"]
    assert (settings["enable_domain_mapping"], settings["auto_create_www_subdomain"]) == (mapping, www)
    by_php = info(network)["snapshot"]["settings"]
    assert (by_php["enable_domain_mapping"], by_php["auto_create_www_subdomain"]) == (mapping, www)


@pytest.mark.parametrize(
    ("stored", "enabled"),
    [
        ('a:1:{s:8:"runcloud";b:1;}', True),
        ('a:1:{s:8:"runcloud";b:0;}', False),
        ('a:1:{s:8:"runcloud";s:1:"0";}', False),
        ('a:1:{s:8:"runcloud";s:3:"yes";}', True),
        ("a:0:{}", False),
        ("i:1;", None),
    ],
)
def test_the_plugins_own_integration_is_on(
    read: Callable[..., dict[str, Any]], info: Module, network: Network, stored: str, enabled: bool | None
) -> None:
    network.set_option("wu_host_integrations_enabled", stored)
    for snapshot in (read(network)["snapshot"], info(network)["snapshot"]):
        assert snapshot["settings"]["runcloud_integration"]["enabled"] is enabled


@pytest.mark.parametrize(
    ("names", "configured"),
    [
        (["API_TOKEN", "SERVER_ID", "APP_ID"], True),
        (["API_KEY", "API_SECRET", "SERVER_ID", "APP_ID"], True),
        (["API_KEY", "SERVER_ID", "APP_ID"], None),
        (["API_TOKEN", "SERVER_ID"], None),
        ([], None),
    ],
)
def test_whether_the_integration_is_configured_is_only_known_when_all_is_stored(
    read: Callable[..., dict[str, Any]], network: Network, names: list[str], configured: bool | None
) -> None:
    for name in names:
        network.set_option(f"wu_hosting_credential_WU_RUNCLOUD_{name}", "$wu_enc$c1pher-text")
    result = read(network)
    assert result["snapshot"]["settings"]["runcloud_integration"]["configured"] is configured
    assert "c1pher" not in result["output"]


def test_select_rights_are_enough_and_all_is_read_in_one_read_only_transaction(
    read: Callable[..., dict[str, Any]], network: Network
) -> None:
    run = network.mariadb.run
    run("CREATE USER reader@localhost IDENTIFIED BY 'r3ader-pässword'")
    run(f"GRANT SELECT ON `{network.database}`.* TO reader@localhost")
    tables = ", ".join(f"`{row['Tables_in_' + network.database]}`" for row in network.sql("SHOW TABLES"))
    before = network.sql(f"CHECKSUM TABLE {tables}")
    run("SET GLOBAL log_output = 'TABLE'")
    run("SET GLOBAL general_log = ON")
    try:
        read(network, login_user="reader", login_password="r3ader-pässword")
    finally:
        run("SET GLOBAL general_log = OFF")
        run("DROP USER reader@localhost")
    logged = run(
        "SELECT CONVERT(argument USING utf8mb4) AS sent FROM mysql.general_log WHERE user_host LIKE 'reader%%'"
    )
    run("TRUNCATE mysql.general_log")
    assert network.sql(f"CHECKSUM TABLE {tables}") == before
    sent = [row["sent"] for row in logged if row["sent"]]
    begin = sent.index("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    end = sent.index("ROLLBACK")
    assert "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ" in sent[:begin]
    assert len(sent[begin + 1 : end]) >= 8
    assert {statement.split()[0] for statement in sent[begin + 1 : end]} == {"SELECT"}
    assert not [statement for statement in sent[:begin] + sent[end:] if " FROM " in statement]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"login_password": "wr0ng-password"}, ["access was denied (error 1045)", "login_user and login_password"]),
        ({"login_db": "elsewhere"}, ["no such database (error 1049)", "Correct login_db"]),
        ({"login_unix_socket": "/nowhere/socket"}, ["/nowhere/socket", "no database server answers", "Start the"]),
        ({"login_unix_socket": None, "login_port": 1}, ["127.0.0.1:1", "no database server answers"]),
        ({"table_prefix": "other_"}, ["tables other_site, other_blogs, other_sitemeta", "Correct table_prefix"]),
    ],
)
# PyMySQL leaves a socket that could not connect to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning")
def test_a_database_that_cannot_be_used(
    refused: Callable[..., str], network: Network, options: dict[str, Any], words: list[str]
) -> None:
    message = refused(network, **{"login_host": "127.0.0.1", **options})
    for word in ["Cannot read the multisite in the database", *words]:
        assert word in message
    gc.collect()


def test_all_mistakes_in_options_are_told_at_once(refused: Callable[..., str], network: Network) -> None:
    message = refused(
        network, login_db="", table_prefix="wp-", login_port=0, timeout=0, client_cert="/nowhere/cert", login_host=""
    )
    for word in (
        "login_db",
        "login_host",
        "table_prefix",
        "login_port",
        "timeout",
        "client_key",
        "/nowhere/cert",
        "TLS",
    ):
        assert word in message


@pytest.mark.parametrize("missing", ["login_db", "login_user"])
def test_what_the_source_needs_is_asked_for(info: Module, network: Network, missing: str) -> None:
    options = {name: value for name, value in login(network).items() if name != missing}
    assert f"all of the following are missing: {missing}" in info(**options)["msg"]


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (["wu_domain_mappings"], ["no table wp_wu_domain_mappings", "Ultimate Multisite", "mapping_plugin: none"]),
        (["blogs"], ["no multisite", "table wp_blogs", "table_prefix or login_db"]),
        (["site", "blogs", "sitemeta"], ["no multisite", "tables wp_site, wp_blogs, wp_sitemeta"]),
    ],
)
def test_missing_tables(refused: Callable[..., str], network: Network, tables: list[str], words: list[str]) -> None:
    for table in tables:
        network.sql(f"DROP TABLE {network.table(table)}")
    message = refused(network)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(("table", "kind"), [("blogs", "blogs"), ("site", "networks")])
def test_an_empty_table_is_a_failed_read(refused: Callable[..., str], network: Network, table: str, kind: str) -> None:
    network.sql(f"DELETE FROM {network.table(table)}")
    assert f"{kind} is empty, and no multisite is without {kind}" in refused(network)


def test_a_user_without_rights_on_a_table(refused: Callable[..., str], network: Network) -> None:
    run = network.mariadb.run
    run("CREATE USER poor@localhost IDENTIFIED BY 'wr0ng-password'")
    for table in ("site", "blogs", "sitemeta"):
        run(f"GRANT SELECT ON `{network.database}`.`{network.table(table)}` TO poor@localhost")
    try:
        message = refused(network, login_user="poor", login_password="wr0ng-password")
    finally:
        run("DROP USER poor@localhost")
    assert "lacks rights (error 1142, table wp_wu_domain_mappings). Grant login_user SELECT" in message
    assert "poor" not in message


def test_a_busy_database_ends_at_the_time_limit(refused: Callable[..., str], network: Network) -> None:
    other = network.mariadb.connect(network.database)
    try:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLES {network.table('blogs')} WRITE")
        message = refused(network, timeout=1)
    finally:
        other.close()
    assert "did not answer within 1 seconds" in message and "raise timeout" in message


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that nobody serves yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_server_that_never_speaks_ends_at_the_time_limit(
    refused: Callable[..., str], network: Network, listener: socket.socket
) -> None:
    message = refused(
        network, login_unix_socket=None, login_host="127.0.0.1", login_port=listener.getsockname()[1], timeout=1
    )
    assert "did not answer within 1 seconds" in message


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x04\x00\x00\x00\x0aabc", b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_another_kind_of_server(
    refused: Callable[..., str], network: Network, listener: socket.socket, greeting: bytes
) -> None:
    def greet() -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(greeting)

    thread = threading.Thread(target=greet)
    thread.start()
    message = refused(
        network, login_unix_socket=None, login_host="127.0.0.1", login_port=listener.getsockname()[1], timeout=5
    )
    thread.join()
    assert "the database connection failed" in message


def test_an_account_that_needs_a_library(
    refused: Callable[..., str], network: Network, listener: socket.socket
) -> None:
    def ask_for_ed25519() -> None:
        client, _ = listener.accept()
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(network.mariadb.socket)
            client.sendall(server.recv(4096))
            client.recv(4096)
            switch = b"\xfeclient_ed25519\0" + bytes(32)
            client.sendall(len(switch).to_bytes(3, "little") + b"\x02" + switch)

    thread = threading.Thread(target=ask_for_ed25519)
    thread.start()
    message = refused(
        network, login_unix_socket=None, login_host="127.0.0.1", login_port=listener.getsockname()[1], timeout=5
    )
    thread.join()
    assert "'pynacl' package is required" in message and "mysql_native_password" in message


@pytest.mark.parametrize("secret", ["network", "1", "client.com"])
def test_a_password_that_would_mask_names_returns_nothing(info: Module, network: Network, secret: str) -> None:
    network.add_mapping("client.com")
    run = network.mariadb.run
    run(f"CREATE USER plain@localhost IDENTIFIED BY '{secret}'")
    run(f"GRANT SELECT ON `{network.database}`.* TO plain@localhost")
    try:
        result = info(**{**login(network), "login_user": "plain", "login_password": secret})
    finally:
        run("DROP USER plain@localhost")
    assert result.get("failed") and "snapshot" not in result
    assert "Give the account a longer password" in result["msg"]


def test_no_secret_at_the_highest_verbosity(network: Network, ansible: Ansible) -> None:
    network.set_option("wu_hosting_credential_WU_RUNCLOUD_API_TOKEN", "$wu_enc$c1pher-text")
    network.set_option(SETTINGS, 'a:1:{s:7:"api_key";s:18:"k3y-of-the-network";}')
    good = ansible(login(network))
    assert good[0] == 0, good[1]
    assert '"domain": "one.network.com"' in good[1]
    # Each of these ends in an error of the database that names the account.
    for change in ({"login_db": "mysql2"}, {"login_user": "nobody-7"}, {"login_password": "wr0ng-password"}):
        bad = ansible({**login(network), **change})
        assert bad[0] == 2, bad[1]
        assert "the database connection failed" in bad[1]
        assert "@" not in bad[1].split("the database connection failed")[1].split('"')[0]
        for secret in (MariaDB.PASSWORD, "wr0ng-password", "c1pher", "k3y-of"):
            assert secret not in good[1] + bad[1]


def test_without_the_libraries(info: Module, network: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_database")
    monkeypatch.setattr(module, "LIBRARY_ERROR", "ImportError: no pymysql here")
    message = info(**login(network))["msg"]
    assert "Failed to import the required Python library (PyMySQL and phpserialize)" in message


def test_of_several_networks_the_only_one_with_the_plugin_s_options_counts(
    read: Callable[..., dict[str, Any]], network: Network
) -> None:
    meta = network.table("sitemeta")
    network.set_option("wp-ultimo_v2_settings", 'a:1:{s:25:"auto_create_www_subdomain";s:9:"main_only";}')
    network.sql(f"INSERT INTO {network.table('site')} (id, domain, path) VALUES (2, 'second.org', '/')")
    ours = "meta_key LIKE 'wp-ultimo%' OR meta_key LIKE 'wpdb_wu_%'"
    network.sql(f"UPDATE {meta} SET site_id = 2 WHERE {ours}")
    one = read(network)["snapshot"]
    assert one["settings"]["auto_create_www_subdomain"] == "main_only"
    network.sql(
        f"INSERT INTO {meta} (site_id, meta_key, meta_value) SELECT 1, meta_key, meta_value FROM {meta} WHERE {ours}"
    )
    both = read(network)["snapshot"]
    assert both["settings"] == {
        "enable_domain_mapping": None,
        "auto_create_www_subdomain": None,
        "runcloud_integration": {"enabled": None, "configured": None},
    }
    assert both["mapping_plugin"]["schema"] is None
    assert one["wordpress"]["subdomain_install"] is both["wordpress"]["subdomain_install"] is True
