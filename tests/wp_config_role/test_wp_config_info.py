# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wp-config.php sets up, from a real WordPress and its database, whatever state it is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wordpress import Network
from tests.wp_config_role.conftest import Call

SUNRISE = "<?php defined('WP_ULTIMO_SUNRISE_VERSION') || define('WP_ULTIMO_SUNRISE_VERSION', '2.0.0.10');"
SET_UP = {
    "MULTISITE": True,
    "SUBDOMAIN_INSTALL": True,
    "DOMAIN_CURRENT_SITE": "network.com",
    "PATH_CURRENT_SITE": "/",
    "SITE_ID_CURRENT_SITE": 1,
    "BLOG_ID_CURRENT_SITE": 1,
}


@pytest.fixture(autouse=True)
def no_sunrise(made_network: Network) -> Iterator[None]:
    yield
    (made_network.path / "wp-content/sunrise.php").unlink(missing_ok=True)
    (made_network.path / "wp-content/plugins/ultimate-multisite/sunrise.php").unlink(missing_ok=True)


def test_a_multisite(call: Call, network: Network) -> None:
    found = call("wp_config_info", network)
    assert found["changed"] is False
    assert found["config"] == str(network.config)
    assert found["table_prefix"] == "wp_"
    assert found["constants"] == SET_UP
    main = {"id": 1, "domain": "network.com", "path": "/", "main_site": 1, "subdomain_install": True}
    assert found["networks"] == [main]
    folder = network.path / "wp-content/plugins/ultimate-multisite"
    assert found["plugin"] == {
        "folder": str(folder),
        "version": "2.4.13",
        "active": True,
        "sunrise": {"path": str(folder / "sunrise.php"), "product": None, "version": None},
    }
    assert found["sunrise"] == {
        "path": str(network.path / "wp-content/sunrise.php"),
        "product": None,
        "version": None,
    }
    assert found["integration"] == {"enabled": False, "stored": []}


def test_folders_and_a_network_without_its_constants(call: Call, folder_network: Network) -> None:
    folder_network.write_config(multisite=False)
    found = call("wp_config_info", folder_network)
    assert found["constants"] == {}
    assert [(row["domain"], row["subdomain_install"]) for row in found["networks"]] == [("folders.net", False)]


def test_a_single_site_has_no_networks(call: Call, network: Network) -> None:
    network.write_config(multisite=False)
    network.sql(f"DROP TABLE `{network.table('blogs')}`")
    assert call("wp_config_info", network)["networks"] == []


def test_what_the_database_does_not_say_is_null(call: Call, network: Network) -> None:
    network.sql(f"DELETE FROM `{network.table('sitemeta')}` WHERE meta_key = 'subdomain_install'")
    network.sql(f"UPDATE `{network.table('blogs')}` SET domain = 'elsewhere.com' WHERE blog_id = 1")
    (row,) = call("wp_config_info", network)["networks"]
    assert (row["main_site"], row["subdomain_install"]) == (None, None)


def test_no_secret_is_told(call: Call, network: Network) -> None:
    secrets = {"WU_RUNCLOUD_API_TOKEN": "token-Hq71kXbv", "WU_RUNCLOUD_API_SECRET": "secret-Nw42pLme"}
    network.write_config(extra="\n".join(f"define( '{name}', '{value}' );" for name, value in secrets.items()))
    network.set_option("wu_hosting_credential_WU_RUNCLOUD_API_KEY", "$wu_enc$stored-Jd93")
    network.set_option("wu_host_integrations_enabled", 'a:1:{s:8:"runcloud";b:1;}')
    found = call("wp_config_info", network)
    assert found["runcloud_constants"] == list(secrets)
    assert found["integration"] == {"enabled": True, "stored": ["WU_RUNCLOUD_API_KEY"]}
    hidden = [*secrets.values(), "stored-Jd93", network.mariadb.PASSWORD, "s4lt-of-the-cookies"]
    assert [value for value in hidden if value in found["output"]] == []


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [(SUNRISE, "ultimate_multisite", "2.0.0.10"), ("<?php // Mercator", "other", None), (None, None, None)],
)
def test_whose_sunrise_it_is(
    call: Call, network: Network, text: str | None, product: str | None, version: str | None
) -> None:
    file = network.path / "wp-content/sunrise.php"
    if text is not None:
        file.write_text(text)
    assert call("wp_config_info", network)["sunrise"] == {"path": str(file), "product": product, "version": version}


def test_a_plugin_that_is_there_and_not_active(call: Call, network: Network) -> None:
    network.set_option("active_sitewide_plugins", "a:0:{}")
    (network.path / "wp-content/plugins/ultimate-multisite/sunrise.php").write_text(SUNRISE)
    plugin = call("wp_config_info", network)["plugin"]
    assert (plugin["active"], plugin["version"], plugin["sunrise"]["version"]) == (False, "2.4.13", "2.0.0.10")


def test_a_config_that_cannot_be_read_is_told(call: Call, network: Network, tmp_path: Path) -> None:
    network.write_config(extra="define( 'X', ;")
    failed = call("wp_config_info", network)
    assert "not valid PHP" in failed["msg"]
    assert failed["msg"].startswith(f"Cannot read the WordPress in {network.path}: ")
    assert "no folder" in call("wp_config_info", network, path=str(tmp_path / "nowhere"))["msg"]
    assert "must be absolute" in call("wp_config_info", network, path="app")["msg"]
