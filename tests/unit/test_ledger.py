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
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record, Target
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import (
    Entry,
    Ledger,
    LedgerError,
    Pending,
    check_owner,
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
OURS = Entry("a.com", "added", NOW, 701, OFF)
GONE = OURS._replace(missing_since=NOW, missing_reads=1)


def ledger(*entries: Entry) -> Ledger:
    return Ledger("network.com", TARGET, entries)


def record(name: str, flags: dict[str, Any] = OFF, id: int = 701) -> Record:
    return Record(id=id, name=name, **flags)


def intend(book: Ledger, action: str, name: str, flags: dict[str, Any], claim: bool = True) -> None:
    book.intend(name, Pending(action, flags, flags), LATER, claim)


# --- one write ---------------------------------------------------------------------------------------------------------


def test_an_addition_is_nobodys_until_it_is_confirmed() -> None:
    book = ledger()
    intend(book, "add", "a.com", ON)
    assert book.entries == {"a.com": Entry("a.com", "intended", LATER, pending=Pending("add", ON, ON))}
    assert book.owned() == {}
    book.confirm("a.com", 702)
    assert book.owned() == {"a.com": Entry("a.com", "added", LATER, 702, ON)}


def test_an_addition_without_a_number_waits_for_the_listing() -> None:
    book = ledger()
    intend(book, "add", "a.com", ON)
    book.confirm("a.com", None)
    assert book.owned() == {}
    book.settle([record("a.com", ON, 705)])
    assert book.owned() == {"a.com": Entry("a.com", "added", LATER, 705, ON)}


def test_a_refused_addition_leaves_nothing() -> None:
    book = ledger()
    intend(book, "add", "a.com", ON)
    book.cancel("a.com")
    assert book.entries == {}


def test_an_addition_that_claims_nothing_is_not_remembered() -> None:
    book = ledger(OURS)
    intend(book, "add", "b.com", ON, claim=False)
    intend(book, "add", "a.com", ON, claim=False)
    book.confirm("b.com", 702)
    book.confirm("a.com", 703)
    assert book.entries == {"a.com": OURS._replace(id=703, written=ON)}


@pytest.mark.parametrize("how", ["added", "adopted"])
def test_an_update_of_an_owned_name(how: str) -> None:
    book = ledger(OURS._replace(how=how))
    book.intend("a.com", Pending("update", ON, OFF), LATER)
    assert book.owned() == {"a.com": Entry("a.com", how, NOW, 701, OFF, Pending("update", ON, OFF))}
    book.confirm("a.com", None)
    assert book.owned() == {"a.com": Entry("a.com", how, NOW, 701, OFF)}


@pytest.mark.parametrize("action", ["add", "update", "remove"])
def test_a_refused_write_of_an_owned_name_leaves_it_as_it_was(action: str) -> None:
    book = ledger(GONE)
    intend(book, action, "a.com", ON)
    book.cancel("a.com")
    assert book.entries == {"a.com": GONE}


@pytest.mark.parametrize("action", ["update", "remove"])
def test_a_change_of_a_foreign_name_makes_nothing_ours(action: str) -> None:
    book = ledger(OURS)
    intend(book, action, "b.com", ON)
    book.confirm("b.com", 702)
    book.cancel("b.com")
    assert book.entries == {"a.com": OURS}


def test_a_removal_ends_the_entry() -> None:
    book = ledger(OURS, OURS._replace(name="b.com"))
    intend(book, "remove", "a.com", OFF)
    book.confirm("a.com", None)
    # "There is no such thing" may also be said of an app that cannot be seen any more: the listing decides.
    assert sorted(book.owned()) == ["a.com", "b.com"]
    book.settle([record("b.com")])
    assert sorted(book.owned()) == ["b.com"]


def test_a_name_that_is_added_again_is_added_whoever_made_it_first() -> None:
    book = ledger(OURS._replace(how="adopted"))
    intend(book, "add", "a.com", ON)
    assert book.entries["a.com"].owned
    book.confirm("a.com", 709)
    assert book.owned() == {"a.com": Entry("a.com", "added", NOW, 709, ON)}


def test_without_an_intent_there_is_nothing_to_confirm() -> None:
    book = ledger(OURS)
    book.confirm("a.com", 709)
    book.confirm("b.com", 709)
    book.cancel("b.com")
    assert book.entries == {"a.com": OURS}


# --- after a kill ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "pending", "there", "expected"),
    [
        (None, ("add", ON), (ON, 702), ("added", ON, 702)),
        (None, ("add", ON), ({**ON, "type": "unknown"}, 702), ("added", ON, 702)),  # an old server does not say it
        (None, ("add", ON), (OFF, 702), None),  # somebody else made it
        (None, ("add", ON), None, None),
        ("added", ("update", ON), (ON, 701), ("added", ON, 701)),
        ("adopted", ("update", ON), (ON, 701), ("adopted", ON, 701)),
        ("added", ("update", ON), (OFF, 701), ("added", OFF, 701)),
        ("added", ("update", ON), (ON, 702), ("added", OFF, 701)),  # another record has the name by now
        ("added", ("update", ON), None, ("added", OFF, 701)),
        ("added", ("remove", OFF), None, None),
        ("added", ("remove", OFF), (OFF, 702), None),
        ("added", ("remove", OFF), (OFF, 701), ("added", OFF, 701)),
        ("adopted", ("remove", OFF), (ON, 701), ("adopted", OFF, 701)),
        ("adopted", ("add", ON), (ON, 702), ("added", ON, 702)),
        ("adopted", ("add", ON), (OFF, 702), ("adopted", OFF, 701)),
        ("adopted", ("add", ON), None, ("adopted", OFF, 701)),
    ],
)
def test_an_open_intent_is_settled_by_the_listing(
    entry: str | None, pending: tuple[str, Any], there: Any, expected: Any
) -> None:
    other = Entry("other.com", "adopted", NOW, 700, ON)
    book = ledger(*([OURS._replace(how=entry)] if entry else []), other)
    book.intend("a.com", Pending(pending[0], pending[1], pending[1]), NOW)
    book.settle([record("other.com", id=700), *([record("a.com", *there)] if there is not None else [])])
    assert book.entries.pop("other.com") == other
    assert book.entries == ({"a.com": Entry("a.com", expected[0], NOW, expected[2], expected[1])} if expected else {})
    book.settle([])  # no intent is open any more
    assert bool(book.entries) is bool(expected)


def test_what_another_network_owns_is_not_claimed_and_what_somebody_made_is_named() -> None:
    book = ledger()
    for name in ("a.com", "b.com", "c.com"):
        intend(book, "add", name, ON)
    listing = [record("a.com", ON, 702), record("b.com", ON, 703), record("c.com", OFF, 704)]
    assert book.settle(listing, frozenset([702])) == ["a.com", "c.com"]
    assert list(book.entries) == ["b.com"]


def test_what_another_network_took_over_is_handed_over_once_our_source_lacks_it() -> None:
    book = ledger(GONE, OURS._replace(name="b.com", id=702), GONE._replace(name="c.com", id=703))
    assert book.hand_over(frozenset([701, 702])) == ["a.com"]
    assert sorted(book.entries) == ["b.com", "c.com"]


def test_a_date_ahead_of_the_clock_is_put_right() -> None:
    book = ledger(GONE._replace(missing_since=NOW + timedelta(days=30_000)))
    book.observe(lambda name: False, NOW)
    assert book.entries["a.com"] == GONE._replace(missing_reads=2)


def test_a_record_that_somebody_made_anew_is_not_ours() -> None:
    names = ("a.com", "gone.com", "same.com", "twice.com")
    book = ledger(*(OURS._replace(name=name) for name in names))
    listing = [record("a.com", id=702), record("same.com"), record("twice.com", id=703), record("twice.com")]
    assert book.forget_replaced(listing) == ["a.com"]
    assert sorted(book.entries) == ["gone.com", "same.com", "twice.com"]


# --- the source's absences ----------------------------------------------------------------------------------------------


def test_each_read_without_a_name_counts_and_one_with_it_forgets_them() -> None:
    book = ledger(OURS, OURS._replace(name="b.com"))
    book.observe({"b.com", "c.com"}.__contains__, NOW)
    book.observe({"b.com"}.__contains__, LATER)
    assert book.entries["a.com"] == OURS._replace(missing_since=NOW, missing_reads=2)
    assert book.entries["b.com"] == OURS._replace(name="b.com")
    book.observe({"a.com", "b.com"}.__contains__, LATER)
    assert book.entries["a.com"] == OURS


def test_what_is_wanted_by_nobody_and_on_no_app_is_forgotten() -> None:
    kept = [
        OURS._replace(name="wanted.com"),
        GONE._replace(name="there.com"),
        GONE._replace(name="open.com", pending=Pending("remove", OFF, OFF)),
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
        (
            NOW,
            9,
            23,
            86400,
            2,
            "missing since 2026-07-18T12:00:00Z; a purge may remove it from 2026-07-19T12:00:00Z on",
        ),
        (NOW, 1, 0, 0, 1, ""),
        (NOW, 1, 0, 0, 2, "missing in 1 of 2 converging reads"),
        (None, 0, 0, 0, 1, "missing in 0 of 1 converging reads"),
        (
            NOW,
            2,
            24,
            86400.5,
            2,
            "missing since 2026-07-18T12:00:00Z; a purge may remove it from 2026-07-19T12:00:00Z on",
        ),
        (
            NOW,
            9,
            87_000,
            316_224_000,
            1,
            "missing since 2026-07-18T12:00:00Z; a purge may remove it from 2036-07-25T12:00:00Z on",
        ),
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
    assert book.adopt(record("b.com", ON, 702), LATER) is True
    assert book.adopt(record("b.com", OFF, 702), LATER) is False
    assert book.adopt(record("a.com", ON), LATER) is False
    assert book.entries == {"a.com": OURS, "b.com": Entry("b.com", "adopted", LATER, 702, ON)}


# --- the document -------------------------------------------------------------------------------------------------------

FLAGS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["alias", "primary", "redirect", "unknown", "parked"]),
        "www": st.booleans(),
        "redirection": st.sampled_from(["none", "www", "non-www", "up"]),
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
    id=st.integers(1, 9),
    written=FLAGS,
    pending=st.none() | st.builds(Pending, st.sampled_from(["add", "update", "remove"]), FLAGS, FLAGS),
    missing_since=st.none() | TIMES,
    missing_reads=st.integers(0, 99),
)
INTENDED = st.builds(
    Entry,
    name=st.text(min_size=1, max_size=8),
    how=st.just("intended"),
    since=TIMES,
    pending=st.builds(Pending, st.just("add"), FLAGS, FLAGS),
    id=st.none(),
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
    again = load(document)
    check_owner(again, "network.com", TARGET)
    assert again.entries == {entry.name: entry for entry in entries}
    assert dump(again) == document


def test_the_document_is_the_one_that_is_described() -> None:
    book = ledger(OURS._replace(pending=Pending("remove", OFF, ON), missing_since=NOW, missing_reads=2))
    book.wants = frozenset(["b.com", "a.com"])
    assert dump(book) == {
        "format": "wpmultisite.ledger/1",
        "network": "network.com",
        "target": {"api_url": "https://panel.test/api", "server_id": 1, "webapp_id": 2},
        "wants": ["a.com", "b.com"],
        "domains": [
            {
                "name": "a.com",
                "id": 701,
                "how": "added",
                "since": "2026-07-18T12:00:00Z",
                "written": {"type": "alias", "www": False, "redirection": "none"},
                "pending": {
                    "action": "remove",
                    "flags": {"type": "alias", "www": False, "redirection": "none"},
                    "written": {"type": "alias", "www": True, "redirection": "none"},
                },
                "missing_since": "2026-07-18T12:00:00Z",
                "missing_reads": 2,
            }
        ],
    }


@pytest.mark.parametrize("document", [None, [], "x", 7, {}, {"format": None}, {"format": "wpmultisite.snapshot/1"}])
def test_what_is_no_ledger(document: Any) -> None:
    with pytest.raises(LedgerError, match="it is no ledger"):
        load(document)


def test_a_newer_ledger_is_left_alone() -> None:
    with pytest.raises(
        LedgerError, match=r"its format is wpmultisite\.ledger/2; this version reads wpmultisite\.ledger/1"
    ):
        load({"format": "wpmultisite.ledger/2", "whatever": 1})


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """A good document with one value changed; an Ellipsis takes it away."""
    intended = Entry("b.com", "intended", NOW, pending=Pending("add", ON, ON))
    entries = [OURS._replace(pending=Pending("update", ON, ON)), intended]
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
            for key in ("name", "id", "how", "since", "written", "pending", "missing_since", "missing_reads")
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
        ((*ROW, "written", "type"), None),
        ((*ROW, "written"), None),
        ((*ROW, "name"), None),
        ((*ROW, "id"), None),
        ((*ROW, "id"), "701"),
        ((*ROW, "id"), True),
        (("domains", 1, "id"), 702),
        ((*ROW, "pending", "written"), ...),
        ((*ROW, "written", "redirection"), None),
        ((*ROW, "pending"), "add"),
        ((*ROW, "pending", "action"), "rename"),
        ((*ROW, "pending", "flags"), ...),
        ((*ROW, "pending", "flags", "www"), ...),
        (("domains", 1, "pending"), None),
        (("domains", 1, "pending", "action"), "remove"),
        (("domains", 1, "name"), "a.com"),
        (("network",), ...),
        (("target",), ...),
        (("wants",), ...),
        (("wants",), None),
        (("target",), "646"),
        (("target", "api_url"), ...),
    ],
)
def test_a_damaged_ledger(path: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(LedgerError, match="it is damaged"):
        load(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("network",), "other.com", "it belongs to the network other.com, not to network.com"),
        (("network",), None, "it belongs to the network None"),
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
        check_owner(load(changed(path, value)), "network.com", TARGET)
