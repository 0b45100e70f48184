# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of acme_probe_info in a real play."""

from __future__ import annotations

from pathlib import Path

from tests.docs.blocks import examples
from tests.modules import probe_site
from tests.nameserver import RECURSIVE
from tests.nameserver import running as nameserver
from tests.playbooks.runner import run, write_json

MODULE = "wpmultisite.runcloud.acme_probe_info"


def test_the_examples(tmp_path: Path) -> None:
    tasks = examples("modules/acme_probe_info")
    with probe_site.running(tmp_path) as site, nameserver() as dns:
        for name in ("shop.com", "www.shop.com"):
            dns.point(name, a=["127.0.0.1"])
        site.on("www.shop.com", body=tasks[0][MODULE]["content"].encode())
        options = {
            "nameservers": [f"{RECURSIVE}:{dns.port}"],
            "http_port": site.http,
            "https_port": site.https,
            "dns_timeout": 10.0,
        }
        play = {"hosts": "localhost", "gather_facts": False, "module_defaults": {MODULE: options}, "tasks": tasks}
        environment = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
        ran = run(tmp_path, write_json(tmp_path / "site.yml", [play]), "-v", environment=environment)
    found, shown = ran.results("localhost")
    assert found["reached"] == ["www.shop.com"]
    assert len(shown["msg"]) == 1 and shown["msg"][0].startswith("It is not seen that shop.com leads here")
    assert {path for _scheme, _host, path, _agent in site.asked} == {"/.well-known/probe-x7Gq"}
