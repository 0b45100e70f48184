# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures at the highest verbosity show no credential, wherever it came from. (test_converge.py does the same for successes.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import KEY, PULL_KEYS, TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, Ran, inventory, run, snapshot, write_json

OPTION_TOKEN = "unknown-token-of-the-inventory"
OPTION_SECRET = "unknown-secret-of-the-inventory"
DB_PASSWORD = "pass-of-nobody"
# Host → its variables, and words of its failure.
HOSTS = {
    "token": ({"runcloud_api_token": OPTION_TOKEN}, "HTTP 401"),
    "secret": ({"runcloud_api_key": KEY, "runcloud_api_secret": OPTION_SECRET}, "HTTP 401"),
    "environment": ({}, "check webapp_id"),
    "database": ({"multisite_domains_source": "php"}, "no database server answers"),
}


@pytest.fixture(scope="module")
def ran(emu: Emulator, skeleton: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All of them in one run."""
    folder = tmp_path_factory.mktemp("secrets")
    # A web app for each host, because two runs on one wait for nobody: the second one is refused.
    numbers = {host: number for number, host in enumerate(HOSTS, 2)}
    apps = [{"id": number} for number in numbers.values()]
    emu.seed(
        {"webapps": apps, "domains": [{"webapp_id": number, "name": "network.com"} for number in numbers.values()]}
    )
    document = snapshot("a.com")
    document["wordpress"]["root"] = "/srv/elsewhere"
    everywhere = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "runcloud_server_id": 1,
        "multisite_domains_source": "file",
        "multisite_domains_file": write_json(folder / "snapshot.yml", document),
        "multisite_domains_path": str(skeleton[0]),
        "multisite_domains_api_url": emu.url,
    }
    hosts = inventory(
        folder,
        {host: {"runcloud_webapp_id": numbers[host], **variables} for host, (variables, _) in HOSTS.items()},
        everywhere,
    )
    # With the options of each task, which newer versions of Ansible show only when asked.
    environment = {"RUNCLOUD_API_TOKEN": TOKEN, "ANSIBLE_INJECT_INVOCATION": "true"}
    return run(folder, "-i", hosts, CONVERGE, "-vvvv", "--diff", environment=environment, status=2)


@pytest.mark.parametrize("host", HOSTS)
def test_the_failure_is_the_meant_one(ran: Ran, host: str) -> None:
    assert HOSTS[host][1] in ran.failure(host)


def test_no_credential_is_shown(ran: Ran) -> None:
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in ran.output  # the options are shown, the secrets among them masked
    assert [
        word for word in (OPTION_TOKEN, OPTION_SECRET, KEY, TOKEN, DB_PASSWORD, *PULL_KEYS) if word in ran.text
    ] == []
