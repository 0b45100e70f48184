# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot equals what the database and wp-config.php hold, and reading it leaves no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.source.conftest import Module
from tests.wordpress import Network

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text())
SETTINGS = 'a:2:{s:21:"enable_domain_mapping";%ss:25:"auto_create_www_subdomain";%s}'


def read(info: Module, network: Network, **options: Any) -> dict[str, Any]:
    """The snapshot, held against its schema and against the tables."""
    result = info(network, **options)
    assert not result.get("failed"), result
    assert result["changed"] is False
    snapshot: dict[str, Any] = result["snapshot"]
    jsonschema.validate(snapshot, SCHEMA)
    assert snapshot["networks"] == [
        {"id": row["id"], "domain": row["domain"], "path": row["path"]} for row in network.rows("site")
    ]
    same = ("domain", "path", "public", "archived", "mature", "spam", "deleted")
    assert snapshot["blogs"] == [
        {"id": row["blog_id"], "network_id": row["site_id"], **{key: row[key] for key in same}}
        for row in network.rows("blogs")
    ]
    assert snapshot["counts"] == {name: len(snapshot[name]) for name in ("networks", "blogs", "mappings")}
    return snapshot


def mappings(network: Network) -> list[dict[str, Any]]:
    return [
        {
            **{key: row[key] for key in ("id", "blog_id", "domain", "active", "secure", "stage")},
            "primary": row["primary_domain"],
        }
        for row in network.rows("wu_domain_mappings")
    ]


def test_a_subdomain_network_as_wordpress_made_it(info: Module, network: Network) -> None:
    network.add_mapping("client.com", primary=1)
    snapshot = read(info, network)
    assert snapshot["format"] == "wpmultisite.snapshot/1"
    assert snapshot["source"] == "php"
    assert snapshot["wordpress"] == {
        "version": snapshot["wordpress"]["version"],
        "subdomain_install": True,
        "domain_current_site": "network.com",
        "environment_type": "production",
        "runtime_url": False,
        "root": str(network.path),
        "root_real": str(network.path),
    }
    assert (
        f"$wp_version = '{snapshot['wordpress']['version']}';" in (network.path / "wp-includes/version.php").read_text()
    )
    assert snapshot["mapping_plugin"] == {
        "name": "ultimate_multisite",
        "version": "2.4.13",
        "schema": "2.0.1-revision.20260109",
        "unread_rows": 0,
    }
    assert snapshot["settings"] == {
        "enable_domain_mapping": True,
        "auto_create_www_subdomain": "always",
        "runcloud_integration": {"enabled": False, "configured": False},
    }
    hosts = ["network.com", "one.network.com", "two.network.com", "three.network.com"]
    assert [blog["domain"] for blog in snapshot["blogs"]] == hosts
    assert snapshot["mappings"] == mappings(network)
    assert [row["domain"] for row in snapshot["mappings"]] == ["client.com"]


def test_a_subdirectory_network_with_another_prefix(info: Module, folder_network: Network) -> None:
    folder_network.add_mapping("client.com", blog=3, stage="checking-dns", active=0)
    snapshot = read(info, folder_network)
    assert snapshot["wordpress"]["subdomain_install"] is False
    assert [blog["path"] for blog in snapshot["blogs"]] == ["/", "/one/", "/two/", "/three/"]
    assert {blog["domain"] for blog in snapshot["blogs"]} == {"folders.net"}
    assert snapshot["mappings"] == mappings(folder_network)


def test_check_mode_reads_all_the_same(info: Module, network: Network) -> None:
    assert info(network, _ansible_check_mode=True)["snapshot"] == info(network)["snapshot"]


def test_every_state_of_a_row_passes_through(info: Module, network: Network) -> None:
    for stage in ("checking-dns", "checking-ssl-cert", "done-without-ssl", "done", "failed", "ssl-failed", None):
        network.add_mapping(f"{stage}.com", stage=stage)
    network.add_mapping("nulls.com", active=None, primary=None, secure=None, stage=None)
    # As WordPress, whose SQL mode is not strict, stores a stage that the column does not know.
    network.sql("SET SESSION sql_mode = ''")
    network.sql(
        f"INSERT IGNORE INTO {network.table('wu_domain_mappings')} (blog_id, domain, stage) VALUES (99, 'x.com', 'new')"
    )
    network.sql("SET SESSION sql_mode = DEFAULT")
    network.add_blog("dead.com", archived=1, spam=1, mature=1, deleted=2, public=0)
    snapshot = read(info, network)
    assert snapshot["mappings"] == mappings(network)
    assert snapshot["mappings"][-1]["stage"] == ""
    assert snapshot["mappings"][-2]["active"] is None
    assert snapshot["blogs"][-1]["deleted"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "müller.de",
        "🦊.example",
        " spaced.com ",
        "",
        "https://client.com/x",
        "a'b\"c\\d",
        "{% raw %}",
        "\x00\t",
    ],
)
def test_text_passes_through_untouched(info: Module, network: Network, text: str) -> None:
    network.add_mapping(text)
    assert read(info, network)["mappings"][0]["domain"] == text


def test_bytes_that_are_no_text_are_replaced_and_hide_nothing(info: Module, network: Network) -> None:
    network.sql(f"ALTER TABLE {network.table('wu_domain_mappings')} MODIFY domain VARBINARY(191) NOT NULL")
    network.add_mapping("before.com")
    network.sql(f"UPDATE {network.table('wu_domain_mappings')} SET domain = CONCAT(domain, 0xC328FF)")
    network.add_mapping("after.com")
    assert [row["domain"] for row in read(info, network)["mappings"]] == ["before.com\ufffd(\ufffd", "after.com"]


def test_a_thousand_sites_and_a_thousand_mappings(info: Module, network: Network) -> None:
    network.add_blogs(f"site{number}.network.com" for number in range(1000))
    network.add_mappings(f"client{number}.com" for number in range(1000))
    snapshot = read(info, network)
    assert snapshot["counts"] == {"networks": 1, "blogs": 1004, "mappings": 1000}
    assert snapshot["mappings"] == mappings(network)


def test_several_networks_in_one_wordpress(info: Module, network: Network) -> None:
    network.sql(f"INSERT INTO {network.table('site')} (domain, path) VALUES ('second.org', '/')")
    network.add_blog("second.org", network=2)
    snapshot = read(info, network)
    assert [row["domain"] for row in snapshot["networks"]] == ["network.com", "second.org"]
    # The settings are those of the main network, not of the second, which has none.
    assert snapshot["settings"]["auto_create_www_subdomain"] == "always"


def test_rows_of_a_mapping_table_that_nobody_asked_for_are_counted(info: Module, network: Network) -> None:
    network.add_mappings(["a.com", "b.com"])
    assert read(info, network)["mapping_plugin"]["unread_rows"] == 0
    snapshot = read(info, network, mapping_plugin="none")
    assert snapshot["mappings"] == [] and snapshot["mapping_plugin"]["unread_rows"] == 2


def test_without_a_mapping_plugin_its_table_is_not_needed(info: Module, network: Network) -> None:
    network.sql(f"DROP TABLE {network.table('wu_domain_mappings')}")
    snapshot = read(info, network, mapping_plugin="none")
    assert snapshot["mappings"] == []
    assert snapshot["mapping_plugin"] == {"name": "none", "version": None, "schema": None, "unread_rows": 0}
    assert snapshot["settings"] == {
        "enable_domain_mapping": None,
        "auto_create_www_subdomain": None,
        "runcloud_integration": {"enabled": None, "configured": None},
    }


@pytest.mark.parametrize(
    ("stored", "mapping", "www"),
    [
        (SETTINGS % ("b:1;", 's:5:"never";'), True, "never"),
        (SETTINGS % ("b:0;", 's:9:"main_only";'), False, "main_only"),
        (SETTINGS % ('s:0:"";', 's:6:"always";'), False, "always"),
        (SETTINGS % ("i:1;", 's:7:"unknown";'), True, None),
        (SETTINGS % ('O:8:"stdClass":0:{}', "N;"), None, None),
        ("a:0:{}", None, None),
        ("a:1:{this is broken", None, None),
        ('O:8:"stdClass":0:{}', None, None),
    ],
)
def test_only_named_settings_get_out(
    info: Module, network: Network, stored: str, mapping: bool | None, www: str | None
) -> None:
    network.set_option("wp-ultimo_v2_settings", stored)
    settings = read(info, network)["settings"]
    assert settings["enable_domain_mapping"] is mapping
    assert settings["auto_create_www_subdomain"] == www


TOKEN = "define('WU_RUNCLOUD_API_TOKEN', 't0ken-of-the-panel'); define('WU_RUNCLOUD_SERVER_ID', 7); define('WU_RUNCLOUD_APP_ID', 9);"
OLD = (
    "define('WU_RUNCLOUD_API_KEY', 'k3y-of-the-panel'); define('WU_RUNCLOUD_API_SECRET', 's3cret-of-the-panel');"
    "define('WU_RUNCLOUD_SERVER_ID', '7'); define('WU_RUNCLOUD_APP_ID', '9');"
)


@pytest.mark.parametrize(
    ("constants", "options", "configured"),
    [
        (TOKEN, [], True),
        (OLD, [], True),
        ("", ["API_TOKEN", "SERVER_ID", "APP_ID"], True),
        ("define('WU_RUNCLOUD_API_TOKEN', 't0ken-of-the-panel');", ["SERVER_ID", "APP_ID"], True),
        ("define('WU_RUNCLOUD_API_TOKEN', 't0ken-of-the-panel');", ["SERVER_ID"], False),
        (TOKEN.replace("t0ken-of-the-panel", ""), [], False),
        (OLD.replace("_SECRET", "_OTHER"), [], False),
    ],
)
def test_the_plugins_own_runcloud_integration(
    info: Module, network: Network, constants: str, options: list[str], configured: bool
) -> None:
    network.write_config(extra=constants)
    for name in options:
        network.set_option(f"wu_hosting_credential_WU_RUNCLOUD_{name}", "$wu_enc$c1pher-text")
    network.set_option("wu_host_integrations_enabled", 'a:1:{s:8:"runcloud";b:1;}')
    result = info(network)
    assert result["snapshot"]["settings"]["runcloud_integration"] == {"enabled": True, "configured": configured}
    for secret in ("t0ken", "k3y", "s3cret", "c1pher", "$wu_enc$"):
        assert secret not in result["output"]


@pytest.mark.parametrize("kind", ["constant", "environment"])
@pytest.mark.parametrize("name", ["WP_ULTIMO_RUNTIME_URL" + end for end in ("", "_FROM", "_TO", "_MAP")])
def test_a_runtime_url_is_seen(
    info: Module, network: Network, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    if kind == "constant":
        network.write_config(extra=f"define('{name}', 'https://staging.example');")
    else:
        monkeypatch.setenv(name, "https://staging.example")
    assert read(info, network)["wordpress"]["runtime_url"] is True


@pytest.mark.parametrize(
    ("constant", "variable", "expected"),
    [
        ("staging", None, "staging"),
        (None, "development", "development"),
        ("local", "staging", "local"),
        ("nonsense", None, "production"),
        (None, "nonsense", "production"),
    ],
)
def test_the_environment_type_is_the_one_of_wordpress(
    info: Module,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    constant: str | None,
    variable: str | None,
    expected: str,
) -> None:
    if constant:
        network.write_config(extra=f"define('WP_ENVIRONMENT_TYPE', '{constant}');")
    if variable:
        monkeypatch.setenv("WP_ENVIRONMENT_TYPE", variable)
    assert read(info, network)["wordpress"]["environment_type"] == expected


def test_without_domain_current_site(info: Module, network: Network) -> None:
    text = network.config_text().replace("define( 'DOMAIN_CURRENT_SITE', 'network.com' );\n", "")
    network.config.write_text(text)
    assert read(info, network)["wordpress"]["domain_current_site"] is None


def test_subdomains_by_the_old_constant_vhost(info: Module, network: Network) -> None:
    text = network.config_text().replace("define( 'SUBDOMAIN_INSTALL', true );", "define( 'VHOST', 'yes' );")
    network.config.write_text(text)
    assert read(info, network)["wordpress"]["subdomain_install"] is True


@pytest.mark.parametrize("folder", ["ultimate-multisite", "wp-multisite-waas", "wp-ultimo", "elsewhere"])
def test_the_plugins_version_in_its_folders_of_all_years(
    info: Module, network: Network, tmp_path: Path, folder: str
) -> None:
    file = tmp_path / folder / "main.php"
    file.parent.mkdir()
    file.write_text("<?php\n/*\nPlugin Name: Some\nVersion: 2.4.3-beta.1\n*/")
    network.write_config(extra=f"define('WP_PLUGIN_DIR', '{tmp_path}');")
    network.set_option("active_sitewide_plugins", f'a:1:{{s:{len(folder) + 9}:"{folder}/main.php";i:1;}}')
    expected = None if folder == "elsewhere" else "2.4.3-beta.1"
    assert read(info, network)["mapping_plugin"]["version"] == expected


def test_the_root_is_given_as_it_is_and_resolved(info: Module, network: Network, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(network.path)
    wordpress = info(path=f"{link}/")["snapshot"]["wordpress"]
    assert (wordpress["root"], wordpress["root_real"]) == (str(link), str(network.path))


def test_neither_wordpress_nor_plugins_nor_drop_ins_are_loaded(info: Module, network: Network) -> None:
    network.add_mapping("client.com")
    network.write_plugin(code="trigger_error('plugin loaded', E_USER_ERROR); not_a_function();")
    content = network.path / "wp-content"
    files = [
        content / "sunrise.php",
        content / "db.php",
        content / "object-cache.php",
        content / "mu-plugins" / "x.php",
    ]
    network.write_config(extra="define('SUNRISE', true);")
    (content / "mu-plugins").mkdir()
    try:
        for file in files:
            file.write_text("<?php echo 'loaded'; exit(1);")
        snapshot = read(info, network)
    finally:
        for file in files:
            file.unlink(missing_ok=True)
        (content / "mu-plugins").rmdir()
    assert snapshot["mapping_plugin"]["version"] == "2.4.13"
    assert snapshot["counts"]["mappings"] == 1


def test_select_rights_are_enough_and_all_is_read_in_one_read_only_transaction(info: Module, network: Network) -> None:
    network.add_mapping("client.com")
    run = network.mariadb.run
    run("CREATE USER reader@localhost IDENTIFIED BY 'r3ader-password'")
    run(f"GRANT SELECT ON `{network.database}`.* TO reader@localhost")
    text = (
        network.config_text()
        .replace(network.mariadb.USER, "reader")
        .replace(network.mariadb.PASSWORD, "r3ader-password")
    )
    network.config.write_text(text)
    tables = ", ".join(f"`{row['Tables_in_' + network.database]}`" for row in network.sql("SHOW TABLES"))
    before = network.sql(f"CHECKSUM TABLE {tables}")
    run("SET GLOBAL log_output = 'TABLE'")
    run("SET GLOBAL general_log = ON")
    try:
        read(info, network)
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
