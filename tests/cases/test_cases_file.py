# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of edge cases itself: complete, and each of it run."""

from __future__ import annotations

from .case import load, runnable

CASES = load()
RUN = {str(case) for way in ("filter", "stack") for case in runnable(way)}


def test_every_number_is_there() -> None:
    assert sorted({case.number for case in CASES}) == list(range(1, 41))


def test_no_case_stands_twice() -> None:
    names = [(case.number, case.variant) for case in CASES]
    assert len(set(names)) == len(names)


def test_nothing_waits_for_a_later_issue() -> None:
    assert [str(case) for case in CASES if str(case) not in RUN] == []


def test_what_certificates_add_is_written_down() -> None:
    assert {case.number for case in CASES if case.later} == {5, 6, 7, 8, 39, 40}
    known = {"ordered", "waiting", "dns01", "requeued"}
    assert all(set(case.later) <= known for case in CASES)


def test_the_policies_have_their_variants() -> None:
    variants = {case.number: [other.variant for other in CASES if other.number == case.number] for case in CASES}
    for number in (4, 16, 17):
        assert variants[number][:2] == ["", "canonical"]


def test_only_what_no_column_can_hold_misses_the_database() -> None:
    for case in CASES:
        if "stack" not in case.through:
            assert any(len(row["domain"]) > 200 for row in case.mappings)
