# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stranger puts into DNS stays text when a play uses it."""

from __future__ import annotations

from pathlib import Path

from tests.nameserver import running
from tests.playbooks.runner import run, write_json

EVIL = "{{7*7}}.client.com"


def test_a_template_in_a_cname_is_never_run(tmp_path: Path) -> None:
    with running() as server:
        server.point("www.client.com", cname=EVIL)
        server.point(EVIL, a=["198.51.100.7"])
        tasks = [
            {
                "wpmultisite.runcloud.domain_dns_info": {
                    "names": ["www.client.com"],
                    "expected_addresses": ["203.0.113.10"],
                    **server.options,
                },
                "register": "found",
            },
            {"ansible.builtin.set_fact": {"copied": "{{ found.dns.hosts[0] }}"}},
            {"ansible.builtin.debug": {"msg": "{{ copied.cname }} | {{ copied.message }}"}},
        ]
        plays = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        environment = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
        ran = run(tmp_path, write_json(tmp_path / "site.yml", plays), environment=environment)
    shown = list(ran.results("localhost"))[-1]["msg"]
    assert shown.startswith(EVIL + " | www.client.com leads elsewhere: its CNAME record leads to " + EVIL)
