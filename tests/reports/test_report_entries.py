# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No entry of a run is lost or told twice, and the words of the real plan lead to the right class."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._apply import predict
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import Entry
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Override, Policy, Wish
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._result import result as told_of
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_items import read_run
from hypothesis import given, settings
from hypothesis import strategies as st

from .world import FLAGS, report

DESIRED = ("rejected", "ignored", "unwanted")
RESULT = (
    "added",
    "updated",
    "removed",
    "adopted",
    "not_approved",
    "differs",
    "waiting",
    "kept",
    "covered",
    "refused",
    "due",
    "unchanged",
)
CERTIFICATES = ("valid", "issued", "pending", "failures", "waiting", "forbidden", "blocked", "ignored")
REASONS = st.sampled_from(
    [
        "it would be ordered: there is none",
        "it would be ordered, but for ssl_policy: report",
        "covered by *.x.com",
        "nothing wants it; purge is off",
        "nothing wants it; it is not ours",
        "anything",
    ]
)


def names(alone: bool) -> st.SearchStrategy[int]:
    """Numbers of names; few, so that lists share them, or so many that they hardly do."""
    return st.integers(0, 10**9) if alone else st.integers(0, 4)


def entry(alone: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda number, reason, days, ok: {
            **FLAGS,
            "name": f"n{number}.com",
            "value": f"n{number}.com",
            "domain": f"n{number}.com",
            "reason": reason,
            "before": FLAGS,
            "after": FLAGS,
            "current": FLAGS,
            "wanted": FLAGS,
            "action": "add",
            "kind": "add",
            "record": None,
            "days_left": days,
            "valid_until": None,
            "ok": ok,
            "state": "expired",
            "stage": "failed",
            "message": reason,
        },
        names(alone),
        REASONS,
        st.sampled_from([None, 5, 80]),
        st.booleans(),
    )


def document(lists: tuple[str, ...], alone: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.lists(entry(alone), max_size=3) for name in lists})


def runs(alone: bool) -> st.SearchStrategy[dict[str, Any]]:
    look = st.fixed_dictionaries({"check_mode": st.booleans()}, optional={"paused": st.just("held")})
    return st.builds(
        lambda desired, result, purged, certificates, seen, stuck, flags: {
            "desired": desired,
            "result": {**result, **flags},
            "purged": {**purged, **flags} if purged else {},
            "certificates": certificates,
            "seen": seen,
            "stuck": stuck,
        },
        document(DESIRED, alone),
        document(RESULT, alone),
        document(RESULT, alone),
        document(CERTIFICATES, alone),
        st.lists(entry(alone), max_size=3),
        st.lists(entry(alone), max_size=3),
        look,
    )


def entries(run: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [*run["seen"], *run["stuck"]]
    for name in ("desired", "result", "purged", "certificates"):
        rows += [row for value in run[name].values() if isinstance(value, list) for row in value]
    return rows


@settings(deadline=None, max_examples=200)
@given(st.booleans().flatmap(runs))
def test_every_entry_ends_up_in_one_place(run: dict[str, Any]) -> None:
    told = read_run(run, 0.2)
    # Of a certificate that stands and ends soon a person is told besides.
    besides = [item for item in told.items if item.kind == "ends"]
    places = len(told.items) - len(besides) + len(told.changes) + len(told.certificates) + sum(told.quiet.values())
    assert places == len(entries(run))


@settings(deadline=None, max_examples=200)
@given(st.booleans().flatmap(runs))
def test_no_name_is_lost_without_another_word_about_it(run: dict[str, Any]) -> None:
    told = read_run(run, 0.2)
    spoken = {item.name for item in told.items} | {row["name"] for row in (*told.changes, *told.certificates)}
    fine = {
        row["name"] for key in ("unchanged", "covered") for one in ("result", "purged") for row in run[one].get(key, ())
    }
    well = {row["name"] for row in run["seen"] if row["ok"]}
    bare = {name.removeprefix("www.") for name in spoken}
    assert {row["name"] for row in entries(run)} <= spoken | bare | fine | well


def record(number: int, name: str, kind: str = "alias", **more: Any) -> Record:
    return Record(id=number, name=name, type=kind, www=False, redirection="none", **more)


def ours(name: str, **more: Any) -> Entry:
    """Of a name that was added by us."""
    return Entry(**{**dict.fromkeys(Entry._fields), "name": name, "how": "added", "id": 2, **more})


@pytest.mark.parametrize(
    ("policy", "kind", "cls"),
    [
        ({}, "due", "attention"),
        ({"purge": True}, "remove", "drift"),
        ({"ownership": "ledger"}, "foreign", "foreign"),
        ({"grace_period": 5.0}, "foreign", "foreign"),
        ({"elsewhere": lambda name: "the network other.com"}, "foreign", "foreign"),
        ({"keep": lambda name: "x.com"}, "kept", "kept"),
        ({"overrides": {"x.com": Override(ignore=True)}}, "kept", "kept"),
        ({"two_writers": True}, "kept", "kept"),
        ({"owned": "once", "ownership": "ledger", "min_absences": 2}, "removal", "waiting"),
        ({"owned": "since", "ownership": "ledger", "grace_period": 86400.0}, "removal", "waiting"),
        ({"owned": "since", "ownership": "ledger"}, "due", "attention"),
    ],
)
def test_the_plan_s_words_about_a_record_that_nothing_wants(policy: dict[str, Any], kind: str, cls: str) -> None:
    now = datetime(2026, 7, 18, 12, tzinfo=UTC)
    missing: dict[str, dict[str, Any]] = {
        "once": {"missing_reads": 1},
        "since": {"missing_reads": 3, "missing_since": now},
    }
    if "owned" in policy:
        policy = {**policy, "owned": {"x.com": ours("x.com", **{"missing_since": None, **missing[policy["owned"]]})}}
    records = [record(1, "network.com", "primary"), record(2, "x.com")]
    usual: dict[str, Any] = {"network": "network.com", "grace_period": 0.0, "min_absences": 1, "now": now}
    plan = make_plan([Wish("network.com", "protected")], records, Policy(**{**usual, **policy}))
    outcome = dict(told_of(plan, predict(plan, records), {"GET": 1}), check_mode=True, complete=True)
    (item,) = (row for row in report(result=outcome)["items"] if row["name"] == "x.com")
    assert (item["class"], item["kind"]) == (cls, kind), item["reason"]
