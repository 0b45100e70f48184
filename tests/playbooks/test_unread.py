# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A multisite that was not read changes nothing, even in plays that go on after a host was unreachable or a task failed.

Each play is a second pass over its host: the first one has resolved what the multisite wants, so there is something that could be applied.
One play runs a copy of the role without its guard; what it writes shows what the guard is for.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import ROLE, ROOT, Ran, closed_port, inventory, run, snapshot, write_json

INSTALLED = ROOT / "build/collections/ansible_collections/wpmultisite/runcloud/roles/multisite_domains"
GUARD = "Read | Forget an earlier pass"


class Play(NamedTuple):
    """Whether the host can be reached, what the play ignores, and whether the role has its guard."""

    reachable: bool
    ignores: tuple[str, ...]
    guarded: bool = True


PLAYS = {
    "failed": Play(True, ("ignore_errors",)),
    "failed-unguarded": Play(True, ("ignore_errors",), guarded=False),
    "away": Play(False, ("ignore_errors", "ignore_unreachable")),
    # The last one, because nothing runs after a play whose hosts all failed.
    "away-errors-count": Play(False, ("ignore_unreachable",)),
}


class World(NamedTuple):
    """The run and what each host's web app was asked."""

    ran: Ran
    asked: dict[str, list[str]]


def _unguarded(folder: Path) -> str:
    """The path of a copy of the role that lacks its guard."""
    copy = folder / "unguarded" / "multisite_domains"
    shutil.copytree(INSTALLED, copy)
    tasks = yaml.safe_load((copy / "tasks/read.yml").read_text())
    left = [task for task in tasks if task["name"] != GUARD]
    assert len(left) == len(tasks) - 1
    write_json(copy / "tasks/read.yml", left)
    return str(copy)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port without an SSH server."""
    with closed_port() as number:
        yield number


@pytest.fixture(scope="module")
def world(emu: Emulator, port: int, tmp_path_factory: pytest.TempPathFactory) -> World:
    """All plays in one run."""
    folder = tmp_path_factory.mktemp("unread")
    numbers = {host: number for number, host in enumerate(PLAYS, 1)}
    emu.seed(
        {
            "servers": [{"id": number} for number in numbers.values()],
            "webapps": [{"id": number, "server_id": number} for number in numbers.values()],
            "domains": [{"webapp_id": number, "name": "network.com"} for number in numbers.values()],
        }
    )
    unguarded = _unguarded(folder)
    earlier = write_json(folder / "earlier.json", snapshot("client.com"))
    hosts: dict[str, dict[str, Any]] = {}
    plays = []
    for host, play in PLAYS.items():
        unreachable = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": port}
        unread = {"multisite_domains_source": "file", "multisite_domains_file": "/nonexistent.yml"}
        there = {"ansible_connection": "local", **unread}
        numbered = {"runcloud_server_id": numbers[host], "runcloud_webapp_id": numbers[host]}
        hosts[host] = {**(there if play.reachable else unreachable), **numbered}
        resolved = f"{{{{ lookup('file', '{earlier}') | from_json | wpmultisite.runcloud.desired_domains }}}}"
        plays.append(
            {
                "name": host,
                "hosts": host,
                "gather_facts": False,
                "pre_tasks": [{"ansible.builtin.set_fact": {"multisite_domains_desired": resolved}}],
                "roles": [{"role": ROLE if play.guarded else unguarded}],
                **dict.fromkeys(play.ignores, True),
            }
        )
    everywhere = {
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "runcloud_api_token": TOKEN,
        "multisite_domains_path": "/nonexistent",
        "multisite_domains_api_url": emu.url,
        "multisite_domains_write_interval": 0,
    }
    playbook = write_json(folder / "site.yml", plays)
    ran = run(folder, "-i", inventory(folder, hosts, everywhere), playbook, status=2)
    asked = {
        host: [f"{entry.method} {entry.path}" for entry in emu.journal if entry.path.startswith(f"/servers/{number}")]
        for host, number in numbers.items()
    }
    return World(ran, asked)


@pytest.mark.parametrize("host", [host for host, play in PLAYS.items() if play.guarded])
def test_the_panel_is_not_even_asked(world: World, host: str) -> None:
    assert world.asked[host] == []
    assert (
        '"msg": "The multisite was not read, so nothing is changed. '
        in world.ran.output.split(f"PLAY [{host}]")[1].split("PLAY [")[0]
    )


def test_without_the_guard_an_earlier_pass_is_applied_again(world: World) -> None:
    assert "POST /servers/2/webapps/2/domains" in world.asked["failed-unguarded"]


def test_an_unreachable_host_fails_with_the_reason(world: World) -> None:
    assert world.ran.failure("away-errors-count").startswith(
        "The multisite was not read, so nothing is changed. Task failed: Failed to connect"
    )
    recap = world.ran.recap("away-errors-count")
    assert (recap["failed"], recap["changed"]) == (1, 0)
