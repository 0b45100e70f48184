# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GitLab jobs from the first alarm to a converged network: each job's own lines are run, in this order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.ci.fleet import SECRETS, Fleet, standing
from tests.ci.services import GitLab, Job
from tests.emulator import TOKEN


class Story(NamedTuple):
    """The jobs, how often the panel was asked by the preview, and the writes of the last job."""

    drift: Job
    preview: Job
    plan: Job
    converge: Job
    asked: int
    writes: list[tuple[str, str]]
    fleet: Fleet


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All of it."""
    with standing(tmp_path_factory.mktemp("gitlab"), GitLab) as fleet:
        service = fleet.service
        assert isinstance(service, GitLab)
        fleet.holds("one", "a.com")
        drift = service.run("drift", SECRETS)
        # Somebody commits what the job has left.
        shutil.copytree(drift.artefacts["drift"] / "saved", service.repository / "saved")
        fleet.merge(multisite_domains_extra_domains=["extra.com"])
        fleet.emu.clear_journal()
        preview = service.run("preview", {})
        asked = len(fleet.emu.journal)
        fleet.merge()
        plan = service.run("plan", SECRETS, PURGE="true")
        assert fleet.emu.writes() == []
        fleet.holds("one", "a.com", "late.com")
        converge = service.run("converge", SECRETS, PURGE="true")
        writes = [(method, body["name"]) for method, _path, body in fleet.emu.writes()]
        yield Story(drift, preview, plan, converge, asked, writes, fleet)


def verdict(job: Job, name: str) -> str:
    return str(json.loads((job.report(name) / "status.json").read_text())["verdict"])


def test_drift_fails_the_job_and_leaves_its_report(story: Story) -> None:
    assert not story.drift.ok and verdict(story.drift, "drift") == "drift"
    assert "a.com" in (story.drift.report("drift") / "report.md").read_text()


def test_a_merge_request_is_planned_without_any_secret_or_call(story: Story) -> None:
    report = (story.preview.report("preview") / "report.md").read_text()
    assert story.preview.ok and "extra.com" in report and "a.com" in report
    assert story.asked == 0 and not [key for key in story.preview.environment if "RUNCLOUD" in key]


def test_nothing_but_the_approved_plan_is_carried_out(story: Story) -> None:
    assert story.plan.ok and story.converge.ok
    assert story.writes == [("POST", "a.com")] and story.fleet.served("one") == ["a.com"]
    assert verdict(story.converge, "converge") == "drift"
    assert "late.com" in (story.converge.report("converge") / "report.md").read_text()


def test_the_token_is_in_no_output(story: Story) -> None:
    for job in (story.drift, story.preview, story.plan, story.converge):
        assert TOKEN not in job.output
        for folder in job.artefacts.values():
            assert [path for path in folder.rglob("*") if path.is_file() and TOKEN in path.read_text()] == []
