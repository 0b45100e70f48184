# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan that one run saves and a later one carries out: exactly it, and nothing of what has changed since."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, START, Clock, Result, Runner, columns, plugin, seed, stored, wishes, writes
from tests.modules.memory import Remembered, entry
from tests.playbooks.runner import ROOT

SCHEMA = json.loads((ROOT / "docs/schemas/plan-1.json").read_text(encoding="utf-8"))
ALIAS = {"type": "alias", "www": False, "redirection": "none"}
WITH_WWW = {**ALIAS, "www": True}


def digest(document: dict[str, Any]) -> str:
    """As the schema describes it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Plans:
    """Runs that save a plan of the network's web app, and runs that carry it out."""

    def __init__(self, run: Runner, folder: Path) -> None:
        self.run, self.path = run, folder / "plan.json"

    def make(self, *names: str, check: bool = True, **options: Any) -> Result:
        """Save the plan for these names; in check mode, unless told otherwise."""
        return self.run.converge(*names, **{"plan_out": str(self.path), "check": check, **options})

    def apply(self, *names: str, **options: Any) -> Result:
        """Carry it out in a run that wants these names."""
        return self.run.converge(*names, **{"plan_in": str(self.path), **options})

    def document(self) -> dict[str, Any]:
        """What the file holds; it follows the schema."""
        found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        jsonschema.validate(found, SCHEMA)
        return found

    def edit(self, change: Callable[[dict[str, Any]], Any], sign: bool = True) -> None:
        """Change the file; with its digest, unless told otherwise."""
        found = json.loads(self.path.read_text(encoding="utf-8"))
        change(found)
        if sign:
            found["digest"] = digest(found)
        self.path.write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture
def plans(run: Runner, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plans:
    """With the tests' clock."""
    monkeypatch.setattr(plugin("modules.runcloud_domains"), "utc_now", clock.now)
    return Plans(run, tmp_path)


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_file_holds_each_change_with_its_state_before_and_after(plans: Plans, emu: Emulator) -> None:
    seed(emu, "update.com", "gone.com", "same.com")
    told = plans.make(
        domains=[*wishes("b.com", "a.com", "same.com"), {"name": "update.com", "www": "true"}], purge=True
    )
    assert writes(emu) == [] and told["plan_file"] == str(plans.path)
    found = plans.document()
    assert found == {
        "format": "wpmultisite.plan/1",
        "network": NETWORK,
        "target": {"api_url": emu.url, "server_id": 1, "webapp_id": 2},
        "made": "2026-07-18T12:00:00Z",
        "purge": True,
        "actions": [
            {"kind": "add", "name": "a.com", "before": None, "after": ALIAS, "reason": "asked for"},
            {"kind": "add", "name": "b.com", "before": None, "after": ALIAS, "reason": "asked for"},
            {"kind": "update", "name": "update.com", "before": ALIAS, "after": WITH_WWW, "reason": "asked for"},
            {"kind": "remove", "name": "gone.com", "before": ALIAS, "after": None, "reason": "nothing wants it"},
        ],
        "digest": digest(found),
    }
    assert sorted(told["planned"], key=str) == sorted(found["actions"], key=str)
    assert stat.S_IMODE(plans.path.stat().st_mode) == 0o600
    assert [path.name for path in plans.path.parent.iterdir()] == ["plan.json"]


def test_the_same_plan_is_the_same_text(plans: Plans) -> None:
    plans.make("a.com", "b.com")
    first = plans.path.read_text()
    plans.make("b.com", "a.com")
    assert plans.path.read_text() == first


def test_a_run_that_writes_saves_what_it_does(plans: Plans, emu: Emulator) -> None:
    told = plans.make("a.com", check=False)
    assert writes(emu) == [("POST", "a.com")] and not told.failed
    assert [row["name"] for row in plans.document()["actions"]] == ["a.com"]


def test_a_plan_of_nothing_approves_nothing(plans: Plans, emu: Emulator) -> None:
    plans.make()
    told = plans.apply("new.com")
    assert plans.document()["actions"] == [] and writes(emu) == [] and told["changed"] is False
    assert told.names("not_approved") == ["new.com"]


def test_a_run_that_a_guard_stops_saves_no_plan(plans: Plans) -> None:
    told = plans.make("a.com", "b.com", max_adds=1)
    assert told["stops"] and not plans.path.exists() and "plan_file" not in told


def test_a_paused_network_has_a_plan(plans: Plans, emu: Emulator) -> None:
    told = plans.make("a.com", check=False, paused={"reason": "moving", "since": "2026-07-01"})
    assert writes(emu) == [] and told["plan_file"] and [row["name"] for row in plans.document()["actions"]] == ["a.com"]


def test_two_calls_end_in_one_file(plans: Plans, emu: Emulator) -> None:
    seed(emu, "gone.com")
    first = plans.make("a.com")
    plans.make("a.com", purge=True, only=["gone.com"], planned_before=first["planned"], assume_domains=first["domains"])
    assert [(row["kind"], row["name"]) for row in plans.document()["actions"]] == [
        ("add", "a.com"),
        ("remove", "gone.com"),
    ]
    assert plans.apply("a.com", purge=True).names("removed") == ["gone.com"]
    assert stored(emu) == ["a.com", NETWORK]


# -- exactly it --------------------------------------------------------------------------------------------------------


def test_right_after_it_was_made_it_does_what_a_run_without_it_does(plans: Plans, emu: Emulator) -> None:
    seed(emu, "update.com", "gone.com")
    wanted: dict[str, Any] = {"domains": [*wishes("a.com"), {"name": "update.com", "www": "true"}], "purge": True}
    foreseen = plans.make(**wanted, diff=True)
    told = plans.apply(**wanted, diff=True)
    assert [told.names(key) for key in ("added", "updated", "removed")] == [["a.com"], ["update.com"], ["gone.com"]]
    assert told["not_approved"] == [] and told["not_applied"] == []
    assert told["diff"] == {**foreseen["diff"], "prepared": ""}
    again = plans.apply(**wanted)
    assert again["changed"] is False
    assert {row["reason"] for row in again["not_applied"]} == {"it is so already"} and len(again["not_applied"]) == 3


def test_what_is_new_is_not_approved_and_stands_in_the_diff(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    told = plans.apply("a.com", "new.com", diff=True)
    assert writes(emu) == [("POST", "a.com")] and not told.failed
    assert told["not_approved"] == [
        {
            "name": "new.com",
            "kind": "add",
            "reason": "not in the plan; add alias, www off, redirection none (asked for)",
        }
    ]
    assert told["diff"]["prepared"].startswith("not approved: add new.com: not in the plan")
    assert "new.com" not in told["diff"]["after"]


def test_without_the_plan_the_new_name_stands_in_the_journal(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    assert not plans.apply("a.com", "new.com", plan_in=None).failed
    assert writes(emu) == [("POST", "a.com"), ("POST", "new.com")]


def test_a_record_that_a_person_has_edited_since_is_left(plans: Plans, emu: Emulator) -> None:
    seed(emu, "update.com")
    wanted = [*wishes(), {"name": "update.com", "www": "true"}]
    plans.make(domains=wanted)
    emu.edit_domain(2, "update.com", redirection="non-www")
    told = plans.apply(domains=wanted)
    assert writes(emu) == [] and told["changed"] is False
    assert told.reason("not_applied", "update.com") == (
        "the record is another one now: alias, www off, redirection non-www, and the plan was made for alias, www off, redirection none"
    )
    assert told.names("not_approved") == ["update.com"]
    assert told.reason("not_approved", "update.com").startswith("the plan holds it otherwise: ")
    assert plans.apply(domains=wanted, plan_in=None).names("updated") == ["update.com"]


def test_an_edit_is_left_also_where_the_run_would_end_in_what_was_approved(plans: Plans, emu: Emulator) -> None:
    seed(emu, "update.com")
    wanted = [*wishes(), {"name": "update.com", "www": "true", "redirection": "www"}]
    plans.make(domains=wanted)
    emu.edit_domain(2, "update.com", redirection="non-www")
    told = plans.apply(domains=wanted)
    assert writes(emu) == [] and told.names("not_approved") == told.names("not_applied") == ["update.com"]


def test_a_record_that_a_person_has_edited_since_is_not_removed(plans: Plans, emu: Emulator) -> None:
    seed(emu, "gone.com")
    plans.make(purge=True)
    emu.edit_domain(2, "gone.com", www=True)
    told = plans.apply(purge=True)
    assert writes(emu) == [] and told.names("not_approved") == told.names("not_applied") == ["gone.com"]


def test_a_name_that_somebody_has_added_since_is_left_as_it_is(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    emu.put_domain(2, "a.com", www=True)
    told = plans.apply("a.com")
    assert writes(emu) == [] and "the plan was made for no record" in told.reason("not_applied", "a.com")


def test_a_removal_whose_name_is_wanted_again_is_not_done(plans: Plans, emu: Emulator) -> None:
    seed(emu, "back.com", "gone.com")
    plans.make(purge=True)
    told = plans.apply("back.com", purge=True)
    assert stored(emu) == ["back.com", NETWORK]
    assert told.reason("not_applied", "back.com") == "this run would not do it"


def test_a_removal_needs_purge_as_always(plans: Plans, emu: Emulator) -> None:
    seed(emu, "gone.com")
    plans.make(purge=True)
    told = plans.apply()
    assert writes(emu) == [] and told.reason("not_applied", "gone.com") == "purge is off"


def test_a_removal_that_the_plan_does_not_hold_is_not_done(plans: Plans, emu: Emulator) -> None:
    seed(emu, "gone.com")
    plans.make("a.com")
    told = plans.apply("a.com", purge=True)
    assert writes(emu) == [("POST", "a.com")] and told.names("not_approved") == ["gone.com"]


def test_what_a_keep_list_holds_back_is_told_with_its_reason(plans: Plans, emu: Emulator) -> None:
    seed(emu, "gone.com")
    plans.make(purge=True)
    told = plans.apply(purge=True, keep=["gone.com"])
    assert writes(emu) == []
    assert told.reason("not_applied", "gone.com") == "this run would not do it: on the keep list (gone.com)"


def test_the_limits_count_what_the_run_itself_would_do(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    told = plans.apply("a.com", "b.com", "c.com", max_adds=2)
    assert told.failed and "max_adds" in told["msg"] and writes(emu) == []
    assert told.names("not_approved") == ["b.com", "c.com"]


def test_a_new_web_app_is_not_begun_without_the_network_itself(plans: Plans, emu: Emulator) -> None:
    seed(emu, {"name": NETWORK, "type": "alias"}, {"name": "panel.test", "type": "primary"})
    plans.make("a.com")
    emu.drop_domain(2, NETWORK)
    told = plans.apply("a.com", first_converge=True)
    assert told.failed and writes(emu) == [] and f"first_converge adds {NETWORK} before all others" in told["msg"]


def test_what_only_leaves_out_is_not_looked_at(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com", "b.com")
    told = plans.apply("a.com", "b.com", only=["b.com"])
    assert writes(emu) == [("POST", "b.com")] and told["not_applied"] == [] and told["not_approved"] == []


def test_nor_is_a_removal_of_the_www_that_only_does_not_name(plans: Plans, emu: Emulator) -> None:
    seed(emu, {"name": "gone.com", "www": True}, "www.gone.com")
    plans.make(purge=True)
    assert [row["name"] for row in plans.document()["actions"]] == ["gone.com", "www.gone.com"]
    told = plans.apply(purge=True, only=["gone.com"])
    assert told.names("removed") == ["gone.com"] and told["not_applied"] == []


def test_check_mode_says_what_the_plan_would_do(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    told = plans.apply("a.com", "b.com", check=True)
    assert writes(emu) == [] and told.names("added") == ["a.com"] and told.names("not_approved") == ["b.com"]


def test_what_was_not_approved_does_not_become_ours(plans: Plans, remembered: Remembered) -> None:
    remembered.put(entry(NETWORK))
    plans.make("a.com", **remembered.options)
    plans.apply("a.com", "new.com", **remembered.options)
    assert remembered.names() == ["a.com", NETWORK]


# -- bad input ---------------------------------------------------------------------------------------------------------

BAD = columns(
    [
        ("no list", lambda found: found.update(actions={}), "damaged (actions is no list)"),
        ("an action of another shape", lambda found: found["actions"][0].pop("before"), "actions[0] is no action"),
        ("an unknown kind", lambda found: found["actions"][0].update(kind="move"), "actions[0] is no action"),
        ("flags of another kind", lambda found: found["actions"][0]["after"].update(www="yes"), "is no action"),
        ("twice", lambda found: found["actions"].append(found["actions"][0]), "add a.com stands there twice"),
        ("no moment", lambda found: found.update(made="yesterday"), "damaged"),
        ("no target", lambda found: found.update(target=None), "damaged"),
        ("a target without its server", lambda found: found["target"].pop("server_id"), "damaged"),
        ("a key more", lambda found: found.update(note="checked"), "damaged (it has other keys than a plan has)"),
        ("no purge", lambda found: found.pop("purge"), "damaged"),
        ("another network", lambda found: found.update(network="other.com"), "another network: other.com, not network"),
        ("another app", lambda found: found["target"].update(webapp_id=3), "another web app: 3 of server 1 at"),
        ("another server", lambda found: found["target"].update(server_id=3), "another web app: 2 of server 3 at"),
        ("another panel", lambda found: found["target"].update(api_url="https://x.test/api"), "at https://x.test/api"),
        ("yesterday", lambda found: found.update(made="2026-07-17T11:59:59Z"), "too old: made 2026-07-17T11:59:59Z"),
        ("the future", lambda found: found.update(made="2026-07-18T12:05:01Z"), "from the future"),
        ("a later format", lambda found: found.update(format="wpmultisite.plan/2"), "its format is wpmultisite.plan/2"),
        ("another document", lambda found: found.update(format="wpmultisite.listing/1"), "it is no saved plan"),
    ]
)


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_file_that_must_not_be_used_is_refused_before_the_first_call(
    plans: Plans, emu: Emulator, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    plans.make("a.com")
    plans.edit(change)
    emu.clear_journal()
    told = plans.apply("a.com")
    assert told.failed and said in told["msg"] and told["msg"].startswith("Nothing was changed. plan_in: ")
    assert emu.journal == []


@pytest.mark.parametrize(
    "change",
    columns(
        [
            ("an action more", lambda found: found["actions"].append({**found["actions"][0], "name": "mine.com"})),
            ("other flags", lambda found: found["actions"][0]["after"].update(www=True)),
            ("made anew", lambda found: found.update(made="2026-07-18T12:00:01Z")),
            ("no digest", lambda found: found.pop("digest")),
            ("a key more", lambda found: found.update(note="checked")),
        ]
    ),
)
def test_an_edited_plan_is_refused_in_words(
    plans: Plans, emu: Emulator, change: Callable[[dict[str, Any]], Any]
) -> None:
    plans.make("a.com")
    plans.edit(change, sign=False)
    emu.clear_journal()
    told = plans.apply("a.com")
    assert told.failed and "was edited after it was made" in told["msg"] and emu.journal == []


def test_the_layout_of_the_file_does_not_count(plans: Plans, emu: Emulator) -> None:
    plans.make("a.com")
    plans.path.write_text(json.dumps(plans.document(), sort_keys=True), encoding="utf-8")
    assert plans.apply("a.com").names("added") == ["a.com"]


@pytest.mark.parametrize(
    ("text", "said"),
    columns(
        [
            ("no JSON", "{", "it is not JSON"),
            ("not UTF-8", "\udcff", "it is not JSON"),
            ("a list", "[]", "no saved plan"),
        ]
    ),
)
def test_a_file_of_another_kind_is_refused(plans: Plans, emu: Emulator, text: str, said: str) -> None:
    plans.path.write_text(text, encoding="utf-8", errors="surrogateescape")
    told = plans.apply("a.com")
    assert told.failed and said in told["msg"] and emu.journal == []


def test_what_is_no_file_is_refused(plans: Plans, emu: Emulator) -> None:
    os.mkfifo(plans.path)
    for path, said in (
        (plans.path.parent, "it is no file"),
        (plans.path, "it is no file"),
        ("/no/plan.json", "No such file"),
    ):
        told = plans.apply("a.com", plan_in=str(path))
        assert told.failed and f"{path} cannot be read: {said}" in told["msg"]
    assert emu.journal == []


def test_every_fault_is_told_at_once(plans: Plans) -> None:
    plans.make("a.com")
    plans.edit(lambda found: found.update(network="other.com", made="2026-07-01T00:00:00Z"))
    told = plans.apply("a.com", webapp_id=3)
    assert all(said in told["msg"] for said in ("another network", "another web app: 2", "too old"))


@pytest.mark.parametrize(
    ("seconds", "max_age", "failed"), [(60, 60, False), (61, 60, True), (86400, None, False), (86401, None, True)]
)
def test_age_is_measured_by_plan_max_age(
    plans: Plans, clock: Clock, seconds: int, max_age: int | None, failed: bool
) -> None:
    plans.make("a.com")
    clock.seconds += seconds - (clock.now() - START).total_seconds()
    plans.edit(
        lambda found: found.update(made=(clock.now() - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    )
    assert plans.apply("a.com", plan_max_age=max_age).failed is failed


def test_a_clock_that_is_a_little_behind_is_no_fault(plans: Plans) -> None:
    plans.make("a.com")
    plans.edit(lambda found: found.update(made="2026-07-18T12:05:00Z"))
    assert not plans.apply("a.com").failed


@pytest.mark.parametrize(
    ("options", "said"),
    columns(
        [
            ("both", {"plan_out": "/tmp/x"}, "plan_out and plan_in are different things"),
            (
                "adopt",
                {"adopt": True, "state_dir": "/tmp/x"},
                "plan_in is for a converging run: leave it out of adopt.",
            ),
            (
                "restore",
                {"domains": None, "restore": "/tmp/x"},
                "plan_in is for a converging run: leave it out of restore.",
            ),
            ("relative", {"plan_in": "plan.json"}, "plan_in must be an absolute path, not 'plan.json'"),
            ("empty", {"plan_in": ""}, "plan_in must be an absolute path, not ''"),
            ("no age", {"plan_max_age": 0}, "plan_max_age must be a number of seconds from 1"),
            ("a long age", {"plan_max_age": 10**12}, "plan_max_age must be a number of seconds from 1"),
            ("earlier actions", {"planned_before": [{"name": "x"}]}, "planned_before needs plan_out"),
        ]
    ),
)
def test_options_that_do_not_go_together(plans: Plans, emu: Emulator, options: dict[str, Any], said: str) -> None:
    plans.make("a.com")
    emu.clear_journal()
    told = plans.apply("a.com", **options)
    assert told.failed and said in told["msg"] and emu.journal == []


def test_earlier_actions_of_another_shape_are_refused(plans: Plans, emu: Emulator) -> None:
    told = plans.make("a.com", planned_before=[{"name": "x"}])
    assert told.failed and "planned_before[0] is no action of a plan." in told["msg"] and emu.journal == []


# -- a file that cannot be written -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "said"),
    columns(
        [
            ("a missing folder", "missing/plan.json", "does not exist. Make it first."),
            ("below a file", "file/plan.json", "is no folder. Make it first."),
            ("a folder", "folder", "is there and is no saved plan"),
            ("a pipe", "pipe", "is there and is no saved plan"),
            ("another document", "file", "is there and is no saved plan"),
            ("a link to nothing", "link", "is there and is no saved plan"),
        ]
    ),
)
@pytest.mark.parametrize("check", [True, False])
def test_a_place_that_cannot_be_written_is_told_before_the_first_call(
    plans: Plans, emu: Emulator, tmp_path: Path, place: str, said: str, check: bool
) -> None:
    (tmp_path / "file").write_text('{"format": "mine"}')
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nothing")
    told = plans.make("a.com", plan_out=str(tmp_path / place), check=check)
    assert told.failed and said in told["msg"] and told["msg"].startswith("Nothing was changed. plan_out: ")
    assert emu.journal == [] and (tmp_path / "file").read_text() == '{"format": "mine"}'


def test_the_plan_of_another_network_or_app_is_not_written_over(plans: Plans, emu: Emulator) -> None:
    seed(emu, {"webapp_id": 3, "name": "other.com"}, webapps=[{"id": 2}, {"id": 3}])
    plans.make("a.com")
    text = plans.path.read_text()
    for options in ({"webapp_id": 3}, {"network": "other.com", "domains": [{"name": "other.com"}]}):
        told = plans.make("a.com", **options)
        assert told.failed and "holds the plan of another network or web app" in told["msg"]
        assert "plans/{{ inventory_hostname }}.json" in told["msg"] and plans.path.read_text() == text


@pytest.mark.parametrize("when", [1, 2])
def test_of_two_networks_side_by_side_with_one_path_the_second_is_refused(
    plans: Plans, emu: Emulator, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    """The other one's file comes after the first look, or after the last one."""
    store = plugin("module_utils._plan_store")
    look, other = (
        store.PlanOut.faults,
        json.dumps({"format": "wpmultisite.plan/1", "network": "other.com", "target": {}}),
    )
    looks = iter(range(1, 3))

    def then_another(self: Any) -> Any:
        found = look(self)
        if next(looks) == when:
            plans.path.write_text(other)
        return found

    monkeypatch.setattr(store.PlanOut, "faults", then_another)
    told = plans.make("a.com", check=False)
    assert told.failed and "holds the plan of another network" in told["msg"] and told["complete"] is True
    assert plans.path.read_text() == other and writes(emu) == [("POST", "a.com")]
    assert list(plans.path.parent.iterdir()) == [plans.path]


@pytest.mark.parametrize("links", [True, False])
def test_nobody_sees_a_plan_that_is_not_whole(plans: Plans, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """Also on a file system that knows no links."""
    whole, seen = os.fsync, []

    def fsync(file: int) -> None:
        seen.append(plans.path.exists())
        whole(file)

    def link(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", fsync)
    if not links:
        monkeypatch.setattr(os, "link", link)
    assert not plans.make("a.com").failed and seen == [False]
    assert list(plans.path.parent.iterdir()) == [plans.path] and json.loads(plans.path.read_text())["actions"]


@pytest.mark.parametrize("check", [True, False])
def test_a_disk_that_is_full_harms_no_converge(
    plans: Plans, emu: Emulator, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plugin("module_utils._plan_store"), "put", full)
    told = plans.make("a.com", check=check)
    assert told.failed and "The plan is not saved. plan_out: " in told["msg"] and "No space left" in told["msg"]
    assert told["complete"] is True and told.names("added") == ["a.com"] and "plan_file" not in told
    assert writes(emu) == ([] if check else [("POST", "a.com")]) and list(plans.path.parent.iterdir()) == []
