# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's own flag, through a real WordPress."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wordpress import Network
from tests.wordpress.domains import use_plugin
from tests.wp_config_role.conftest import Call

OPTION = "wu_host_integrations_enabled"
OTHERS = 'a:2:{s:10:"cloudflare";b:1;s:8:"runcloud";b:%d;}'


def stored(network: Network) -> Any:
    rows = network.sql(f"SELECT meta_value FROM `{network.table('sitemeta')}` WHERE meta_key = %s", (OPTION,))
    return rows[0]["meta_value"] if rows else None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_flag_is_set_once_and_others_stay(call: Call, network: Network, enabled: bool) -> None:
    use_plugin(network)
    network.set_option(OPTION, OTHERS % (not enabled))
    seen = call("multisite_integration", network, enabled=enabled, _ansible_check_mode=True, _ansible_diff=True)
    assert seen["changed"] is True
    assert stored(network) == OTHERS % (not enabled)
    words = ["off", "on"]
    assert [seen["diff"][side].split()[-1] for side in ("before", "after")] == [words[not enabled], words[enabled]]
    first = call("multisite_integration", network, enabled=enabled)
    assert (first["changed"], first["enabled"]) == (True, enabled)
    assert stored(network) == OTHERS % enabled
    assert call("multisite_integration", network, enabled=enabled)["changed"] is False


def test_no_flag_is_an_integration_that_is_off(call: Call, network: Network) -> None:
    network.sql(f"DELETE FROM `{network.table('sitemeta')}` WHERE meta_key = %s", (OPTION,))
    assert call("multisite_integration", network, enabled=False)["changed"] is False
    assert stored(network) is None


def test_without_the_plugin_nothing_is_switched_on(call: Call, network: Network) -> None:
    network.set_option("active_sitewide_plugins", "a:0:{}")
    network.set_option(OPTION, OTHERS % 0)
    failed = call("multisite_integration", network, enabled=True)
    assert "Ultimate Multisite is not active in the network" in failed["msg"]
    assert stored(network) == OTHERS % 0


def test_an_option_that_is_no_list_is_told(call: Call, network: Network) -> None:
    network.set_option(OPTION, "yes")
    assert "is no list of integrations" in call("multisite_integration", network, enabled=True)["msg"]


def test_a_filter_that_keeps_the_flag_is_told(call: Call, network: Network) -> None:
    use_plugin(
        network, f"add_filter('pre_update_site_option_{OPTION}', function ($new, $old) {{ return $old; }}, 10, 2);"
    )
    network.set_option(OPTION, OTHERS % 0)
    assert "did not keep the flag" in call("multisite_integration", network, enabled=True)["msg"]


def test_a_wordpress_that_does_not_load_is_told(call: Call, network: Network) -> None:
    network.write_plugin(code="nobody_defined_this();")
    failed = call("multisite_integration", network, enabled=False)
    assert failed["msg"].startswith("Cannot switch the RunCloud integration of the multisite in ")
    assert "WordPress stops with a fatal error" in failed["msg"]
