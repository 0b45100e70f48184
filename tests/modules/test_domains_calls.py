# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls a run of runcloud_domains costs, in which order, and that check mode writes nothing."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Runner, columns, numbered, seed, stored, wishes, writes


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("size", [1, 39, 40, 41, 250, 1000])
def test_in_sync_it_lists_and_does_nothing_else(
    run: Runner, emu: Emulator, size: int, version: str, check: bool
) -> None:
    names = numbered(size - 1)
    seed(emu, *names)
    result = run.converge(*names, api_version=version, check=check, purge=True)
    assert not result.failed and not result["changed"]
    pages = max(1, ceil(size / 40))
    assert emu.calls() == [f"GET {DOMAINS}?page={page}&perPage=40" for page in range(1, pages + 1)]
    assert result["api_calls"] == {"GET": pages, "total": pages}


CHANGES = columns(
    [
        ("one add", 1, 0, 0),
        ("one update", 0, 1, 0),
        ("one removal", 0, 0, 1),
        ("three adds", 3, 0, 0),
        ("two of each", 2, 2, 2),
        ("adds and removals", 2, 0, 1),
        ("updates and removals", 0, 3, 2),
    ]
)


@pytest.mark.parametrize("size", [11, 39, 40, 81])
@pytest.mark.parametrize(("adds", "updates", "removals"), CHANGES)
def test_calls_of_a_run_with_changes(
    run: Runner, emu: Emulator, size: int, adds: int, updates: int, removals: int
) -> None:
    names = numbered(size - 1)
    new = [f"new{number}.com" for number in range(adds)]
    seed(emu, *names)
    domains = wishes(*names[removals:], *new)
    for wish in domains[1 : 1 + updates]:
        wish["www"] = "true"
    result = run("domains", network=NETWORK, domains=domains, purge=True)
    assert not result.failed, result["msg"]
    expected = [f"GET {DOMAINS}?page={page}&perPage=40" for page in range(1, ceil(size / 40) + 1)]
    expected += ["GET /servers/1", f"GET {APP}"]
    first = {name: 701 + index for index, name in enumerate([NETWORK, *names])}
    expected += block([f"POST {DOMAINS}"] * adds, f"GET {DOMAINS}/{700 + size + 1}")
    changed = [first[wish["name"]] for wish in domains[1 : 1 + updates]]
    expected += block([f"PATCH {DOMAINS}/{number}/meta" for number in changed], f"GET {DOMAINS}/{(changed or [0])[0]}")
    gone = [first[name] for name in names[:removals]]
    expected += block([f"DELETE {DOMAINS}/{number}" for number in gone], f"GET {DOMAINS}/{(gone or [0])[0]}")
    after = size + adds - removals
    expected += [f"GET {DOMAINS}?page={page}&perPage=40" for page in range(1, ceil(after / 40) + 1)]
    assert emu.calls() == expected
    assert result["api_calls"]["total"] == len(expected)
    assert (len(result["added"]), len(result["updated"]), len(result["removed"])) == (adds, updates, removals)
    assert sorted(result.names("domains")) == stored(emu) and len(stored(emu)) == after


def block(calls: list[str], read: str) -> list[str]:
    """The writes of one kind: after the first one its record is read back."""
    return [*calls[:1], read, *calls[1:]] if calls else []


@pytest.mark.parametrize("body", ["documented", "empty", "braces"])
def test_the_body_of_a_write_changes_nothing_but_how_the_first_add_is_read_back(
    run: Runner, emu: Emulator, body: str
) -> None:
    seed(emu, "a.com", "b.com", "gone.com")
    emu.switch(write_body=body)
    domains = [*wishes("a.com", "b.com", www="true"), {"name": "new1.com"}, {"name": "new2.com", "www": "true"}]
    result = run("domains", network=NETWORK, domains=domains, purge=True)
    assert not result.failed
    assert result.names("added") == ["new1.com", "new2.com"] and result["added"][0]["id"] == 705
    assert result.names("updated") == ["a.com", "b.com"] and result.names("removed") == ["gone.com"]
    assert len(emu.journal) == 1 + 2 + 5 + 3 + 1
    assert emu.calls()[4] == f"GET {DOMAINS}" + ("/705" if body == "documented" else "?page=1&perPage=40")


@pytest.mark.parametrize("ownership", ["all", "none"])
@pytest.mark.parametrize("version", ["v2", "v3"])
def test_check_mode_writes_nothing_and_says_what_it_would(
    run: Runner, emu: Emulator, version: str, ownership: str
) -> None:
    seed(emu, "a.com", "gone.com")
    before = emu.domains(2)
    domains = [*wishes("a.com", www="true" if version == "v3" else "keep"), {"name": "new.com"}]
    options: dict[str, Any] = {"domains": domains, "api_version": version, "ownership": ownership}
    options["purge"] = ownership == "all"
    foreseen = run.converge(**options, check=True, diff=True)
    assert foreseen["changed"] and foreseen["check_mode"]
    assert writes(emu) == [] and emu.domains(2) == before
    assert len(emu.journal) == foreseen["api_calls"]["total"] == 3
    done = run.converge(**options, diff=True)
    assert done["changed"] and not done["check_mode"]
    for key in ("added", "updated", "removed", "differs", "kept"):
        assert foreseen.names(key) == done.names(key)
    assert foreseen["diff"] == done["diff"]
    assert [{**row, "id": 0, "created_at": 0, "dns_integration": 0} for row in foreseen["domains"]] == [
        {**row, "id": 0, "created_at": 0, "dns_integration": 0} for row in done["domains"]
    ]
    emu.clear_journal()
    assert not run.converge(**options)["changed"]
    assert len(emu.journal) == 1


def test_the_diff_has_a_line_for_each_record_that_a_person_compares(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "a.com"}, "gone.com", "same.com")
    result = run.converge(
        domains=[*wishes("a.com", www="true"), *wishes("same.com", "new.com")[1:]], purge=True, diff=True
    )
    before, after = (result["diff"][side].splitlines() for side in ("before", "after"))
    assert [line for line in before if line not in after] == [
        "a.com: alias, www off, redirection none",
        "gone.com: alias, www off, redirection none",
    ]
    assert [line for line in after if line not in before] == [
        "a.com: alias, www on, redirection none",
        "new.com: alias, www off, redirection none",
    ]
    assert "diff" not in run.converge("a.com")


def test_adds_come_before_updates_before_removals_and_wildcards_first(run: Runner, emu: Emulator) -> None:
    seed(emu, "b.com", "gone.com")
    domains = [*wishes("b.com", www="true"), {"name": "a.com"}, {"name": "*.z.com"}, {"name": "c.com"}]
    run.converge(domains=domains, purge=True)
    assert writes(emu) == [
        ("POST", "*.z.com"),
        ("POST", "a.com"),
        ("POST", "c.com"),
        ("PATCH", "/domains/702/meta"),
        ("DELETE", "/domains/703"),
    ]


def test_every_write_carries_exactly_the_documented_fields(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "a.com", "redirection": "www", "type": "alias"})
    result = run.converge(
        domains=[
            *wishes("a.com", www="true"),
            {"name": "new.com", "www": "true", "redirection": "non-www"},
            {"name": "old.com", "type": "redirect"},
        ]
    )
    assert not result.failed
    assert [body for _, _, body in emu.writes()] == [
        {"name": "new.com", "www": True, "redirection": "non-www", "type": "alias"},
        {"name": "old.com", "www": False, "redirection": "none", "type": "redirect"},
        {"www": True, "redirection": "www", "type": "alias"},
    ]
    assert [entry.unknown_fields + entry.complaints for entry in emu.journal] == [[]] * len(emu.journal)


@pytest.mark.parametrize("interval", [None, 0, 2.5])
def test_writes_of_a_run_keep_their_distance(run: Runner, emu: Emulator, interval: float | None) -> None:
    run.converge("a.com", "b.com", "c.com", write_interval=interval)
    assert [pause for pause in run.clock.slept if pause] == (
        [1.0 if interval is None else interval] * 2 if interval != 0 else []
    )
    assert len(writes(emu)) == 3
