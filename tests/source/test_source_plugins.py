# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""php and database on one real network for each mapping plugin: equal facts, and equal words for what they refuse."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.source.conftest import Module, login
from tests.wordpress import Network

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text())
SAME = ("networks", "blogs", "mappings", "counts")


def both(info: Module, network: Network, plugin: str) -> list[dict[str, Any]]:
    """The results of php and of database."""
    return [info(network, mapping_plugin=plugin), info(**login(network), mapping_plugin=plugin)]


def read(info: Module, network: Network, plugin: str) -> dict[str, Any]:
    """The snapshot of php, after holding database's against it."""
    results = both(info, network, plugin)
    assert not [result for result in results if result.get("failed")], results
    php, database = (result["snapshot"] for result in results)
    for snapshot in (php, database):
        jsonschema.validate(snapshot, SCHEMA)
    assert {key: php[key] for key in SAME} == {key: database[key] for key in SAME}
    assert php["mapping_plugin"] == {**database["mapping_plugin"], "version": php["mapping_plugin"]["version"]}
    assert database["mapping_plugin"]["version"] is None
    assert php["wordpress"]["subdomain_install"] is database["wordpress"]["subdomain_install"]
    settings, stored = php["settings"], database["settings"]
    assert settings["enable_domain_mapping"] is stored["enable_domain_mapping"]
    assert settings["auto_create_www_subdomain"] == stored["auto_create_www_subdomain"]
    assert settings["runcloud_integration"]["enabled"] is stored["runcloud_integration"]["enabled"]
    assert results[0].get("warnings", []) == results[1].get("warnings", [])
    return dict(php)


def refused(info: Module, network: Network, plugin: str) -> str:
    """What both say, which is the same."""
    results = both(info, network, plugin)
    assert all(result.get("failed") and "snapshot" not in result for result in results), results
    php, database = (result["msg"].split(": ", 1)[1] for result in results)
    assert php == database
    return str(php)


@pytest.mark.parametrize("kind", ["network", "folder_network"])
def test_ultimate_multisite(info: Module, kind: str, request: pytest.FixtureRequest) -> None:
    network: Network = request.getfixturevalue(kind)
    for stage in ("checking-dns", "checking-ssl-cert", "done", "done-without-ssl", "failed", "ssl-failed", None):
        network.add_mapping(f"{stage}.com", stage=stage)
    network.add_mapping("nulls.com", active=None, primary=None, secure=None, stage=None)
    network.add_mapping("müller.de", blog=99, active=0, primary=1, secure=1)
    network.add_blog("dead.com", archived=1, spam=1, mature=1, deleted=2, public=0)
    network.set_option("wu_host_integrations_enabled", 'a:1:{s:8:"runcloud";b:1;}')
    snapshot = read(info, network, "ultimate_multisite")
    assert [row["domain"] for row in snapshot["mappings"]][-2:] == ["nulls.com", "müller.de"]
    assert snapshot["mapping_plugin"]["name"] == "ultimate_multisite"
    assert snapshot["settings"]["runcloud_integration"]["enabled"] is True


@pytest.mark.parametrize(("plugin", "folder"), [("mercator", "mercator"), ("wp_ultimo_1", "wp-ultimo")])
@pytest.mark.parametrize("mark", ["1.1.0", None])
def test_the_table_of_mercator(
    info: Module, network: Network, tmp_path: Path, plugin: str, folder: str, mark: str | None
) -> None:
    network.use_mercator(mark)
    network.add_mercator("client.com", blog=3)
    network.add_mercator("off.com", active=0)
    network.add_mercator("Ünknown.de", blog=99, active=None)
    # Left over from another time: its rows belong to nobody who was asked for.
    network.add_mapping("old.com")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "main.php").write_text("<?php\n/* \n * Version: 1.10.13\n */")
    network.write_config(extra=f"define('WP_PLUGIN_DIR', '{tmp_path}');")
    network.set_option("active_sitewide_plugins", f'a:1:{{s:{len(folder) + 9}:"{folder}/main.php";i:1;}}')
    snapshot = read(info, network, plugin)
    empty = {"primary": None, "secure": None, "stage": None}
    assert snapshot["mappings"] == [
        {"id": 1, "blog_id": 3, "domain": "client.com", "active": 1, **empty},
        {"id": 2, "blog_id": 2, "domain": "off.com", "active": 0, **empty},
        {"id": 3, "blog_id": 99, "domain": "Ünknown.de", "active": None, **empty},
    ]
    assert snapshot["mapping_plugin"] == {"name": plugin, "version": "1.10.13", "schema": mark, "unread_rows": 0}
    assert snapshot["settings"] == {
        "enable_domain_mapping": None,
        "auto_create_www_subdomain": None,
        "runcloud_integration": {"enabled": None, "configured": None},
    }


def test_no_plugin_counts_the_rows_of_all_known_tables(info: Module, network: Network) -> None:
    network.use_mercator()
    network.add_mercator("a.com")
    network.add_mappings(["b.com", "c.com"])
    network.sql(f"CREATE TABLE {network.table('domainer')} (id int)")
    network.sql(f"INSERT INTO {network.table('domainer')} VALUES (1), (2), (3)")
    snapshot = read(info, network, "none")
    assert snapshot["mappings"] == []
    assert snapshot["mapping_plugin"] == {"name": "none", "version": None, "schema": None, "unread_rows": 6}


@pytest.mark.parametrize("plugin", ["mercator", "wp_ultimo_1", "none"])
def test_domains_that_mercator_keeps_for_whole_networks_are_counted(
    info: Module, network: Network, plugin: str
) -> None:
    network.use_mercator()
    for name in ("a.org", "b.org"):
        key = "mercator_" + hashlib.sha1(name.encode()).hexdigest()
        network.set_option(key, 'O:8:"stdClass":2:{s:6:"domain";s:5:"a.org";s:6:"active";b:1;}')
    network.set_option("mercator_of_somebody_else", "x")
    assert read(info, network, plugin)["mapping_plugin"]["unread_rows"] == 2


def test_rows_of_further_networks_are_counted_but_not_read(info: Module, network: Network) -> None:
    network.sql(
        f"INSERT INTO {network.table('site')} (id, domain, path) VALUES (2, 'second.org', '/'), (3, 'x.org', '/')"
    )
    network.add_blog("second.org", network=2)
    network.add_mapping("client.com")
    network.sql(f"CREATE TABLE {network.table('wu_2_domain_mappings')} LIKE {network.table('wu_domain_mappings')}")
    network.sql(
        f"INSERT INTO {network.table('wu_2_domain_mappings')} (blog_id, domain) VALUES (9, 'a.org'), (9, 'b.org')"
    )
    snapshot = read(info, network, "ultimate_multisite")
    assert [row["domain"] for row in snapshot["networks"]] == ["network.com", "second.org", "x.org"]
    assert [row["domain"] for row in snapshot["mappings"]] == ["client.com"]
    assert snapshot["mapping_plugin"]["unread_rows"] == 2
    assert read(info, network, "none")["mapping_plugin"]["unread_rows"] == 3


@pytest.mark.parametrize("plugin", ["mercator", "wp_ultimo_1"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "ALTER TABLE {t} ADD is_primary tinyint, ADD is_https tinyint, ADD type tinyint",
            ["looks like the one of Dark Matter", "is_primary"],
        ),
        (
            "CREATE TABLE {t}_logins (id varchar(32))",
            ["looks like the one of WordPress MU Domain Mapping", "wp_domain_mapping_logins", "left-over"],
        ),
        ("ALTER TABLE {t} DROP active", ["lacks the column active"]),
        ("ALTER TABLE {t} DROP id, DROP active", ["lacks the columns id, active"]),
        ("ALTER TABLE {t} ADD note int", ["has the column note, which Mercator's has not"]),
    ],
)
def test_a_table_of_another_plugin_is_not_read(
    info: Module, network: Network, plugin: str, change: str, words: list[str]
) -> None:
    network.use_mercator()
    network.add_mercator("client.com")
    network.sql(change.format(t=network.table("domain_mapping")))
    message = refused(info, network, plugin)
    for word in ["table wp_domain_mapping", "source: command", *words]:
        assert word in message


@pytest.mark.parametrize(("plugin", "name"), [("mercator", "Mercator"), ("wp_ultimo_1", "WP Ultimo 1")])
def test_a_plugin_without_its_table(info: Module, network: Network, plugin: str, name: str) -> None:
    assert f"no table wp_domain_mapping, where {name} keeps its domains" in refused(info, network, plugin)


def test_columns_that_are_missing(info: Module, network: Network) -> None:
    network.sql(f"ALTER TABLE {network.table('wu_domain_mappings')} DROP COLUMN stage, DROP COLUMN secure")
    assert "the table wp_wu_domain_mappings lacks the columns secure, stage. Run the" in refused(
        info, network, "ultimate_multisite"
    )


def test_numbers_in_columns_for_text_are_numbers(info: Module, network: Network) -> None:
    network.sql(
        f"ALTER TABLE {network.table('wu_domain_mappings')} MODIFY active varchar(9), MODIFY secure decimal(3,0),"
        " MODIFY primary_domain enum('0','1')"
    )
    network.sql(
        f"INSERT INTO {network.table('wu_domain_mappings')} (blog_id, domain, active, secure, primary_domain)"
        " VALUES (2, 'a.com', '0', 1, '1'), (2, 'b.com', NULL, NULL, '0')"
    )
    rows = read(info, network, "ultimate_multisite")["mappings"]
    assert [(row["active"], row["secure"], row["primary"]) for row in rows] == [(0, 1, 1), (None, None, 0)]


@pytest.mark.parametrize("value", ["", "true", "yes", "1.0", " 1", "01", "-0", "0x1", "9" * 30])
def test_what_is_no_number_is_told_with_its_row_and_column(info: Module, network: Network, value: str) -> None:
    mappings = network.table("wu_domain_mappings")
    network.sql(f"ALTER TABLE {mappings} MODIFY active varchar(30), MODIFY primary_domain varchar(30)")
    network.sql(f"INSERT INTO {mappings} (id, blog_id, domain, active) VALUES (7, 2, 'a.com', 1)")
    network.sql(f"INSERT INTO {mappings} (id, blog_id, domain, primary_domain) VALUES (41, 2, 'b.com', %s)", (value,))
    message = refused(info, network, "ultimate_multisite")
    told = f"table wp_wu_domain_mappings, row with id 41: primary_domain is '{value}', not a whole number or null"
    assert message.startswith(told)
    assert "id 7" not in message


def test_nulls_where_none_may_be_are_told(info: Module, network: Network) -> None:
    network.sql(f"ALTER TABLE {network.table('blogs')} MODIFY domain varchar(200) NULL, MODIFY site_id bigint NULL")
    network.sql(f"UPDATE {network.table('blogs')} SET domain = NULL, site_id = NULL WHERE blog_id = 3")
    message = refused(info, network, "ultimate_multisite")
    assert "table wp_blogs, row with blog_id 3: site_id is null, not a whole number" in message
    assert "table wp_blogs, row with blog_id 3: domain is null, not text" in message


def test_three_hundred_rows_of_junk_are_read_as_they_are(info: Module, network: Network) -> None:
    junk = [
        "",
        " ",
        "http://a.com/?x=1&y='2'",
        'a"b\\',
        "{{ 7*7 }}",
        "müller.de",
        "🦊",
        "\x00\t\n",
        "DROP TABLE x;--",
        "a" * 191,
    ]
    names = [f"{junk[number % 10]}{number}"[-191:] for number in range(300)]
    network.add_mappings(names)
    assert [row["domain"] for row in read(info, network, "ultimate_multisite")["mappings"]] == names


def test_bytes_that_are_no_text_are_told(info: Module, network: Network) -> None:
    mappings = network.table("wu_domain_mappings")
    network.sql(f"ALTER TABLE {mappings} MODIFY domain VARBINARY(191) NOT NULL")
    network.add_mapping("müller.de")
    network.sql(f"INSERT INTO {mappings} (id, blog_id, domain) VALUES (8, 2, CONCAT('before.com', 0xC328FF))")
    snapshot = read(info, network, "ultimate_multisite")
    assert [row["domain"] for row in snapshot["mappings"]] == ["müller.de", "before.com\ufffd(\ufffd"]
    for result in both(info, network, "ultimate_multisite"):
        (warning,) = result["warnings"]
        assert (
            "Table wp_wu_domain_mappings, row with id 8: domain holds bytes that are no UTF-8"
            in warning["event"]["msg"]
        )


def test_many_bad_rows_are_told_in_one_line(info: Module, network: Network) -> None:
    mappings = network.table("wu_domain_mappings")
    network.sql(f"ALTER TABLE {mappings} MODIFY domain VARBINARY(191) NOT NULL")
    network.add_mappings("before.com" for _ in range(13))
    network.sql(f"UPDATE {mappings} SET domain = CONCAT(domain, 0xFF) WHERE id > 1")
    for result in both(info, network, "ultimate_multisite"):
        (warning,) = result["warnings"]
        assert "rows with id 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more: domain holds" in warning["event"]["msg"]


@pytest.mark.parametrize("garbled", [True, False])
def test_names_in_a_column_that_is_not_unicode_are_refused(info: Module, network: Network, garbled: bool) -> None:
    network.sql(f"ALTER TABLE {network.table('blogs')} MODIFY domain varchar(200) CHARACTER SET latin1 NOT NULL")
    read(info, network, "ultimate_multisite")
    # As an old WordPress wrote it, through a connection that called its UTF-8 Latin-1; and as a new one does.
    value = "CONVERT(0x6DC3BC2E6465 USING latin1)" if garbled else "'mü.de'"
    network.sql(f"UPDATE {network.table('blogs')} SET domain = {value} WHERE blog_id = 4")
    message = refused(info, network, "ultimate_multisite")
    assert "table wp_blogs, row with blog_id 4: domain is not in plain letters" in message
    assert "latin1" in message and "Convert the table to utf8mb4" in message
