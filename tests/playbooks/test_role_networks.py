# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Purges of two special multisites: one whose plugin writes to RunCloud too, and one of several networks in a database."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.modules.memory import entry, ledger
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

NETWORK, SECOND = "network.com", "second.net"
HOSTS = {"writers": 11, "scoped": 12, "whole": 13}
INTEGRATION = {
    "enable_domain_mapping": True,
    "auto_create_www_subdomain": "always",
    "runcloud_integration": {"enabled": True, "configured": True},
}
# What each web app has of the names below, all of them ours.
OWNED = ("changed.com", "gone.com", "of-the-second.com")


class World(NamedTuple):
    """The run, what it wrote and which records the web apps have."""

    ran: Ran
    writes: dict[str, list[str]]
    names: dict[str, set[str]]


@pytest.fixture(scope="module")
def world(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One run over all hosts, which purges at once."""
    folder = tmp_path_factory.mktemp("networks")
    emu.seed(
        {
            "servers": [{"id": number} for number in HOSTS.values()],
            "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
            "domains": [
                {"webapp_id": number, "name": name, "redirection": "non-www" if name == "changed.com" else "none"}
                for number in HOSTS.values()
                for name in (NETWORK, *OWNED)
            ],
        }
    )
    both = _two_networks()
    documents = {"writers": snapshot("changed.com", "new.com", settings=INTEGRATION), "scoped": both, "whole": both}
    hosts: dict[str, dict[str, Any]] = {
        host: {
            "runcloud_server_id": number,
            "runcloud_webapp_id": number,
            "multisite_domains_file": write_json(folder / f"{host}.json", documents[host]),
        }
        for host, number in HOSTS.items()
    }
    hosts["scoped"]["multisite_domains_networks_in_scope"] = [NETWORK]
    for host, number in HOSTS.items():
        state = folder / "state/wpmultisite.runcloud/networks" / host
        state.mkdir(parents=True)
        ids = {row["name"]: row["id"] for row in emu.domains(number)}
        rows = [{**entry(name, missing_reads=5 if name == "gone.com" else 0), "id": ids[name]} for name in OWNED]
        target = {"api_url": emu.url, "server_id": number, "webapp_id": number}
        write_json(state / "ledger.json", ledger(target, *rows, network=NETWORK))
    everywhere = {
        **FROM_FILES,
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_purge": True,
        "multisite_domains_grace_period": 0,
        "multisite_domains_min_absences": 1,
    }
    environment = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
    emu.clear_journal()
    ran = run(folder, "-i", inventory(folder, hosts, everywhere), CONVERGE, environment=environment)
    writes = {
        host: [entry.method for entry in emu.journal if entry.method != "GET" and f"/servers/{number}/" in entry.path]
        for host, number in HOSTS.items()
    }
    return World(ran, writes, {host: {row["name"] for row in emu.domains(number)} for host, number in HOSTS.items()})


def _two_networks() -> dict[str, Any]:
    document = snapshot("changed.com", "new.com", "new-of-the-second.com", "of-the-second.com")
    blog = document["blogs"][0]
    document["networks"].append({"id": 2, "domain": SECOND, "path": "/"})
    document["blogs"].append({**blog, "id": 2, "network_id": 2, "domain": SECOND})
    for row in document["mappings"][2:]:
        row["blog_id"] = 2
    document["counts"] |= {"networks": 2, "blogs": 2}
    return document


def _said(world: World, host: str, verb: str) -> list[str]:
    lines = (line.split("  ") for told in world.ran.summaries(host) for line in told)
    return [line[1] for line in lines if line[0] == verb]


def test_beside_another_writer_names_are_added_and_nothing_else_happens(world: World) -> None:
    assert world.writes["writers"] == ["POST"]
    assert world.names["writers"] == {NETWORK, *OWNED, "new.com"}
    (lines,) = world.ran.summaries("writers")
    assert [line for line in lines if line.startswith("differs  changed.com  ")]
    assert [line for line in lines if line.startswith("kept  gone.com  ")]


def test_a_person_is_told_that_two_write(world: World) -> None:
    (lines,) = world.ran.summaries("writers")
    (warning,) = (line for line in lines if line.startswith("warning  "))
    assert "RunCloud integration is on, too" in warning and "nothing is changed or removed" in warning


def test_the_names_of_a_network_out_of_scope_are_neither_added_nor_removed(world: World) -> None:
    assert _said(world, "scoped", "added") == ["new.com"]
    assert _said(world, "scoped", "removed") == ["gone.com"]
    assert world.names["scoped"] == {NETWORK, "changed.com", "of-the-second.com", "new.com"}


def test_without_a_scope_every_network_counts(world: World) -> None:
    assert _said(world, "whole", "added") == sorted([SECOND, "new.com", "new-of-the-second.com"])
    assert _said(world, "whole", "removed") == ["gone.com"]
