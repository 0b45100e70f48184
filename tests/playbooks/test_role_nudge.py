# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name that has a certificate and that WordPress refuses: a state of its own, and healed by the plugin itself when asked to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator import Emulator
from tests.nameserver import RECURSIVE, running
from tests.playbooks.certificates import OURS, Told, tell, visited
from tests.playbooks.runner import fake_sudo, inventory
from tests.wordpress import Network
from tests.wordpress.domains import queue, stages, use_plugin

GAVE_UP, SERVED, BARE = "gave-up.com", "served.com", "bare.com"
NUDGE = ("-e", "multisite_domains_nudge=true")


@pytest.fixture(scope="module")
def story(
    emu: Emulator, made_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Told, dict[str, str | None], int]]]:
    """Each run with the stages and the number of jobs in the plugin's queue after it."""
    network = made_network
    folder = tmp_path_factory.mktemp("nudge")
    network.reset()
    use_plugin(network)
    network.add_mapping(GAVE_UP, stage="ssl-failed")
    network.add_mapping(SERVED)
    network.add_mapping(BARE, stage="ssl-failed")
    emu.seed(
        {
            "servers": [{"id": 11, "ipAddress": OURS}],
            "webapps": [{"id": 11, "server_id": 11, "advancedSSL": True, "rootPath": str(network.path)}],
            "domains": [
                {"webapp_id": 11, "name": network.domain},
                {"webapp_id": 11, "name": f"*.{network.domain}", "wildcard": 1},
                *({"webapp_id": 11, "name": name} for name in (GAVE_UP, SERVED, BARE)),
            ],
        }
    )
    for name in (network.domain, GAVE_UP, SERVED):
        emu.put_certificate(11, name, lifetime=90, age=10)
    with running() as names:
        for name in (network.domain, GAVE_UP, SERVED, BARE):
            names.point(name, a=[OURS])
        emu.resolve_by(RECURSIVE, names.port)
        variables = {
            **visited(emu, names),
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "runcloud_server_id": 11,
            "runcloud_webapp_id": 11,
            "multisite_domains_path": str(network.path),
            "multisite_domains_site_user": "site",
            # A certificate for the third would heal it, too.
            "multisite_domains_ssl_max_orders": 0,
        }
        hosts = inventory(folder, {"network": {}}, variables)
        sudo = {"ANSIBLE_BECOME_EXE": str(fake_sudo(folder))}
        found = {}
        for name, words in {
            "told": (),
            "check": (*NUDGE, "--check"),
            "paused": (*NUDGE, "-e", '{"multisite_domains_paused": {"reason": "a move", "since": "2026-11-20"}}'),
            "nudged": NUDGE,
            "again": NUDGE,
        }.items():
            told = tell(emu, folder, hosts, *words, environment=sudo)
            found[name] = (told, stages(network), len(queue(network)))
        yield found


def test_a_certificate_alone_does_not_make_wordpress_serve_a_name(
    story: dict[str, tuple[Told, dict[str, str | None], int]],
) -> None:
    told, stored, jobs = story["told"]
    word, reason = told.named("network")[GAVE_UP]
    assert word == "stuck" and "WordPress does not serve it (stage ssl-failed)" in reason
    assert SERVED not in told.named("network")
    # Without a certificate it waits for that, and for nothing else.
    assert [line for line in told.lines("network") if line.startswith("stuck  " + BARE)] == []
    assert (stored[GAVE_UP], jobs) == ("ssl-failed", 0)


@pytest.mark.parametrize("name", ["check", "paused"])
def test_a_look_ahead_and_a_pause_nudge_nobody(
    story: dict[str, tuple[Told, dict[str, str | None], int]], name: str
) -> None:
    told, stored, jobs = story[name]
    assert (stored[GAVE_UP], jobs) == ("ssl-failed", 0)
    assert told.named("network")[GAVE_UP][0] == ("would be nudged" if name == "check" else "stuck")
    assert "network/nudges.json" not in told.memories


def test_the_plugin_is_asked_once_a_day_and_checks_by_itself(
    story: dict[str, tuple[Told, dict[str, str | None], int]],
) -> None:
    told, stored, jobs = story["nudged"]
    assert told.named("network")[GAVE_UP][0] == "nudged"
    assert stored == {GAVE_UP: "checking-ssl-cert", SERVED: "done", BARE: "ssl-failed"} and jobs == 1
    assert told.ran.recap("network")["changed"] == 1
    again, stored, jobs = story["again"]
    # The plugin is at work on it.
    assert GAVE_UP not in again.named("network") and jobs == 1
    assert again.ran.recap("network")["changed"] == 0
