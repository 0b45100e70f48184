# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runcloud_domains writes to whose records, by the emulator's journal: each rule with a run in which it is off."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import KEY, SECRET, Emulator
from tests.modules.harness import (
    NETWORK,
    Result,
    Runner,
    columns,
    ids,
    numbered,
    plugin,
    posted,
    seed,
    stored,
    wishes,
    writes,
)
from tests.modules.kills import Fuse, Killed
from tests.modules.memory import DAY, Remembered, adopted, entry

MODULE = plugin("modules.runcloud_domains")
STATE = plugin("module_utils._state")
ON, OFF = {"www": True}, {"www": False}
NOT_OURS = "nothing wants it; it is not ours; remove it by runcloud_domain if nobody needs it"
# The role's options: nothing goes without patience.
PATIENT = {"purge": True, "grace_period": DAY, "min_absences": 2}

# --- situation and ownership -> what is written -----------------------------------------------------------------------

# The record's flags on the web app (None: absent), the ledger's entry (None: foreign), the wish (None: nothing wants it),
# and the verb that ownership all, ledger and none send.
SITUATIONS = columns(
    [
        ("wanted and absent, foreign", None, None, {}, ("POST", "POST", "POST")),
        ("wanted and absent, ours", None, ("added", OFF), {}, ("POST", "POST", "POST")),
        ("as wanted, foreign", OFF, None, {}, ("", "", "")),
        ("as wanted, ours", OFF, ("added", OFF), {}, ("", "", "")),
        ("differs from an explicit wish, foreign", OFF, None, {"www": "true"}, ("PATCH", "", "")),
        ("differs from an explicit wish, added", OFF, ("added", OFF), {"www": "true"}, ("PATCH", "PATCH", "")),
        ("differs from an explicit wish, adopted", OFF, ("adopted", OFF), {"www": "true"}, ("PATCH", "PATCH", "")),
        ("keep, changed by hand, foreign", OFF, None, {}, ("", "", "")),
        ("keep, changed by hand, adopted", OFF, ("adopted", ON), {}, ("", "", "")),
        ("keep, changed by hand, added", OFF, ("added", ON), {}, ("PATCH", "PATCH", "")),
        ("www switched on by hand, added", ON, ("added", OFF), {}, ("", "", "")),
        ("wished off, ours", ON, ("added", ON), {"www": "false"}, ("PATCH", "PATCH", "")),
        ("to be avoided, ours", ON, ("added", ON), {"www": "avoid"}, ("", "", "")),
        ("unwanted, foreign", OFF, None, None, ("DELETE", "", "")),
        ("unwanted, added", OFF, ("added", OFF), None, ("DELETE", "DELETE", "")),
        ("unwanted, adopted", OFF, ("adopted", OFF), None, ("DELETE", "DELETE", "")),
    ]
)


@pytest.mark.parametrize("ownership", ["all", "ledger", "none"])
@pytest.mark.parametrize(("held", "ours", "wish", "verbs"), SITUATIONS)
def test_what_is_written(
    run: Runner, emu: Emulator, remembered: Remembered, held: Any, ours: Any, wish: Any, verbs: Any, ownership: str
) -> None:
    seed(emu, *([{"name": "x.com", **held}] if held is not None else []))
    remembered.put(entry(NETWORK, "adopted"), *([entry("x.com", ours[0], **ours[1])] if ours else []))
    domains = wishes("x.com", **wish) if wish is not None else wishes()
    options = {"domains": domains, "ownership": ownership, "purge": ownership != "none", **remembered.options}
    result = run.converge(**options)
    assert not result.failed, result["msg"]
    verb = verbs[("all", "ledger", "none").index(ownership)]
    assert [method for method, *_ in emu.writes()] == ([verb] if verb else [])
    if verb == "" and "PATCH" in verbs:
        assert result.names("differs") == ["x.com"]
        assert result["differs"][0]["current"]["www"] is held["www"] is not result["differs"][0]["wanted"]["www"]


# --- flags under the keep policies -------------------------------------------------------------------------------------


def test_what_we_added_stays_as_the_ledger_wrote_it(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge(domains=wishes("x.com", www="true", redirection="non-www"), **remembered.options)
    emu.edit_domain(2, "x.com", www=False, redirection="none")
    emu.clear_journal()
    result = run.converge("x.com", ownership="ledger", **remembered.options)
    assert [body for *_, body in emu.writes()] == [{"type": "alias", "www": True, "redirection": "non-www"}]
    reason = result.reason("updated", "x.com")
    assert (
        "changed by a person since we wrote it: redirection none instead of non-www, www false instead of true"
        in reason
    )


def test_without_repair_a_persons_change_is_left_and_told(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge(domains=wishes("x.com", redirection="non-www"), **remembered.options)
    emu.edit_domain(2, "x.com", redirection="www", www=True)
    emu.clear_journal()
    result = run.converge("x.com", repair=False, **remembered.options)
    assert not result["changed"] and writes(emu) == []
    reasons = [row["reason"] for row in result["differs"]]
    assert any("changed by a person since we wrote it" in reason and "repair is off" in reason for reason in reasons)
    assert run.converge("x.com", repair=True, **remembered.options).names("updated") == ["x.com"]


def test_without_repair_what_no_person_touched_still_follows_the_wish(run: Runner, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    result = run.converge(domains=wishes("x.com", redirection="non-www"), repair=False, **remembered.options)
    assert result.names("updated") == ["x.com"]


def test_www_is_never_switched_off_by_itself(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    emu.edit_domain(2, "x.com", www=True)
    emu.clear_journal()
    result = run.converge("x.com", **remembered.options)
    assert writes(emu) == [] and result.reason("differs", "x.com").startswith("www is never switched off by itself")
    done = run.converge("x.com", overrides=[{"name": "x.com", "www": False}], **remembered.options)
    assert done.names("updated") == ["x.com"]


def test_what_we_own_and_somebody_removed_comes_back_as_it_was(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    run.converge(domains=wishes("x.com", www="true", redirection="non-www"), **remembered.options)
    emu.drop_domain(2, "x.com")
    emu.clear_journal()
    run.converge("x.com", ownership="ledger", **remembered.options)
    assert [body for *_, body in emu.writes()] == [
        {"name": "x.com", "type": "alias", "www": True, "redirection": "non-www"}
    ]


def test_an_override_writes_an_owned_name_only(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "ours.com", "foreign.com")
    remembered.put(entry("ours.com"))
    overrides = [
        {"name": name, "redirection": "non-www", "reason": "asked by phone"} for name in ("ours.com", "foreign.com")
    ]
    options = {"overrides": overrides, **remembered.options}
    result = run.converge("ours.com", "foreign.com", ownership="ledger", **options)
    assert result.names("updated") == ["ours.com"] and result.names("differs") == ["foreign.com"]
    assert "by an override: asked by phone" in result.reason("updated", "ours.com")
    assert run.converge("ours.com", "foreign.com", ownership="all", **options).names("updated") == ["foreign.com"]


def test_a_changed_foreign_record_does_not_become_ours(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "foreign.com")
    result = run.converge(domains=wishes("foreign.com", www="true"), **remembered.options)
    assert result.names("updated") == ["foreign.com"]
    assert remembered.names() == []
    assert run.converge(ownership="ledger", **{**remembered.options, "purge": True})["removed"] == []


HELD = {"reason": "moving house", "since": "2026-07-01"}

# --- a held network ------------------------------------------------------------------------------------------------------


def test_a_paused_network_shows_its_plan(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    result = run.converge("new.com", paused=HELD, **remembered.options)
    assert not result.failed and not result["changed"] and result.names("added") == ["new.com"]
    assert result["paused"] == "moving house, since 2026-07-01"
    assert writes(emu) == [] and not remembered.folder.exists()
    assert run.converge("new.com", **remembered.options)["changed"]
    assert posted(emu) == ["new.com"]


@pytest.mark.parametrize(
    ("change", "words"),
    columns(
        [
            ("no reason", {"reason": " "}, "paused: the reason is empty"),
            ("no date", {"since": "last week"}, "since must be a date such as 2026-11-20, not 'last week'"),
            ("none at all", {"since": None}, "since must be a date such as 2026-11-20"),
        ]
    ),
)
def test_a_pause_says_why_and_since_when(run: Runner, emu: Emulator, change: dict[str, Any], words: str) -> None:
    refused = run.converge("new.com", paused={**HELD, **change})
    assert refused.failed and words in refused["msg"] and emu.journal == []


# --- purge ---------------------------------------------------------------------------------------------------------------


def test_patience(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", ownership="ledger", **remembered.options)
    options = {"ownership": "ledger", **remembered.options, **PATIENT}
    reasons = []
    for hours in (0, 1, 22, 1):
        run.clock.seconds += 3600 * hours
        result = run.converge(**options)
        reasons.append(result["kept"][0]["reason"] if result["kept"] else "gone")
    assert reasons[:3] == [
        "nothing wants it; missing in 1 of 2 converging reads",
        "nothing wants it; missing since 2026-07-18T12:00:00Z; a purge may remove it from 2026-07-19T12:00:00Z on",
        "nothing wants it; missing since 2026-07-18T12:00:00Z; a purge may remove it from 2026-07-19T12:00:00Z on",
    ]
    assert reasons[3] == "gone" and stored(emu) == [NETWORK] and remembered.names() == []


def test_one_read_with_the_name_starts_anew(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    options = {"ownership": "ledger", **remembered.options, **PATIENT}
    run.converge(**options)
    run.clock.seconds += DAY
    run.converge("x.com", **options)
    assert run.converge(**options).reason("kept", "x.com") == "nothing wants it; missing in 1 of 2 converging reads"
    run.clock.seconds += DAY
    assert run.converge(**options).names("removed") == ["x.com"]


@pytest.mark.parametrize(
    "looks",
    columns(
        [
            ("check mode", {"check": True}),
            ("narrowed", {"only": ["x.com"]}),
            ("paused", {"paused": {"reason": "moving", "since": "2026-07-01"}}),
            ("stopped", {"domains": wishes("new.com"), "max_adds": 0}),
            ("adopting", {"adopt": True, "purge": False}),
        ]
    ),
)
def test_what_counts_no_read(run: Runner, emu: Emulator, remembered: Remembered, looks: dict[str, Any]) -> None:
    run.converge("x.com", **remembered.options)
    options = {"ownership": "ledger", **remembered.options, **PATIENT}
    for _ in range(3):
        run.converge(**{**options, **looks})
    assert remembered.entries()["x.com"]["missing_reads"] == 0
    run.converge(**options)
    run.converge(**options)
    assert remembered.entries()["x.com"]["missing_reads"] == 2


def test_due_is_told_without_purge_and_only_removes_what_is_named(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    run.converge("x.com", "y.com", **remembered.options)
    options = {"ownership": "ledger", "min_absences": 1, **remembered.options}
    result = run.converge(**options)
    assert result.names("due") == ["x.com", "y.com"] and result["removed"] == []
    result = run.converge(**options, purge=True, only=["y.com"])
    assert result.names("removed") == ["y.com"] and stored(emu) == [NETWORK, "x.com"]


def test_everybody_due_is_stopped_by_the_limits(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """A source of 3 rows instead of 30."""
    names = numbered(30)
    run.converge(*names, **remembered.options)
    options = {"ownership": "ledger", "purge": True, **remembered.options}
    emu.clear_journal()
    result = run.converge(*names[:3], **options)
    assert result.failed and len(result["stops"]) == 2 and "27 domains would be removed" in result["msg"]
    assert names[3] in result["msg"] and writes(emu) == []
    raised = run.converge(*names[:3], **options, max_removals=27, max_removals_percent=90)
    assert len(raised["removed"]) == 27


@pytest.mark.parametrize(("memory", "ownership"), [("none", "all"), ("lost", "all"), ("lost", "ledger")])
@pytest.mark.parametrize("patience", [{"grace_period": 1}, {"min_absences": 2}])
def test_without_a_surviving_ledger_purge_is_refused(
    run: Runner, emu: Emulator, remembered: Remembered, memory: str, ownership: str, patience: dict[str, Any]
) -> None:
    seed(emu, "x.com")
    options = {"ownership": ownership, "purge": True, **(remembered.options if memory == "lost" else {})}
    refused = run.converge(**options, **patience)
    assert refused.failed and "there is no ledger" in refused["msg"] and writes(emu) == []
    done = run.converge(**options)
    assert done.names("removed") == ([] if ownership == "ledger" else ["x.com"])


def test_a_lost_ledger_owns_nothing(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    os.unlink(remembered.path)
    result = run.converge(ownership="ledger", purge=True, **remembered.options)
    assert result.reason("kept", "x.com") == NOT_OURS
    assert stored(emu) == [NETWORK, "x.com"] and remembered.names() == []


def test_a_source_that_forbids_it_is_not_purged_by(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "x.com")
    remembered.put(entry("x.com"))
    options = {"purge_refused": ["the table holds 200 domains that were not read"], **remembered.options}
    refused = run.converge(**options, purge=True)
    assert refused.failed and "forbids a purge: the table holds 200 domains" in refused["msg"] and emu.journal == []
    assert not run.converge(**options).failed
    assert run.converge(**{**options, "purge_refused": []}, purge=True).names("removed") == ["x.com"]


@pytest.mark.parametrize("held", [{"keep": ["x.com"]}, {"overrides": [{"name": "x.com", "ignore": True}]}])
def test_what_a_person_holds_is_not_missing(
    run: Runner, emu: Emulator, remembered: Remembered, held: dict[str, Any]
) -> None:
    """Otherwise it would be removed in the first run after it is let go."""
    run.converge("x.com", **remembered.options)
    options = {"ownership": "ledger", **remembered.options, **PATIENT}
    for _ in range(3):
        run.converge(**options, **held)
        run.clock.seconds += DAY
    assert run.converge(**options).reason("kept", "x.com") == "nothing wants it; missing in 1 of 2 converging reads"
    run.clock.seconds += DAY
    assert run.converge(**options).names("removed") == ["x.com"]


def test_only_takes_no_www_along_to_its_end(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """The role names what two reads found due: the other form may have gone missing in the second alone."""
    seed(emu, {"name": "x.com", "www": True}, "www.x.com")
    remembered.put(entry("x.com", missing_reads=5, www=True), entry("www.x.com", missing_reads=5))
    options = {"ownership": "ledger", **remembered.options, **PATIENT}
    result = run.converge(**options, only=["www.x.com"])
    assert result.names("removed") == ["www.x.com"] and stored(emu) == [NETWORK, "x.com"]
    assert result.reason("kept", "x.com") == "nothing wants it; only does not name it"
    assert run.converge(**options, only=["x.com"]).names("removed") == ["x.com"]


@pytest.mark.parametrize(
    ("value", "words"),
    columns(
        [
            ("a grace of ages", {"grace_period": 1e12}, "grace_period must be a number of seconds from 0 to"),
            ("a grace of nothing", {"grace_period": "nan"}, "grace_period must be a number of seconds from 0 to"),
            ("a grace for ever", {"grace_period": "inf"}, "grace_period must be a number of seconds from 0 to"),
            ("before it began", {"grace_period": -1}, "grace_period must be a number of seconds from 0 to"),
            ("no absence", {"min_absences": 0}, "min_absences must be 1 or more"),
            ("a relative folder", {"state_dir": "state"}, "state_dir must be an absolute path"),
        ]
    ),
)
def test_patience_and_place_are_checked_first(run: Runner, emu: Emulator, value: dict[str, Any], words: str) -> None:
    refused = run.converge("x.com", **value)
    assert refused.failed and words in refused["msg"] and emu.journal == []


@pytest.mark.parametrize(
    "guard",
    columns(
        [
            ("excluded or kept", {"keep": ["x.com"]}),
            ("a kept expression", {"keep": ["/^x/"]}),
            ("protected", {"protected": ["x.com"]}),
            ("ignored", {"overrides": [{"name": "x.com", "ignore": True}]}),
            ("wanted as kept", {"domains": [*wishes(), {"name": "x.com", "class": "keep"}]}),
            ("a sub-site below a wildcard", {"subdomain_sites": "wildcard"}),
        ]
    ),
)
def test_owned_and_due_but_never_removed(
    run: Runner, emu: Emulator, remembered: Remembered, guard: dict[str, Any]
) -> None:
    name = "x." + NETWORK if "subdomain_sites" in guard else "x.com"
    seed(emu, name)
    remembered.put(entry(name, missing_reads=9))
    options = {"ownership": "ledger", "purge": True, "subdomain_install": True, **remembered.options}
    assert name in run.converge(**{**options, **guard}).names("kept") and writes(emu) == []
    assert run.converge(**options).names("removed") == [name]


def test_what_a_person_removed_is_forgotten_and_not_ours_when_it_comes_again(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    run.converge("x.com", **remembered.options)
    emu.drop_domain(2, "x.com")
    run.converge(**remembered.options)
    assert remembered.names() == []
    emu.put_domain(2, "x.com")
    assert run.converge(ownership="ledger", purge=True, **remembered.options)["removed"] == []


@pytest.mark.parametrize("wanted", [True, False])
def test_a_record_that_somebody_made_in_the_place_of_ours_is_not_ours(
    run: Runner, emu: Emulator, remembered: Remembered, wanted: bool
) -> None:
    run.converge("x.com", **remembered.options)
    emu.drop_domain(2, "x.com")
    emu.put_domain(2, "x.com", redirection="non-www")
    names = ["x.com"] if wanted else []
    foreseen = run.converge(*names, ownership="ledger", purge=True, check=True, **remembered.options)
    result = run.converge(*names, ownership="ledger", purge=True, **remembered.options)
    for told in (foreseen, result):
        assert "x.com is not ours any more" in told["notes"][0] and not told["changed"]
    assert [method for method, *_ in emu.writes()] == ["POST"] and remembered.names() == []


def test_the_second_record_of_a_name_may_be_ours(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    with emu.lock:
        ours = emu.world.named(2, "x.com")
        emu.world.data.domains.remove(ours)
    emu.put_domain(2, "x.com", redirection="non-www")
    with emu.lock:
        emu.world.data.domains.append(ours)
    result = run.converge(domains=wishes("x.com", redirection="none"), ownership="ledger", **remembered.options)
    assert "it is not ours" in result.reason("differs", "x.com") and not result["changed"]
    assert remembered.names() == ["x.com"]


def test_a_www_that_a_person_switched_on_stays_the_persons(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """A repair of something else sends it along; it must not be switched on again when the person switches it off."""
    run.converge("x.com", **remembered.options)
    emu.edit_domain(2, "x.com", www=True, redirection="non-www")
    result = run.converge("x.com", ownership="ledger", **remembered.options)
    assert [body for *_, body in emu.writes()[1:]] == [{"type": "alias", "www": True, "redirection": "none"}]
    assert result.reason("differs", "x.com").startswith("www is never switched off by itself")
    assert remembered.entries()["x.com"]["written"]["www"] is False
    assert run.converge("x.com", ownership="ledger", **remembered.options).names("differs") == ["x.com"]
    emu.edit_domain(2, "x.com", www=False)
    assert not run.converge("x.com", ownership="ledger", **remembered.options)["changed"]


def test_what_was_taken_over_and_changed_since_is_told_as_such(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    seed(emu, "x.com")
    remembered.put(adopted("x.com"))
    emu.edit_domain(2, "x.com", redirection="non-www")
    options = {"domains": wishes("x.com", redirection="none"), "ownership": "ledger", **remembered.options}
    told = run.converge(**options, repair=False)
    assert "changed by a person since we took it over" in told.reason("differs", "x.com")
    assert run.converge(**options).names("updated") == ["x.com"]


def test_an_added_record_that_a_person_turned_into_a_redirect(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    run.converge(domains=wishes("x.com", type="keep"), **remembered.options)
    emu.edit_domain(2, "x.com", type="redirect")
    for kind in ("keep", "alias"):
        told = run.converge(domains=wishes("x.com", type=kind), ownership="ledger", **remembered.options)
        assert not told["changed"]
        assert told.reason("differs", "x.com").startswith(
            "changed by a person since we wrote it: type redirect instead of alias; a redirect record is never turned"
        )


def test_where_the_api_cannot_edit_a_persons_change_is_shown(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    v2 = {"api_token": None, "api_key": KEY, "api_secret": SECRET, "api_version": "v2"}
    run.converge("x.com", **v2, **remembered.options)
    emu.edit_domain(2, "x.com", redirection="non-www")
    told = run.converge("x.com", **v2, **remembered.options)
    assert not told.failed and "API v2 cannot edit a record" in told.reason("differs", "x.com")
    asked = run.converge(domains=wishes("x.com", redirection="none"), **v2, **remembered.options)
    assert asked.failed and asked.names("refused") == ["x.com"]


def test_a_record_of_ours_that_is_gone_says_so_when_it_comes_back(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    run.converge("x.com", **remembered.options)
    emu.drop_domain(2, "x.com")
    result = run.converge("x.com", ownership="ledger", repair=False, **remembered.options)
    assert result.reason("added", "x.com").endswith("it was ours and somebody removed it, so it comes back as it was")


@pytest.mark.parametrize(("forms", "www"), [("naked", False), ("www", True), ("both", True)])
def test_it_comes_back_with_a_www_that_the_multisite_holds_by_now(
    run: Runner, emu: Emulator, remembered: Remembered, forms: str, www: bool
) -> None:
    run.converge("x.com", **remembered.options)
    emu.drop_domain(2, "x.com")
    wanted = wishes("x.com", forms=forms)
    (row,) = run.converge(domains=wanted, **remembered.options)["added"]
    assert (row["name"], row["www"]) == ("x.com", www)
    again = run.converge(domains=wanted, **remembered.options)
    assert not again["changed"]


@pytest.mark.parametrize("row", [{"redirection": "302"}, {"type": "parked"}])
def test_whatever_the_panel_says_of_a_record_can_be_remembered(
    run: Runner, emu: Emulator, remembered: Remembered, row: dict[str, Any]
) -> None:
    seed(emu, "x.com")
    emu.fault(method="GET", path=r"/domains$", action="status", body=_listing(emu, **row), status=200)
    run.converge("x.com", adopt=True, **remembered.options)
    assert not run.converge("x.com", adopt=True, **remembered.options).failed
    assert "x.com" in remembered.names()


@pytest.mark.parametrize("value", [1, True, 7, ["a"]])
def test_an_odd_kind_of_value_too(run: Runner, emu: Emulator, remembered: Remembered, value: Any) -> None:
    seed(emu, "x.com")
    emu.fault(method="GET", path=r"/domains$", action="status", body=_listing(emu, redirection=value), status=200)
    for _ in range(2):
        assert not run.converge("x.com", adopt=True, **remembered.options).failed
    assert remembered.entries()["x.com"]["written"]["redirection"] == f"odd ({value})"


def _listing(emu: Emulator, **changes: Any) -> dict[str, Any]:
    keys = ("id", "name", "type", "www", "redirection", "wildcard", "dns_integration", "status", "created_at")
    rows = [{key: row[key] for key in keys} for row in emu.domains(2)]
    rows[-1].update(changes)
    pages = {"total": len(rows), "count": len(rows), "per_page": 40, "current_page": 1, "total_pages": 1, "links": {}}
    return {"data": rows, "meta": {"pagination": pages}}


# --- www.X as a record of its own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ownership", ["ledger", "all"])
def test_an_owned_www_that_nobody_needs_any_more_goes(
    run: Runner, emu: Emulator, remembered: Remembered, ownership: str
) -> None:
    seed(emu, {"name": "x.com", "www": True}, "www.x.com")
    remembered.put(adopted("x.com", www=True), adopted("www.x.com"))
    options = {"ownership": ownership, **remembered.options, **PATIENT}
    assert "missing in 1 of 2" in run.converge("x.com", **options).reason("kept", "www.x.com")
    run.clock.seconds += DAY
    assert run.converge("x.com", **options).names("removed") == ["www.x.com"]


def test_an_owned_www_that_serves_is_not_missing(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "x.com", "www.x.com")
    remembered.put(adopted("x.com"), adopted("www.x.com"))
    run.converge("x.com", ownership="ledger", **remembered.options)
    assert remembered.entries()["www.x.com"]["missing_reads"] == 0


def test_what_we_wrote_of_www_is_not_wanted_twice(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """Beside a record www.X the flag of X would make two servers of one host."""
    seed(emu, "x.com", "www.x.com")
    remembered.put(entry("x.com", www=True))
    assert not run.converge("x.com", ownership="ledger", **remembered.options)["changed"]
    emu.drop_domain(2, "x.com")
    run.converge("x.com", ownership="ledger", **remembered.options)
    assert [body["www"] for *_, body in emu.writes()] == [False]


# --- other networks on the web app ------------------------------------------------------------------------------------------


@pytest.fixture
def other(emu: Emulator, remembered: Remembered) -> Remembered:
    """The state directory of another network on the same web app."""
    return Remembered(emu, remembered.folder.parent / "two")


@pytest.mark.parametrize("ownership", ["ledger", "all"])
@pytest.mark.parametrize("wants", ["x.com", "owned", "intended"])
def test_what_another_network_of_the_app_holds_is_not_removed(
    run: Runner, emu: Emulator, remembered: Remembered, other: Remembered, ownership: str, wants: str
) -> None:
    """A customer moved from one multisite to the other; or purge takes all that nothing here wants."""
    seed(emu, "x.com")
    if ownership == "ledger":
        remembered.put(entry("x.com", missing_reads=9))
    held = {"owned": [adopted("x.com")], "intended": [_intended("x.com")]}.get(wants, [])
    other.put(*held, network="two.com", wants=("x.com",) if wants == "x.com" else ())
    options = {"ownership": ownership, "purge": True, **remembered.options}
    for check in (True, False):
        result = run.converge(check=check, **options)
        if ownership == "ledger" and wants == "owned":
            assert "another network of this web app has taken it over" in str(result["notes"])
        else:
            assert f"the network two.com ({other.path}) does" in result.reason("kept", "x.com")
    assert writes(emu) == []
    other.put(network="two.com")
    if ownership == "all" or wants != "owned":
        assert run.converge(**options).names("removed") == ["x.com"]


def _intended(name: str) -> dict[str, Any]:
    flags = {"type": "alias", "www": False, "redirection": "none"}
    pending = {"action": "add", "flags": flags, "written": flags}
    return {**entry(name, "intended"), "written": None, "pending": pending}


def test_a_customer_who_moves_to_the_other_network_is_handed_over(
    run: Runner, emu: Emulator, remembered: Remembered, other: Remembered
) -> None:
    emu.put_domain(2, "two.com")
    here = {"ownership": "ledger", "purge": True, **remembered.options}
    there = {"network": "two.com", "ownership": "ledger", **other.options}
    second = [{"name": "two.com", "class": "protected"}, {"name": "x.com"}]
    run.converge("x.com", **{**here, "purge": False})
    refused = run.converge(domains=second, adopt=True, **there)
    assert refused.names("refused") == ["x.com"]  # it is served there still
    run.converge(domains=second, **there)  # the second multisite has it now
    assert "the network two.com" in run.converge(**here).reason("kept", "x.com")
    assert run.converge(domains=second, adopt=True, **there).names("adopted") == ["x.com"]
    result = run.converge(**here)
    assert "x.com is not ours any more: another network of this web app has taken it over" in result["notes"]
    assert remembered.names() == [] and "x.com" in stored(emu)
    assert run.converge(domains=second[:1], **{**there, "purge": True}).names("removed") == ["x.com"]


def test_a_record_that_the_other_network_made_is_not_claimed_after_a_kill(
    run: Runner, emu: Emulator, remembered: Remembered, other: Remembered
) -> None:
    left_open(run, remembered)
    emu.put_domain(2, "new.com")
    other.put(entry("new.com"), network="two.com")
    result = run.converge(ownership="ledger", purge=True, **remembered.options)
    assert remembered.names() == [] and "new.com is not ours" in result["notes"][0] and writes(emu) == []


def test_a_ledger_that_cannot_be_read_keeps_everything(
    run: Runner, emu: Emulator, remembered: Remembered, other: Remembered
) -> None:
    seed(emu, "x.com")
    remembered.put(entry("x.com", missing_reads=9))
    other.put(network="two.com")
    other.path.write_text("{", encoding="utf-8")
    options = {"ownership": "ledger", "purge": True, **remembered.options}
    result = run.converge("new.com", **options)
    assert [method for method, *_ in emu.writes()] == ["POST"] and result["due"] == []
    assert "nothing is removed: Another network's ledger" in result["notes"][0]
    other.path.unlink()
    assert run.converge("new.com", **options).names("removed") == ["x.com"]


# --- open writes --------------------------------------------------------------------------------------------------------


def left_open(run: Runner, remembered: Remembered) -> None:
    """A run that was killed just before it would have added new.com."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        Fuse(patch, 7)
        run.converge("new.com", **remembered.options)
    assert remembered.entries()["new.com"]["how"] == "intended" and posted(run.emu) == []


@pytest.mark.parametrize(
    "first",
    columns(
        [
            ("a run", {}),
            ("a paused one", {"paused": HELD}),
            ("one that a limit stops", {"max_adds": 0}),
            ("one with the server away", {"away": True}),
            ("a narrowed one", {"only": [NETWORK]}),
            ("adopting", {"adopt": True}),
        ]
    ),
)
def test_an_open_write_is_settled_by_the_next_listing_whatever_the_run(
    run: Runner, emu: Emulator, remembered: Remembered, first: dict[str, Any]
) -> None:
    """Later a person may have made that very record, and it would become ours."""
    left_open(run, remembered)
    first = dict(first)
    if first.pop("away", False):
        seed(emu, servers=[{"id": 1, "online": False}])
    run.converge(*["new.com"] * bool(first), **remembered.options, **first)
    assert "new.com" not in remembered.entries()
    seed(emu, "new.com")  # a person, with just these flags
    emu.clear_journal()
    run.converge("new.com", ownership="ledger", **remembered.options)
    result = run.converge(ownership="ledger", purge=True, **remembered.options)
    assert result.reason("kept", "new.com") == NOT_OURS and writes(emu) == []


def test_a_restore_settles_it_too(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    left_open(run, remembered)
    (backup,) = (remembered.folder / "backups").iterdir()
    assert not run("domains", restore=str(backup), **remembered.options).failed
    assert remembered.entries() == {}


def test_check_mode_settles_nothing_for_good(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    left_open(run, remembered)
    before = remembered.path.read_bytes()
    assert run.converge("new.com", check=True, **remembered.options).names("added") == ["new.com"]
    assert remembered.path.read_bytes() == before


def test_an_answer_without_the_record_waits_for_the_listing(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    emu.switch(write_body="empty")
    assert run.converge("a.com", "b.com", **remembered.options).names("added") == ["a.com", "b.com"]
    assert {name: row["id"] for name, row in remembered.entries().items()} == {
        name: number for name, number in ids(emu).items() if name != NETWORK
    }


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_a_write_whose_outcome_nobody_could_read_stays_open(
    run: Runner, emu: Emulator, remembered: Remembered, action: str
) -> None:
    emu.fault(method="POST", path=r"/domains$", action=action, times=1)
    emu.fault(method="GET", path=r"/domains$", action="status", status=403, skip=1, times=1)
    result = run.converge("a.com", **remembered.options)
    assert result.failed and not result["complete"] and remembered.entries()["a.com"]["pending"]["action"] == "add"
    run.converge("a.com", **remembered.options)
    assert remembered.names() == ["a.com"] and posted(emu).count("a.com") == (1 if action == "drop_after" else 2)


@pytest.mark.parametrize(
    ("fault", "complete"),
    columns(
        [
            ("a name that the panel refuses", {"method": "POST", "status": 422}, True),
            ("credentials that end with the last write", {"method": "DELETE", "status": 401}, False),
            ("a last listing that fails", {"method": "GET", "path": r"/domains$", "status": 403, "skip": 1}, False),
            (
                "a first write that cannot be read back",
                {"method": "GET", "path": r"/domains/\d+$", "status": 403},
                False,
            ),
        ]
    ),
)
def test_whether_a_run_came_to_its_end_is_told(
    run: Runner, emu: Emulator, remembered: Remembered, fault: dict[str, Any], complete: bool
) -> None:
    """After one that did not, the role makes no second call."""
    seed(emu, "gone.com")
    emu.fault(**{"path": "/domains", "action": "status", "times": 1, **fault})
    result = run.converge("a.com", purge=True, **remembered.options)
    assert result.failed and result["complete"] is complete
    emu.clear_faults()
    assert run.converge("a.com", **remembered.options)["complete"]
    assert not run.converge("b.com", max_adds=0)["complete"]


def test_a_write_that_was_unavailable_and_done_all_the_same_is_ours(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    """The repeat is refused because the record is there, which is no word of somebody else."""
    emu.fault(method="POST", path=r"/domains$", action="status_after", status=503, times=1)
    result = run.converge("a.com", **remembered.options)
    assert result.names("added") == ["a.com"] and remembered.names() == ["a.com"]


def test_a_removal_is_only_believed_when_it_is_listed(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """An app that cannot be seen any more answers 404 to everything."""
    names = ["g1.com", "g2.com"]
    seed(emu, *names)
    remembered.put(*(entry(name, missing_reads=5) for name in names))
    emu.fault(method="DELETE", action="status", status=404)
    emu.fault(method="GET", path=r"/domains/\d+$", action="status", status=404)
    emu.fault(method="GET", path=r"/domains$", action="status", status=404, skip=1)
    assert run.converge(ownership="ledger", purge=True, **remembered.options).failed
    assert remembered.names() == names and stored(emu) == [*names, NETWORK]
    emu.clear_faults()
    run.converge(ownership="ledger", **remembered.options)
    assert {row["pending"] for row in remembered.entries().values()} == {None} and remembered.names() == names


@pytest.mark.parametrize(
    "fault",
    [{"method": "POST", "status": 401}, {"method": "GET", "path": r"/domains$", "status": 403, "skip": 1}],
)
def test_a_run_that_broke_off_counts_no_read(
    run: Runner, emu: Emulator, remembered: Remembered, fault: dict[str, Any]
) -> None:
    run.converge("x.com", **remembered.options)
    emu.fault(**{"path": "/domains", "action": "status", **fault})
    for _ in range(2):
        assert run.converge("new.com", ownership="ledger", **remembered.options).failed
        emu.clear_faults()
        emu.fault(**{"path": "/domains", "action": "status", **fault})
        if "new.com" in stored(emu):
            emu.drop_domain(2, "new.com")
    assert remembered.entries()["x.com"]["missing_reads"] == 0


def test_what_was_made_otherwise_meanwhile_is_named(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    left_open(run, remembered)
    emu.put_domain(2, "new.com", www=True)
    result = run.converge("new.com", ownership="ledger", **remembered.options)
    assert (
        "new.com is not ours: a run that broke off meant to add it, and somebody made it otherwise"
        in result["notes"][0]
    )


def test_a_protected_name_is_not_missing(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    run.converge("x.com", **remembered.options)
    for _ in range(3):
        run.converge(protected=["x.com"], ownership="ledger", **remembered.options)
    assert remembered.entries()["x.com"]["missing_reads"] == 0


@pytest.mark.parametrize("patience", [{"grace_period": 0, "min_absences": 2}, {"grace_period": 1, "min_absences": 1}])
def test_what_no_ledger_knows_goes_at_once_or_never(
    run: Runner, emu: Emulator, remembered: Remembered, patience: dict[str, Any]
) -> None:
    seed(emu, "x.com")
    remembered.put()
    options = {"ownership": "all", "purge": True, **remembered.options}
    for _ in range(3):
        assert "nobody knows since when" in run.converge(**options, **patience).reason("kept", "x.com")
        run.clock.seconds += DAY
    assert run.converge(**options).names("removed") == ["x.com"]


def test_a_paused_network_tells_what_would_stop_it_and_does_not_fail(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    result = run.converge("new.com", paused=HELD, max_adds=0, **remembered.options)
    assert not result.failed and "max_adds: 1" in result["stops"][0] and result["paused"]


@pytest.mark.parametrize("way", [{"check": True}, {"paused": HELD}])
def test_two_calls_say_what_two_runs_would_do(
    run: Runner, emu: Emulator, remembered: Remembered, way: dict[str, Any]
) -> None:
    """The additions of the first raise the share that the second may remove."""
    names = numbered(20)
    seed(emu, *names)
    remembered.put(*(entry(name, missing_reads=5) for name in names[:3]))
    wanted = [*names[3:], *(f"new{number}.com" for number in range(8))]
    options = {"ownership": "ledger", **remembered.options}
    first = run.converge(*wanted, **options, **way)
    second = {"purge": True, "only": first.names("due"), **options}
    assert "stops" in run.converge(*wanted, **second, **way)  # without the first call's records
    foreseen = run.converge(*wanted, **second, **way, assume_domains=first["domains"])
    assert foreseen.names("removed") == names[:3] and "stops" not in foreseen
    run.converge(*wanted, **options)
    assert run.converge(*wanted, **second).names("removed") == names[:3]


def test_only_a_run_that_writes_nothing_starts_from_what_it_is_told(run: Runner, emu: Emulator) -> None:
    records = run.converge(check=True)["domains"]
    emu.clear_journal()
    refused = run.converge(assume_domains=records)
    assert refused.failed and "a run that writes lists for itself" in refused["msg"] and emu.journal == []
    assert "assume_domains[0] is no record" in run.converge(check=True, assume_domains=[{"name": 1}])["msg"]


def test_without_a_ledger_a_note_says_so(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, "x.com")
    options = {"ownership": "ledger", **remembered.options}
    (first,) = run.converge("x.com", **options)["notes"]
    assert first.startswith(f"there is no ledger in {remembered.folder}; wanted and on the web app, but not ours")
    (note,) = run.converge("x.com", **options)["notes"]
    assert note.startswith("wanted and on the web app, but not ours, so neither repaired nor purged (1): x.com. ")
    run.converge("x.com", adopt=True, **options)
    told = run.converge("x.com", **options)
    assert told["notes"] == [] and told["unchanged"] == [
        {"name": NETWORK, "ours": True},
        {"name": "x.com", "ours": True},
    ]


# --- what the ledger says -----------------------------------------------------------------------------------------------


def test_only_what_the_panel_took_becomes_ours(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    seed(emu, webapps=[{"id": 2, "name": "network"}, {"id": 3, "name": "other"}])
    emu.put_domain(3, "taken.com")
    result = run.converge("a.com", "taken.com", **remembered.options)
    assert result.failed and result.names("refused") == ["taken.com"]
    assert remembered.names() == ["a.com"]
    found = remembered.entries()["a.com"]
    assert found == {
        "name": "a.com",
        "id": ids(emu)["a.com"],
        "how": "added",
        "since": "2026-07-18T12:00:00Z",
        "written": {"type": "alias", "www": False, "redirection": "none"},
        "pending": None,
        "missing_since": None,
        "missing_reads": 0,
    }


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_a_lost_answer_is_settled_by_the_closing_listing(
    run: Runner, emu: Emulator, remembered: Remembered, action: str
) -> None:
    emu.fault(method="POST", path=r"/domains$", action=action, times=1)
    result = run.converge("a.com", **remembered.options)
    assert result.failed is (action == "drop_before")
    assert remembered.names() == (["a.com"] if action == "drop_after" else [])


def test_a_refused_addition_leaves_no_intent_where_nothing_can_be_listed_any_more(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    emu.fault(method="POST", path=r"/domains$", action="status", status=422, times=1)
    emu.fault(method="GET", path=r"/domains$", action="status", status=403, skip=1, times=1)
    assert run.converge("a.com", **remembered.options).failed
    assert list(remembered.entries()) == []
    emu.put_domain(2, "a.com")
    run.converge("a.com", **remembered.options)
    assert remembered.names() == []


def test_the_ledger_costs_no_call(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    domains = wishes("a.com", "b.com", www="true")
    seed(emu, "b.com", "gone.com")
    run.converge(domains=domains, purge=True)
    without = emu.calls()
    seed(emu, "b.com", "gone.com")
    emu.clear_journal()
    remembered.put(entry("gone.com"))
    result = run.converge(domains=domains, purge=True, **remembered.options)
    assert [call.rsplit("/", 1)[0] for call in emu.calls()] == [call.rsplit("/", 1)[0] for call in without]
    assert result["changed"] and len(without) == 1 + 2 + 2 * 3 + 1
    emu.clear_journal()
    run.converge(domains=domains, **remembered.options)
    assert len(emu.journal) == 1


def test_check_mode_writes_neither_ledger_nor_lock_nor_backup(
    run: Runner, emu: Emulator, remembered: Remembered, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    for options in ({}, {"adopt": True}):
        assert run.converge("new.com", check=True, **options, **remembered.options)["changed"]
    assert not remembered.folder.exists() and not (tmp_path / "xdg").exists()
    seed(emu, "old.com")
    remembered.put(entry("old.com", missing_reads=1))
    before = remembered.path.read_bytes()
    foreseen = run.converge("new.com", check=True, **{**PATIENT, "grace_period": 0}, **remembered.options)
    assert foreseen.names("removed") == ["old.com"] and "backup_file" not in foreseen
    assert remembered.path.read_bytes() == before and sorted(os.listdir(remembered.folder)) == ["ledger.json"]
    assert writes(emu) == [] and not (tmp_path / "xdg").exists()
    done = run.converge("new.com", **{**PATIENT, "grace_period": 0}, **remembered.options)
    assert done.names("removed") == ["old.com"]


# --- a memory that must not be used --------------------------------------------------------------------------------------


def broken(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Change the stored document."""

    def apply(path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return apply


LEDGERS = columns(
    [
        ("truncated", lambda path: path.write_bytes(path.read_bytes()[:99]), "it is damaged (not JSON)"),
        ("empty", lambda path: path.write_bytes(b""), "it is damaged (not JSON)"),
        (
            "a newer format",
            broken(lambda doc: doc.update(format="wpmultisite.ledger/2")),
            "its format is wpmultisite.led",
        ),
        ("another network's", broken(lambda doc: doc.update(network="b.com")), "it belongs to the network b.com"),
        ("another app's", broken(lambda doc: doc["target"].update(webapp_id=3)), "it belongs to web app 3"),
        (
            "another API's",
            broken(lambda doc: doc["target"].update(api_url="https://b/api")),
            "at https://b/api, not to",
        ),
        ("damaged", broken(lambda doc: doc["domains"][0].pop("how")), "it is damaged (how is missing)"),
        ("unreadable", lambda path: (path.unlink(), path.mkdir()), "it cannot be read (Is a directory)"),
    ]
)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("spoil", "words"), LEDGERS)
def test_a_ledger_that_must_not_be_used(
    run: Runner, emu: Emulator, remembered: Remembered, spoil: Callable[[Path], Any], words: str, check: bool
) -> None:
    remembered.put(entry("old.com"))
    spoil(remembered.path)
    before = remembered.path.is_file() and remembered.path.read_bytes()
    for ownership in ("ledger", "all", "none"):
        refused = run.converge("new.com", ownership=ownership, check=check, **remembered.options)
        assert refused.failed and words in refused["msg"]
        assert refused["msg"].startswith("Nothing was written to RunCloud.") and str(remembered.path) in refused["msg"]
    assert emu.journal == []  # it is looked at before anything is read
    assert (remembered.path.is_file() and remembered.path.read_bytes()) == before
    os.rename(remembered.path, str(remembered.path) + ".away")
    assert run.converge("new.com", ownership="ledger", check=check, **remembered.options)["changed"]


def test_a_folder_that_cannot_be_written(run: Runner, emu: Emulator, remembered: Remembered, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = {**remembered.options, "state_dir": str(tmp_path / "file/state")}
    refused = run.converge("new.com", **options)
    assert refused.failed and refused["msg"].startswith("Nothing was written to RunCloud.")
    assert "cannot be" in refused["msg"] and writes(emu) == []
    assert run.converge("new.com", **remembered.options)["changed"]


def test_a_full_disk_before_the_first_write(
    run: Runner, emu: Emulator, remembered: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(STATE.os, "fsync", full)
        refused = run.converge("new.com", **remembered.options)
    assert refused.failed and "No space left on device" in refused["msg"] and writes(emu) == []
    assert run.converge("new.com", **remembered.options)["changed"]


@pytest.mark.parametrize("after", [1, 2])
def test_a_folder_that_vanishes_in_the_middle(
    run: Runner, emu: Emulator, remembered: Remembered, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """No further write leaves, what was done is told, and the folder is not made again."""
    add = plugin("module_utils._api").App.add

    def vanishing(self: Any, *given: Any) -> Any:
        found = add(self, *given)
        if len(posted(emu)) == after:
            os.rename(remembered.folder, str(remembered.folder) + ".away")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(plugin("module_utils._api").App, "add", vanishing)
        result = run.converge("a.com", "b.com", "c.com", **remembered.options)
    assert result.failed and "cannot be written: No such file or directory" in result["msg"]
    assert posted(emu) == ["a.com", "b.com", "c.com"][:after] == result.names("added")
    assert result.names("refused") == ["a.com", "b.com", "c.com"][after:]
    assert not remembered.folder.exists()
    os.rename(str(remembered.folder) + ".away", remembered.folder)
    assert not run.converge("a.com", "b.com", "c.com", **remembered.options).failed
    assert remembered.names() == ["a.com", "b.com", "c.com"] and len(writes(emu)) == 3


# --- backups -------------------------------------------------------------------------------------------------------------


def test_a_backup_is_stored_before_the_first_write(
    run: Runner, emu: Emulator, remembered: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(emu, "old.com")
    seen: list[int] = []
    backups = plugin("module_utils._backup")
    store = backups.store

    def watched(*given: Any) -> Any:
        seen.append(len(writes(emu)))
        return store(*given)

    monkeypatch.setattr(backups, "store", watched)
    result = run.converge("new.com", **remembered.options)
    assert seen == [0] and posted(emu) == ["new.com"]
    document = json.loads(Path(result["backup_file"]).read_text(encoding="utf-8"))
    assert [row["name"] for row in document["domains"]] == [NETWORK, "old.com"]
    assert Path(result["backup_file"]).parent == remembered.folder / "backups"


@pytest.mark.parametrize(
    "options",
    [{"backup": False}, {"check": True}, {"domains": wishes()}, {"max_adds": 0}, {"paused": HELD}],
)
def test_no_backup_without_a_write(run: Runner, remembered: Remembered, options: dict[str, Any]) -> None:
    result = run.converge(**{"domains": wishes("new.com"), **remembered.options, **options})
    assert "backup_file" not in result
    assert not (remembered.folder / "backups").exists() or os.listdir(remembered.folder / "backups") == []


def test_without_a_folder_nothing_is_remembered(run: Runner, emu: Emulator) -> None:
    result: Result = run.converge("new.com")
    assert result["changed"] and "backup_file" not in result
    refused = run.converge("new.com", ownership="ledger")
    assert refused.failed and "ownership: ledger needs state_dir" in refused["msg"]


def test_a_single_record_needs_no_ledger(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    """runcloud_domain is a person's own hand."""
    seed(emu, "foreign.com")
    remembered.put(adopted("ours.com"))
    assert run("domain", name="foreign.com", state="absent")["changed"]
    assert remembered.names() == ["ours.com"]
