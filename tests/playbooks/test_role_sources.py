# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One real network read by the role from every source, on either machine: the same changes, and no secret where it does not belong.

Every host knows every secret; the web hosts are reached by a connection that records each byte.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, Ran, inventory, loopback, run
from tests.source.front import Front
from tests.wordpress import Network
from tests.wordpress.server import WebServer, remove_rest, serve_rest

KEY, SECRET = "rest-k3y-of-the-role-0001", "rest-s3cret-of-the-role-0002"
# What a source cannot know, a person has to say.
SAID = {"multisite_domains_environment": "production"}
HERE = {"multisite_domains_read_on": "control_node"}
SOURCES: dict[str, dict[str, Any]] = {
    "php": {"multisite_domains_source": "php"},
    "wp-cli": {"multisite_domains_source": "wp_cli"},
    "database": {"multisite_domains_source": "database", **SAID},
    "database-here": {"multisite_domains_source": "database", **HERE, **SAID},
    "database-unsaid": {"multisite_domains_source": "database", **HERE},
    "rest": {"multisite_domains_source": "rest", **SAID},
    "rest-unsaid": {"multisite_domains_source": "rest"},
    "command": {"multisite_domains_source": "command"},
    "command-here": {"multisite_domains_source": "command", **HERE},
}
UNSAID = ("database-unsaid", "rest-unsaid")
READ = [host for host in SOURCES if host not in UNSAID]
# The one web host that is given a password, because the read needs it there.
TRUSTED = "database"


class World(NamedTuple):
    """The run over all hosts but the trusted one, the run over that one, and the bytes that web hosts were sent in each."""

    many: Ran
    trusted: Ran
    sent: bytes
    sent_trusted: bytes
    emu: Emulator

    def of(self, host: str) -> Ran:
        """The run of a host."""
        return self.trusted if host == TRUSTED else self.many


@pytest.fixture(scope="module")
def network(made_network: Network) -> Iterator[Network]:
    """The network, with the plugin's API behind a web server."""
    made_network.reset()
    for domain in ("client-one.com", "client-two.com", "www.client-two.com", "bad_name.com"):
        made_network.add_mapping(domain)
    made_network.add_mapping("gave-up.com", blog=4, stage="failed")
    serve_rest(
        made_network,
        "2.4.13",
        {"enable_api": True, "api_key": KEY, "api_secret": SECRET, "enable_domain_mapping": True},
    )
    yield made_network
    remove_rest(made_network)


@pytest.fixture(scope="module")
def world(emu: Emulator, network: Network, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Both runs."""
    folder = tmp_path_factory.mktemp("sources")
    numbers = {host: number for number, host in enumerate(SOURCES, 11)}
    emu.seed(
        {
            "servers": [{"id": number} for number in numbers.values()],
            "webapps": [
                {"id": number, "server_id": number, "rootPath": str(network.path)} for number in numbers.values()
            ],
            "domains": [
                {"webapp_id": number, "name": name, "wildcard": int(name.startswith("*"))}
                for number in numbers.values()
                for name in (network.domain, f"*.{network.domain}")
            ],
        }
    )
    hosts = {
        host: {"runcloud_server_id": number, "runcloud_webapp_id": number, **SOURCES[host]}
        for host, number in numbers.items()
    }
    (folder / "sitecustomize.py").write_text(loopback(network.domain))
    with Front() as front, WebServer(network) as server:
        front.upstream = server.port
        front.authority.cert_pem.write_to_path(folder / "ca.pem")
        everywhere = {
            "ansible_connection": "recorded",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "multisite_domains_write_interval": 0,
            "multisite_domains_path": str(network.path),
            "multisite_domains_wp_executable": [str(Path(__file__).parents[1] / "wordpress" / "wp")],
            "multisite_domains_login_unix_socket": network.mariadb.socket,
            "multisite_domains_login_user": network.mariadb.USER,
            "multisite_domains_login_password": network.mariadb.PASSWORD,
            "multisite_domains_login_db": network.database,
            "multisite_domains_table_prefix": network.prefix,
            "multisite_domains_rest_url": front.url,
            "multisite_domains_rest_key": KEY,
            "multisite_domains_rest_secret": SECRET,
            "multisite_domains_rest_ca_path": str(folder / "ca.pem"),
            "multisite_domains_command": [sys.executable, str(_program(folder))],
        }
        hosts_file = inventory(folder, hosts, everywhere)
        environment = {
            "RUNCLOUD_API_TOKEN": TOKEN,
            "RUNCLOUD_API_URL": emu.url,
            "PYTHONPATH": str(folder),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_INJECT_INVOCATION": "true",
        }

        def converge(name: str, limit: str, status: int) -> Ran:
            words = ["-i", hosts_file, CONVERGE, "-vvv", "--limit", limit]
            return run(folder, *words, environment={**environment, "RECORDING": str(folder / name)}, status=status)

        many, trusted = converge("many", f"all:!{TRUSTED}", 2), converge("trusted", TRUSTED, 0)
    return World(many, trusted, (folder / "many").read_bytes(), (folder / "trusted").read_bytes(), emu)


def _program(folder: Path) -> Path:
    """A program that prints the snapshot of the network, as its owner would write it."""
    blog = {"network_id": 1, "path": "/", "public": 1, "archived": 0, "mature": 0, "spam": 0, "deleted": 0}
    sites = ["network.com", *(f"{name}.network.com" for name in ("one", "two", "three"))]
    rows = [(2, "client-one.com", "done"), (2, "client-two.com", "done"), (2, "www.client-two.com", "done")]
    rows += [(2, "bad_name.com", "done"), (4, "gave-up.com", "failed")]
    keys = ("version", "root", "root_real")
    document = {
        "format": "wpmultisite.snapshot/1",
        "source": "command",
        "wordpress": {
            **dict.fromkeys(keys),
            "subdomain_install": True,
            "domain_current_site": "network.com",
            "environment_type": "production",
            "runtime_url": False,
        },
        "mapping_plugin": {"name": "other", "version": None, "schema": None, "unread_rows": 0},
        "settings": {
            "enable_domain_mapping": None,
            "auto_create_www_subdomain": None,
            "runcloud_integration": {"enabled": None, "configured": None},
        },
        "networks": [{"id": 1, "domain": "network.com", "path": "/"}],
        "blogs": [{"id": number, "domain": domain, **blog} for number, domain in enumerate(sites, 1)],
        "mappings": [
            {"id": number, "blog_id": site, "domain": name, "active": 1, "primary": 0, "secure": 0, "stage": stage}
            for number, (site, name, stage) in enumerate(rows, 1)
        ],
        "counts": {"networks": 1, "blogs": 4, "mappings": 5},
    }
    program = folder / "program.py"
    program.write_text(f"print({json.dumps(document)!r})\n")
    return program


@pytest.mark.parametrize("host", READ)
def test_every_source_leads_to_the_same_changes(world: World, host: str) -> None:
    ran = world.of(host)
    assert ran.recap(host)["failed"] == 0
    assert ran.entries(host, "added") == {
        "client-one.com": "alias, www off, redirection none (mapping in stage done)",
        "client-two.com": "alias, www on, redirection none (mapping in stage done)",
    }
    for verb, names in (("waiting", ["gave-up.com"]), ("covered", ["3 names"]), ("rejected", ["bad_name.com"])):
        assert list(ran.entries(host, verb)) == names
    number = 11 + list(SOURCES).index(host)
    assert {row["name"] for row in world.emu.domains(number)} >= {"client-one.com", "client-two.com"}


@pytest.mark.parametrize("host", UNSAID)
def test_a_source_that_cannot_tell_a_staging_copy_wants_a_person_s_word(world: World, host: str) -> None:
    assert "set multisite_domains_environment (option environment) to production" in world.many.failure(host)
    number = 11 + list(SOURCES).index(host)
    assert [row["name"] for row in world.emu.domains(number)] == ["network.com", "*.network.com"]


def test_no_output_holds_a_secret(world: World, network: Network) -> None:
    for ran in (world.many, world.trusted):
        assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in ran.output
        assert [word for word in (KEY, SECRET, TOKEN, network.mariadb.PASSWORD) if word in ran.text] == []


def test_a_secret_reaches_the_web_host_whose_read_needs_it_and_no_other(world: World, network: Network) -> None:
    assert world.sent.count(b"multisite_info") >= 3
    secrets = [KEY, SECRET, TOKEN, network.mariadb.PASSWORD]
    assert [word for word in secrets if word.encode() in world.sent] == []
    assert [word for word in secrets if word.encode() in world.sent_trusted] == [network.mariadb.PASSWORD]
