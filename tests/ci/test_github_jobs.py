# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GitHub workflows from the first alarm to a purge: each job's own lines are run, in this order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci.fleet import SECRETS, Fleet, standing
from tests.ci.services import GitHub, Job
from tests.emulator import TOKEN
from tests.playbooks.runner import ROOT


class Story:
    """The jobs by name, and what the panel was asked in each."""

    def __init__(self, fleet: Fleet) -> None:
        assert isinstance(fleet.service, GitHub)
        self.fleet, self.service = fleet, fleet.service
        self.jobs: dict[str, Job] = {}
        self.requests: dict[str, int] = {}
        self.writes: dict[str, list[tuple[str, str]]] = {}
        self.served: dict[str, list[str]] = {}

    def run(self, name: str, workflow: str, job: str, secrets: dict[str, str] = SECRETS, purge: str = "") -> None:
        self.fleet.emu.clear_journal()
        self.jobs[name] = self.service.run(workflow, job, secrets, purge)
        self.requests[name] = len(self.fleet.emu.journal)
        self.writes[name] = [(method, (body or {}).get("name", "")) for method, _path, body in self.fleet.emu.writes()]
        self.served[name] = self.fleet.served("one")

    def status(self, name: str, artefact: str = "report") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.jobs[name].report(artefact) / "status.json").read_text())
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All of it."""
    with standing(tmp_path_factory.mktemp("github"), GitHub) as fleet:
        story = Story(fleet)
        fleet.owns("one", "left.com")
        fleet.holds("one", "a.com")
        story.run("first", "drift", "drift")
        fleet.merge(multisite_domains_extra_domains=["extra.com"])
        story.run("preview", "preview", "preview")
        fleet.merge(multisite_domains_kep=["a.com"])
        story.run("misspelt", "preview", "preview")
        fleet.merge("one", "two")
        fleet.file("two").unlink()
        story.run("plan", "converge", "plan")
        fleet.holds("one", "a.com", "late.com")
        story.run("converge", "converge", "converge")
        fleet.merge()
        fleet.holds("one", "a.com")
        story.run("purge plan", "converge", "plan", purge="true")
        story.run("purge", "converge", "converge", purge="true")
        story.run("last", "drift", "drift")
        fleet.service.repository.joinpath("inventory.yml").write_text("others: {hosts: {three: }}\n")
        story.run("nobody", "drift", "drift")
        yield story


def test_drift_fails_the_job_and_is_told_in_the_summary(story: Story) -> None:
    job = story.jobs["first"]
    assert not job.ok and "a.com" in job.summary
    assert story.status("first")["verdict"] == "drift" and story.status("first")["networks"] == {"one": "drift"}
    assert {path.name for path in job.report("report").iterdir()} >= {"report.html", "fleet.json", "metrics.prom"}
    assert story.writes["first"] == [] and story.requests["first"] > 0


def test_in_sync_succeeds(story: Story) -> None:
    assert story.jobs["last"].ok and story.status("last")["verdict"] == "in_sync"


def test_what_people_were_told_comes_back_from_the_cache(story: Story) -> None:
    memory = json.loads((story.jobs["last"].report("report") / "memory.json").read_text())
    assert [run["verdict"] for run in memory["history"]] == ["drift", "in_sync"]


def test_without_a_status_the_job_fails_and_no_old_report_is_shown(story: Story) -> None:
    job = story.jobs["nobody"]
    assert not job.ok and "there is no report/status.json" in job.output and job.summary == ""
    assert not (job.report("report") / "status.json").exists()


def test_a_pull_request_is_planned_without_any_secret_or_call(story: Story) -> None:
    job = story.jobs["preview"]
    assert job.ok and "extra.com" in job.summary and "a.com" in job.summary
    assert story.requests["preview"] == story.requests["misspelt"] == 0
    assert TOKEN not in job.environment.values() and not [key for key in job.environment if "RUNCLOUD" in key]
    assert "RunCloud was not asked: this is a plan from the listing of" in job.output


def test_a_pull_request_that_would_break_the_run_fails(story: Story) -> None:
    job = story.jobs["misspelt"]
    assert not job.ok and "Unknown variables" in job.summary and "multisite_domains_kep" in job.output
    assert story.status("misspelt")["verdict"] == "error"


def test_a_plan_writes_nothing_and_is_not_held_up_by_a_network_that_cannot_be_read(story: Story) -> None:
    job = story.jobs["plan"]
    assert job.ok and story.writes["plan"] == [] and "a.com" in job.summary
    assert [path.name for path in job.artefacts["plans"].iterdir()] == ["one.json"]
    assert story.status("plan", "plan-report")["networks"] == {"one": "drift", "two": "error"}


def test_nothing_but_the_approved_plan_is_carried_out(story: Story) -> None:
    assert story.writes["converge"] == [("POST", "a.com")] and story.served["converge"] == ["a.com", "left.com"]
    assert "not in the plan" in story.jobs["converge"].summary and "late.com" in story.jobs["converge"].summary


def test_the_job_fails_for_the_network_that_has_no_plan(story: Story) -> None:
    job = story.jobs["converge"]
    assert not job.ok and story.status("converge", "converge-report")["networks"]["two"] == "error"


def test_a_purge_is_planned_and_done_only_when_it_is_asked_for(story: Story) -> None:
    plans = {
        name: json.loads((story.jobs[name].artefacts["plans"] / "one.json").read_text())["actions"]
        for name in ("plan", "purge plan")
    }
    assert [(row["kind"], row["name"]) for row in plans["plan"]] == [("add", "a.com")]
    assert [(row["kind"], row["name"]) for row in plans["purge plan"]] == [("remove", "left.com")]
    assert [method for method, _name in story.writes["purge"]] == ["DELETE"] and story.jobs["purge"].ok
    assert story.served["purge"] == ["a.com"]


def test_the_ledgers_lie_on_the_runner_s_disk(story: Story) -> None:
    assert (story.service.disk / "wpmultisite.runcloud/networks/one/ledger.json").is_file()


def test_the_token_is_in_no_output(story: Story) -> None:
    for job in story.jobs.values():
        assert TOKEN not in job.output + job.summary
        for folder in job.artefacts.values():
            assert [path for path in folder.rglob("*") if path.is_file() and TOKEN in path.read_text()] == []


def test_what_is_installed_is_what_the_requirements_say(story: Story) -> None:
    calls = set(story.service.calls.read_text().splitlines())
    assert calls == {
        "pip install --quiet --requirement requirements.txt",
        "ansible-galaxy collection install --force --collections-path .venv/collections --requirements-file requirements.yml",
    }
    wanted = (ROOT / "docs/ci/requirements.txt").read_text().split("authors\n")[1].split()
    assert {line.partition("==")[0] for line in wanted} == {
        *("ansible-core", "cryptography", "dnspython", "idna", "publicsuffixlist", "requests")
    }
    tested = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in wanted if not any(known.startswith(line) for known in tested)] == []
    assert Path(story.service.work, ".venv/bin/pip").is_file()
