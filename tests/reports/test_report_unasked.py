# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a network that nobody had a reason to ask for: what the report before said, and that nobody asked."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.playbooks.runner import ROOT
from tests.reports.world import FILTERS, FLAGS, NOW, busy, report, run

LATER = "2026-07-18T12:02:00Z"
UNASKED = {"checked": "2026-07-18T12:00:00Z", "why": "unchanged since the last full check: RunCloud was not asked"}
SCHEMA = json.loads((ROOT / "docs/schemas/report-1.json").read_text(encoding="utf-8"))


def unasked(previous: Any = None, now: str = LATER) -> dict[str, Any]:
    """The report of such a run."""
    documents = {"host": "client", "desired": busy("client")["desired"], "result": {}, "unasked": UNASKED}
    made: dict[str, Any] = FILTERS["network_report"](documents, previous=previous, now=now)
    jsonschema.validate(made, SCHEMA)
    return made


def full(**documents: Any) -> dict[str, Any]:
    """The report of a full check that found a lot."""
    made: dict[str, Any] = FILTERS["network_report"]({**busy("client"), **documents}, now=NOW)
    return made


@pytest.mark.parametrize("documents", [{}, {"faults": ["the panel was away"]}])
def test_what_was_found_stands_as_it_was(documents: dict[str, Any]) -> None:
    before = full(**documents)
    later = unasked(before)
    assert before["items"] and before["verdict"] != "in_sync"
    for key in ("verdict", "items", "remembered", "certificates", "faults", "last_success", "host", "network"):
        assert later[key] == before[key], key
    assert later["made"] == LATER
    assert {key: number for key, number in later["counts"].items() if key not in ("new", "changes")} == {
        key: number for key, number in before["counts"].items() if key not in ("new", "changes")
    }


def test_nothing_is_told_as_done_or_new_again() -> None:
    added = [{"name": "new.com", **FLAGS, "reason": "asked for"}]
    before = report(result={**run()["result"], "check_mode": False, "changed": True, "added": added})
    assert before["changes"] != []
    later = unasked(before)
    assert later["changes"] == [] and later["counts"]["new"] == later["counts"]["changes"] == 0
    assert later["api_calls"] == {"total": 0}


def test_it_says_so_once_however_often_it_happens() -> None:
    once = unasked(full())
    twice = unasked(once, now="2026-07-18T12:04:00Z")
    assert [note for note in once["notes"] if UNASKED["why"] in note] != []
    assert twice["notes"] == once["notes"] and {**twice, "made": LATER} == once


def test_nobody_is_told_of_anything() -> None:
    before = full()
    fleets = [FILTERS["fleet_report"]([one], now=one["made"]) for one in (before, unasked(before))]
    assert FILTERS["report_changes"](fleets[1], fleets[0]) == {}


@pytest.mark.parametrize(
    "previous", [None, {}, {"format": "wpmultisite.report/9"}, {"format": "wpmultisite.report/1", "items": [1]}]
)
def test_without_a_report_before_it_is_in_sync_and_says_what_it_does_not_know(previous: Any) -> None:
    later = unasked(previous)
    assert (later["verdict"], later["items"], later["faults"]) == ("in_sync", [], [])
    assert later["last_success"] == UNASKED["checked"]


def test_the_next_full_check_knows_since_when() -> None:
    before = full()
    after = FILTERS["network_report"](busy("client"), previous=unasked(before), now="2026-07-18T18:00:00Z")
    assert [(row["name"], row["since"]) for row in after["items"]] == [(row["name"], NOW) for row in before["items"]]
    assert after["counts"]["new"] == 0


def test_what_is_no_dict_is_refused() -> None:
    with pytest.raises(Exception, match=r"run\.unasked is no dict"):
        FILTERS["network_report"]({"host": "client", "unasked": "yes"}, now=NOW)
