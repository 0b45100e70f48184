# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a saved plan approves, whatever has happened since it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record, Target
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_file import (
    approve,
    document,
    entry_of,
    faults_of,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Plan, Policy, Wish
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.playbooks.runner import ROOT
from tests.unit.test_plan_properties import POLICIES, RECORDS, WISHES

SCHEMA = json.loads((ROOT / "docs/schemas/plan-1.json").read_text(encoding="utf-8"))
TARGET = Target("https://panel.test/api", 1, 2)
MADE = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
every = settings(deadline=None)
# The flags that a person sees; what is there is never written over when they are others.
Seen = dict[str, tuple[str, bool, str]]


def saved(plan: Plan, purge: bool = False) -> dict[str, Any]:
    """The document of a plan after its way through a file; it follows the schema."""
    text = json.dumps(document("network.com", TARGET, MADE, purge, [entry_of(action) for action in plan.actions]))
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    return found


def seen(records: Sequence[Record]) -> Seen:
    """Name → flags."""
    return {record.name: (record.type, record.www, record.redirection) for record in records}


@every
@given(WISHES, RECORDS, POLICIES)
def test_right_after_it_was_made_a_plan_is_approved_as_a_whole(
    wishes: list[Wish], records: list[Record], policy: Policy
) -> None:
    plan = make_plan(wishes, records, policy)
    found = saved(plan, policy.purge)
    assert faults_of(found, "network.com", TARGET, MADE, 1) == []
    approval = approve(plan, found["actions"], records, policy)
    assert approval.actions == plan.actions and approval.not_approved == [] and approval.not_applied == []


@every
@given(WISHES, WISHES, RECORDS, RECORDS, POLICIES, POLICIES)
def test_whatever_has_changed_since_nothing_is_done_but_what_both_hold(
    before: list[Wish], now: list[Wish], then: list[Record], records: list[Record], first: Policy, policy: Policy
) -> None:
    rows = saved(make_plan(before, then, first))["actions"]
    plan = make_plan(now, records, policy)
    approval = approve(plan, rows, records, policy)
    was, there = seen(then), seen(records)
    for action in approval.actions:
        # Of each name that is written the record is the one for which the plan was made: there, or not there.
        assert was.get(action.name) == there.get(action.name)
        assert any(
            row["kind"] == action.kind and row["name"] == action.name and row["after"] in (None, action.flags)
            for row in rows
        )


@every
@given(WISHES, RECORDS, POLICIES, st.data())
def test_what_somebody_has_edited_since_is_never_written_over(
    wishes: list[Wish], records: list[Record], policy: Policy, data: st.DataObject
) -> None:
    rows = saved(make_plan(wishes, records, policy))["actions"]
    edited = [
        record._replace(
            www=data.draw(st.booleans()), redirection=data.draw(st.sampled_from([record.redirection, "none", "www"]))
        )
        for record in records
    ]
    changed = {now.name for was, now in zip(records, edited, strict=True) if was != now}
    approval = approve(make_plan(wishes, edited, policy), rows, edited, policy)
    assert changed.isdisjoint(action.name for action in approval.actions)
    told = {(row["kind"], row["name"]) for row in approval.not_applied}
    assert {(row["kind"], row["name"]) for row in rows if row["name"] in changed} <= told


@every
@given(WISHES, WISHES, RECORDS, RECORDS, POLICIES)
def test_every_action_of_both_is_accounted_for_once(
    before: list[Wish], now: list[Wish], then: list[Record], records: list[Record], policy: Policy
) -> None:
    policy = policy._replace(only=None, removable=None)
    rows = saved(make_plan(before, then, policy))["actions"]
    plan = make_plan(now, records, policy)
    approval = approve(plan, rows, records, policy)
    done = sorted((action.kind, action.name) for action in approval.actions)
    open_ = sorted((row["kind"], row["name"]) for row in approval.not_approved)
    left = sorted((row["kind"], row["name"]) for row in approval.not_applied)
    assert sorted(done + open_) == sorted((action.kind, action.name) for action in plan.actions)
    assert sorted(done + left) == sorted((row["kind"], row["name"]) for row in rows)
    assert all(row["reason"] for row in (*approval.not_approved, *approval.not_applied))


@every
@given(WISHES, RECORDS, POLICIES, st.randoms(use_true_random=False))
def test_the_document_does_not_depend_on_the_order(
    wishes: list[Wish], records: list[Record], policy: Policy, chance: Any
) -> None:
    plan = make_plan(wishes, records, policy)
    shuffled = list(plan.actions)
    chance.shuffle(shuffled)
    assert json.dumps(saved(plan)) == json.dumps(saved(plan._replace(actions=shuffled)))


PLAIN = document("network.com", TARGET, MADE, True, [])
KEYS = st.sampled_from(["format", "network", "target", "made", "purge", "actions", "digest", "other"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=3),
    max_leaves=8,
)


@every
@given(JSON)
def test_junk_is_refused_in_words(junk: Any) -> None:
    assert faults_of(junk, "network.com", TARGET, MADE, 1)


@every
@given(st.dictionaries(KEYS, JSON, min_size=1), st.booleans())
def test_junk_inside_of_a_plan_is_refused_in_words_even_with_its_digest(junk: dict[str, Any], signed: bool) -> None:
    found = {**PLAIN, **junk}
    if signed:
        rest = {key: value for key, value in found.items() if key != "digest"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        found["digest"] = hashlib.sha256(text.encode()).hexdigest()
    if not faults_of(found, "network.com", TARGET, MADE, 1):
        jsonschema.validate(found, SCHEMA)


@every
@given(st.integers(-(10**7), 10**7), st.integers(1, 10**7))
def test_a_plan_is_taken_up_to_its_age_and_five_minutes_before(seconds: int, max_age: int) -> None:
    faults = faults_of(PLAIN, "network.com", TARGET, MADE + timedelta(seconds=seconds), max_age)
    assert (faults == []) is (-300 <= seconds <= max_age)
