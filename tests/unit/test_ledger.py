# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every step of a name through the ledger, and which documents are taken for a ledger."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import (
    Entry,
    Ledger,
    LedgerError,
    Pending,
    Target,
    dump,
    load,
    not_yet_due,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/ledger-1.json").read_text(encoding="utf-8"))
TARGET = Target("https://panel.test/api", 1, 2)
NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OFF = {"type": "alias", "www": False, "redirection": "none"}
ON = {"type": "alias", "www": True, "redirection": "none"}
OURS = Entry("a.com", "added", NOW, OFF)
GONE = OURS._replace(missing_since=NOW, missing_reads=1)


def ledger(*entries: Entry) -> Ledger:
    return Ledger("network.com", TARGET, entries)


def record(name: str, flags: dict[str, Any] = OFF) -> Record:
    return Record(id=701, name=name, **flags)


# --- one write ---------------------------------------------------------------------------------------------------------


def test_an_addition_is_nobodys_until_it_is_confirmed() -> None:
    book = ledger()
    book.intend("add", "a.com", ON, NOW)
    assert book.entries == {"a.com": Entry("a.com", "intended", NOW, None, Pending("add", ON))}
    assert book.owned() == {}
    book.confirm("a.com")
    assert book.owned() == {"a.com": Entry("a.com", "added", NOW, ON)}


def test_a_refused_addition_leaves_nothing() -> None:
    book = ledger()
    book.intend("add", "a.com", ON, NOW)
    book.cancel("a.com")
    assert book.entries == {}


@pytest.mark.parametrize("how", ["added", "adopted"])
def test_an_update_of_an_owned_name(how: str) -> None:
    book = ledger(OURS._replace(how=how))
    book.intend("update", "a.com", ON, LATER)
    assert book.owned() == {"a.com": Entry("a.com", how, NOW, OFF, Pending("update", ON))}
    book.confirm("a.com")
    assert book.owned() == {"a.com": Entry("a.com", how, NOW, ON)}


@pytest.mark.parametrize("action", ["add", "update", "remove"])
def test_a_refused_write_of_an_owned_name_leaves_it_as_it_was(action: str) -> None:
    book = ledger(GONE)
    book.intend(action, "a.com", ON, LATER)
    book.cancel("a.com")
    assert book.entries == {"a.com": GONE}


@pytest.mark.parametrize("action", ["update", "remove"])
def test_a_change_of_a_foreign_name_makes_nothing_ours(action: str) -> None:
    book = ledger(OURS)
    book.intend(action, "b.com", ON, NOW)
    book.confirm("b.com")
    book.cancel("b.com")
    assert book.entries == {"a.com": OURS}


def test_a_removal_ends_the_entry() -> None:
    book = ledger(OURS, OURS._replace(name="b.com"))
    book.intend("remove", "a.com", OFF, LATER)
    assert sorted(book.owned()) == ["a.com", "b.com"]
    book.confirm("a.com")
    assert sorted(book.owned()) == ["b.com"]


def test_a_name_that_is_added_again_is_added_whoever_made_it_first() -> None:
    book = ledger(OURS._replace(how="adopted"))
    book.intend("add", "a.com", ON, LATER)
    assert book.entries["a.com"].owned
    book.confirm("a.com")
    assert book.owned() == {"a.com": Entry("a.com", "added", NOW, ON)}


def test_without_an_intent_there_is_nothing_to_confirm() -> None:
    book = ledger(OURS)
    book.confirm("a.com")
    book.confirm("b.com")
    assert book.entries == {"a.com": OURS}


# --- after a kill ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "pending", "there", "expected"),
    [
        (None, ("add", ON), ON, ("added", ON)),
        (None, ("add", ON), OFF, None),  # somebody else made it
        (None, ("add", ON), None, None),
        ("added", ("update", ON), ON, ("added", ON)),
        ("adopted", ("update", ON), ON, ("adopted", ON)),
        ("added", ("update", ON), OFF, ("added", OFF)),
        ("added", ("update", ON), None, ("added", OFF)),
        ("added", ("remove", OFF), None, None),
        ("added", ("remove", OFF), OFF, ("added", OFF)),
        ("adopted", ("remove", OFF), ON, ("adopted", OFF)),
        ("adopted", ("add", ON), ON, ("added", ON)),
        ("adopted", ("add", ON), None, ("adopted", OFF)),
    ],
)
def test_an_open_intent_is_settled_by_the_listing(
    entry: str | None, pending: tuple[str, Any], there: Any, expected: Any
) -> None:
    book = ledger(*([OURS._replace(how=entry)] if entry else []), Entry("other.com", "adopted", NOW, ON))
    book.intend(*(pending[0], "a.com", pending[1]), NOW)
    book.settle([record("other.com"), *([record("a.com", there)] if there is not None else [])])
    assert book.entries.pop("other.com") == Entry("other.com", "adopted", NOW, ON)
    assert book.entries == ({"a.com": Entry("a.com", expected[0], NOW, expected[1])} if expected else {})
    book.settle([])  # no intent is open any more
    assert bool(book.entries) is bool(expected)


# --- the source's absences ----------------------------------------------------------------------------------------------


def test_each_read_without_a_name_counts_and_one_with_it_forgets_them() -> None:
    book = ledger(OURS, OURS._replace(name="b.com"))
    book.observe(["b.com", "c.com"], NOW)
    book.observe(["b.com"], LATER)
    assert book.entries["a.com"] == OURS._replace(missing_since=NOW, missing_reads=2)
    assert book.entries["b.com"] == OURS._replace(name="b.com")
    book.observe(["a.com", "b.com"], LATER)
    assert book.entries["a.com"] == OURS


def test_what_is_wanted_by_nobody_and_on_no_app_is_forgotten() -> None:
    kept = [
        OURS._replace(name="wanted.com"),
        GONE._replace(name="there.com"),
        GONE._replace(name="open.com", pending=Pending("remove", OFF)),
    ]
    book = ledger(GONE, *kept)
    book.forget_gone([record("there.com")])
    assert list(book.entries.values()) == kept


@pytest.mark.parametrize(
    ("since", "reads", "hours", "grace", "absences", "words"),
    [
        (NOW, 2, 24, 86400, 2, ""),
        (NOW, 3, 25, 86400, 2, ""),
        (NOW, 1, 48, 86400, 2, "missing in 1 of 2 converging reads"),
        (NOW, 9, 23, 86400, 2, "missing since 2026-07-18T12:00:00Z; due at 2026-07-19T12:00:00Z"),
        (NOW, 1, 0, 0, 1, ""),
        (NOW, 1, 0, 0, 2, "missing in 1 of 2 converging reads"),
        (None, 0, 0, 0, 1, "missing in 0 of 1 converging reads"),
        (None, 0, 0, 0, 0, ""),
        (None, 0, 0, 60, 0, "missing since this run"),
        (NOW, 2, 24, 86400.5, 2, "missing since 2026-07-18T12:00:00Z; due at 2026-07-19T12:00:00Z"),
    ],
)
def test_when_a_missing_name_is_due(
    since: datetime | None, reads: int, hours: int, grace: float, absences: int, words: str
) -> None:
    entry = OURS._replace(missing_since=since, missing_reads=reads)
    assert not_yet_due(entry, NOW + timedelta(hours=hours), grace, absences) == words


# --- taking over --------------------------------------------------------------------------------------------------------


def test_a_record_is_taken_over_as_it_is_and_once() -> None:
    book = ledger(OURS)
    assert book.adopt(record("b.com", ON), LATER) is True
    assert book.adopt(record("b.com", OFF), LATER) is False
    assert book.adopt(record("a.com", ON), LATER) is False
    assert book.entries == {"a.com": OURS, "b.com": Entry("b.com", "adopted", LATER, ON)}


# --- the document -------------------------------------------------------------------------------------------------------

FLAGS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["alias", "primary", "redirect"]),
        "www": st.booleans(),
        "redirection": st.sampled_from(["none", "www", "non-www"]),
    }
)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
OWNED = st.builds(
    Entry,
    name=st.text(min_size=1, max_size=8),
    how=st.sampled_from(["added", "adopted"]),
    since=TIMES,
    written=st.none() | FLAGS,
    pending=st.none() | st.builds(Pending, st.sampled_from(["add", "update", "remove"]), FLAGS),
    missing_since=st.none() | TIMES,
    missing_reads=st.integers(0, 99),
)
INTENDED = st.builds(
    Entry,
    name=st.text(min_size=1, max_size=8),
    how=st.just("intended"),
    since=TIMES,
    pending=st.builds(Pending, st.just("add"), FLAGS),
    written=st.none(),
    missing_since=st.none(),
    missing_reads=st.just(0),
)


@settings(deadline=None)
@given(st.lists(OWNED | INTENDED, unique_by=lambda entry: entry.name, max_size=5))
def test_what_is_stored_follows_the_schema_and_comes_back(entries: list[Entry]) -> None:
    document = json.loads(json.dumps(dump(ledger(*entries))))
    jsonschema.validate(document, SCHEMA)
    assert [row["name"] for row in document["domains"]] == sorted(entry.name for entry in entries)
    again = load(document, "network.com", TARGET)
    assert again.entries == {entry.name: entry for entry in entries}
    assert dump(again) == document


def test_the_document_is_the_one_that_is_described() -> None:
    book = ledger(OURS._replace(pending=Pending("remove", OFF), missing_since=NOW, missing_reads=2))
    assert dump(book) == {
        "format": "wpmultisite.ledger/1",
        "network": "network.com",
        "target": {"api_url": "https://panel.test/api", "server_id": 1, "webapp_id": 2},
        "domains": [
            {
                "name": "a.com",
                "how": "added",
                "since": "2026-07-18T12:00:00Z",
                "written": {"type": "alias", "www": False, "redirection": "none"},
                "pending": {"action": "remove", "flags": {"type": "alias", "www": False, "redirection": "none"}},
                "missing_since": "2026-07-18T12:00:00Z",
                "missing_reads": 2,
            }
        ],
    }


@pytest.mark.parametrize("document", [None, [], "x", 7, {}, {"format": None}, {"format": "wpmultisite.snapshot/1"}])
def test_what_is_no_ledger(document: Any) -> None:
    with pytest.raises(LedgerError, match="it is no ledger"):
        load(document, "network.com", TARGET)


def test_a_newer_ledger_is_left_alone() -> None:
    with pytest.raises(
        LedgerError, match=r"its format is wpmultisite\.ledger/2; this version reads wpmultisite\.ledger/1"
    ):
        load({"format": "wpmultisite.ledger/2", "whatever": 1}, "network.com", TARGET)


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """A good document with one value changed; an Ellipsis takes it away."""
    entries = [OURS._replace(pending=Pending("update", ON)), Entry("b.com", "intended", NOW, None, Pending("add", ON))]
    document = copy.deepcopy(dump(ledger(*entries)))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


ROW = ("domains", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("domains",), ...),
        (("domains",), None),
        (("domains",), {"a.com": {}}),
        (ROW, None),
        (ROW, "a.com"),
        *(
            ((*ROW, key), ...)
            for key in ("name", "how", "since", "written", "pending", "missing_since", "missing_reads")
        ),
        ((*ROW, "how"), "found"),
        ((*ROW, "how"), None),
        ((*ROW, "since"), "yesterday"),
        ((*ROW, "since"), None),
        ((*ROW, "since"), 1784376000),
        ((*ROW, "missing_since"), "2026-07-18"),
        ((*ROW, "missing_reads"), -1),
        ((*ROW, "missing_reads"), "2"),
        ((*ROW, "missing_reads"), None),
        ((*ROW, "written"), []),
        ((*ROW, "written"), {}),
        ((*ROW, "written", "www"), 1),
        ((*ROW, "written", "type"), "parked"),
        ((*ROW, "written", "redirection"), None),
        ((*ROW, "pending"), "add"),
        ((*ROW, "pending", "action"), "rename"),
        ((*ROW, "pending", "flags"), ...),
        ((*ROW, "pending", "flags", "www"), ...),
        (("domains", 1, "pending"), None),
        (("domains", 1, "pending", "action"), "remove"),
        (("domains", 1, "name"), "a.com"),
        (("target",), ...),
        (("target",), "646"),
        (("target", "api_url"), ...),
    ],
)
def test_a_damaged_ledger(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(LedgerError, match="it is damaged"):
        load(changed(path, value), "network.com", TARGET)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("network",), "other.com", "it belongs to the network other.com, not to network.com"),
        (("network",), ..., "it belongs to the network None"),
        (("target", "webapp_id"), 3, "it belongs to web app 3 of server 1 at https://panel.test/api, not to web app 2"),
        (("target", "server_id"), 9, "it belongs to web app 2 of server 9"),
        (
            ("target", "api_url"),
            "https://b.test/api",
            "at https://b.test/api, not to web app 2 of server 1 at https://panel",
        ),
        (("target", "webapp_id"), "2", "it belongs to web app 2 of server 1"),
    ],
)
def test_another_ones_ledger(path: tuple[Any, ...], value: Any, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        load(changed(path, value), "network.com", TARGET)
