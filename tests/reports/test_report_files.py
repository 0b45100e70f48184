# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report, and what is remembered from one run to the next."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_files as files
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils import _report_memory as memories
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_news import news_text
from referencing import Registry, Resource

from tests.playbooks.runner import ROOT

from .world import FILTERS, FLAGS, NOW, certificates, desired, report, result, run

SCHEMAS = {path.name: json.loads(path.read_text()) for path in (ROOT / "docs/schemas").glob("*-1.json")}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(document)) for name, document in SCHEMAS.items()
)
ADDED = result(added=[dict(FLAGS, name="new.com", id=None, reason="asked for")])


def network(**documents: Any) -> dict[str, Any]:
    return {"run": run("", **documents), "overrides": [], "expiring_fraction": 0.2}


def settings(folder: Path, metrics: str = "") -> files.Settings:
    return files.Settings(str(folder), metrics, 60000, None, 24.0)


def made(
    memory: memories.Memory = memories.EMPTY, now: str = NOW, look: bool = True, **networks: Any
) -> dict[str, Any]:
    """The fleet's report of some networks."""
    return files.fleet_of(networks, memory, look, now, {"max_adds": "multisite_domains_max_adds"})


def after(memory: memories.Memory, day: int, look: bool = True, **networks: Any) -> memories.Memory:
    """What is remembered after a run on that day."""
    return memories.after_run(memory, made(memory, f"2026-07-{day:02}T12:00:00Z", look, **networks), look)


BLOCKED = network(
    certificates=certificates(blocked=[{"name": "old.com", "reason": "its certificate ended; the record is not ours"}])
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_files_of_a_report(tmp_path: Path) -> None:
    folder, metrics = tmp_path / "a/report", tmp_path / "collector.prom"
    assert files.make_folder(str(folder)) == [] and mode(folder) == 0o700
    fleet = made(client=network(result=ADDED))
    assert files.write_reports(settings(folder, str(metrics)), fleet) == []
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(
        ("fleet.json", "report.html", "report.md", "status.json"), 0o600
    )
    assert mode(metrics) == 0o644 and "wpmultisite_items{" in metrics.read_text()
    assert json.loads((folder / "fleet.json").read_text()) == fleet
    assert json.loads((folder / "status.json").read_text()) == FILTERS["fleet_status"](fleet)
    assert (folder / "report.md").read_text() == FILTERS["report_markdown"](fleet)
    assert (folder / "report.html").read_text() == FILTERS["report_html"](fleet)


def test_two_runs_that_found_the_same_differ_in_their_moments_alone(tmp_path: Path) -> None:
    texts = []
    for moment in ("2026-07-18T12:00:00Z", "2026-07-18T13:00:00Z"):
        files.write_reports(settings(tmp_path), made(now=moment, b=network(), a=network(result=ADDED)))
        texts.append((tmp_path / "fleet.json").read_text().replace(moment, "now"))
    assert texts[0] == texts[1]


def test_what_cannot_be_written_is_told_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "report.md").mkdir()
    (fault,) = files.write_reports(settings(tmp_path), made(client=network()))
    assert fault == f"{tmp_path}/report.md cannot be written: Is a directory."
    assert (tmp_path / "status.json").exists()
    (tmp_path / "file").touch()
    assert files.make_folder(str(tmp_path / "file/report")) == [
        f"The folder for reports {tmp_path}/file/report cannot be made: Not a directory."
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"overrides": [{"name": "a.com", "until": "soon", "reason": "x"}]}, "until must be a date"),
        ({"overrides": "shop.com"}, "overrides is no list"),
        ({"expiring_fraction": "often"}, "expiring_fraction must be a number"),
        ({"run": {"desired": 7}}, "run.desired is no dict"),
        ({"run": {"faults": 7}}, "run.faults is no list"),
        ({"run": {}}, "could not be read"),
        ({"run": {"stuck": 7, "faults": ["it broke"]}}, "it broke"),
    ],
)
def test_a_run_that_cannot_be_judged_is_an_error_and_the_others_are_reported(given: Any, word: str) -> None:
    fleet = made(right=network(), wrong={**network(), **given})
    assert FILTERS["fleet_status"](fleet)["networks"] == {"right": "in_sync", "wrong": "error"}
    assert word in " ".join(fleet["networks"][1]["faults"])


def test_faults_speak_of_what_a_person_has_set() -> None:
    fleet = made(client=network(result=result(stops=["This is too much. If it is right, set max_adds: 92"])))
    assert fleet["networks"][0]["faults"] == ["This is too much. If it is right, set multisite_domains_max_adds: 92"]


def test_attention_fails_once_and_a_limited_run_forgets_no_other_network() -> None:
    first = after(memories.EMPTY, 1, a=BLOCKED, b=network())
    assert first.looks["a"]["verdict"] == "drift"
    second = after(first, 2, b=network())
    assert set(second.looks) == {"a", "b"}
    third = after(second, 3, a=BLOCKED)
    assert third.looks["a"]["verdict"] == "in_sync"
    assert [row["since"] for row in third.looks["a"]["items"]] == ["2026-07-01T12:00:00Z"]
    assert [row["made"][:10] for row in third.history] == ["2026-07-01", "2026-07-02", "2026-07-03"]


def test_a_look_fails_for_what_a_run_has_seen_before_it() -> None:
    run_before = after(memories.EMPTY, 1, look=False, a=BLOCKED)
    assert after(run_before, 2, look=False, a=BLOCKED).runs["a"]["verdict"] == "in_sync"
    assert after(run_before, 2, a=BLOCKED).looks["a"]["verdict"] == "drift"


def test_a_network_that_nobody_looks_at_is_forgotten_after_ninety_days() -> None:
    memory = memories.after_telling(after(memories.EMPTY, 1, gone=network()), ["gone"], True)
    kept = memories.after_run(memory, made(memory, "2026-09-29T11:59:59Z", b=network()), True)
    assert set(kept.looks) == {"gone", "b"} and set(kept.told) == {"gone"}
    kept = memories.after_run(memory, made(memory, "2026-09-29T12:00:00Z", b=network()), True)
    assert set(kept.looks) == {"b"} and set(kept.told) == set()


def test_what_nobody_was_told_stays_new() -> None:
    def news(memory: memories.Memory) -> Any:
        fleet = made(memory, "2026-07-02T12:00:00Z", client=network(result=ADDED))
        return FILTERS["report_changes"](fleet, memories.known_before(memory.told, ["client"]))

    untold = after(memories.EMPTY, 1, client=network(result=ADDED))
    assert [line for line in news(untold)["lines"] if "new.com" in line] != []
    told = memories.after_telling(untold, ["client"], True)
    assert news(told) == {}
    assert told._replace(told={}) == untold


def test_a_look_that_failed_ends_no_alarm_that_a_run_has_raised() -> None:
    """People were told of it by the run; the look's own reports never knew."""
    memory = memories.after_telling(after(memories.EMPTY, 1, look=False, client=BLOCKED), ["client"], False)
    told = []
    for day, look, given in (
        (2, True, {**network(result={}), "run": {"faults": ["HTTP 500"]}}),
        (3, False, BLOCKED),
        (4, True, network()),
    ):
        fleet = made(memory, f"2026-07-0{day}T12:00:00Z", look, client=given)
        told.append(FILTERS["report_changes"](fleet, memories.known_before(memory.told, ["client"])))
        memory = memories.after_telling(memories.after_run(memory, fleet, look), ["client"], look)
    failed, back, over = told
    assert failed["lines"] == ["client: error (was drift)", "client: HTTP 500"]
    assert back["networks"][0]["new"] == back["networks"][0]["gone"] == []
    assert [row["class"] for row in over["networks"][0]["gone"]] == ["attention"]


def test_the_memory_is_what_its_schema_says_and_is_read_back(tmp_path: Path) -> None:
    memory = after(after(memories.EMPTY, 1, client=network(result=ADDED)), 2, look=False, b=network(desired={}))
    memory = memories.after_telling(memory, ["client"], True)
    assert files.write_memory(str(tmp_path), memory) == [] and mode(tmp_path / "memory.json") == 0o600
    document = json.loads((tmp_path / "memory.json").read_text())
    jsonschema.Draft202012Validator(SCHEMAS["report-memory-1.json"], registry=REGISTRY).validate(document)
    assert files.open_memory(str(tmp_path)) == (memory, [])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "it is damaged (not JSON)"),
        (b"\xff\xfe", "it is damaged (not JSON)"),
        (b"[]", "it is no memory of reports"),
        (b'{"format": "wpmultisite.report-memory/2"}', "its format is wpmultisite.report-memory/2"),
        (b'{"format": "wpmultisite.report-memory/1", "looks": []}', "it is damaged ('runs')"),
        (
            b'{"format": "wpmultisite.report-memory/1", "looks": [], "runs": {}, "told": {}, "history": []}',
            "it is damaged (its parts are of another kind)",
        ),
    ],
)
def test_a_memory_that_cannot_be_used_is_told_and_kept(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "memory.json").write_bytes(content)
    memory, (note,) = files.open_memory(str(tmp_path))
    assert memory == memories.EMPTY
    assert why in note and str(tmp_path / "memory.json") in note
    files.set_aside(str(tmp_path))
    assert (tmp_path / "memory.json.unusable").read_bytes() == content
    assert files.open_memory(str(tmp_path)) == (memories.EMPTY, [])


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_memory_that_is_no_file_is_told(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "memory.json")
    assert "it is no file" in files.open_memory(str(tmp_path))[1][0]


def test_edited_reports_in_a_memory_are_left_out_with_a_note() -> None:
    memory = memories.Memory({"client": {"format": "other"}}, {}, ["?"], {"client": 7})  # type: ignore[dict-item]
    fleet = made(memory, client=network(result=ADDED))
    assert "cannot be used" in fleet["networks"][0]["notes"][0] and "1 entry" in fleet["notes"][0]
    assert memories.known_before(memory.told, ["client"])["networks"] == []
    assert memories.after_run(memory, fleet, True).told == {}


def test_news_for_a_chat_mean_nothing_to_it_and_are_short() -> None:
    names = ["<!channel>", "@everyone", "[log in](https://evil.com)", *(f"new-{number}.com" for number in range(60))]
    added = [dict(FLAGS, name=name, id=None, reason="asked for") for name in names]
    fleet = made(client=network(desired=desired(), result=result(added=added)))
    text = news_text(fleet, FILTERS["report_changes"](fleet))
    assert "<" not in text and "@everyone" not in text and "&lt;!channel&gt;" in text
    lines = text.splitlines()
    shown = len(lines) - 2
    assert "](" not in text
    assert lines[-1] == f"and {64 - shown} lines more, see the report" and shown > 10
    assert len(text) <= 2000
    assert news_text(fleet, {}) == ""


def test_news_of_long_reasons_stay_short() -> None:
    added = [dict(FLAGS, name=f"new-{number}.com", id=None, reason="why " * 400) for number in range(9)]
    fleet = made(client=network(result=result(added=added)))
    text = news_text(fleet, FILTERS["report_changes"](fleet))
    assert len(text) <= 2000 and "…" in text and "lines more" in text.splitlines()[-1]


def test_the_last_report_of_either_kind_is_the_one_that_knows() -> None:
    old, new, newest = (report(now=f"2026-07-0{day}T12:00:00Z") for day in (1, 2, 3))
    error = dict(newest, verdict="error")
    assert memories.Memory({"client": new}, {"client": old}, (), {}).latest("client") == new
    assert memories.Memory({"client": error}, {"client": old}, (), {}).latest("client") == old
    assert memories.Memory({"client": error}, {}, (), {}).latest("client") is None
