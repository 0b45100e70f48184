# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of tls_certificate_info in a real play, and what a stranger puts into a certificate stays text there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import examples
from tests.modules.harness import START
from tests.modules.pem import Pair, make
from tests.modules.tls_site import HOME, NOBODY, Site, running
from tests.playbooks.runner import run, write_json

MODULE = "wpmultisite.runcloud.tls_certificate_info"
EVIL = "{{7*7}}"


@pytest.fixture
def site(tmp_path: Path) -> Any:
    """The hosts of the examples, with certificates that are valid today."""
    age = (datetime.now(UTC) - START).days
    with running(tmp_path) as found:
        root = make("Root", start=age - 10, days=1000)
        (tmp_path / "root.crt").write_text(root.pem)

        def leaf(*names: str, start: float) -> Pair:
            return make(names[0], root, names, age + start)

        found.serve("client.com", leaf("client.com", "www.client.com", start=-5))
        found.serve("www.client.com", leaf("client.com", "www.client.com", start=-5))
        found.serve("moved.com", make(EVIL, root, (EVIL + ".network.com",), age - 5), page=page(EVIL))
        yield found


def page(location: str) -> bytes:
    """A page that leads there."""
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode()


def play(folder: Path, site: Site, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of tasks that connect to the site."""
    defaults = {MODULE: {"port": site.port, "ca_path": str(site.folder / "root.crt")}}
    plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    environment = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    ran = run(folder, write_json(folder / "site.yml", plays), "-v", environment=environment)
    return list(ran.results("localhost"))


def test_the_examples(tmp_path: Path, site: Site) -> None:
    tasks = examples("modules/tls_certificate_info", {"203.0.113.10": HOME, "2001:db8::10": NOBODY})
    # The names of the first example would be looked up in DNS.
    tasks[0][MODULE]["connect_to"] = HOME
    seen, shown, itself, known = play(tmp_path, site, tasks)
    assert seen["counts"] == {"name_mismatch": 1, "valid": 2}
    assert len(shown["msg"]) == 1 and shown["msg"][0].startswith("moved.com: another site answers")
    assert [(host["name"], host["state"]) for host in itself["hosts"]] == [("client.com", "valid")]
    assert [(host["address"], host["http"]) for host in known["hosts"]] == [(HOME, None), (HOME, None)]
    assert len(site.requests) == 4


def test_a_template_in_a_certificate_is_never_run(tmp_path: Path, site: Site) -> None:
    tasks: list[dict[str, Any]] = [
        {MODULE: {"names": ["moved.com"], "connect_to": HOME}, "register": "seen"},
        {"ansible.builtin.set_fact": {"copied": "{{ seen.hosts[0] }}"}},
        {
            "ansible.builtin.debug": {
                "msg": "{{ copied.subject }} {{ copied.names[0] }} {{ copied.http.location }} {{ copied.message }}"
            }
        },
    ]
    shown = play(tmp_path, site, tasks)[-1]["msg"]
    assert shown.startswith(f"CN={EVIL} {EVIL}.network.com {EVIL} moved.com: another site") and "49" not in shown
