# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking over what is there: the ledger is written and nothing else, and the plan right after it is empty."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import DOMAINS, NETWORK, Runner, columns, ids, plugin, seed, wishes, writes
from tests.modules.memory import Remembered, adopted, entry

# What a plugin and people have left on a web app.
THERE: list[Any] = [
    {"name": NETWORK, "www": True},
    {"name": "a.com", "www": True, "redirection": "non-www"},
    {"name": "b.com", "redirection": "www", "www": True},
    {"name": "c.com"},
    {"name": "www.c.com"},
    {"name": "old.com", "type": "redirect"},
    "*.network.com",
]


def test_the_ledger_and_nothing_else_is_written(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, *THERE)
    before = emu.domains(2)
    result = run.converge("a.com", "b.com", "c.com", "old.com", adopt=True, ownership="ledger", **remembered.options)
    assert not result.failed and result["changed"]
    assert result.names("adopted") == ["a.com", "b.com", "c.com", NETWORK, "old.com", "www.c.com"]
    assert emu.calls() == [f"GET {DOMAINS}?page=1&perPage=40"]
    assert emu.domains(2) == before
    assert [result[key] for key in ("added", "updated", "removed")] == [[], [], []]
    assert os.listdir(remembered.folder / "backups") == []
    assert remembered.entries()["a.com"] == {
        **adopted("a.com", www=True, redirection="non-www"),
        "id": ids(emu)["a.com"],
        "since": "2026-07-18T12:00:00Z",
    }


@pytest.mark.parametrize("ownership", ["ledger", "all", "none"])
def test_the_plan_right_after_it_is_empty(run: Runner, emu: Emulator, remembered: Remembered, ownership: str) -> None:
    seed(emu, *THERE)
    names = ("a.com", "b.com", "c.com", "old.com")
    run.converge(*names, adopt=True, **remembered.options)
    for check in (True, False):
        result = run.converge(*names, ownership=ownership, check=check, **remembered.options)
        assert not result["changed"] and result["differs"] == [] and result["due"] == []
    assert writes(emu) == []


def test_a_second_time_there_is_nothing_left_to_take(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, *THERE)
    run.converge("a.com", adopt=True, **remembered.options)
    before = remembered.path.read_bytes()
    again = run.converge("a.com", adopt=True, **remembered.options)
    assert not again["changed"] and again["adopted"] == [] and remembered.path.read_bytes() == before
    assert run.converge("a.com", "b.com", adopt=True, **remembered.options).names("adopted") == ["b.com"]


def test_what_is_left_alone_and_why(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com", "kept.com", "asleep.com", "hush.com", "nobody.com", "*.b.com", "x.b.com")
    domains = [
        *wishes("a.com", "kept.com", "hush.com", "absent.com"),
        {"name": "asleep.com", "class": "keep", "rule": "R2.3 off"},
    ]
    people = {"keep": ["kept.com"], "overrides": [{"name": "hush.com", "ignore": True, "reason": "a dispute"}]}
    result = run.converge(domains=domains, adopt=True, ownership="ledger", **people, **remembered.options)
    assert result.names("adopted") == ["a.com", NETWORK]
    assert {row["name"]: row["reason"] for row in result["kept"]} == {
        "*.b.com": "a wildcard",
        "absent.com": "not on the web app; the next run adds it",
        "asleep.com": "R2.3 off",
        "hush.com": "ignored by an override: a dispute",
        "kept.com": "on the keep list (kept.com)",
        "nobody.com": "nothing wants it; it is not ours; remove it by runcloud_domain if nobody needs it",
        "x.b.com": "covered by a wildcard",
    }


def test_check_mode_says_what_it_would_take(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com")
    result = run.converge("a.com", adopt=True, check=True, **remembered.options)
    assert result["changed"] and result.names("adopted") == ["a.com", NETWORK] and not remembered.folder.exists()


def test_names_that_another_networks_ledger_owns_are_refused(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    seed(emu, "a.com", "b.com")
    other = Remembered(emu, remembered.folder.parent / "two")
    other.put(entry("a.com"), network="two.com")
    refused = run.converge("a.com", "b.com", adopt=True, **remembered.options)
    assert refused.failed and f"a.com: it belongs to the network two.com ({other.path})." in refused["msg"]
    assert refused.names("refused") == ["a.com"] and remembered.names() == ["b.com", NETWORK]
    # Of another web app, or without that name, it is nobody's business.
    other.put(entry("a.com"), network="two.com", webapp_id=3)
    assert run.converge("a.com", adopt=True, check=True, **remembered.options).names("adopted") == ["a.com"]
    other.put(network="two.com")
    assert run.converge("a.com", "b.com", adopt=True, **remembered.options).names("adopted") == ["a.com"]


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "wpmultisite.ledger/2"}', None])
@pytest.mark.parametrize("check", [False, True])
def test_a_ledger_beside_it_that_nobody_can_read_refuses_all(
    run: Runner, emu: Emulator, remembered: Remembered, content: str | None, check: bool
) -> None:
    """What it owns is not known, so no name is free."""
    seed(emu, "a.com")
    other = Remembered(emu, remembered.folder.parent / "two")
    other.put(entry("b.com"), network="two.com")
    other.path.unlink()
    if content is None:
        other.path.mkdir()
    else:
        other.path.write_text(content, encoding="utf-8")
    refused = run.converge("a.com", adopt=True, check=check, **remembered.options)
    assert refused.failed and str(other.path) in refused["msg"] and "What it owns is not known" in refused["msg"]
    assert not remembered.folder.exists()
    os.rename(other.folder, remembered.folder.parent.parent / "away")
    assert run.converge("a.com", adopt=True, check=check, **remembered.options)["changed"]


def test_what_another_network_is_about_to_add_is_not_free(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com")
    flags = {"type": "alias", "www": False, "redirection": "none"}
    pending = {"action": "add", "flags": flags, "written": flags}
    other = Remembered(emu, remembered.folder.parent / "two")
    other.put({**entry("a.com", "intended"), "written": None, "pending": pending}, network="two.com")
    assert run.converge("a.com", adopt=True, **remembered.options).names("refused") == ["a.com"]


def test_a_covered_record_and_a_www_are_taken_over_but_no_kept_ones(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    seed(emu, "*.b.com", "x.b.com", "y.com", "www.y.com", "kept.com", "www.kept.com", "hush.com", "www.hush.com")
    people = {"keep": ["kept.com"], "overrides": [{"name": "hush.com", "ignore": True}]}
    result = run.converge("x.b.com", "y.com", "kept.com", "hush.com", adopt=True, **people, **remembered.options)
    assert result.names("adopted") == [NETWORK, "www.y.com", "x.b.com", "y.com"]
    assert set(result.names("kept")).isdisjoint(result.names("adopted"))


def test_the_difference_is_the_ledgers(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com", "b.com")
    remembered.put(adopted("a.com"))
    diff = run.converge("a.com", "b.com", adopt=True, diff=True, check=True, **remembered.options)["diff"]
    assert diff["before"] == "a.com: alias, www off, redirection none\n"
    assert [line.split(":")[0] for line in diff["after"].splitlines()] == ["a.com", "b.com", NETWORK]


def test_the_plan_after_it_is_told_where_a_policy_wants_more(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    seed(emu, "a.com")
    options = {"domains": wishes("a.com", www="true"), "ownership": "ledger", **remembered.options}
    result = run.converge(adopt=True, **options)
    assert result.names("adopted") == ["a.com", NETWORK] and writes(emu) == []
    assert result.reason("differs", "a.com") == "asked for; it is left as it is, and the next run changes it"
    assert run.converge(**options).names("updated") == ["a.com"]


def test_wordpress_in_another_folder_is_not_taken_over(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com")
    refused = run.converge("a.com", adopt=True, roots=["/home/other/webapps/x"], **remembered.options)
    assert refused.failed and "check webapp_id" in refused["msg"] and not remembered.folder.exists()
    roots = ["/home/runcloud/webapps/network"]
    assert run.converge("a.com", adopt=True, roots=roots, **remembered.options)["changed"]


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            ("no folder", {"state_dir": None}, "adopt needs state_dir"),
            (
                "a refused source",
                {"refused": ["the read was incomplete"]},
                "The source refuses: the read was incomplete",
            ),
            ("purge", {"purge": True}, "adopt and purge are different things"),
        ]
    ),
)
def test_what_cannot_be_taken_over(
    run: Runner, emu: Emulator, remembered: Remembered, options: dict[str, Any], words: str
) -> None:
    refused = run.converge("a.com", **{**remembered.options, "adopt": True, **options})
    assert refused.failed and words in refused["msg"] and emu.journal == [] and not remembered.folder.exists()


def test_what_was_taken_over_is_removed_when_it_is_due(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "a.com", "foreign.com")
    run.converge("a.com", adopt=True, **remembered.options)
    result = run.converge(ownership="ledger", purge=True, **remembered.options)
    assert result.names("removed") == ["a.com"]


def test_it_is_not_written_when_the_disk_is_full(
    run: Runner, emu: Emulator, remembered: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered.put(entry("b.com"))
    before = json.loads(remembered.path.read_text(encoding="utf-8"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plugin("module_utils._state").os, "fsync", full)
    refused = run.converge("a.com", adopt=True, **remembered.options)
    assert refused.failed and "No space left on device" in refused["msg"]
    assert json.loads(remembered.path.read_text(encoding="utf-8")) == before


def test_the_app_of_another_network_is_not_taken_over(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    emu.seed({"domains": [{"name": "other-network.com"}, {"name": "a.com"}]})
    refused = run.converge("a.com", adopt=True, **remembered.options)
    assert refused.failed and "it may be the wrong one" in refused["msg"] and not remembered.folder.exists()
    emu.put_domain(2, "network.com")
    assert run.converge("a.com", adopt=True, **remembered.options).names("adopted") == ["a.com", "network.com"]


def test_a_paused_network_is_not_taken_over(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    emu.seed({"domains": [{"name": "network.com"}, {"name": "a.com"}]})
    paused = {"reason": "it moves", "since": "2026-07-01"}
    held = run.converge("a.com", adopt=True, paused=paused, **remembered.options)
    assert held.failed and "Nothing was taken over: the network is paused" in held["msg"]
    assert held["paused"] == "it moves, since 2026-07-01" and held["adopted"] == [] and not remembered.folder.exists()
    assert run.converge("a.com", adopt=True, **remembered.options)["changed"]
