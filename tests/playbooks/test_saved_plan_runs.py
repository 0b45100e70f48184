# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan that the playbook saves in check mode is carried out by its next run, and nothing of what has come up in between.

Three runs over one inventory: look, converge, adopt. In between a customer comes, another one leaves, and a person edits a record by hand.
"""

from __future__ import annotations

import json
import stat
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.modules.memory import entry, ledger
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

ADOPT = "wpmultisite.runcloud.adopt"
# app: a file by the host's name. one, two: one file for both. still: in sync, with nothing due.
HOSTS = {"app": 11, "one": 12, "two": 13, "still": 14}


class Story(NamedTuple):
    """The runs, the plans after the first one, and the writes of the second one to the host app."""

    look: Ran
    converge: Ran
    adopt: Ran
    looked: list[Any]
    plans: dict[str, dict[str, Any]]
    mode: int
    writes: list[tuple[str, str]]
    names: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All of it."""
    folder = tmp_path_factory.mktemp("plans")
    ours = ("edited.com", "left.com", "leaving.com")
    emu.seed(
        {
            "servers": [{"id": number} for number in HOSTS.values()],
            "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
            "domains": [
                *({"webapp_id": number, "name": "network.com"} for number in HOSTS.values()),
                *({"webapp_id": 11, "name": name} for name in ours),
            ],
        }
    )
    ids = {row["name"]: row["id"] for row in emu.domains(11)}
    rows = [entry("edited.com", www=True), entry("left.com", missing_reads=5), entry("leaving.com")]
    state = folder / "state/wpmultisite.runcloud/networks/app"
    state.mkdir(parents=True)
    target = {"api_url": emu.url, "server_id": 11, "webapp_id": 11}
    write_json(state / "ledger.json", ledger(target, *({**row, "id": ids[row["name"]]} for row in rows)))
    (folder / "plans").mkdir()
    source = folder / "snapshot.json"
    write_json(source, snapshot("planned.com", "edited.com", "leaving.com"))
    write_json(folder / "still.json", snapshot())
    hosts: dict[str, dict[str, Any]] = {
        host: {"runcloud_server_id": number, "runcloud_webapp_id": number} for host, number in HOSTS.items()
    }
    for host in ("one", "two"):
        hosts[host]["plan"] = "shared"
    hosts["still"]["multisite_domains_file"] = "still.json"
    everywhere = {
        **FROM_FILES,
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_file": "snapshot.json",
        "multisite_domains_purge": True,
        "multisite_domains_grace_period": 0,
        "multisite_domains_min_absences": 1,
    }
    where = inventory(folder, hosts, everywhere)
    environment = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
    name = "plans/{{ plan | default(inventory_hostname) }}.json"

    def play(playbook: str, status: int, *arguments: str, **variables: str) -> Ran:
        given = [f"-e{json.dumps({key: value})}" for key, value in variables.items()]
        return run(folder, "-i", where, playbook, *given, *arguments, environment=environment, status=status)

    look = play(CONVERGE, 2, "--check", "--diff", multisite_domains_plan_out=name)
    looked = emu.writes()
    plans = {path.stem: json.loads(path.read_text()) for path in (folder / "plans").iterdir()}
    write_json(source, snapshot("planned.com", "edited.com", "new.com"))
    emu.edit_domain(11, "edited.com", redirection="non-www")
    emu.clear_journal()
    converge = play(CONVERGE, 2, "--diff", multisite_domains_plan_in=name)
    known = {str(number): name for name, number in ids.items()}
    writes = [
        (method, body["name"] if body else known[path.rpartition("/")[2]])
        for method, path, body in emu.writes()
        if "/webapps/11/" in path
    ]
    names = {host: sorted(row["name"] for row in emu.domains(number)) for host, number in HOSTS.items()}
    adopt = play(
        ADOPT,
        2,
        "--limit=app,still",
        multisite_domains_plan_out="plans/none.json",
        multisite_domains_plan_in="{{ 'plans/still.json' if inventory_hostname == 'still' else none }}",
    )
    assert not (folder / "plans/none.json").exists()
    mode = stat.S_IMODE((folder / "plans/app.json").stat().st_mode)
    return Story(look, converge, adopt, looked, plans, mode, writes, names)


def test_a_look_saves_one_plan_with_the_removals_and_writes_nothing_else(story: Story) -> None:
    assert story.looked == [] and story.mode == 0o600
    assert [(row["kind"], row["name"]) for row in story.plans["app"]["actions"]] == [
        ("add", "planned.com"),
        ("update", "edited.com"),
        ("remove", "left.com"),
    ]
    assert story.plans["app"]["purge"] is True
    first, second = story.look.summaries("app")
    assert any(line.startswith("plan  saved, with 2 changes of this call: ") for line in first)
    assert any(line.startswith("plan  saved, with 1 change of this call: ") for line in second)


def test_a_network_in_sync_has_a_plan_of_nothing(story: Story) -> None:
    assert story.plans["still"]["actions"] == [] and story.converge.recap("still")["failed"] == 0


def test_the_next_run_does_the_plan_and_nothing_else(story: Story) -> None:
    assert story.converge.recap("app")["failed"] == 0
    assert story.writes == [("POST", "planned.com"), ("DELETE", "left.com")]
    assert story.names["app"] == ["edited.com", "leaving.com", "network.com", "planned.com"]


def test_what_came_up_in_between_is_told(story: Story) -> None:
    first, second = story.converge.summaries("app")
    words = [line.split("  ")[:2] for line in first if line.startswith("not ")]
    assert words == [["not approved", "new.com"], ["not approved", "edited.com"], ["not applied", "edited.com"]]
    assert [line.split("  ")[:2] for line in second if line.startswith("not ")] == [["not approved", "leaving.com"]]
    assert "not approved: add new.com: not in the plan" in story.converge.output
    (line,) = (line for line in first if line.startswith("not applied"))
    assert line.endswith(
        "the record is another one now: alias, www off, redirection non-www, and the plan was made for alias, www off, redirection none"
    )


def test_two_networks_with_one_file_end_in_one_plan_and_a_refusal(story: Story) -> None:
    failed = [host for host in ("one", "two") if story.look.recap(host)["failed"]]
    assert len(failed) == 1
    said = story.look.failure(failed[0])
    assert "multisite_domains_plan_out: " in said and "{{ inventory_hostname }}" in said
    assert story.plans["shared"]["target"]["webapp_id"] not in (HOSTS[failed[0]], HOSTS["app"])


def test_the_plan_of_another_network_is_refused(story: Story) -> None:
    owner = next(host for host in ("one", "two") if story.plans["shared"]["target"]["webapp_id"] == HOSTS[host])
    other = "two" if owner == "one" else "one"
    said = story.converge.failure(other)
    assert "Nothing was changed. multisite_domains_plan_in: " in said and "of another web app" in said
    assert story.names[other] == ["network.com"] and "planned.com" in story.names[owner]


def test_an_adoption_saves_no_plan_and_takes_none(story: Story) -> None:
    assert story.adopt.recap("app")["failed"] == 0
    said = "multisite_domains_plan_in is for a converging run: leave it out of adopt."
    assert said in story.adopt.failure("still")
