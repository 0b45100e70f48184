# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listing that one run saves and another one plans from, without credentials and without a call."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, Result, Runner, columns, seed, wishes
from tests.modules.memory import Remembered, entry
from tests.playbooks.runner import ROOT

SCHEMA = json.loads((ROOT / "docs/schemas/listing-1.json").read_text(encoding="utf-8"))


@pytest.fixture
def saved(run: Runner, emu: Emulator, tmp_path: Path) -> Path:
    """The listing of a web app that serves old.com besides the network, saved in check mode; the journal is empty again."""
    seed(emu, {"name": "old.com", "www": True})
    path = tmp_path / "listing.json"
    run.converge(check=True, listing_out=str(path))
    emu.clear_journal()
    return path


def plan(run: Runner, saved: Path, *names: str, **options: Any) -> Result:
    """What a run without credentials would do."""
    return run.converge(*names, **{"api_token": None, "listing_in": str(saved), "check": True, **options})


def test_it_is_saved_in_check_mode_for_its_owner_alone(saved: Path) -> None:
    document = json.loads(saved.read_text())
    jsonschema.validate(document, SCHEMA)
    assert [(row["name"], row["www"]) for row in document["domains"]] == [(NETWORK, False), ("old.com", True)]
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_a_run_that_writes_saves_what_it_found(run: Runner, emu: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "listing.json"
    run.converge("new.com", listing_out=str(path))
    assert [row["name"] for row in json.loads(path.read_text())["domains"]] == [NETWORK]


def test_the_plan_is_that_of_a_run_that_asks(run: Runner, emu: Emulator, saved: Path) -> None:
    offline = plan(run, saved, "new.com", diff=True)
    assert emu.journal == [] and offline["api_calls"] == {"total": 0}
    assert offline["notes"][0].startswith("RunCloud was not asked: this is a plan from the listing of 20")
    asked = run.converge("new.com", check=True, diff=True)
    for result in (offline, asked):
        for key in ("notes", "api_calls", "output", "invocation"):
            result.pop(key, None)
    assert offline == asked and offline.names("added") == ["new.com"]


def test_removals_are_planned_with_the_ledger(run: Runner, emu: Emulator, saved: Path, remembered: Remembered) -> None:
    remembered.put(entry("old.com", www=True, missing_reads=1))
    emu.clear_journal()
    result = plan(run, saved, **remembered.options, ownership="ledger", purge=True)
    assert result.names("removed") == ["old.com"] and emu.journal == []


@pytest.mark.parametrize(("dns", "added"), [(None, ["new.com"]), ("unready", [])], ids=["unasked", "unready"])
def test_a_name_that_is_not_ready_waits_as_nobody_knows_how_certificates_are_kept(
    run: Runner, emu: Emulator, saved: Path, dns: str | None, added: list[str]
) -> None:
    host = {"name": "new.com", "state": "nxdomain", "ready": False, "message": "new.com is not there.", "record": None}
    facts = {"format": "wpmultisite.dns/1", "valid": True, "hosts": [host]} if dns else None
    result = plan(run, saved, domains=wishes("new.com"), dns=facts)
    assert result.names("added") == added and emu.journal == []


def test_a_key_in_the_environment_is_not_used(
    run: Runner, emu: Emulator, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNCLOUD_API_TOKEN", emu.token)
    assert plan(run, saved, "new.com").names("added") == ["new.com"] and emu.journal == []


def edited(**changes: Any) -> Callable[[Path], Any]:
    return lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


REFUSED = [
    ("that is away", Path.unlink, {}, "cannot be read: No such file or directory"),
    ("of no JSON", lambda path: path.write_text("{"), {}, "is not JSON"),
    ("of another format", edited(format="wpmultisite.plan/1"), {}, "is no backup of the format wpmultisite.listing/1"),
    ("of another network", edited(network="other.net"), {}, "is of another network: other.net, not network.com"),
    ("of another web app", edited(), {"webapp_id": 3}, "is of another web app: 2 of server 1"),
    ("without domains", edited(domains=[]), {}, "holds no domains"),
    ("with a row of no name", edited(domains=[{"name": 1}]), {}, "domains[0]: name must be a text"),
    ("outside check mode", edited(), {"check": False}, "listing_in is for check mode"),
    ("beside listing_out", edited(), {"listing_out": "/x/y"}, "listing_out and listing_in are different things"),
    (
        "for an adoption",
        edited(),
        {"adopt": True, "state_dir": "/x"},
        "listing_in is for a converging run: leave it out of adopt",
    ),
    (
        "by a relative path",
        edited(),
        {"listing_in": "listing.json"},
        "listing_in must be an absolute path, not 'listing.json'",
    ),
    ("beside a bad address", edited(), {"api_url": "http://example.com"}, "api_url must begin with https://"),
]


@pytest.mark.parametrize(("change", "options", "words"), columns(REFUSED))
def test_a_listing_is_refused(
    run: Runner, emu: Emulator, saved: Path, change: Callable[[Path], Any], options: dict[str, Any], words: str
) -> None:
    change(saved)
    result = plan(run, saved, "new.com", **options)
    assert result.failed and words in result["msg"] and result["msg"].startswith("Nothing was changed. ")
    assert emu.journal == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("away/listing.json", "away does not exist. Make it first."),
        (".", "Is a directory"),
        ("x" * 300, "File name too long"),
    ],
    ids=["no folder", "a folder", "a name that is too long"],
)
def test_a_listing_that_cannot_be_written_ends_the_run_before_it_writes(
    run: Runner, emu: Emulator, tmp_path: Path, name: str, words: str
) -> None:
    result = run.converge("new.com", listing_out=f"{tmp_path}/{name}")
    assert result.failed and "listing_out: " in result["msg"] and words in result["msg"]
    assert emu.writes() == []
