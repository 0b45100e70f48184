# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty networks at once with one token: each is served, and one refusal of the panel is enough for all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import run, write_json

NETWORKS = range(11, 31)
# So few are left at first that the twenty meet the limit; then there is a window for all of them.
LEFT, WINDOW = 12, 10


def test_every_network_is_served_and_few_calls_are_refused(emu: Emulator, tmp_path: Path) -> None:
    emu.seed(
        {
            "servers": [{"id": number} for number in NETWORKS],
            "webapps": [{"id": number, "server_id": number} for number in NETWORKS],
            "domains": [{"webapp_id": number, "name": f"network{number}.com"} for number in NETWORKS],
        }
    )
    emu.rate_limit(limit=1200, remaining=LEFT, window=WINDOW)
    task = {
        "wpmultisite.runcloud.runcloud_domains": {
            "api_token": TOKEN,
            "api_url": emu.url,
            "server_id": "{{ number }}",
            "webapp_id": "{{ number }}",
            "network": "network{{ number }}.com",
            "domains": [{"name": "network{{ number }}.com"}, {"name": "client{{ number }}.com"}],
            "write_interval": 0,
        }
    }
    everywhere = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    hosts = {f"network{number}": {"number": number} for number in NETWORKS}
    inventory = write_json(tmp_path / "hosts.json", {"all": {"hosts": hosts, "vars": everywhere}})
    play = write_json(tmp_path / "play.yml", [{"hosts": "all", "gather_facts": False, "tasks": [task]}])
    emu.clear_journal()
    run(tmp_path, "-i", inventory, "--forks", "20", play, environment={"ANSIBLE_PIPELINING": "true"})
    assert all(f"client{number}.com" in {row["name"] for row in emu.domains(number)} for number in NETWORKS)
    refused = Counter(entry.status for entry in emu.journal)[429]
    # Those that were under way when the panel refused the first one; alone, each network would be refused once.
    assert 1 <= refused <= 6
