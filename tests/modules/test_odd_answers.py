# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a panel should never answer, and what an operator should never have to fear from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import Runner

NETWORK = "network.com"
ROWS = [{"id": number, "name": f"d{number:02}.com"} for number in range(1, 61)]


def posted(emu: Emulator) -> list[str]:
    return [body["name"] for method, _, body in emu.writes() if method == "POST"]


def removed(emu: Emulator) -> list[str]:
    return [path for method, path, _ in emu.writes() if method == "DELETE"]


@pytest.mark.parametrize("row", [{"id": 7}, {"id": 7, "name": None}, {"id": 7, "name": " "}])
def test_a_listing_with_a_record_without_a_name_is_refused(run: Runner, emu: Emulator, row: dict[str, Any]) -> None:
    body = {"data": [row], "meta": {"pagination": {"total": 1, "total_pages": 1}}}
    emu.fault(action="status", status=200, body=body, method="GET")
    result = run.converge("a.com", purge=True)
    assert result.failed and "without a usable id and name" in result["msg"]
    assert emu.writes() == []


@pytest.mark.parametrize("body", [{"id": "999", "name": "a.com"}, {"id": None, "name": "a.com"}, {"id": 5}, ["a.com"]])
def test_an_odd_answer_to_an_addition_is_settled_by_the_listing(run: Runner, emu: Emulator, body: Any) -> None:
    emu.seed({"domains": [{"name": NETWORK}]})
    emu.fault(action="status_after", status=200, body=body, method="POST", times=1)
    result = run.converge("a.com", "b.com")
    assert not result.failed and result.names("added") == ["a.com", "b.com"]
    assert posted(emu) == ["a.com", "b.com"]
    assert {entry["name"]: entry["id"] for entry in result["added"]} == {
        row["name"]: row["id"] for row in emu.domains(2) if row["name"] != NETWORK
    }


def test_a_read_back_without_a_name_stops_the_run_and_is_told(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": [{"name": NETWORK}]})
    emu.fault(action="status", status=200, body={"id": 9}, method="GET", path=r"/domains/\d+$")
    result = run.converge("a.com", "b.com")
    assert posted(emu) == ["a.com"]
    assert result.names("added") == ["a.com"] and "could not be read back" in result.reason("refused", "b.com")


@pytest.mark.parametrize("option", ["protected", "keep"])
def test_a_record_in_its_own_script_is_found_in_every_list(run: Runner, emu: Emulator, option: str) -> None:
    emu.seed({"domains": [{"name": NETWORK}, {"name": "m\u00fcller.de"}]})
    result = run.converge(purge=True, **{option: ["m\u00fcller.de"]})
    assert not result.failed and emu.writes() == []
    assert not run.converge("xn--mller-kva.de", purge=True)["changed"]


def test_a_record_without_a_type_may_be_the_primary(run: Runner, emu: Emulator) -> None:
    rows = [{"id": 1, "name": NETWORK, "type": "primary"}, {"id": 2, "name": "x123.example.com"}]
    body = {"data": rows, "meta": {"pagination": {"total": 2, "total_pages": 1}}}
    emu.fault(action="status", status=200, body=body, method="GET", path=r"/domains$")
    result = run.converge(purge=True)
    assert emu.writes() == [] and "not known" in result.reason("kept", "x123.example.com")


@pytest.mark.parametrize(
    "words",
    [
        {"current_page": 1, "last_page": 2, "total": 60, "links": [{"url": None}]},
        {"links": {}, "meta": {}},
        {"meta": {"pagination": {"per_page": 40, "count": 40}}},
    ],
    ids=["Laravel's top level", "no words", "no totals"],
)
def test_no_form_of_pages_hides_the_second_one(run: Runner, emu: Emulator, words: dict[str, Any]) -> None:
    for page in (1, 2, 3):
        rows = ROWS[(page - 1) * 40 : page * 40]
        body = {**words, **({"current_page": page} if "current_page" in words else {}), "data": rows}
        emu.fault(action="status", status=200, body=body, method="GET", page=page)
    assert len(run("domain_info")["domains"]) == 60


def test_an_empty_only_is_no_wish_to_do_nothing(run: Runner, emu: Emulator) -> None:
    result = run.converge("a.com", only=[])
    assert result.failed and "only is empty" in result["msg"] and emu.journal == []


@pytest.mark.parametrize("www", ["true", "false"])
def test_a_word_about_www_and_a_record_of_that_name_contradict(run: Runner, emu: Emulator, www: str) -> None:
    wishes = [{"name": NETWORK}, {"name": "a.com", "www": www}, {"name": "www.a.com"}]
    result = run("domains", network=NETWORK, domains=wishes)
    assert result.failed and "domains[1]: a.com says www" in result["msg"] and emu.journal == []


def test_a_block_page_in_plain_text_is_the_edges_too(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": [{"name": NETWORK}]})
    emu.fault(action="html", status=403, text="error code: 1020", method="GET", times=2)
    assert not run.converge().failed
    assert len(emu.journal) == 3


def test_an_addition_refused_with_503_is_repeated_until_the_budget_ends_and_then_clear(
    run: Runner, emu: Emulator
) -> None:
    emu.seed({"domains": [{"name": NETWORK}]})
    emu.fault(action="status", status=503, method="POST")
    result = run.converge("a.com", retry_budget=3)
    assert posted(emu) == ["a.com", "a.com"]
    assert "only known from a new listing" not in result.reason("refused", "a.com")
