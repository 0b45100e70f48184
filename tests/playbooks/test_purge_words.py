# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A purge as people ask for it: by a word on the command line, first in check mode, with a table nobody read, beside another network.

Each host is a network with a web app and a memory of its own, but for the two neighbours, who share a web app.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.modules.memory import adopted, entry, ledger
from tests.playbooks.runner import FROM_FILES, ROLE, Ran, inventory, run, snapshot, write_json

NETWORK, NEIGHBOUR = "network.com", "neighbour.net"
STAY = [f"stay{number:02}.com" for number in range(17)]
LEFT = [f"left{number}.com" for number in range(3)]
NEW = [f"new{number}.com" for number in range(8)]
NOT_READ = "mapping_plugin is none, but the tables of mapping plugins hold 7 domains that were not read"
NONE = {"name": "none", "version": None, "schema": None, "unread_rows": 7}
HOSTS = {"big": 11, "unread": 12, "one": 13, "two": 13}


class World(NamedTuple):
    """The runs by name, and the writes of each for each host."""

    ran: dict[str, Ran]
    writes: dict[tuple[str, str], list[str]]
    ledgers: dict[str, set[str]]
    shared: set[str]


@pytest.fixture(scope="module")
def world(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> World:
    """All runs."""
    folder = tmp_path_factory.mktemp("words")
    held = {11: [NETWORK, *STAY, *LEFT], 12: [NETWORK, *LEFT], 13: [NETWORK, NEIGHBOUR, *LEFT]}
    emu.seed(
        {
            "servers": [{"id": number} for number in held],
            "webapps": [{"id": number, "server_id": number} for number in held],
            "domains": [
                {"webapp_id": number, "name": name, "type": "primary" if name == NETWORK else "alias"}
                for number, names in held.items()
                for name in names
            ],
        }
    )
    missing = [entry(name, missing_reads=5) for name in LEFT]
    owned = {"big": [*missing, *map(entry, STAY)], "unread": missing, "one": missing, "two": [adopted(NEIGHBOUR)]}
    for host, number in HOSTS.items():
        _remember(emu, folder, host, number, owned[host])
    sources = {
        "big": snapshot(*STAY, *NEW),
        "unread": snapshot(mapping_plugin=NONE),
        "one": snapshot(),
        # One of those who left came back, to the other network.
        "two": snapshot(LEFT[0], network=NEIGHBOUR),
    }
    hosts = {
        host: {
            "runcloud_server_id": number,
            "runcloud_webapp_id": number,
            "multisite_domains_file": write_json(folder / f"{host}.json", sources[host]),
        }
        for host, number in HOSTS.items()
    }
    everywhere = {
        **FROM_FILES,
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_grace_period": 0,
        "multisite_domains_min_absences": 1,
    }
    hosts_file = inventory(folder, hosts, everywhere)
    environment = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
    playbooks = {
        "converge": _play(folder, "converge", ["main"]),
        "adopt": _play(folder, "adopt", ["adopt"]),
        "both": _play(folder, "both", ["main", "restore"]),
    }
    world = World({}, {}, {}, set())

    def tell(name: str, playbook: str, *words: str, status: int = 0) -> None:
        emu.clear_journal()
        command = ["-i", hosts_file, playbooks[playbook], "--forks", "1", *words]
        world.ran[name] = run(folder, *command, environment=environment, status=status)
        for host, number in HOSTS.items():
            place = f"/servers/{number}/"
            world.writes[name, host] = [
                str(call) for call in emu.journal if call.method != "GET" and place in call.path
            ]

    # On the command line a value is a text, unless it is written as JSON.
    tell("off", "converge", "-e", "multisite_domains_purge=false", "--limit", "one,unread")
    tell("adopt", "adopt", "-e", "multisite_domains_purge=true", "--limit", "unread")
    backup = _listing(emu, folder / "unread-backup.json", HOSTS["unread"])
    both = json.dumps({"multisite_domains_purge": True, "multisite_domains_backup_file": backup})
    tell("both", "both", "-e", both, "--limit", "unread", status=2)
    tell("neighbour", "converge", "--limit", "two")
    tell("check", "converge", "-e", "multisite_domains_purge=true", "--limit", "big,one", "--check")
    tell("purge", "converge", "-e", "multisite_domains_purge=true", "--limit", "big,one")
    for host in HOSTS:
        document = json.loads((folder / "state/wpmultisite.runcloud/networks" / host / "ledger.json").read_text())
        world.ledgers[host] = {row["name"] for row in document["domains"]}
    world.shared.update(row["name"] for row in emu.domains(13))
    return world


def _play(folder: Path, name: str, parts: list[str]) -> str:
    tasks = [
        # What fails on the way to the last part is ignored.
        {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": part}, "ignore_errors": part != parts[-1]}
        for part in parts
    ]
    return write_json(folder / f"{name}.yml", [{"hosts": "multisites", "gather_facts": False, "tasks": tasks}])


def _remember(emu: Emulator, folder: Path, host: str, number: int, owned: list[dict[str, Any]]) -> None:
    state = folder / "state/wpmultisite.runcloud/networks" / host
    state.mkdir(parents=True)
    ids = {row["name"]: row["id"] for row in emu.domains(number)}
    target = {"api_url": emu.url, "server_id": number, "webapp_id": number}
    entries = ({**row, "id": ids[row["name"]]} for row in owned)
    write_json(state / "ledger.json", ledger(target, *entries, network=NEIGHBOUR if host == "two" else NETWORK))


def _listing(emu: Emulator, path: Path, number: int) -> str:
    """A backup of what is there."""
    keys = ("id", "name", "type", "redirection")
    rows = [{**{key: row[key] for key in keys}, "www": bool(row["www"])} for row in emu.domains(number)]
    target = {"api_url": emu.url, "server_id": number, "webapp_id": number}
    document = {"format": "wpmultisite.listing/1", "network": NETWORK, "target": target, "domains": rows}
    return write_json(path, document)


def _names(world: World, run_name: str, host: str, verb: str) -> list[str]:
    lines = (line.split("  ") for told in world.ran[run_name].summaries(host) for line in told)
    return [line[1] for line in lines if line[0] == verb]


def test_the_text_false_switches_the_purge_off(world: World) -> None:
    assert world.writes["off", "one"] == []


def test_the_text_true_switches_it_on(world: World) -> None:
    assert len([call for call in world.writes["purge", "big"] if call.startswith("DELETE")]) == len(LEFT)


@pytest.mark.parametrize("host", ["big", "one"])
def test_check_mode_says_exactly_what_the_run_then_does(world: World, host: str) -> None:
    assert world.writes["check", host] == []
    for verb in ("added", "updated", "removed"):
        assert _names(world, "check", host, f"would be {verb}") == _names(world, "purge", host, verb), verb


def test_the_share_of_a_purge_counts_what_the_run_added(world: World) -> None:
    """A tenth of the 20 aliases from before is 2, of the 28 with those that the run added it is 3."""
    assert _names(world, "purge", "big", "removed") == LEFT and _names(world, "purge", "big", "added") == NEW


def test_a_table_that_nobody_read_makes_a_purge_fail_and_removes_nothing(world: World) -> None:
    assert world.writes["both", "unread"] == []
    assert any(NOT_READ in str(result["msg"]) for result in world.ran["both"].results("unread", "fatal"))


def test_it_does_not_stop_what_never_removes(world: World) -> None:
    assert world.ran["adopt"].recap("unread")["failed"] == 0
    assert world.writes["adopt", "unread"] == []
    # The play ignored the failure of converge; restore has no fault of its own.
    assert len(list(world.ran["both"].results("unread", "fatal"))) == 1


def test_what_another_network_of_the_web_app_wants_is_not_removed(world: World) -> None:
    assert _names(world, "purge", "one", "removed") == LEFT[1:]
    assert {NETWORK, NEIGHBOUR, LEFT[0]} <= world.shared
    kept = [
        line for told in world.ran["purge"].summaries("one") for line in told if line.startswith(f"kept  {LEFT[0]}  ")
    ]
    assert kept and "nothing here wants it, but" in kept[0] and f"{NEIGHBOUR} (" in kept[0]
    # It stays known as added by this network, until the other one takes it over by adopt.
    assert world.ledgers["one"] == {LEFT[0]} and world.ledgers["two"] == {NEIGHBOUR}
