# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of many pages: whole, in as many calls as they need; one that does not add up never passes for a short one."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import (
    DOMAINS,
    NETWORK,
    Runner,
    client,
    columns,
    gets,
    numbered,
    plugin,
    seed,
    stored,
    writes,
)

_client = plugin("module_utils._client")
# What goes wrong, and after how many calls it shows.
FAULTS = columns(
    [
        ("total too high", {"action": "wrong_total", "by": 1}, 2),
        ("total too low", {"action": "wrong_total", "by": -1}, 2),
        ("total differs on page 2", {"action": "wrong_total", "page": 2}, 2),
        ("an id twice", {"action": "duplicate_id", "page": 1}, 1),
        ("an id twice on page 2", {"action": "duplicate_id", "page": 2}, 2),
        ("a row lost", {"action": "lose_row", "page": 1}, 2),
        ("the last row lost", {"action": "lose_row", "page": 2}, 2),
        ("a row came", {"action": "page_drift", "page": 2, "drift": "insert"}, 2),
        ("a row came, total stays", {"action": "page_drift", "page": 2, "drift": "insert", "total": "stays"}, 2),
        ("a row went", {"action": "page_drift", "page": 2, "drift": "remove"}, 2),
        ("a row went, total stays", {"action": "page_drift", "page": 2, "drift": "remove", "total": "stays"}, 2),
        ("page 2 empty", {"action": "vanished_page", "page": 2}, 2),
        ("page 2 is 404", {"action": "status", "status": 404, "page": 2}, 2),
    ]
)


def listed(emu: Emulator, version: str = "v3") -> list[str]:
    """All names by the transport, in the order of the panel."""
    transport = client(emu, base_url=f"{emu.url}/{version}")
    return [row["name"] for row in transport.listing(DOMAINS)]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("per_page", ["honoured", "ignored"])
@pytest.mark.parametrize("size", [1, 39, 40, 41, 250, 1000])
def test_every_record_comes_in_as_few_calls_as_possible(emu: Emulator, size: int, per_page: str, version: str) -> None:
    names = numbered(size)
    seed(emu, *names[:-1], {"name": names[-1], "type": "primary"})
    emu.switch(per_page=per_page)
    assert listed(emu, version) == names
    rows = 40 if per_page == "honoured" else {"v2": 15, "v3": 20}[version]
    assert gets(emu, DOMAINS) == len(emu.journal) == ceil(size / rows)
    assert {entry.query["perPage"] for entry in emu.journal} == {"40"}
    assert [entry.complaints + entry.unknown_fields for entry in emu.journal] == [[]] * len(emu.journal)


@pytest.mark.parametrize("rows", [1, 7, 39])
def test_any_page_size_of_the_panel_is_followed(emu: Emulator, rows: int) -> None:
    names = numbered(40)
    seed(emu, *names)
    emu.switch(per_page="ignored", default_page_size_v3=rows)
    assert listed(emu) == [NETWORK, *names] and len(emu.journal) == ceil(41 / rows)


def test_an_app_without_domains_is_one_call(emu: Emulator) -> None:
    emu.seed({})
    assert listed(emu) == [] and len(emu.journal) == 1


@pytest.mark.parametrize("query", ["page", "all"])
@pytest.mark.parametrize("links", ["present", "absent"])
@pytest.mark.parametrize("meta", ["pagination", "lastPage", "last_page", "none"])
@pytest.mark.parametrize("per_page", ["honoured", "ignored"])
@pytest.mark.parametrize("size", [40, 41])
def test_every_form_of_pages_is_followed(
    emu: Emulator, size: int, per_page: str, meta: str, links: str, query: str
) -> None:
    names = numbered(size - 1)
    seed(emu, *names)
    emu.switch(per_page=per_page, pagination_meta=meta, links_next=links, links_query=query, per_page_over_40="refused")
    assert listed(emu) == [NETWORK, *names]
    # Without a word about pages only an empty one says that the one before was the last.
    pages = ceil(size / (40 if per_page == "honoured" else 20)) + (meta == "none")
    assert len(emu.journal) == pages


@pytest.mark.parametrize(("fault", "calls"), FAULTS)
def test_a_listing_that_does_not_add_up_is_fetched_once_more(emu: Emulator, fault: dict[str, Any], calls: int) -> None:
    names = numbered(40)
    seed(emu, *names)
    emu.fault(times=1, **fault)
    assert listed(emu) == [NETWORK, *names]
    pages = [entry.query["page"] for entry in emu.journal]
    assert pages == [*["1", "2"][:calls], "1", "2"]


@pytest.mark.parametrize(("fault", "calls"), FAULTS)
def test_twice_it_is_refused_and_nothing_is_written(
    run: Runner, emu: Emulator, fault: dict[str, Any], calls: int
) -> None:
    seed(emu, *numbered(40))
    emu.fault(**fault)
    result = run.converge(*numbered(39), "new.com", purge=True)
    assert result.failed and "does not add up, twice in a row" in result["msg"]
    assert writes(emu) == [] and len(emu.journal) == 2 * calls

    emu.clear_faults()
    assert not run.converge(*numbered(39), "new.com", purge=True).failed
    assert writes(emu) == [("POST", "new.com"), ("DELETE", "/domains/741")]


def test_without_the_rule_a_missed_page_looks_like_missing_domains(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(emu, *numbered(40))
    emu.fault(action="vanished_page", page=2)
    assert run.converge(*numbered(40)).failed
    assert writes(emu) == []

    def trusting(self: Any, path: str, query: Any = None) -> list[dict[str, Any]]:
        return [row for page in (1, 2) for row in self.get(path, {"page": page, "perPage": 40})["data"]]

    monkeypatch.setattr(_client.Client, "listing", trusting)
    run.converge(*numbered(40))
    assert writes(emu) == [("POST", "c0039.com")]


ROW = {"id": 5, "name": "x.com"}


@pytest.mark.parametrize(
    ("body", "calls", "text"),
    columns(
        [
            ("nothing", None, 1, "no list of records"),
            ("a list", [ROW], 1, "no list of records"),
            ("no data", {"meta": {}}, 1, "no list of records"),
            ("data is no list", {"data": {"0": ROW}}, 1, "no list of records"),
            ("rows are no objects", {"data": ["x.com"]}, 1, "no list of records"),
            ("no id", {"data": [{"name": "x.com"}]}, 1, "without an id"),
            ("id is true", {"data": [{"id": True, "name": "x.com"}]}, 1, "without an id"),
            ("id is text", {"data": [{"id": "5", "name": "x.com"}]}, 1, "without an id"),
            ("another page", {"data": [ROW], "meta": {"pagination": {"current_page": 3}}}, 2, "page 3 came"),
            ("always the same page", {"data": [ROW], "meta": {"last_page": 2}}, 4, "came twice"),
            ("empty for ever", {"data": [], "links": {"next": "https://x.com/?page=2"}}, 4, "page 2 is empty"),
        ]
    ),
)
def test_what_is_no_list_is_refused(emu: Emulator, body: Any, calls: int, text: str) -> None:
    if body is None:
        emu.fault(action="html", status=200, text="")
    else:
        emu.fault(action="status", status=200, body=body)
    with pytest.raises(_client.ApiError, match=text):
        listed(emu)
    assert len(emu.journal) == calls


def test_a_failing_page_fails_the_listing(emu: Emulator) -> None:
    seed(emu, *numbered(40))
    emu.fault(action="status", status=422, page=2)
    with pytest.raises(_client.ApiError, match="HTTP 422"):
        listed(emu)
    assert len(emu.journal) == 2


def test_a_run_over_thousand_domains(run: Runner, emu: Emulator) -> None:
    names = numbered(999)
    seed(emu, *names)
    result = run.converge(*names)
    assert not result["changed"] and len(result["domains"]) == 1000
    assert len(emu.journal) == 25
    assert stored(emu) == sorted([NETWORK, *names])
