# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows are asked for, and what is remembered: once per row and day."""

from __future__ import annotations

import importlib
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.playbooks.runner import ROOT

PREFIX = "ansible_collections.wpmultisite.runcloud.plugins."
nudges: Any = importlib.import_module(PREFIX + "plugin_utils._nudges")
StateError: Any = importlib.import_module(PREFIX + "module_utils._lock").StateError
SCHEMA = json.loads((ROOT / "docs/schemas/nudges-1.json").read_text())

NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
DAY = 24 * 60
keys = st.tuples(st.integers(1, 6), st.sampled_from(["a.com", "b.com"]))
memories = st.dictionaries(keys, st.integers(-2 * DAY, 3 * DAY).map(lambda minutes: NOW - timedelta(minutes=minutes)))
rows = st.lists(keys, unique_by=lambda key: key[0]).map(
    lambda found: [{"id": number, "domain": domain, "stage": "ssl-failed"} for number, domain in found]
)


def key(row: dict[str, Any]) -> tuple[int, str]:
    return row["id"], row["domain"]


@given(rows=rows, memory=memories)
@settings(deadline=None)
def test_each_row_is_due_once_a_day(rows: list[dict[str, Any]], memory: dict[Any, datetime]) -> None:
    plan = nudges.plan_nudges(rows, memory, NOW)
    recent = {name for name, at in memory.items() if NOW - at < timedelta(days=1)}
    assert plan.due == [row for row in rows if key(row) not in recent]
    assert [key(row) for row in plan.skipped] == [key(row) for row in rows if key(row) in recent]
    assert all((row["state"], row["reason"], row["stage"]) == ("skipped", "asked", None) for row in plan.skipped)
    assert set(plan.memory) == recent | {key(row) for row in rows}
    assert all(plan.memory[key(row)] == NOW for row in plan.due)
    # A minute before a day is over nothing is due, a day later everything is: not even a date in the future keeps it longer.
    early = nudges.plan_nudges(plan.due, plan.memory, NOW + timedelta(minutes=DAY - 1))
    late = nudges.plan_nudges(rows, plan.memory, NOW + timedelta(days=1))
    assert early.due == [] and late.due == rows


@given(rows=rows, memory=memories, states=st.lists(st.sampled_from(["requeued", "skipped", "failed", "not_tried"])))
@settings(deadline=None)
def test_what_was_left_alone_is_due_again(
    rows: list[dict[str, Any]], memory: dict[Any, datetime], states: list[str]
) -> None:
    plan = nudges.plan_nudges(rows, memory, NOW)
    results = [
        {**row, "state": "failed" if state == "not_tried" else state, "reason": state}
        for row, state in zip(plan.due, states, strict=False)
    ]
    after = nudges.settle(plan.memory, results)
    untouched = {key(row) for row in results if row["reason"] in ("skipped", "not_tried")}
    assert set(after) == set(plan.memory) - untouched


def test_the_words_for_a_row_that_was_asked_for() -> None:
    row = {"id": 7, "domain": "client.com", "stage": "ssl-failed"}
    plan = nudges.plan_nudges([row], {(7, "client.com"): NOW}, NOW + timedelta(hours=3))
    assert plan.skipped == [
        {
            "id": 7,
            "domain": "client.com",
            "stage": None,
            "state": "skipped",
            "reason": "asked",
            "message": "client.com was asked for at 2026-07-18T12:00:00Z already; once a day is enough."
            " The next time is from 2026-07-19T12:00:00Z on.",
        }
    ]


@given(memory=memories)
@settings(deadline=None)
def test_the_file_holds_what_was_saved(tmp_path_factory: pytest.TempPathFactory, memory: dict[Any, datetime]) -> None:
    folder = tmp_path_factory.mktemp("state") / "network.com"
    assert nudges.load(str(folder)) == {}
    nudges.save(str(folder), memory)
    file = folder / "nudges.json"
    jsonschema.validate(json.loads(file.read_text()), SCHEMA)
    assert nudges.load(str(folder)) == memory
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged (not JSON)"),
        ("[]", "no memory of multisite_nudge"),
        ('{"format": "wpmultisite.ledger/1"}', "no memory of multisite_nudge"),
        ('{"format": "wpmultisite.nudges/2"}', "upgrade this one"),
        ('{"format": "wpmultisite.nudges/1"}', "it is damaged"),
        (
            '{"format": "wpmultisite.nudges/1", "mappings": [{"id": 1, "domain": "a.com", "at": "today"}]}',
            "it is damaged",
        ),
        ('{"format": "wpmultisite.nudges/1", "mappings": [7]}', "it is damaged"),
    ],
)
def test_a_file_that_must_not_be_used(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "nudges.json").write_text(text)
    with pytest.raises(StateError) as raised:
        nudges.load(str(tmp_path))
    assert words in str(raised.value) and str(tmp_path / "nudges.json") in str(raised.value)


def test_a_state_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert nudges.load(str(tmp_path / "file" / "below")) == {}
    with pytest.raises(StateError, match="cannot be written: Not a directory"):
        nudges.save(str(tmp_path / "file" / "below"), {})
    (tmp_path / "nudges.json").mkdir()
    with pytest.raises(StateError, match="it is no file"):
        nudges.load(str(tmp_path))


def test_stuck_mappings() -> None:
    stages = ["ssl-failed", "failed", "checking-ssl-cert", "checking-dns", "done", "done-without-ssl", "", None]
    mappings = [{"id": at, "domain": f"s{at}.com", "active": 1, "stage": stage} for at, stage in enumerate(stages)]
    for domain, active in (("off.com", 0), ("null.com", None), ("none.com", 1), ("www.n.com", 1), ("_bad.com", 1)):
        mappings.append({"id": len(mappings), "domain": domain, "active": active, "stage": "ssl-failed"})
    mappings.append({"id": 13, "domain": "https://MÜLLER.de/", "active": 1, "stage": "ssl-failed"})
    names = [f"s{at}.com" for at in range(8)] + ["off.com", "null.com", "n.com", "_bad.com", "xn--mller-kva.de"]
    assert nudges.stuck_mappings({"mappings": mappings}, names) == [
        {"id": 0, "domain": "s0.com", "stage": "ssl-failed"},
        {"id": 1, "domain": "s1.com", "stage": "failed"},
        {"id": 2, "domain": "s2.com", "stage": "checking-ssl-cert"},
        {"id": 3, "domain": "s3.com", "stage": "checking-dns"},
        {"id": 13, "domain": "https://MÜLLER.de/", "stage": "ssl-failed"},
    ]
