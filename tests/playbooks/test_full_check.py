# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of which nothing is new cost no call, by the whole role and the panel's journal; whatever is new, old, broken or unknown is looked at in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, ROOT, Ran, inventory, run, snapshot, write_json

DRIFT = "wpmultisite.runcloud.drift"
# What happens to each network between the first run and the second.
FATES = {
    "still": "nothing",
    "changed": "the multisite has a new customer",
    "broken": "the memory is damaged",
    "option": "an option is another one",
    "held": "it is paused, and that is some minutes old",
    "always": "each run is to be a full check",
    "capped": "the multisite has a new customer, and three calls are permitted",
}
NUMBERS = {name: number for number, name in enumerate(FATES, 11)}
# Each run is a full check where nobody asked for less, and where the one before failed.
ALWAYS = {"always", "capped"}
SCHEMA = json.loads((ROOT / "docs/schemas/check-1.json").read_text(encoding="utf-8"))


class Told(NamedTuple):
    """A run, what the panel was asked, the memories and the report after it."""

    ran: Ran
    calls: list[str]
    checks: dict[str, Any]
    report: dict[str, Any]

    def of(self, name: str) -> list[str]:
        """The calls for a network."""
        return [call for call in self.calls if f"/servers/{NUMBERS[name]}/" in call + "/"]

    def asked(self) -> set[str]:
        """The networks for which the panel was called."""
        return {name for name in NUMBERS if self.of(name)}

    def network(self, name: str) -> dict[str, Any]:
        """A network's report."""
        (found,) = (row for row in self.report["networks"] if row["host"] == name)
        return dict(found)


class World:
    """Seven networks on an emulated panel."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        self.emu, self.folder = emu, folder
        numbers = NUMBERS.values()
        emu.seed(
            {
                "servers": [{"id": number} for number in numbers],
                "webapps": [{"id": number, "server_id": number} for number in numbers],
                "domains": [{"webapp_id": number, "name": "network.com"} for number in numbers],
            }
        )
        self.hosts: dict[str, dict[str, Any]] = {}
        for name, number in NUMBERS.items():
            self.want(name, "client.com")
            ids = {"runcloud_server_id": number, "runcloud_webapp_id": number}
            self.hosts[name] = {**ids, "multisite_domains_file": str(folder / f"{name}.json")}
        self.hosts["held"]["multisite_domains_paused"] = {"reason": "it moves", "since": "2026-07-01"}
        self.hosts["capped"]["multisite_domains_max_api_calls"] = 6
        self.hosts["always"]["multisite_domains_full_check_every"] = 0

    def want(self, name: str, *names: str) -> None:
        """What a multisite holds."""
        write_json(self.folder / f"{name}.json", snapshot(*names))

    def memory(self, name: str) -> Path:
        """The file that remembers a network's last full check."""
        return self.folder / "state/wpmultisite.runcloud/networks" / name / "check.json"

    def forget_report(self, name: str) -> None:
        """As when the run that made the last full check was killed before its report."""
        file = self.folder / "report/memory.json"
        memory = json.loads(file.read_text())
        del memory["runs"][name]
        file.write_text(json.dumps(memory))

    def tell(self, playbook: str = CONVERGE, *, status: int = 0, limit: str = "all") -> Told:
        """A run over all of them, or over some."""
        self.emu.clear_journal()
        everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": self.emu.url,
            "multisite_domains_full_check_every": 21600,
            "multisite_report_dir": "report",
        }
        own = {"XDG_STATE_HOME": str(self.folder / "state"), "ANSIBLE_PIPELINING": "true", "ANSIBLE_FORKS": "4"}
        ran = run(
            self.folder,
            "-i",
            inventory(self.folder, self.hosts, everywhere),
            playbook,
            "--limit",
            limit,
            environment=own,
            status=status,
        )
        checks = {name: self.memory(name).read_text() for name in NUMBERS if self.memory(name).exists()}
        report = json.loads((self.folder / "report/fleet.json").read_text())
        return Told(ran, [str(entry) for entry in self.emu.journal], checks, report)


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """The runs by name, one after the other."""
    world = World(emu, tmp_path_factory.mktemp("checks"))
    told = {"first": world.tell()}
    world.want("changed", "client.com", "new.com")
    world.memory("broken").write_text("{")
    world.hosts["option"]["multisite_domains_max_adds"] = 49
    world.want("capped", "client.com", "new.com")
    world.hosts["capped"]["multisite_domains_max_api_calls"] = 3
    told["second"] = world.tell(status=2)
    emu.drop_domain(NUMBERS["still"], "client.com")
    told["look"] = world.tell(DRIFT, limit="still", status=2)
    # A customer comes while the panel refuses additions, and goes again.
    world.want("changed", "client.com", "new.com", "refused.com")
    emu.fault(method="POST", path="/servers/12/", action="status", status=422)
    (world.folder / "option.json").write_text("{")
    world.forget_report("held")
    told["refused"] = world.tell(status=2)
    emu.clear_faults()
    world.want("changed", "client.com", "new.com")
    world.want("option", "client.com")
    told["back"] = world.tell(limit="still,changed,option,held")
    yield told


def test_the_first_run_is_a_full_check_and_remembers_it(story: dict[str, Told]) -> None:
    first = story["first"]
    assert first.asked() == set(NUMBERS)
    assert set(first.checks) == set(NUMBERS) - {"always"}
    for text in first.checks.values():
        jsonschema.validate(json.loads(text), SCHEMA)
        assert TOKEN not in text
    assert json.loads(first.checks["held"])["open"] == {"paused": 1}
    assert json.loads(first.checks["still"])["open"] == {}


def test_a_network_of_which_nothing_is_new_costs_no_call(story: dict[str, Told]) -> None:
    first, second = story["first"], story["second"]
    # One that is paused was looked at a moment ago, and is looked at again sooner than others, not in each run.
    assert second.asked() == set(NUMBERS) - {"still", "held"}
    for name, left in (("still", ""), ("held", "; open since then: 1 paused")):
        at = json.loads(first.checks[name])["at"]
        words = f"network.com: unchanged since the last full check at {at}: RunCloud was not asked{left}."
        assert [row["msg"] for row in second.ran.results(name) if row.get("msg") == words] != []
    assert second.checks["still"] == first.checks["still"]


def test_a_new_customer_is_on_the_web_app_by_the_next_run(story: dict[str, Told]) -> None:
    assert [call for call in story["second"].of("changed") if call.startswith("POST")] != []
    assert len([call for call in story["second"].calls if call.startswith("POST")]) == 1


def test_a_memory_that_cannot_be_used_is_told_and_replaced(story: dict[str, Told]) -> None:
    assert "check.json must not be used: it is damaged (not JSON)." in story["second"].ran.output.replace("\\", "")
    assert json.loads(story["second"].checks["broken"])["open"] == {}


def test_then_a_run_over_the_fleet_asks_only_for_what_is_new(story: dict[str, Told]) -> None:
    assert story["refused"].asked() == {"changed"} | ALWAYS
    assert [story["refused"].ran.recap(name)["failed"] for name in ("still", "option", "changed")] == [0, 1, 1]


def test_a_run_ends_at_its_limit_of_calls(story: dict[str, Told]) -> None:
    assert [call for call in story["first"].of("capped") if call.startswith("POST")] != []
    assert len(story["second"].of("capped")) == 3 and "capped" not in story["second"].checks
    assert "not called: multisite_domains_max_api_calls (3) is used up" in story["second"].ran.failure("capped")
    assert story["second"].network("capped")["verdict"] == "error"


def test_the_report_says_what_the_one_before_said(story: dict[str, Told]) -> None:
    full, later = story["first"].network("held"), story["second"].network("held")
    assert later["verdict"] == full["verdict"] and later["items"] == full["items"] != []
    assert later["api_calls"] == {"total": 0} and full["api_calls"]["total"] > 0
    assert later["last_success"] == full["last_success"] and later["faults"] == []
    assert [note for note in later["notes"] if "RunCloud was not asked" in note] != []
    assert story["second"].network("still")["verdict"] == story["second"].network("changed")["verdict"] == "in_sync"
    # Nothing that one run wrote is told by two.
    assert story["first"].network("still")["changes"] != [] and story["second"].network("still")["changes"] == []


def test_a_look_asks_in_any_case_and_remembers_nothing(story: dict[str, Told]) -> None:
    assert story["look"].asked() == {"still"}
    assert story["look"].checks == story["second"].checks


def test_a_run_that_failed_is_followed_by_a_full_check(story: dict[str, Told]) -> None:
    """Also where the multisite is again as it was at the last full check: what the run that failed has written is not known."""
    assert "changed" not in story["refused"].checks and "still" in story["refused"].checks
    assert story["back"].asked() == {"changed", "option", "held"} and "changed" in story["back"].checks


def test_a_multisite_that_could_not_be_read_is_no_error_any_more_once_it_is(story: dict[str, Told]) -> None:
    failed, back = story["refused"].network("option"), story["back"].network("option")
    assert (failed["verdict"], back["verdict"], back["faults"]) == ("error", "in_sync", [])
    assert story["refused"].of("option") == [] and "option" not in story["refused"].checks


def test_a_quiet_run_hides_nothing_that_a_look_has_found(story: dict[str, Told]) -> None:
    (look, quiet) = (story[name].network("still") for name in ("look", "back"))
    assert story["back"].of("still") == []
    assert [(row["name"], row["class"]) for row in look["items"]] == [("client.com", "drift")]
    assert (quiet["verdict"], quiet["items"]) == ("drift", look["items"])


def test_a_full_check_that_no_report_tells_of_is_followed_by_another_one(story: dict[str, Told]) -> None:
    quiet = story["refused"]
    assert quiet.of("held") == [] and "held" not in quiet.checks
    assert [note for note in quiet.network("held")["notes"] if "no report tells of that full check" in note] != []
    items = [story[run].network("held")["items"] for run in ("back", "first")]
    again, before = ([(row["name"], row["class"], row["kind"]) for row in rows] for rows in items)
    assert again == before != []
