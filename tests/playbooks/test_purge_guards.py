# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a name that is due and its removal in the role: each guard once on, and once off in a copy of the role.

One run over four networks; in each left.com is ours and has been missing for long.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.emulator import TOKEN, Emulator
from tests.modules.memory import entry, ledger
from tests.playbooks.runner import FROM_FILES, ROLE, ROOT, Ran, inventory, run, snapshot, write_json

INSTALLED = ROOT / "build/collections/ansible_collections/wpmultisite/runcloud/roles/multisite_domains"
LEFT = "left.com"
# In the second read of a run the result of its first call is there.
AGAIN = "{{{{ '{again}' if multisite_domains_result is defined else '{first}' }}}}"


class World(NamedTuple):
    """The run, and the writes to each host's web app."""

    ran: Ran
    writes: dict[str, list[str]]


def _without_condition(copy: Path) -> None:
    """A first call that ended early is followed by a second one."""
    tasks = yaml.safe_load((copy / "tasks/main.yml").read_text(encoding="utf-8"))
    (purge,) = (task for task in tasks if task["name"].startswith("Purge"))
    purge["when"].remove("multisite_domains_result.complete | default(false)")
    write_json(copy / "tasks/main.yml", tasks)


def _without_second_read(copy: Path) -> None:
    """What the first read found due goes."""
    tasks = yaml.safe_load((copy / "tasks/purge.yml").read_text(encoding="utf-8"))
    (block,) = (task["block"] for task in tasks if "block" in task)
    (read,) = (task for task in block if task["name"] == "Read and resolve again")
    block.remove(read)
    write_json(copy / "tasks/purge.yml", tasks)


HOSTS: dict[str, Any] = {
    "halted": None,
    "halted-unguarded": _without_condition,
    "back": None,
    "back-unguarded": _without_second_read,
}


@pytest.fixture(scope="module")
def world(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> World:
    """All in one run."""
    folder = tmp_path_factory.mktemp("guards")
    numbers = {host: number for number, host in enumerate(HOSTS, 11)}
    emu.seed(
        {
            "servers": [{"id": number} for number in numbers.values()],
            "webapps": [{"id": number, "server_id": number} for number in numbers.values()],
            "domains": [
                {"webapp_id": number, "name": name} for number in numbers.values() for name in ("network.com", LEFT)
            ],
        }
    )
    without = write_json(folder / "without.json", snapshot("new.com"))
    full = write_json(folder / "full.json", snapshot("new.com", LEFT))
    hosts = {}
    for host, mutilate in HOSTS.items():
        number = numbers[host]
        (ours,) = (row["id"] for row in emu.domains(number) if row["name"] == LEFT)
        state = folder / "state/wpmultisite.runcloud/networks" / host
        state.mkdir(parents=True)
        target = {"api_url": emu.url, "server_id": number, "webapp_id": number}
        document = ledger(target, {**entry(LEFT, missing_reads=5), "id": ours})
        (state / "ledger.json").write_text(json.dumps(document), encoding="utf-8")
        role = ROLE
        if mutilate is not None:
            shutil.copytree(INSTALLED, folder / host / "multisite_domains")
            mutilate(folder / host / "multisite_domains")
            role = str(folder / host / "multisite_domains")
        source = without if host.startswith("halted") else AGAIN.format(first=without, again=full)
        hosts[host] = {
            "runcloud_server_id": number,
            "runcloud_webapp_id": number,
            "multisite_domains_file": source,
            "role_under_test": role,
        }
        if host.startswith("halted"):
            path = rf"^/servers/{number}/webapps/{number}/domains$"
            emu.fault(method="POST", path=path, action="status", status=401, times=1)
    everywhere = {
        **FROM_FILES,
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_purge": True,
    }
    environment = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
    emu.clear_journal()
    tasks = [{"ansible.builtin.include_role": {"name": "{{ role_under_test }}"}}]
    playbook = write_json(folder / "site.yml", [{"hosts": "multisites", "gather_facts": False, "tasks": tasks}])
    ran = run(folder, "-i", inventory(folder, hosts, everywhere), playbook, environment=environment, status=2)
    writes = {
        host: [f"{entry.method} {entry.status}" for entry in emu.journal if _is_write(entry, number)]
        for host, number in numbers.items()
    }
    return World(ran, writes)


def _is_write(entry: Any, number: int) -> bool:
    return entry.method != "GET" and str(entry.path).startswith(f"/servers/{number}/")


def test_a_call_that_the_panel_ended_is_followed_by_no_removal(world: World) -> None:
    assert world.writes["halted"] == ["POST 401"]
    assert "no longer accepts the credentials" in world.ran.failure("halted")


def test_without_that_guard_the_removal_stands_in_the_journal(world: World) -> None:
    assert world.writes["halted-unguarded"] == ["POST 401", "DELETE 200"]


def test_a_name_that_the_second_read_holds_stays(world: World) -> None:
    assert world.writes["back"] == ["POST 200"]


def test_without_the_second_read_it_is_gone(world: World) -> None:
    assert world.writes["back-unguarded"] == ["POST 200", "DELETE 200"]
