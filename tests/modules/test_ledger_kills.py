# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed before any of its requests or saves, and then run once whole, ends as one whole run does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, Runner, columns, plugin, posted, seed, wishes
from tests.modules.kills import Fuse, Killed
from tests.modules.memory import Remembered, adopted, entry


def begin(emu: Emulator, remembered: Remembered) -> None:
    """Names to add, to change, to put back and to remove; foreign ones that differ, and one that another app holds."""
    emu.reset()
    seed(
        emu,
        {"name": "changed.com"},
        {"name": "taken-over.com"},
        {"name": "foreign.com"},
        {"name": "hand-made.com"},
        "gone1.com",
        "gone2.com",
        "left.com",
        webapps=[{"id": 2, "name": "network"}, {"id": 3, "name": "other"}],
    )
    emu.put_domain(3, "taken.com")
    remembered.put(
        adopted(NETWORK),
        entry("changed.com", redirection="non-www"),
        adopted("taken-over.com"),
        entry("lost.com", www=True),
        *(entry(name, missing_reads=1) for name in ("gone1.com", "gone2.com", "forgotten.com")),
        entry("left.com"),
    )


def options(remembered: Remembered, ownership: str) -> dict[str, Any]:
    """One run with every kind of write."""
    domains = [
        *wishes("changed.com", "lost.com", "new1.com", "new2.com", "taken.com"),
        *wishes("taken-over.com", "foreign.com", www="true")[1:],
    ]
    patience = {"purge": True, "min_absences": 2, "grace_period": 3600}
    return {"domains": domains, "ownership": ownership, **patience, **remembered.options}


def end(emu: Emulator, remembered: Remembered) -> Any:
    """Records and ledger, ids and times aside."""
    rows = [{key: row[key] for key in ("name", "type", "www", "redirection")} for row in emu.domains(2)]
    ledger = {
        name: {**row, "id": None, "since": None, "missing_since": row["missing_since"] is not None}
        for name, row in remembered.entries().items()
    }
    return sorted(rows, key=lambda row: str(row["name"])), ledger


FAULTS = columns(
    [
        ("no fault", {}, "ledger"),
        (
            "a lost answer to an addition",
            {"method": "POST", "path": r"/domains$", "action": "drop_after", "times": 1},
            "all",
        ),
        (
            "a lost answer to an update",
            {"method": "PATCH", "path": r"/meta$", "action": "drop_after", "times": 1},
            "ledger",
        ),
    ]
)


@pytest.mark.parametrize(("fault", "ownership"), FAULTS)
def test_a_killed_run_and_a_whole_one_are_one_whole_run(
    run: Runner, emu: Emulator, remembered: Remembered, fault: dict[str, Any], ownership: str
) -> None:
    given = options(remembered, ownership)
    begin(emu, remembered)
    whole = run.converge(**given)
    expected, ours = end(emu, remembered), set(remembered.names())
    assert whole.names("refused") == ["taken.com"]
    assert whole.names("added") == ["lost.com", "new1.com", "new2.com"]
    assert whole.names("removed") == ["gone1.com", "gone2.com"]
    updated = ["changed.com", *(["foreign.com"] if ownership == "all" else []), "taken-over.com"]
    assert whole.names("updated") == updated
    assert ours == {NETWORK, "changed.com", "left.com", "lost.com", "new1.com", "new2.com", "taken-over.com"}
    begin(emu, remembered)
    with pytest.MonkeyPatch.context() as patch:
        emu.fault(**{"action": "drop_after", "times": 0, **fault})
        fuse = Fuse(patch)
        run.converge(**given)
    assert fuse.steps > 30
    for at in range(fuse.steps):
        begin(emu, remembered)
        if fault:
            emu.fault(**fault)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            Fuse(patch, at)
            run.converge(**given)
        assert set(remembered.names()) <= ours | {"gone1.com", "gone2.com", "forgotten.com"}
        emu.clear_faults()
        run.converge(**given)
        assert end(emu, remembered) == expected, at
        assert posted(emu).count("new1.com") == posted(emu).count("new2.com") == 1


@pytest.mark.parametrize(
    ("flags", "claimed"), [({"www": True}, False), ({"redirection": "www", "www": True}, False), ({}, True)]
)
def test_what_somebody_else_made_after_the_kill(
    run: Runner, emu: Emulator, remembered: Remembered, flags: dict[str, Any], claimed: bool
) -> None:
    """Only a record with just the values that were meant can be the killed run's."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):

        def killed(*_: Any) -> None:
            raise Killed

        patch.setattr(plugin("module_utils._api").App, "add", killed)
        run.converge("new.com", **remembered.options)
    assert remembered.names() == []
    meant = {"type": "alias", "www": False, "redirection": "none"}
    assert remembered.entries()["new.com"]["pending"] == {"action": "add", "flags": meant, "written": meant}
    emu.put_domain(2, "new.com", **flags)
    run.converge("new.com", ownership="ledger", **remembered.options)
    assert remembered.names() == (["new.com"] if claimed else [])


@pytest.mark.parametrize("wish", [{"www": "true"}, None])
def test_what_a_killed_run_added_is_ours_at_once(
    run: Runner, emu: Emulator, remembered: Remembered, wish: dict[str, Any] | None
) -> None:
    """Not only after the run that finds it: that one may change and remove it already."""
    remembered.put()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):

        def killed(*_: Any) -> None:
            raise Killed

        patch.setattr(plugin("module_utils._memory").Memory, "confirm", killed)
        run.converge("new.com", **remembered.options)
    assert posted(emu) == ["new.com"] and remembered.names() == []
    domains = wishes("new.com", **wish) if wish else wishes()
    result = run.converge(domains=domains, ownership="ledger", purge=True, **remembered.options)
    assert result.names("updated" if wish else "removed") == ["new.com"]


def test_a_killed_save_leaves_no_half_ledger(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    remembered.put(entry("old.com"))
    before = remembered.path.read_bytes()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):

        def killed(*_: Any) -> None:
            raise Killed

        patch.setattr(plugin("module_utils._state").os, "replace", killed)
        run.converge("new.com", **remembered.options)
    assert remembered.path.read_bytes() == before and posted(emu) == []
    assert not run.converge("new.com", **remembered.options).failed
    assert json.loads(remembered.path.read_text(encoding="utf-8"))["format"] == "wpmultisite.ledger/1"
