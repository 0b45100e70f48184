# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a network has to be looked at in full: never later than asked for, sooner while something is open, at once after any change or doubt."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

check: Any = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._full_check")

NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
ONE, OTHER = check.digest_of({"names": ["a.com"]}), check.digest_of({"names": ["b.com"]})
seconds = st.integers(0, 10**6)
opens = st.dictionaries(st.sampled_from(["waiting", "paused"]), st.integers(1, 9))


@given(every=seconds, sooner=seconds, age=st.integers(-(10**6), 10**6), left=opens, same=st.booleans())
@settings(deadline=None)
def test_a_full_check_is_due_as_soon_as_anything_asks_for_it(
    every: int, sooner: int, age: int, left: dict[str, int], same: bool
) -> None:
    last = check.Check(ONE, NOW - timedelta(seconds=age), left)
    why = check.why_due(last, ONE if same else OTHER, NOW, check.Rhythm(every, sooner))
    latest = min(every, sooner) if left else every
    if why == "":
        assert every > 0 and same and 0 <= age < latest
    else:
        assert every == 0 or not same or age < 0 or age >= min(latest, 0.75 * every)


def test_networks_that_were_looked_at_together_are_due_one_after_the_other() -> None:
    """Over the last quarter of the time, evenly, and each at the same time every time."""
    digests = [check.digest_of({"network": number}) for number in range(300)]

    def due(digest: str, age: int) -> bool:
        last = check.Check(digest, NOW - timedelta(seconds=age), {})
        return bool(check.why_due(last, digest, NOW, check.Rhythm(21600, 600)))

    ages = [next(age for age in range(0, 21601, 60) if due(digest, age)) for digest in digests]
    assert min(ages) >= 16200 and max(ages) <= 21600
    for quarter in range(4):  # of the last quarter: some 75 networks in each
        assert 50 <= sum(16200 + quarter * 1350 < age <= 16200 + (quarter + 1) * 1350 for age in ages) <= 100


@given(every=seconds, sooner=seconds)
@settings(deadline=None)
def test_where_nothing_is_remembered_it_is_due(every: int, sooner: int) -> None:
    assert check.why_due(None, ONE, NOW, check.Rhythm(every, sooner)) != ""


@pytest.mark.parametrize(
    ("last", "digest", "words"),
    [
        (None, ONE, "no full check is remembered"),
        (check.Check(ONE, NOW, {}), OTHER, "is not what it was at the last full check (2026-07-18T12:00:00Z)"),
        (check.Check(ONE, NOW + timedelta(hours=1), {}), ONE, "the clock went backwards"),
        (check.Check(ONE, NOW - timedelta(hours=1), {"waiting": 2}), ONE, "has left open: 2 waiting"),
        (check.Check(ONE, NOW - timedelta(hours=6), {}), ONE, "the last full check was at 2026-07-18T06:00:00Z"),
    ],
)
def test_the_reason_is_told(last: Any, digest: str, words: str) -> None:
    assert words in check.why_due(last, digest, NOW, check.Rhythm(21600, 600))


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
compared = st.dictionaries(st.text(max_size=3), documents, max_size=3)


@given(one=compared, other=compared)
@settings(deadline=None)
def test_another_document_has_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    # True and 1 are one key to Python, and not one option to a person.
    assert (check.digest_of(one) == check.digest_of(other)) == (repr(_sorted(one)) == repr(_sorted(other)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_another_version_of_the_collection_looks_at_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "VERSION", "99.0.0")
    assert check.digest_of({"names": ["a.com"]}) != ONE


ROW = [{"name": "a.com"}]


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        ({"result": {"complete": True, "differs": ROW, "kept": ROW, "added": ROW}}, {}),
        ({"result": {"complete": True, "waiting": ROW * 2}, "certificates": {"waiting": ROW}}, {"waiting": 3}),
        ({"result": {"complete": True, "due": ROW}}, {"due for removal": 1}),
        ({"result": {"complete": True, "paused": "it moves"}}, {"paused": 1}),
        ({"result": {"complete": False}}, {"not looked at to the end": 1}),
        ({}, {"not looked at to the end": 1}),
        ({"result": {"complete": True}, "certificates": {"pending": ROW}}, {"certificates pending": 1}),
        ({"result": {"complete": True}, "certificates": {"failures": ROW}}, {"certificates failed": 1}),
        ({"result": {"complete": True}, "certificates": {"forbidden": ROW}}, {"certificates forbidden by CAA": 1}),
        ({"result": {"complete": True}, "certificates": {"valid": ROW, "blocked": ROW}}, {}),
        ({"result": {"complete": True}, "dns": {"valid": False}}, {"DNS not to be believed": 1}),
        ({"result": {"complete": True}, "dns": {"valid": True}, "stuck": ROW}, {"not served by WordPress": 1}),
        ({"result": {"complete": True}, "blind": ["no way out"]}, {"look at visitors' certificates": 1}),
    ],
)
def test_what_time_or_a_customer_changes_is_open(documents: dict[str, Any], found: dict[str, int]) -> None:
    assert check.open_ends(documents) == found


@given(at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), left=opens)
@settings(deadline=None)
def test_a_check_comes_back_as_it_was_kept(at: datetime, left: dict[str, int]) -> None:
    kept = check.Check(ONE, at.replace(microsecond=0, tzinfo=UTC), left)
    assert check.load(check.dump(kept)) == kept


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"digest": ONE, "at": "yesterday", "open": {}},
        {"digest": "x", "at": "2026-07-18T12:00:00Z", "open": {}},
        {"digest": ONE, "at": "2026-07-18T12:00:00Z", "open": {"waiting": True}},
        {"digest": ONE, "at": "2026-07-18T12:00:00Z", "open": {"waiting": 0}},
        {"digest": ONE, "at": "2026-07-18T12:00:00Z", "open": []},
    ],
)
def test_what_is_no_check_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        check.load(document)


def test_an_end_that_has_passed_is_another_wish() -> None:
    ends = ["2026-07-18", "2026-07-19T12:00:00Z", "2026-07-20", "next week"]
    assert check.ended(ends, datetime(2026, 7, 18, 23, 59, tzinfo=UTC)) == []
    assert check.ended(ends, datetime(2026, 7, 19, 12, tzinfo=UTC)) == ends[:2]
