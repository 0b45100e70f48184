# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role remembers, and what it does because of it: four runs over one inventory, with a memory that survives.

Each host is a network with a web app of its own and a story of its own. Between the first run and the second the multisites and the panel
change; in the third (check mode) and the fourth the missing names are due. One host reads a real database.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator, Entry
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json
from tests.wordpress import Network

STAY = ("a.com", "b.com")
LEFT = "left.com"
NOT_OURS = "it is not ours; remove it by runcloud_domain if nobody needs it"
FOREIGN = "foreign.com"
MANY = [f"c{number:03}.com" for number in range(200)]
REMOVING = ("left", "hurried")
LAST = (
    "left",
    "patient",
    "back-again",
    "unread-again",
    "empty-again",
    "shrunk",
)  # in the fourth run; in the third the first
# In the second read of a run the result of its first call is there.
AGAIN = "{{{{ '{again}' if multisite_domains_result is defined else '{first}' }}}}"
PURGE = {"multisite_domains_purge": True, "multisite_domains_grace_period": 0}

HOSTS: dict[str, dict[str, Any]] = {
    "left": PURGE,  # read from a database
    "hurried": {**PURGE, "multisite_domains_min_absences": 1},
    "patient": {"multisite_domains_purge": True},  # the default grace period is a day
    "back-again": PURGE,
    "unread-again": PURGE,
    "empty-again": PURGE,
    "shrunk": {**PURGE, "multisite_domains_first_converge": True},
    "repaired": {},
    "shown": {"multisite_domains_repair": False},
    "paused": {**PURGE, "multisite_domains_min_absences": 1},
    "lost": PURGE,
}


class Story(NamedTuple):
    """The four runs, what the panel was asked in each, its records after each, and the memory after each."""

    runs: list[Ran]
    asked: list[list[Entry]]
    records: list[dict[str, list[dict[str, Any]]]]
    ledgers: list[dict[str, Any]]

    def calls(self, number: int, host: str) -> list[str]:
        """What the panel was asked for a host in a run, without ids and pages."""
        server = f"/servers/{_webapp(host)}"
        entries = (entry for entry in self.asked[number] if f"{entry.path}/".startswith(f"{server}/"))
        return [
            re.sub(r"\?.*|(?<=domains)/\d+", "", str(entry))
            .replace(f"{server}/webapps/{_webapp(host)}", "app")
            .replace(server, "server")
            for entry in entries
        ]

    def writes(self, number: int, host: str) -> list[str]:
        """Those of them that write."""
        return [call for call in self.calls(number, host) if not call.startswith("GET ")]

    def names(self, number: int, host: str) -> set[str]:
        """The names on a host's web app after a run."""
        return {row["name"] for row in self.records[number][host]}

    def entry(self, number: int, host: str, name: str) -> dict[str, Any] | None:
        """What the ledger holds of a name after a run."""
        rows = self.ledgers[number][host]["domains"]
        return next((dict(row) for row in rows if row["name"] == name), None)

    def lines(self, number: int, host: str) -> list[str]:
        """All lines of a host's summaries."""
        return [line for summary in self.runs[number].summaries(host) for line in summary]


def _webapp(host: str) -> int:
    return list(HOSTS).index(host) + 11


@pytest.fixture(scope="module")
def network(made_folder_network: Network) -> Network:
    """The multisite with a database."""
    made_folder_network.reset()
    made_folder_network.add_mappings([*STAY, LEFT])
    return made_folder_network


@pytest.fixture(scope="module")
def story(emu: Emulator, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """What is told here."""
    folder = tmp_path_factory.mktemp("ownership")
    _seed(emu, network)
    files = {
        "full": snapshot(*STAY, LEFT),
        "without": snapshot(*STAY),
        "many": snapshot(*MANY),
        "three": snapshot(*MANY[:3]),
        "empty": snapshot(blogs=[], counts={"networks": 1, "blogs": 0, "mappings": 0}),
    }
    paths = {name: write_json(folder / f"{name}.json", document) for name, document in files.items()}
    story = Story([], [], [], [])

    def tell(sources: dict[str, dict[str, Any]], *words: str, status: int = 0) -> None:
        hosts = {
            host: {"runcloud_server_id": _webapp(host), "runcloud_webapp_id": _webapp(host), **policy, **sources[host]}
            for host, policy in HOSTS.items()
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
        hosts_file = inventory(folder, hosts, everywhere)
        story.runs.append(run(folder, "-i", hosts_file, CONVERGE, *words, environment=environment, status=status))
        story.asked.append(list(emu.journal))
        story.records.append({host: emu.domains(_webapp(host)) for host in HOSTS})
        kept = folder / "state/wpmultisite.runcloud/networks"
        story.ledgers.append({file.parent.name: json.loads(file.read_text()) for file in kept.glob("*/ledger.json")})

    def source(name: str) -> dict[str, Any]:
        return {"multisite_domains_file": paths.get(name, name)}

    before = {host: source("full") for host in HOSTS}
    before["left"] = {"multisite_domains_source": "php", "multisite_domains_path": str(network.path)}
    before["shrunk"] = source("many")
    tell(before)
    # A customer leaves everywhere; elsewhere other things happen.
    network.sql(f"DELETE FROM `{network.table('wu_domain_mappings')}` WHERE domain = %s", (LEFT,))
    after = before | {host: source("without") for host in HOSTS if host != "left"}
    after["shrunk"] = source("three")
    after["paused"]["multisite_domains_paused"] = {"reason": "it moves to another server", "since": "2026-11-20"}
    for host in ("repaired", "shown"):
        after[host] = before[host]
        emu.edit_domain(_webapp(host), "a.com", www=1)
        emu.edit_domain(_webapp(host), "b.com", redirection="non-www")
        emu.edit_domain(_webapp(host), FOREIGN, redirection="www")
    shutil.rmtree(folder / "state/wpmultisite.runcloud/networks/lost")
    tell(after)
    for host, again in (
        ("back-again", paths["full"]),
        ("unread-again", "/nonexistent"),
        ("empty-again", paths["empty"]),
    ):
        after[host] = {"multisite_domains_file": AGAIN.format(first=paths["without"], again=again)}
    tell(after, "--check", "--limit", LAST[0])
    tell(after, "--limit", ",".join(LAST), status=2)
    yield story


def _seed(emu: Emulator, network: Network) -> None:
    webapps, domains = [], []
    for host in HOSTS:
        app = _webapp(host)
        real = host == "left"
        webapps.append({"id": app, "server_id": app, "name": host, **({"rootPath": str(network.path)} if real else {})})
        domain = network.domain if real else "network.com"
        domains += [{"webapp_id": app, "name": domain, "type": "primary", "www": 1}]
        domains += [{"webapp_id": app, "name": FOREIGN}]
    emu.seed({"servers": [{"id": _webapp(host)} for host in HOSTS], "webapps": webapps, "domains": domains})


ORDINARY = [host for host in HOSTS if host != "shrunk"]


@pytest.mark.parametrize("host", ORDINARY)
def test_what_we_added_is_ours_and_nothing_else(story: Story, host: str) -> None:
    rows = story.ledgers[0][host]["domains"]
    assert {row["name"]: row["how"] for row in rows} == dict.fromkeys((*STAY, LEFT), "added")
    assert {json.dumps(row["written"], sort_keys=True) for row in rows} == {
        '{"redirection": "none", "type": "alias", "www": false}'
    }
    assert {(row["pending"], row["missing_since"], row["missing_reads"]) for row in rows} == {(None, None, 0)}


@pytest.mark.parametrize("host", HOSTS)
def test_a_foreign_record_is_never_touched(story: Story, host: str) -> None:
    changed = "www" if host in ("repaired", "shown") else "none"
    for number in [0, 1, 3] if host in LAST else [0, 1]:
        (row,) = [row for row in story.records[number][host] if row["name"] == FOREIGN]
        assert row["redirection"] == ("none" if number == 0 else changed)
        why = "a first run only adds" if (number, host) == (0, "shrunk") else NOT_OURS
        assert f"kept  {FOREIGN}  nothing wants it; {why}" in story.lines(number, host)


@pytest.mark.parametrize("host", ["left", "back-again", "unread-again", "empty-again"])
def test_a_customer_who_left_is_kept_at_first(story: Story, host: str) -> None:
    assert story.calls(1, host) == ["GET app/domains"]
    assert story.runs[1].entries(host, "kept")[LEFT] == "nothing wants it; missing in 1 of 2 converging reads"
    entry = story.entry(1, host, LEFT)
    assert entry is not None and entry["missing_reads"] == 1 and entry["missing_since"] is not None


# The second call of a run that removes one name: the listing, what surrounds it, the removal, its reading back, the closing listing.
PURGING = ["GET app/domains", "GET server", "GET app", "DELETE app/domains", "GET app/domains", "GET app/domains"]


@pytest.mark.parametrize(("number", "host"), [(3, "left"), (1, "hurried")])
def test_then_it_is_removed_after_a_second_read(story: Story, number: int, host: str) -> None:
    assert story.calls(number, host) == ["GET app/domains", *PURGING]
    assert story.names(number - 1, host) - story.names(number, host) == {LEFT}
    first, second = story.runs[number].summaries(host)
    (due,) = (line for line in first if line.startswith(f"due  {LEFT}  "))
    assert re.search(
        r"  nothing wants it; missing since \S+Z, in \d reads?; it goes if a second read of the multisite agrees$", due
    )
    (removed,) = (line for line in second if line.startswith(f"removed  {LEFT}  "))
    assert re.search(
        r"  was alias, www off, redirection none \(nothing wants it; missing since \S+Z, in \d reads?\)$", removed
    )
    assert story.entry(number, host, LEFT) is None
    assert any(line.startswith("backup  ") for line in second)


def test_check_mode_says_so_and_stores_nothing(story: Story) -> None:
    assert any(line.startswith("would be removed  left.com  was alias, www off, ") for line in story.lines(2, "left"))
    assert [entry.method for entry in story.asked[2] if entry.method != "GET"] == []
    assert story.ledgers[2] == story.ledgers[1]


@pytest.mark.parametrize(
    ("host", "fails"),
    [
        ("back-again", None),
        ("unread-again", "Cannot read the snapshot /nonexistent: No such file or directory."),
        ("empty-again", "empty.json cannot be used: blogs is empty, and no multisite is without blogs."),
    ],
)
def test_nothing_goes_when_the_second_read_says_otherwise(story: Story, host: str, fails: str | None) -> None:
    assert story.writes(3, host) == []
    assert LEFT in story.names(3, host)
    assert any(line.startswith(f"due  {LEFT}  ") for line in story.lines(3, host))
    if fails is None:
        assert story.runs[3].recap(host)["failed"] == 0
    else:
        assert fails in story.runs[3].failure(host)


def test_a_day_has_to_pass_by_default(story: Story) -> None:
    assert story.calls(3, "patient") == ["GET app/domains"]
    (reason,) = (line for line in story.lines(3, "patient") if line.startswith(f"kept  {LEFT}"))
    assert re.search(r"nothing wants it; missing since \S+Z; a purge may remove it from \S+Z on$", reason)


def test_a_source_of_3_rows_in_the_place_of_200_is_stopped_by_the_limits(story: Story) -> None:
    assert len(story.names(0, "shrunk")) == 202
    assert story.writes(1, "shrunk") == story.writes(3, "shrunk") == []
    failure = story.runs[3].failure("shrunk")
    assert failure.startswith("The purge: Nothing was written. 197 domains would be removed, and max_removals is 5.")
    assert "set max_removals: 197. Names: c003.com, " in failure
    listed = [line.split("  ")[1] for line in story.lines(3, "shrunk") if line.startswith("would be removed  ")]
    assert listed == MANY[3:]
    assert story.names(3, "shrunk") == story.names(0, "shrunk")


def test_a_change_by_hand_is_put_back(story: Story) -> None:
    ran = story.runs[1]
    assert story.writes(1, "repaired") == ["PATCH app/domains/meta"]
    assert ran.entries("repaired", "updated") == {
        "b.com": "alias, www off, redirection non-www -> alias, www off, redirection none (mapping in stage done; "
        "changed by a person since we wrote it: redirection non-www instead of none)"
    }
    # Nobody but a person switches www off.
    assert list(ran.entries("repaired", "differs")) == ["a.com"]
    flags = {row["name"]: (row["www"], row["redirection"]) for row in story.records[1]["repaired"]}
    assert (flags["a.com"], flags["b.com"]) == ((1, "none"), (0, "none"))


def test_or_shown_when_repair_is_off(story: Story) -> None:
    assert story.calls(1, "shown") == ["GET app/domains"]
    differs = story.runs[1].entries("shown", "differs")
    assert list(differs) == ["a.com", "b.com"]
    assert differs["b.com"].endswith(
        "(changed by a person since we wrote it: redirection non-www instead of none; repair is off)"
    )


def test_a_paused_network_shows_its_plan(story: Story) -> None:
    assert story.writes(1, "paused") == []
    assert story.runs[1].recap("paused")["failed"] == 0
    lines = story.lines(1, "paused")
    assert "PAUSED  it moves to another server, since 2026-11-20" in lines
    assert any(line.startswith(f"would be removed  {LEFT}  was alias, www off, ") for line in lines)
    assert story.ledgers[1]["paused"] == story.ledgers[0]["paused"]


def test_without_its_memory_a_network_converges_and_owns_nothing(story: Story) -> None:
    assert story.calls(1, "lost") == ["GET app/domains"]
    assert story.runs[1].recap("lost")["failed"] == 0
    assert story.runs[1].entries("lost", "kept")[LEFT] == f"nothing wants it; {NOT_OURS}"
    assert "lost" not in story.ledgers[1] or story.ledgers[1]["lost"]["domains"] == []


def test_only_two_names_were_ever_removed(story: Story) -> None:
    removals = [entry for asked in story.asked for entry in asked if entry.method == "DELETE"]
    assert len(removals) == len(REMOVING)
