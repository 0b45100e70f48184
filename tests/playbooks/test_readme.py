# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the READMEs and the examples of ``multisite_info`` show is run on a real WordPress, with this machine's paths put in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import commands, examples, write_files
from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, Nameserver, running
from tests.playbooks.runner import ROOT, Ran, fake_sudo, loopback, run, snapshot, write_json
from tests.source.front import BLOG, Front, lists, mapping
from tests.wordpress import Network


@pytest.fixture(scope="module")
def resolver() -> Iterator[Nameserver]:
    """The DNS of the examples, where their customers have done what they had to."""
    with running() as server:
        for name in ("network.com", "client-one.com", "client-two.com", "from-a-document.com"):
            server.point(name, a=["203.0.113.10"])
        yield server


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
            "servers": [{"id": 1903, "ipAddress": "203.0.113.10"}],
            "webapps": [
                {"id": 645, "name": "another"},
                {"id": 646, "name": "app-network", "rootPath": str(network.path)},
            ],
            "domains": [{"webapp_id": 646, "name": name} for name in ("network.com", "*.network.com")],
        }
    )
    return emu


@pytest.fixture
def environment(panel: Emulator, resolver: Nameserver, tmp_path: Path) -> dict[str, str]:
    """The examples' web host is this machine, its site's user is whoever runs the tests, and the resolver is the tests' own."""
    (tmp_path / "group_vars").mkdir()
    where = {
        "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{resolver.port}"],
        "multisite_domains_dns_timeout": 10.0,
        "multisite_domains_tls_connect_to": "127.0.0.1",
        "multisite_domains_tls_port": panel.tls_port,
        "multisite_domains_tls_ca_path": panel.tls_ca,
    }
    write_json(tmp_path / "group_vars/all.yml", where)
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
    assert written == [
        *("inventory.yml", "other-sources.yml", "site.yml", "host_vars/network.com.yml", "group_vars/multisites.yml"),
        "playbook.yml",
    ]
    (tmp_path / "group_vars/multisites.yml").unlink()  # it holds the network; the next test is about that
    # A new server is onboarded in tests of its own.
    onboard = ["-i", "inventory.yml", "wpmultisite.runcloud.onboard", "--limit", "network.com"]
    assert commands("docs/onboarding.md") == [onboard]
    drift = ["-i", "inventory.yml", "wpmultisite.runcloud.drift"]
    assert commands("docs/drift.md") == [drift]
    shown = [command for command in commands("README.md") if command != onboard]
    assert len(shown) == 10 and shown.pop(2) == drift
    look, converge = (run(tmp_path, *arguments, environment=environment) for arguments in shown[:2])
    assert "network.com  in_sync" in run(tmp_path, *drift, environment=environment).output
    explain, adopt = (run(tmp_path, *arguments, environment=environment) for arguments in shown[2:4])
    assert list(look.entries("network.com", "would be added")) == ["client-one.com"]
    assert list(converge.entries("network.com", "added")) == ["client-one.com"]
    assert any(line.startswith("note  client-one.com: visitors see") for line in converge.certificates("network.com"))
    assert (
        explain.summary("network.com")[0]
        == "www.client-one.com: not on RunCloud; the multisite does not know it (network network.com)"
    )
    assert "adopted  network.com  primary, www off, redirection none" in adopt.summary("network.com")
    (backup,) = (tmp_path / "state/wpmultisite.runcloud/networks/network.com/backups").iterdir()
    panel.edit_domain(646, "network.com", redirection="www")
    given = [argument.replace("=BACKUP", f"={backup}") for argument in shown[4]]
    assert given != shown[4]
    (tmp_path / "plans").mkdir()
    restore, plan, planned, playbook = (
        run(tmp_path, *arguments, environment=environment) for arguments in (given, *shown[5:8])
    )
    assert plan.summary("network.com")[-1].endswith(f"{tmp_path}/plans/network.com.json")
    assert planned.recap("network.com")["failed"] == 0
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
    (tmp_path / "host_vars/network.com.yml").unlink()  # its overrides would go before these
    write_json(tmp_path / "snapshot.yml", snapshot("client-one.com", "client-two.com"))
    ran = run(tmp_path, "-i", "inventory.yml", "site.yml", environment=environment)
    lines = ran.summary("network.com")
    assert lines[1] == "PAUSED  the web app moves to another server, since 2026-11-20"
    assert list(ran.entries("network.com", "would be added")) == ["client-two.com"]
    assert ran.entries("network.com", "kept")["client-one.com"].startswith(
        "ignored by an override: the customer is testing a shop there, ticket 4711"
    )
    assert panel.writes() == []


def test_the_readme_s_other_sources(
    panel: Emulator, network: Network, environment: dict[str, str], tmp_path: Path
) -> None:
    served = {"network.com": 647, "*.network.com": 647, "third.org": 648}
    panel.reset()
    panel.seed(
        {
            "servers": [{"id": 1903, "ipAddress": "203.0.113.10"}],
            "webapps": [{"id": number} for number in (647, 648)],
            "domains": [{"webapp_id": number, "name": name} for name, number in served.items()],
        }
    )
    with Front("third.org") as api:
        api.reply = lists([{**mapping(1), "domain": "client-two.com"}], [{**BLOG, "domain": "third.org"}])
        api.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        here = {
            "login_host: db.second.net": f"login_unix_socket: {network.mariadb.socket}",
            "login_user: reader": f"login_user: {network.mariadb.USER}",
            "login_db: second": f"login_db: {network.database}",
            "https://third.org/": api.url,
        }
        write_files("README.md", tmp_path, here)
        (tmp_path / "group_vars/multisites.yml").unlink()
        (tmp_path / "sitecustomize.py").write_text(loopback("third.org"))
        secrets = {
            "SECOND_PASSWORD": network.mariadb.PASSWORD,
            "THIRD_KEY": "k3y-of-third",
            "THIRD_SECRET": "s3cret-of-third",
        }
        more = {**secrets, "PYTHONPATH": str(tmp_path), "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")}
        command = ["-i", "other-sources.yml", "wpmultisite.runcloud.converge"]
        ran = run(tmp_path, *command, environment={**environment, **more})
    assert list(ran.entries("second.net", "added")) == ["client-one.com"]
    assert list(ran.entries("third.org", "added")) == ["client-two.com"]


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
    demo = ROOT / "scripts/demo/snapshot.yml"
    program = tmp_path / "program"
    printed = json.dumps({**yaml.safe_load(demo.read_text()), "source": "command"})
    program.write_text(f"#!{sys.executable}\nprint({printed!r})\n")
    program.chmod(0o755)
    with Front("localhost") as api:
        api.reply = lists([mapping(1), mapping(2)], [{**BLOG, "domain": "localhost"}])
        api.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        here = {
            "/home/network/webapps/app": str(network.path),
            "/RunCloud/Packages/php83rc/bin/php": "php",
            "/run/mysqld/mysqld.sock": network.mariadb.socket,
            "login_user: reader": f"login_user: {network.mariadb.USER}",
            "login_db: network": f"login_db: {network.database}",
            "/var/www/html": str(network.path),
            "docker, exec, --user, www-data, network, wp": str(ROOT / "tests/wordpress/wp"),
            "https://network.com/": api.url,
            "/usr/local/bin/network-snapshot": str(program),
            "/srv/snapshots/network.com.yml": str(demo),
        }
        secrets = {
            "database_password": network.mariadb.PASSWORD,
            "network_rest_key": "k3y-of-the-network",
            "network_rest_secret": "s3cret-of-the-network",
        }
        tasks = examples("modules/multisite_info", here)
        play = {"hosts": "localhost", "gather_facts": False, "vars": secrets, "tasks": tasks}
        ran: Ran = run(
            tmp_path,
            write_json(tmp_path / "site.yml", [play]),
            "-vvv",
            environment={**environment, "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")},
        )
    snapshots = [result["snapshot"] for result in ran.results("localhost")]
    assert [(document["source"], len(document["mappings"])) for document in snapshots] == [
        ("php", 1),
        ("php", 1),
        ("php", 0),
        ("database", 1),
        ("wp_cli", 1),
        ("rest", 2),
        ("command", 18),
        ("file", 18),
    ]
    assert "-u network " in (tmp_path / "became").read_text()
    assert not any(secret in ran.output for secret in secrets.values())


def test_the_readme_s_command_for_the_emulator(environment: dict[str, str]) -> None:
    (arguments,) = (command for command in commands("README.md") if "scripts/demo/inventory.yml" in command)
    with Emulator() as demo:
        demo.seed(ROOT / "scripts/demo/panel.yml")
        ran = run(ROOT, *arguments, environment={**environment, "RUNCLOUD_API_URL": demo.url})
        assert len(ran.entries("orchard-sites.com", "added")) == len(demo.writes()) == 10
