# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role wp_config on a live network: both generations of the integration, its flag, sunrise.php, and what it refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import examples, write_files
from tests.playbooks.runner import Ran, run, write_json
from tests.wordpress import Network
from tests.wordpress.domains import use_plugin

ROLE = "wpmultisite.runcloud.wp_config"
SECRETS = {
    "runcloud_api_token": "token-Zk83hQwv",
    "runcloud_api_key": "key-Mn52pLxe",
    "runcloud_api_secret": "secret-Rb94tGya",
}
NUMBERS = {"runcloud_server_id": 1903, "runcloud_webapp_id": 646}
SUNRISE = "<?php defined( 'WP_ULTIMO_SUNRISE_VERSION' ) || define( 'WP_ULTIMO_SUNRISE_VERSION', '2.0.0.10' );\n"


class Site:
    """A network with the plugin's stand-in, and a play of the role for it."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network, self.folder = network, folder
        use_plugin(network)
        self.sunrise = network.path / "wp-content/sunrise.php"
        self.bundled = network.path / "wp-content/plugins/ultimate-multisite/sunrise.php"
        self.bundled.write_text(SUNRISE)

    def version(self, version: str) -> None:
        """Another version of the plugin."""
        main = self.bundled.with_name("ultimate-multisite.php")
        text = main.read_text().splitlines()
        main.write_text("\n".join(f" * Version: {version}" if "Version:" in line else line for line in text) + "\n")

    def apply(self, *words: str, status: int = 0, **variables: Any) -> Ran:
        """One run of the role; a network that has its constants, unless told."""
        given = {"wp_config_path": str(self.network.path), **SECRETS, **NUMBERS, **variables}
        play = {"hosts": "localhost", "gather_facts": False, "roles": [{"role": ROLE, "vars": given}]}
        play["vars"] = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        ran = run(
            self.folder,
            "-i",
            "localhost,",
            write_json(self.folder / "play.yml", [play]),
            "--diff",
            *words,
            status=status,
        )
        assert [secret for secret in SECRETS.values() if secret in ran.text] == []
        return ran

    def constants(self) -> dict[str, Any]:
        """What PHP says of the integration's constants and SUNRISE."""
        text = self.network.config.read_text().replace(
            "require_once ABSPATH . 'wp-settings.php';", "echo json_encode(get_defined_constants(true)['user']);"
        )
        ran = subprocess.run(["php"], input=text, capture_output=True, text=True, check=True)
        said: dict[str, Any] = json.loads(ran.stdout)
        return {name: value for name, value in said.items() if name.startswith("WU_") or name == "SUNRISE"}

    def flag(self) -> str:
        """The plugin's own, as it is stored."""
        query = (
            f"SELECT meta_value FROM `{self.network.table('sitemeta')}` WHERE meta_key = 'wu_host_integrations_enabled'"
        )
        return str(self.network.sql(query)[0]["meta_value"])


@pytest.fixture
def site(network: Network, tmp_path: Path) -> Iterator[Site]:
    made = Site(network, tmp_path)
    yield made
    made.sunrise.unlink(missing_ok=True)
    made.bundled.unlink()


def test_what_the_documents_show(site: Site) -> None:
    here = {"/home/runcloud/webapps/app-network": str(site.network.path), "hosts: multisites": "hosts: localhost"}
    (name,) = write_files("roles/wp_config/README.md", site.folder, here)
    local = ("-i", "localhost,", "-e", "ansible_connection=local", "-e", "ansible_python_interpreter=/usr/bin/python3")
    ran = run(site.folder, *local, name)
    assert changed(ran) and "define( 'DISABLE_WP_CRON', true );" in site.network.config.read_text()
    assert not changed(run(site.folder, *local, name))
    here = {"/home/network/webapps/app": str(site.network.path)}
    tasks = [
        task for module in ("wp_config_info", "multisite_integration") for task in examples(f"modules/{module}", here)
    ]
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [_without_become(task) for task in tasks]}]
    run(site.folder, *local, write_json(site.folder / "examples.yml", play))


def _without_become(task: dict[str, Any]) -> dict[str, Any]:
    # There is no such user here; the tests of the roles become one.
    assert task["become_user"] == "network"
    return {key: value for key, value in task.items() if not key.startswith("become")}


def changed(ran: Ran) -> bool:
    return ran.recap("localhost")["changed"] > 0


def test_from_key_and_secret_to_a_token_and_off(site: Site) -> None:
    site.version("2.4.8")
    numbers = {"WU_RUNCLOUD_SERVER_ID": "1903", "WU_RUNCLOUD_APP_ID": "646", "SUNRISE": True}
    before = site.network.config.read_text()
    ahead = site.apply("--check", wp_config_integration="enabled")
    assert changed(ahead) and site.network.config.read_text() == before and not site.sunrise.exists()
    old = {"WU_RUNCLOUD_API_KEY": SECRETS["runcloud_api_key"], "WU_RUNCLOUD_API_SECRET": SECRETS["runcloud_api_secret"]}
    assert changed(site.apply("-vvv", wp_config_integration="enabled"))
    assert site.constants() == {**numbers, **old}
    assert site.sunrise.read_text() == SUNRISE
    assert 's:8:"runcloud";b:1;' in site.flag()
    assert not changed(site.apply(wp_config_integration="enabled"))
    # The plugin is updated: the token comes, key and secret go.
    site.version("2.4.13")
    assert changed(site.apply(wp_config_integration="enabled"))
    token = {"WU_RUNCLOUD_API_TOKEN": SECRETS["runcloud_api_token"]}
    assert site.constants() == {**numbers, **token}
    # Switched off, the constants are told, and go when that is asked for.
    told = site.apply(wp_config_integration="disabled")
    assert "wp_config_remove_unused: true" in told.text and site.constants() == {**numbers, **token}
    assert 's:8:"runcloud";b:0;' in site.flag()
    site.apply("-vvv", wp_config_integration="disabled", wp_config_remove_unused=True)
    assert site.constants() == {"SUNRISE": True}
    assert not changed(site.apply(wp_config_integration="disabled", wp_config_remove_unused=True))


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_changed(site: Site) -> None:
    site.network.write_config(extra="define( 'COOKIE_DOMAIN', '' );")
    site.sunrise.write_text("<?php // Mercator")
    site.network.sql(f"UPDATE `{site.network.table('site')}` SET path = '/wp/'")
    before = site.network.config.read_text()
    failed = site.apply(
        status=2,
        wp_config_integration="enabled",
        wp_config_path_current_site="/wp/",
        runcloud_server_id=None,
        wp_config_constants=[{"name": "COOKIE_DOMAIN", "value": "x"}],
    )
    message = failed.failure("localhost")
    for words in (
        "no site with the domain and path",
        "belongs to another product",
        "PATH_CURRENT_SITE is '/' in wp-config.php, or in a file that it includes, but the database says '/wp/'",
        "COOKIE_DOMAIN is never set here",
        "enabled needs runcloud_server_id",
    ):
        assert words in message
    assert site.network.config.read_text() == before


def test_half_a_multisite_is_completed_where_it_stands(site: Site) -> None:
    included = site.network.path / "local-config.php"
    included.write_text("<?php define( 'MULTISITE', true );")
    site.network.write_config(multisite=False, extra=f"require '{included}';")
    site.network.set_option("wu_host_integrations_enabled", 'a:1:{s:8:"runcloud";b:1;}')
    assert changed(site.apply("--check", wp_config_integration="disabled"))
    assert changed(site.apply(wp_config_integration="disabled"))
    assert "'MULTISITE'" not in site.network.config.read_text() and site.constants()["SUNRISE"] is True
    assert 's:8:"runcloud";b:0;' in site.flag()
    assert not changed(site.apply(wp_config_integration="disabled"))
    included.unlink()


def test_the_integration_has_to_be_chosen_and_variables_to_be_known(site: Site) -> None:
    assert "wp_config_integration" in site.apply(status=2).failure("localhost")
    misspelt = site.apply(status=2, wp_config_integration="disabled", wp_config_sunrize=False)
    assert "Unknown variables (misspelt?): wp_config_sunrize" in misspelt.failure("localhost")


def test_where_wordpress_breaks_the_old_file_is_back_and_the_run_fails(site: Site) -> None:
    site.network.write_plugin(code="if (defined('NEW_ONE')) { nobody_defined_this(); }")
    before = site.network.config.read_text()
    rows = [{"name": "NEW_ONE", "value": True}]
    failed = site.apply(status=2, wp_config_integration="disabled", wp_config_constants=rows)
    assert "so it was not put in its place" in failed.failure("localhost")
    assert site.network.config.read_text() == before and not site.sunrise.exists()
    site.network.write_config(multisite=False, extra="defined( 'FOO' ) || define( 'FOO', 1 );")
    rows = [{"name": "FOO", "value": 2}]
    refused = site.apply(status=2, wp_config_integration="disabled", wp_config_constants=rows)
    assert "FOO (line" in refused.failure("localhost") and not site.sunrise.exists()
