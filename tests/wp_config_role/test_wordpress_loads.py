# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new wp-config.php stays only where a real WordPress loads with it and PHP says what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wordpress import Network
from tests.wp_config_role.conftest import Call

BREAKS = "if (defined('BREAK_IT')) { nobody_defined_this(); }"
# Not to be seen before the file is in its place.
BREAKS_THERE = "if (strpos(file_get_contents(ABSPATH . 'wp-config.php'), 'BREAK_IT')) { nobody_defined_this(); }"


def constants(network: Network, call: Call, *rows: dict[str, Any], load: bool = True, **options: Any) -> dict[str, Any]:
    where = {"load_wordpress": str(network.path)} if load else {}
    return call("wp_config_constants", network, path=str(network.config), constants=list(rows), **where, **options)


@pytest.mark.parametrize("kind", ["network", "folder_network"])
def test_a_multisite_is_switched_on_and_loads(call: Call, kind: str, request: pytest.FixtureRequest) -> None:
    network: Network = request.getfixturevalue(kind)
    network.write_config(multisite=False)
    wanted = {
        "MULTISITE": True,
        "SUBDOMAIN_INSTALL": network.subdomain,
        "DOMAIN_CURRENT_SITE": network.domain,
        "PATH_CURRENT_SITE": "/",
        "SITE_ID_CURRENT_SITE": 1,
        "BLOG_ID_CURRENT_SITE": 1,
    }
    done = constants(network, call, *({"name": name, "value": value} for name, value in wanted.items()))
    assert done["changed"] is True, done
    assert call("wp_config_info", network)["constants"] == wanted
    again = constants(network, call, *({"name": name, "value": value} for name, value in wanted.items()))
    assert again["changed"] is False


@pytest.mark.parametrize(
    ("code", "words"),
    [(BREAKS, "so it was not put in its place."), (BREAKS_THERE, "so the old one is back.")],
)
@pytest.mark.parametrize("load", [True, False])
def test_where_wordpress_breaks_the_old_file_is_there(
    call: Call, network: Network, code: str, words: str, load: bool
) -> None:
    network.write_plugin(code=code)
    before = network.config.stat().st_mtime_ns, network.config.read_text()
    done = constants(network, call, {"name": "BREAK_IT", "value": True}, load=load, backup=True)
    backups = list(network.path.glob("wp-config-backup-*.php"))
    for backup in backups:
        backup.unlink()
    if not load:
        # That is what it is there for.
        assert done["changed"] is True and "BREAK_IT" in network.config.read_text() and len(backups) == 1
        return
    assert f"WordPress does not load with the new file, {words} WordPress stops with a fatal error" in done["msg"]
    assert "ultimate-multisite/ultimate-multisite.php" in done["msg"]
    assert network.config.read_text() == before[1] and backups == []
    # In the first case it was never touched.
    assert (network.config.stat().st_mtime_ns == before[0]) is (code == BREAKS)


@pytest.mark.parametrize("name", ["WP_DEBUG", "WP_POST_REVISIONS"])
def test_a_constant_to_which_wordpress_gives_a_default_can_go(call: Call, network: Network, name: str) -> None:
    network.write_config(extra=f"define( '{name}', false );")
    gone = constants(network, call, {"name": name, "state": "absent"})
    assert gone["changed"] is True and name not in network.config.read_text()
    both: list[dict[str, Any]] = [{"name": name, "state": "absent"}, {"name": "DISABLE_WP_CRON", "value": True}]
    assert constants(network, call, *both)["changed"] is True


def test_a_domain_that_the_network_has_not_is_refused(call: Call, network: Network) -> None:
    before = network.config.read_text()
    failed = constants(network, call, {"name": "DOMAIN_CURRENT_SITE", "value": "nobody.com"})
    assert "WordPress has no site nobody.com" in failed["msg"]
    assert network.config.read_text() == before


def test_a_constant_that_something_else_sets_first_is_refused(call: Call, network: Network) -> None:
    # As an include that nobody can follow would do it: a stream wrapper's name is made at run time.
    network.write_config(extra="$f = 'de' . 'fine'; $f('LATER', 'theirs');")
    before = network.config.read_text()
    failed = constants(network, call, {"name": "LATER", "value": "ours"})
    assert "PHP says otherwise of LATER" in failed["msg"] and "theirs" not in failed["output"]
    assert network.config.read_text() == before


def test_what_changes_nothing_loads_nothing(call: Call, network: Network) -> None:
    network.write_plugin(code="nobody_defined_this();")
    assert constants(network, call, {"name": "MULTISITE", "value": True})["changed"] is False
    checked = constants(network, call, {"name": "X", "value": 1}, _ansible_check_mode=True)
    assert checked["changed"] is True and not checked.get("failed")
