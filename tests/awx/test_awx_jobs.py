# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of docs/awx.md from the first look to a network in sync; each job has a container of its own, and nothing but the disk is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.awx.controller import FILES, Controller, Job
from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import FROM_FILES, snapshot, write_json

APP = {"runcloud_server_id": 11, "runcloud_webapp_id": 12}


class Story(NamedTuple):
    """The jobs in this order, and what the panel was asked by each."""

    unmounted: Job
    look: Job
    converge: Job
    purge: Job
    again: Job
    asked: dict[str, list[tuple[str, str]]]
    disk: Path
    verdicts: dict[str, dict[str, Any]]


def answers(**given: str) -> dict[str, str]:
    """To the survey: these, and the defaults."""
    spec = json.loads((FILES / "survey.json").read_text(encoding="utf-8"))["spec"]
    assert set(given) <= {question["variable"] for question in spec}
    for question in spec:
        choices = question["choices"]
        assert not choices or {question["default"], given.get(question["variable"], choices[0])} <= set(choices)
    return {question["variable"]: given.get(question["variable"], question["default"]) for question in spec}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All of it."""
    folder = tmp_path_factory.mktemp("awx")
    with Emulator() as emu:
        emu.seed(
            {
                "servers": [{"id": 11}],
                "webapps": [{"id": 12, "server_id": 11}],
                "domains": [{"webapp_id": 12, "name": "network.com"}],
            }
        )
        everywhere = {
            **FROM_FILES,
            "multisite_domains_dns": False,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_file": str(folder) + "/{{ inventory_hostname }}.json",
            "multisite_domains_grace_period": 0,
            "multisite_domains_min_absences": 1,
        }
        controller = Controller(folder, {"one": APP}, everywhere, TOKEN)
        asked: dict[str, list[tuple[str, str]]] = {}
        verdicts: dict[str, dict[str, Any]] = {}

        def holds(*names: str) -> None:
            write_json(folder / "one.json", snapshot(*names))

        def job(name: str, *launch: Any) -> Job:
            emu.clear_journal()
            done = controller.launch(*launch)
            asked[name] = [(entry.method, str((entry.body or {}).get("name", entry.path))) for entry in emu.journal]
            status = controller.disk / "wpmultisite.runcloud/report/status.json"
            verdicts[name] = json.loads(status.read_text()) if status.exists() else {}
            return done

        holds("a.com", "b.com")
        unmounted = job("unmounted", "converge.yml", answers())
        assert not controller.disk.exists()
        controller.disk.mkdir()
        look = job("look", "drift.yml", None, "-vvv")
        converge = job("converge", "converge.yml", answers(), "--diff")
        holds("a.com")
        purge = job("purge", "converge.yml", answers(multisite_domains_purge="true"))
        again = job("again", "drift.yml")
        yield Story(unmounted, look, converge, purge, again, asked, controller.disk, verdicts)


def writes(story: Story, job: str) -> list[tuple[str, str]]:
    return [(method, what) for method, what in story.asked[job] if method != "GET"]


def test_a_job_without_the_disk_asks_nobody_and_says_what_to_do(story: Story) -> None:
    assert (story.unmounted.status, story.unmounted.rc, story.asked["unmounted"]) == ("failed", 2, [])
    (said,) = set(story.unmounted.failures())
    assert str(story.disk) in said and "a volume of the container group" in said


def test_a_look_that_finds_drift_fails_the_job_and_writes_nothing(story: Story) -> None:
    assert (story.look.status, story.look.rc, writes(story, "look")) == ("failed", 2, [])
    assert story.verdicts["look"]["networks"] == {"one": "drift"}


def test_a_converge_does_what_the_survey_s_defaults_say(story: Story) -> None:
    assert (story.converge.status, story.converge.rc) == ("successful", 0)
    assert sorted(writes(story, "converge")) == [("POST", "a.com"), ("POST", "b.com")]
    assert story.verdicts["converge"]["verdict"] == "in_sync"


def test_the_next_container_knows_by_the_disk_what_is_ours(story: Story) -> None:
    assert (story.purge.status, [method for method, _what in writes(story, "purge")]) == ("successful", ["DELETE"])
    assert "b.com" in story.purge.stdout
    assert (story.again.status, story.again.rc, story.verdicts["again"]["verdict"]) == ("successful", 0, "in_sync")
    kept = {path.name for path in (story.disk / "wpmultisite.runcloud").rglob("*.json")}
    assert {"ledger.json", "memory.json", "status.json"} <= kept


def test_no_job_tells_the_token_or_warns(story: Story) -> None:
    for job in (story.unmounted, story.look, story.converge, story.purge, story.again):
        assert "WARNING" not in job.stdout
        assert job.environment["RUNCLOUD_API_TOKEN"] == TOKEN
        assert job.events and TOKEN not in job.told and TOKEN not in job.stdout
    assert not [path for path in story.disk.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
