# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks adopt and restore: four runs over one inventory, each host with a web app of its own.

First adopt, then converge, which finds nothing to do for what was adopted; somebody makes a mess, restore puts it back, and has nothing to do
when it runs again.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

ADOPT, RESTORE = "wpmultisite.runcloud.adopt", "wpmultisite.runcloud.restore"
# As the plugin made them: both flags are always set.
MADE = {"www": 1, "redirection": "non-www"}
PANEL: dict[str, dict[str, Any]] = {
    "network.com": {"type": "primary", "www": 1},
    "a.com": MADE,
    "b.com": MADE,
    "c.com": {},
    "www.twin.com": {},  # an older plugin's: the www form as a record of its own
    "excluded.com": MADE,
    "kept.com": MADE,
    "foreign.com": MADE,
    "moved.com": {"type": "redirect"},
}
WANTED = ("a.com", "b.com", "c.com", "www.twin.com", "excluded.com", "kept.com")
ADOPTED = ["a.com", "b.com", "c.com", "network.com", "www.twin.com"]
HOSTS = ("app", "neighbour", "other", "missing", "empty", "edited")


class Story(NamedTuple):
    """The runs, the writes of each for the host app, and the records of its web app before all and after each."""

    adopt: Ran
    converge: Ran
    restore: Ran
    again: Ran
    calls: list[list[str]]
    records: list[dict[str, dict[str, Any]]]
    ledger: dict[str, Any]
    neighbour: list[str]
    state: Path


def _records(emu: Emulator) -> dict[str, dict[str, Any]]:
    keys = ("type", "www", "redirection")
    return {row["name"]: {key: row[key] for key in keys} for row in emu.domains(11)}


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What is told here."""
    folder = tmp_path_factory.mktemp("restore")
    state = folder / "state/wpmultisite.runcloud/networks"
    numbers = {host: number for number, host in enumerate(HOSTS, 11)}
    # The neighbour is another network on the same web app.
    numbers["neighbour"] = numbers["app"]
    apps = sorted(set(numbers.values()))
    emu.seed(
        {
            "servers": [{"id": number} for number in apps],
            "webapps": [{"id": number, "server_id": number} for number in apps],
            "domains": [
                {"webapp_id": number, "name": name, **flags} for number in apps for name, flags in PANEL.items()
            ],
        }
    )
    sources = {
        "app": write_json(folder / "app.json", snapshot(*WANTED)),
        "neighbour": write_json(folder / "neighbour.json", snapshot("b.com", "n.com", network="foreign.com")),
    }
    backup: dict[str, str] = {}
    calls: list[list[str]] = []
    records = [_records(emu)]

    def tell(playbook: str, *hosts: str, status: int = 0) -> Ran:
        variables = {
            host: {
                "runcloud_server_id": numbers[host],
                "runcloud_webapp_id": numbers[host],
                "multisite_domains_file": sources.get(host, sources["app"]),
                "multisite_domains_exclude": ["excluded.com"],
                "multisite_domains_keep": ["kept.com"],
                **({"multisite_domains_backup_file": backup[host]} if host in backup else {}),
            }
            for host in hosts
        }
        everywhere = {
            **FROM_FILES,
            "multisite_domains_api_url": emu.url,
        }
        environment = {
            "RUNCLOUD_API_TOKEN": TOKEN,
            "XDG_STATE_HOME": str(folder / "state"),
            "ANSIBLE_PIPELINING": "true",
        }
        emu.clear_journal()
        # One host after the other, because two share a web app.
        hosts_file = inventory(folder, variables, everywhere)
        ran = run(folder, "-i", hosts_file, playbook, "--forks", "1", environment=environment, status=status)
        asked = (entry for entry in emu.journal if entry.path.startswith("/servers/11"))
        calls.append([re.sub(r"\?.*|(?<=domains)/\d+", "", str(entry)) for entry in asked])
        records.append(_records(emu))
        return ran

    adopt = tell(ADOPT, "app", "neighbour", status=2)
    ledger = json.loads((state / "app/ledger.json").read_text())
    write_json(folder / "app.json", snapshot(*WANTED, "new.com"))
    converge = tell(CONVERGE, "app")
    (stored,) = (state / "app/backups").glob("*.json")
    document = json.loads(stored.read_text())
    # A mess: the neighbour's and a customer's record gone, flags changed, and a name that was not there.
    for name in ("a.com", "foreign.com", "new.com"):
        emu.drop_domain(11, name)
    emu.edit_domain(11, "b.com", www=0, redirection="none")
    emu.edit_domain(11, "c.com", redirection="non-www")
    emu.put_domain(11, "stranger.com")
    records.append(_records(emu))
    calls.append([])
    backup.update(
        app=str(stored),
        other=str(stored),
        missing="/nonexistent.json",
        empty=write_json(folder / "empty.json", _of(document, numbers["empty"]) | {"domains": []}),
        edited=write_json(folder / "edited.json", _of(document, numbers["edited"]) | {"domains": [{"name": "a.com"}]}),
    )
    restore = tell(RESTORE, "app", "other", "missing", "empty", "edited", status=2)
    again = tell(RESTORE, "app")
    neighbours = json.loads((state / "neighbour/ledger.json").read_text())["domains"]
    neighbour = [row["name"] for row in neighbours]
    return Story(adopt, converge, restore, again, calls, records, ledger, neighbour, state)


def _of(document: dict[str, Any], number: int) -> dict[str, Any]:
    """The backup as one of another host's web app."""
    return {**document, "target": {**document["target"], "server_id": number, "webapp_id": number}}


def test_adopting_writes_the_ledger_and_nothing_else(story: Story) -> None:
    assert story.calls[0][0] == "GET /servers/11/webapps/11/domains"
    assert {call.split()[0] for call in story.calls[0]} == {"GET"}
    assert story.records[1] == story.records[0]
    assert [(row["name"], row["how"]) for row in story.ledger["domains"]] == [(name, "adopted") for name in ADOPTED]
    assert [path.name for path in (story.state / "app").iterdir() if path.name != "backups"] == ["ledger.json"]


def test_adopting_says_what_it_took_and_what_it_left_alone(story: Story) -> None:
    lines = story.adopt.summary("app")
    assert lines[0].startswith("network.com: ") and "5 adopted" in lines[0]
    assert [line.split("  ")[1] for line in lines if line.startswith("adopted  ")] == ADOPTED
    kept = story.adopt.entries("app", "kept")
    assert story.adopt.entries("app", "ignored") == {"excluded.com": "excluded (excluded.com)"}
    assert kept["kept.com"] == "on the keep list (kept.com)"
    assert kept["foreign.com"] == "nothing wants it; it is not ours; remove it by runcloud_domain if nobody needs it"
    assert kept["moved.com"] == "is a redirect record"


def test_a_name_that_another_network_owns_is_not_adopted(story: Story) -> None:
    failure = story.adopt.failure("neighbour")
    assert failure.startswith("1 of the names could not be taken over. b.com: it belongs to the network network.com (")
    assert "/networks/app/ledger.json)" in failure
    # The other names are its own, and the run fails at its end.
    assert story.neighbour == ["foreign.com"]


def test_the_plan_after_adopting_is_empty_but_for_what_is_new(story: Story) -> None:
    assert list(story.converge.entries("app", "added")) == ["new.com"]
    assert [call for call in story.calls[1] if not call.startswith("GET")] == ["POST /servers/11/webapps/11/domains"]
    assert story.converge.entries("app", "differs") == {}
    assert {name: flags for name, flags in story.records[2].items() if name != "new.com"} == story.records[0]


def test_a_restore_shows_its_plan_first_and_then_does_it(story: Story) -> None:
    plan, done = story.restore.summaries("app")
    for lines, added, updated in ((plan, "would be added", "would be updated"), (done, "added", "updated")):
        assert [line.split("  ")[1] for line in lines if line.startswith(f"{added}  ")] == ["a.com", "foreign.com"]
        assert [line.split("  ")[1] for line in lines if line.startswith(f"{updated}  ")] == ["b.com", "c.com"]
    assert done[0].startswith("network.com: 2 added, 2 updated, 0 removed")
    assert "note  certificates have to be issued again for a.com, foreign.com, www.b.com" in done
    methods = [call.split()[0] for call in story.calls[3] if not call.startswith("GET")]
    assert methods == ["POST", "POST", "PATCH", "PATCH"]


def test_after_a_restore_the_records_are_those_of_the_backup_and_the_newer_ones(story: Story) -> None:
    assert {name: flags for name, flags in story.records[4].items() if name != "stranger.com"} == story.records[0]
    assert "stranger.com" in story.records[4]


def test_a_restored_name_that_was_not_ours_is_not_ours(story: Story) -> None:
    ledger = json.loads((story.state / "app/ledger.json").read_text())
    assert "foreign.com" not in {row["name"] for row in ledger["domains"]}


def test_the_second_restore_changes_nothing(story: Story) -> None:
    assert story.calls[4] == ["GET /servers/11/webapps/11/domains"]
    assert story.again.recap("app")["changed"] == 0
    assert len(story.again.summaries("app")) == 1


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("other", "is of another web app: "),
        ("missing", "The backup /nonexistent.json cannot be read: No such file or directory."),
        ("empty", "holds no domains; an empty list is never restored."),
        (
            "edited",
            "is damaged: domains[0] (a.com): type must be a text; domains[0] (a.com): www must be true or false;",
        ),
    ],
)
def test_a_backup_that_cannot_be_one_of_this_app_is_refused(story: Story, host: str, says: str) -> None:
    failure = story.restore.failure(host)
    assert failure.startswith("Nothing was written to RunCloud. ") and says in failure
