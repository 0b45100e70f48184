# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which constants a network gets, and what is refused because it would break a live site."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.filter.wp_config_wishes import wp_config_wishes as wish

WANTED = {
    "WP_ALLOW_MULTISITE": True,
    "MULTISITE": True,
    "SUBDOMAIN_INSTALL": True,
    "DOMAIN_CURRENT_SITE": "network.com",
    "PATH_CURRENT_SITE": "/",
    "SITE_ID_CURRENT_SITE": 1,
    "BLOG_ID_CURRENT_SITE": 1,
    "SUNRISE": True,
}
NETWORK = {"id": 1, "domain": "network.com", "path": "/", "main_site": 1, "subdomain_install": True}
OTHER = {"id": 2, "domain": "second.com", "path": "/", "main_site": 9, "subdomain_install": True}
OURS = {"path": "/app/wp-content/sunrise.php", "product": "ultimate_multisite", "version": "2.0.0.10"}
NONE = {"path": "/app/wp-content/sunrise.php", "product": None, "version": None}
PLUGIN = {"folder": "/app/um", "version": "2.4.13", "active": True, "sunrise": {**OURS, "path": "/app/um/sunrise.php"}}
TOKEN, KEY, SECRET = "WU_RUNCLOUD_API_TOKEN", "WU_RUNCLOUD_API_KEY", "WU_RUNCLOUD_API_SECRET"
NUMBERS = {"server_id": 1903, "webapp_id": 646}


def found(**changes: Any) -> dict[str, Any]:
    """A network whose wp-config.php has none of its constants."""
    return {
        "table_prefix": "wp_",
        "constants": {},
        "runcloud_constants": [],
        "networks": [NETWORK],
        "plugin": PLUGIN,
        "sunrise": OURS,
        "integration": {"enabled": False, "stored": []},
        **changes,
    }


def values(done: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in done["constants"] if row["state"] == "present"}


def test_all_of_them() -> None:
    done = wish(found(), "disabled")
    assert values(done) == WANTED
    assert (done["wrong"], done["notes"], done["secrets"], done["switch"]) == ([], [], [], None)
    assert (done["network"], done["copy_sunrise"]) == ("network.com", False)


def test_what_is_there_is_left_as_it_is_written() -> None:
    there = {**WANTED, "MULTISITE": "1", "SITE_ID_CURRENT_SITE": "1", "SUNRISE": 1, "SUBDOMAIN_INSTALL": "true"}
    assert wish(found(constants=there), "disabled")["constants"] == []
    folders = {**NETWORK, "subdomain_install": False}
    assert wish(found(constants={**there, "SUBDOMAIN_INSTALL": ""}, networks=[folders]), "disabled")["wrong"] == []


@pytest.mark.parametrize("name", ["MULTISITE", "SUNRISE", "WP_ALLOW_MULTISITE"])
def test_a_switch_that_is_off_is_switched_on(name: str) -> None:
    assert values(wish(found(constants={**WANTED, name: False}), "disabled")) == {name: True}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DOMAIN_CURRENT_SITE", "staging.com", "has no network for staging.com/; it has: network.com/."),
        ("PATH_CURRENT_SITE", "/wp/", "has no network for network.com/wp/; it has: network.com/."),
        (
            "SUBDOMAIN_INSTALL",
            False,
            "SUBDOMAIN_INSTALL is false in wp-config.php, or in a file that it includes, but the database says true.",
        ),
        (
            "SITE_ID_CURRENT_SITE",
            2,
            "SITE_ID_CURRENT_SITE is 2 in wp-config.php, or in a file that it includes, but the database says 1.",
        ),
        (
            "BLOG_ID_CURRENT_SITE",
            "3",
            "BLOG_ID_CURRENT_SITE is '3' in wp-config.php, or in a file that it includes, but the database says 1.",
        ),
    ],
)
def test_a_constant_that_the_database_contradicts_is_refused(name: str, value: Any, words: str) -> None:
    done = wish(found(constants={**WANTED, name: value}), "disabled")
    assert any(words in sentence for sentence in done["wrong"]), done["wrong"]
    assert name not in values(done)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"domain": "nobody.com"}, "no network for nobody.com"),
        ({"domain": "network.com", "path": "/x/"}, "no network for network.com/x/"),
        ({"subdomain_install": False}, "wp_config_subdomain_install is false, but the database says true."),
    ],
)
def test_what_a_person_says_must_be_what_the_database_says(asked: dict[str, Any], words: str) -> None:
    (sentence,) = wish(found(), "disabled", **asked)["wrong"]
    assert words in sentence


def test_several_networks_need_a_name() -> None:
    both = found(networks=[NETWORK, OTHER])
    assert (
        "has several networks for any domain; it has: network.com/, second.com/." in wish(both, "disabled")["wrong"][0]
    )
    done = wish(both, "disabled", domain="second.com")
    assert (values(done)["SITE_ID_CURRENT_SITE"], values(done)["BLOG_ID_CURRENT_SITE"]) == (2, 9)
    named = found(networks=[NETWORK, OTHER], constants={"DOMAIN_CURRENT_SITE": "second.com"})
    assert wish(named, "disabled")["network"] == "second.com"


def test_a_database_without_a_network_or_its_main_site() -> None:
    assert "(the tables wp_site and wp_blogs)" in wish(found(networks=[]), "disabled")["wrong"][0]
    assert wish(found(networks=[]), "disabled", multisite=False)["wrong"] == []
    assert "no site with" in wish(found(networks=[{**NETWORK, "main_site": None}]), "disabled")["wrong"][0]


def test_where_the_database_does_not_say_the_kind_a_person_does() -> None:
    silent = found(networks=[{**NETWORK, "subdomain_install": None}])
    assert "set wp_config_subdomain_install" in wish(silent, "disabled")["wrong"][0]
    assert values(wish(silent, "disabled", subdomain_install=False))["SUBDOMAIN_INSTALL"] is False


def test_sunrise_is_copied_left_renewed_by_the_plugin_or_refused() -> None:
    assert wish(found(sunrise=NONE), "disabled")["copy_sunrise"] is True
    without = wish(found(sunrise=NONE, plugin=None), "disabled")
    assert without["copy_sunrise"] is False and "SUNRISE" not in values(without)
    assert "SUNRISE is not set" in without["notes"][0]
    other = wish(found(sunrise={**OURS, "product": "other"}), "disabled")
    assert "belongs to another product" in other["wrong"][0] and not other["copy_sunrise"]
    left = wish(found(sunrise={**OURS, "product": "other"}), "disabled", sunrise=False)
    assert left["wrong"] == [] and "SUNRISE" not in values(left)
    old = wish(found(sunrise={**OURS, "version": "2.0.0.8"}), "disabled")
    assert "version 2.0.0.8, the plugin brings 2.0.0.10" in old["notes"][0] and not old["copy_sunrise"]


@pytest.mark.parametrize("version", ["2.4.9", "2.4.13", "2.15.1", "3.0.0-beta.1"])
def test_the_newer_plugin_gets_a_token_and_loses_what_the_older_needed(version: str) -> None:
    here = found(constants=WANTED, plugin={**PLUGIN, "version": version}, runcloud_constants=[KEY, SECRET])
    done = wish(here, "enabled", credentials=[TOKEN], **NUMBERS)
    assert done["wrong"] == []
    assert values(done) == {"WU_RUNCLOUD_SERVER_ID": "1903", "WU_RUNCLOUD_APP_ID": "646"}
    assert done["secrets"] == [
        {"name": TOKEN, "state": "present"},
        {"name": KEY, "state": "absent"},
        {"name": SECRET, "state": "absent"},
    ]
    assert done["switch"] == "on"


@pytest.mark.parametrize("version", ["2.4.8", "2.3.0", "2.0.0-rc.1"])
def test_the_older_plugin_gets_key_and_secret(version: str) -> None:
    here = found(constants=WANTED, plugin={**PLUGIN, "version": version}, runcloud_constants=[TOKEN])
    done = wish(here, "enabled", credentials=[KEY, SECRET], **NUMBERS)
    assert [(row["name"], row["state"]) for row in done["secrets"]] == [
        (KEY, "present"),
        (SECRET, "present"),
        (TOKEN, "absent"),
    ]


def test_an_enabled_integration_needs_all_it_reads() -> None:
    wrong = wish(found(), "enabled", credentials=[KEY])["wrong"]
    assert [sentence.split(":")[0] for sentence in wrong] == [
        "Version 2.4.13 of the plugin needs WU_RUNCLOUD_API_TOKEN",
        "wp_config_integration",
        "wp_config_integration",
    ]
    assert "it is not installed" in wish(found(plugin=None), "enabled")["wrong"][0]


def test_a_disabled_integration_is_cleared_only_if_asked() -> None:
    here = found(
        constants=WANTED,
        runcloud_constants=[TOKEN, "WU_RUNCLOUD_SERVER_ID"],
        integration={"enabled": True, "stored": [TOKEN]},
    )
    told = wish(here, "disabled")
    assert (told["constants"], told["secrets"], told["switch"]) == ([], [], "off")
    words = ["remove_unused", "in the database", ": off; it was on"]
    assert all(word in note for word, note in zip(words, told["notes"], strict=True))
    done = wish(here, "disabled", remove_unused=True)
    assert done["constants"] == [{"name": "WU_RUNCLOUD_SERVER_ID", "state": "absent"}]
    assert done["secrets"] == [{"name": TOKEN, "state": "absent"}]


def test_further_constants_go_along_but_never_those_of_the_role() -> None:
    rows = [{"name": "DISABLE_WP_CRON", "value": True}, {"name": "OLD", "state": "absent"}]
    assert wish(found(constants=WANTED), "disabled", constants=rows)["constants"] == rows
    bad = [{"name": "COOKIE_DOMAIN", "value": False}, {"name": "MULTISITE", "value": False}]
    wrong = wish(found(constants=WANTED), "disabled", constants=bad)["wrong"]
    assert "COOKIE_DOMAIN is never set here" in wrong[0] and "MULTISITE is set by this role" in wrong[1]
    assert (
        wish(found(constants=WANTED), "disabled", constants=[{"name": "COOKIE_DOMAIN", "state": "absent"}])["wrong"]
        == []
    )


def test_a_cookie_domain_is_told() -> None:
    assert "COOKIE_DOMAIN is set" in wish(found(constants={**WANTED, "COOKIE_DOMAIN": False}), "disabled")["notes"][0]
