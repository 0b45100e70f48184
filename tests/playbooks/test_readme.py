# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the READMEs and the examples of ``multisite_info`` show is run on a real WordPress, with this machine's paths put in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.blocks import commands, examples, write_files
from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import ROOT, Ran, fake_sudo, run, snapshot, write_json
from tests.wordpress import Network


@pytest.fixture(scope="module")
def network(made_network: Network) -> Network:
    """The network of the examples."""
    made_network.reset()
    made_network.add_mapping("client-one.com")
    return made_network


@pytest.fixture
def panel(emu: Emulator, network: Network) -> Emulator:
    """The panel of the examples."""
    emu.reset()
    emu.seed(
        {
            "servers": [{"id": 1903}],
            "webapps": [
                {"id": 645, "name": "another"},
                {"id": 646, "name": "app-network", "rootPath": str(network.path)},
            ],
            "domains": [{"webapp_id": 646, "name": name} for name in ("network.com", "*.network.com")],
        }
    )
    return emu


@pytest.fixture
def environment(panel: Emulator, tmp_path: Path) -> dict[str, str]:
    """The examples' web host is this machine, and its site's user is whoever runs the tests."""
    return {
        "RUNCLOUD_API_TOKEN": TOKEN,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "RUNCLOUD_API_URL": panel.url,
        "ANSIBLE_TRANSPORT": "local",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_BECOME_EXE": str(fake_sudo(tmp_path)),
        # Ansible warns that there is no inventory where an example needs none.
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


def test_the_readme_s_commands(panel: Emulator, network: Network, environment: dict[str, str], tmp_path: Path) -> None:
    written = write_files("README.md", tmp_path, {"/home/runcloud/webapps/app-network": str(network.path)})
    assert written == ["inventory.yml", "site.yml", "group_vars/multisites.yml", "playbook.yml"]
    (tmp_path / "group_vars/multisites.yml").unlink()  # it holds the network; the next test is about that
    shown = commands("README.md")
    assert len(shown) == 6
    look, converge, adopt = (run(tmp_path, *arguments, environment=environment) for arguments in shown[:3])
    assert list(look.entries("network.com", "would be added")) == ["client-one.com"]
    assert list(converge.entries("network.com", "added")) == ["client-one.com"]
    assert "adopted  network.com  primary, www off, redirection none" in adopt.summary("network.com")
    (backup,) = (tmp_path / "state/wpmultisite.runcloud/networks/network.com/backups").iterdir()
    panel.edit_domain(646, "network.com", redirection="www")
    given = [argument.replace("=BACKUP", f"={backup}") for argument in shown[3]]
    assert given != shown[3]
    restore, playbook = (run(tmp_path, *arguments, environment=environment) for arguments in (given, shown[4]))
    assert restore.recap("network.com")["failed"] == 0
    assert playbook.recap("localhost")["changed"] == 1
    assert [(method, body.get("name")) for method, _, body in panel.writes()] == [
        ("POST", "client-one.com"),
        ("PATCH", None),
        ("POST", "client-two.com"),
    ]


def test_the_readme_s_variables_hold_a_name_and_a_network(
    panel: Emulator, environment: dict[str, str], tmp_path: Path
) -> None:
    write_files("README.md", tmp_path)
    write_json(tmp_path / "snapshot.yml", snapshot("client-one.com", "client-two.com"))
    ran = run(tmp_path, "-i", "inventory.yml", "site.yml", environment=environment)
    lines = ran.summary("network.com")
    assert lines[1] == "PAUSED  the web app moves to another server, since 2026-11-20"
    assert list(ran.entries("network.com", "would be added")) == ["client-two.com"]
    assert ran.entries("network.com", "kept")["client-one.com"].startswith(
        "ignored by an override: the customer is testing a shop there, ticket 4711"
    )
    assert panel.writes() == []


def test_the_readme_s_playbook_for_a_document(panel: Emulator, environment: dict[str, str], tmp_path: Path) -> None:
    write_files("README.md", tmp_path)
    (tmp_path / "group_vars/multisites.yml").unlink()
    write_json(tmp_path / "snapshot.yml", snapshot("from-a-document.com"))
    ran = run(tmp_path, "-i", "inventory.yml", "site.yml", environment=environment)
    assert list(ran.entries("network.com", "added")) == ["from-a-document.com"]


def test_the_role_s_readme(panel: Emulator, network: Network, environment: dict[str, str], tmp_path: Path) -> None:
    write_files("README.md", tmp_path, {"/home/runcloud/webapps/app-network": str(network.path)})
    (tmp_path / "group_vars/multisites.yml").unlink()  # the role's README stands on its own feet
    assert write_files("roles/multisite_domains/README.md", tmp_path) == ["site.yml"]
    ran = run(tmp_path, "-i", "inventory.yml", "site.yml", environment=environment)
    assert list(ran.entries("network.com", "added")) == ["client-one.com"]
    assert "-u runcloud " in (tmp_path / "became").read_text()


def test_the_examples_of_multisite_info(network: Network, environment: dict[str, str], tmp_path: Path) -> None:
    here = {
        "/home/network/webapps/app": str(network.path),
        "/RunCloud/Packages/php83rc/bin/php": "php",
        "/srv/snapshots/network.com.yml": str(ROOT / "scripts/demo/snapshot.yml"),
    }
    tasks = examples("modules/multisite_info", here)
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    ran: Ran = run(tmp_path, write_json(tmp_path / "site.yml", [play]), "-v", environment=environment)
    snapshots = [result["snapshot"] for result in ran.results("localhost")]
    assert [document["mapping_plugin"]["name"] for document in snapshots] == [
        "ultimate_multisite",
        "ultimate_multisite",
        "none",
        "ultimate_multisite",
    ]
    assert [len(document["mappings"]) for document in snapshots] == [1, 1, 0, 18]
    assert "-u network " in (tmp_path / "became").read_text()


def test_the_readme_s_command_for_the_emulator(environment: dict[str, str]) -> None:
    (arguments,) = (command for command in commands("README.md") if "scripts/demo/inventory.yml" in command)
    with Emulator() as demo:
        demo.seed(ROOT / "scripts/demo/panel.yml")
        ran = run(ROOT, *arguments, environment={**environment, "RUNCLOUD_API_URL": demo.url})
        assert len(ran.entries("orchard-sites.com", "added")) == len(demo.writes()) == 10
