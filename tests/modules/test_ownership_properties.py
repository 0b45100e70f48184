# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every history of one web app: runs, kills, people in the panel, a multisite that changes, time that passes.

Every run is the whole module against the emulator, with its files on disk; what the multisite wants is resolved from a
random snapshot by the filter's own code. What is ours, and since when a name is missing, is kept a second time here.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import resolve
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.cases.rows import blog, mapping, snapshot
from tests.emulator import Emulator, Entry
from tests.modules.harness import APP, NETWORK, Result, Runner, seed
from tests.modules.kills import Fuse, Killed
from tests.modules.memory import Remembered

TAKEN = "taken.com"  # another web app holds it
KEPT, PROTECTED, IGNORED = "kept.com", "safe.com", "hush.com"
# Few names, so that each meets many fates.
PLAIN = [f"c{number}.com" for number in range(3)]
NAMES = [*PLAIN, *PLAIN, *PLAIN, TAKEN, KEPT, PROTECTED, IGNORED]
LISTS = ("added", "updated", "removed", "differs", "waiting", "kept", "covered", "due", "refused", "notes")
COUNTED: Counter[str] = Counter()

MAPPINGS = st.lists(
    st.tuples(
        st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([name, name, name, f"www.{name}"])),
        st.sampled_from(["done"] * 4 + ["checking-dns", "failed", "parking"]),
        st.sampled_from([1, 1, 1, 1, 0]),
    ),
    unique_by=lambda row: str(row[0]),
    min_size=1,
    max_size=6,
)
POLICIES = st.sampled_from(
    [("keep", "keep")] * 3 + [("always", "keep"), ("never", "keep"), ("keep", "canonical"), ("keep", "none")]
)
FLAGS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["alias", "alias", "alias", "redirect"]),
        "www": st.booleans(),
        "redirection": st.sampled_from(["none", "none", "www", "non-www"]),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "ownership": st.sampled_from(["ledger"] * 4 + ["all", "none"]),
        "repair": st.sampled_from([True, True, False]),
        "purge": st.sampled_from([True, True, False]),
        "grace_period": st.sampled_from([0, 0, 0, 3600, 86400]),
        "min_absences": st.sampled_from([1, 2, 2, 2, 3]),
        "max_adds": st.sampled_from([2] + [50] * 9),
        "max_updates": st.sampled_from([1] + [10] * 9),
        "max_removals": st.sampled_from([1] + [5] * 9),
        "max_removals_percent": st.sampled_from([10] + [100] * 9),
        "overrides": st.sampled_from([[], [], [{"name": "c1.com", "www": True}], [{"name": "c0.com", "www": False}]]),
    }
)


class World:
    """The emulator and the state directory, which can be put back to an earlier moment."""

    def __init__(self, run: Runner, emu: Emulator, remembered: Remembered) -> None:
        self.run, self.emu, self.memory = run, emu, remembered

    def begin(self) -> None:
        """A web app with its primary, another one that holds a name, and no memory."""
        self.emu.reset()
        seed(self.emu, webapps=[{"id": 2, "name": "network"}, {"id": 3, "name": "other"}])
        self.emu.put_domain(3, TAKEN)
        shutil.rmtree(self.memory.folder, ignore_errors=True)
        self.run.clock.reset()

    def moment(self) -> Any:
        """All that a run may change."""
        folder = self.memory.folder
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with self.emu.lock:
            return copy.deepcopy(self.emu.world), files, folder.exists()

    def back_to(self, moment: Any) -> None:
        """As it was then."""
        world, files, existed = moment
        with self.emu.lock:
            self.emu.world = copy.deepcopy(world)
        shutil.rmtree(self.memory.folder, ignore_errors=True)
        if existed:
            (self.memory.folder / "backups").mkdir(parents=True)
        for name, content in files.items():
            (self.memory.folder / name).write_bytes(content)

    def rows(self) -> dict[int, dict[str, Any]]:
        """The records by their numbers."""
        return {row["id"]: row for row in self.emu.domains(2)}

    def named(self, name: str) -> dict[str, Any] | None:
        """The record of a name."""
        return next((row for row in self.rows().values() if row["name"] == name), None)

    def entries(self) -> dict[str, dict[str, Any]]:
        """The stored ledger's entries by name."""
        return self.memory.entries() if self.memory.path.exists() else {}

    def owned(self) -> dict[str, int]:
        """Name → number of what the stored ledger owns."""
        return {name: row["id"] for name, row in self.entries().items() if row["how"] != "intended"}

    def backups(self) -> list[Path]:
        """The stored listings, oldest first."""
        return sorted((self.memory.folder / "backups").glob("*.json"))

    def timeless(self) -> Any:
        """Records and ledger without ids and times, to be compared."""
        entries = {
            name: {**row, "id": None, "since": None, "missing_since": row["missing_since"] is not None}
            for name, row in self.entries().items()
        }
        keys = ("name", "type", "www", "redirection")
        return sorted([str(row[key]) for key in keys] for row in self.rows().values()), entries

    def __call__(
        self, options: Mapping[str, Any], check: bool = False, kill: int | None = None
    ) -> tuple[Result, list[Entry], int]:
        """One run, what the panel was asked, and how many steps it took; killed before a step, the result is empty."""
        given = {"write_interval": 0, **self.memory.options, **options}
        self.emu.clear_journal()
        COUNTED["runs"] += 1
        result = Result()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", lambda _: None)
            fuse = Fuse(patch, kill)
            try:
                result = self.run("domains", check=check, **given)
            except Killed:
                COUNTED["kills"] += 1
        journal = list(self.emu.journal)
        COUNTED["requests and saves"] += fuse.steps
        COUNTED.update(entry.method for entry in journal if entry.method != "GET")
        COUNTED["stopped runs"] += bool(result.get("stops"))
        return result, journal, fuse.steps


class History(RuleBasedStateMachine):
    """One web app's life. ``ours``: numbers of records that we added or took over; ``maybe``: a person made just the record that
    a killed run meant to make; ``absent``: since when (seconds) and in how many reads an owned name was missing.
    """

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.mappings: list[tuple[str, str, int]] = []
        self.policy = ("keep", "keep")
        self.ours: set[int] = set()
        self.maybe: set[int] = set()
        self.absent: dict[str, tuple[float, int]] = {}

    # -- people, time and the multisite ------------------------------------------------------------------------------

    @initialize(rows=st.dictionaries(st.sampled_from([*PLAIN, KEPT, IGNORED]), FLAGS, max_size=3), mappings=MAPPINGS)
    def begin(self, rows: dict[str, dict[str, Any]], mappings: list[tuple[str, str, int]]) -> None:
        for name, flags in rows.items():
            self._hand_adds(name, flags)
        self.mappings = mappings

    @rule(mappings=MAPPINGS, policy=POLICIES)
    def the_multisite_changes(self, mappings: list[tuple[str, str, int]], policy: tuple[str, str]) -> None:
        self.mappings, self.policy = mappings, policy

    @rule(row=MAPPINGS.map(lambda rows: rows[0]))
    def a_customer_comes(self, row: tuple[str, str, int]) -> None:
        self.mappings = [*(other for other in self.mappings if other[0] != row[0]), row]

    @rule(do=st.sampled_from(["add", "edit", "edit", "remove", "again"]), name=st.sampled_from(NAMES), flags=FLAGS)
    def a_person_in_the_panel(self, do: str, name: str, flags: dict[str, Any]) -> None:
        if do in ("remove", "again") and self.world.named(name) is not None:
            self.world.emu.drop_domain(2, name)
        if do in ("add", "again") and name != TAKEN:
            self._hand_adds(name, flags)
        elif do == "edit" and self.world.named(name) is not None:
            self.world.emu.edit_domain(2, name, **flags)

    def _hand_adds(self, name: str, flags: dict[str, Any]) -> None:
        if self.world.named(name) is None:
            pending = self.world.entries().get(name, {}).get("pending")
            self.world.emu.put_domain(2, name, **flags)
            if pending and pending["action"] == "add" and pending["flags"] == flags:
                self.maybe.add(self._number(name))

    def _number(self, name: str) -> int:
        row = self.world.named(name)
        assert row is not None
        return int(row["id"])

    @rule(
        options=OPTIONS,
        pick=st.integers(0, 7),
        hours=st.sampled_from([0, 1, 23, 24, 25]),
        kill=st.none() | st.integers(0, 60),
        comes_back=st.booleans(),
    )
    def a_customer_leaves_and_time_passes(
        self, options: dict[str, Any], pick: int, hours: int, kill: int | None, comes_back: bool
    ) -> None:
        owned = [row for row in self.mappings if row[0] in self.world.owned()]
        gone = [owned[pick % len(owned)]] if owned else []
        self.mappings = [row for row in self.mappings if row not in gone]
        for _ in range(2):
            self._converge(self._options({**options, "purge": True}), kill)
            self.world.run.clock.seconds += hours * 3600
        if comes_back:
            self.mappings += gone
            self._converge(self._options(options), kill)

    @rule(options=OPTIONS, pick=st.integers(0, 7), flags=FLAGS, kill=st.none() | st.integers(0, 60))
    def a_person_changes_what_is_ours(
        self, options: dict[str, Any], pick: int, flags: dict[str, Any], kill: int | None
    ) -> None:
        names = sorted(name for name in self.world.owned() if name != NETWORK and self.world.named(name))
        if names:
            self.world.emu.edit_domain(2, names[pick % len(names)], **flags)
        self._converge(self._options(options), kill)

    @rule(seldom=st.integers(0, 9))
    def the_memory_is_lost(self, seldom: int) -> None:
        if seldom:
            return
        shutil.rmtree(self.world.memory.folder, ignore_errors=True)
        self.ours, self.maybe, self.absent = set(), set(), {}

    # -- runs -------------------------------------------------------------------------------------------------------

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        rows = [
            mapping(id, domain, stage=stage, active=active)
            for id, (domain, stage, active) in enumerate(self.mappings, 1)
        ]
        desired = resolve(snapshot([blog(2, f"two.{NETWORK}")], rows), Policy(*self.policy))
        assert desired["refused"] == []
        options = {**options, "purge": bool(options.get("purge")) and options.get("ownership") != "none"}
        return {
            "network": NETWORK,
            "domains": desired["domains"],
            "subdomain_install": True,
            **options,
            "keep": [KEPT, *desired["keep"]],
            "protected": [PROTECTED],
            "overrides": [*options.get("overrides", []), {"name": IGNORED, "ignore": True}],
        }

    @rule(options=OPTIONS)
    def a_run(self, options: dict[str, Any]) -> None:
        self._converge(self._options(options), None)

    @rule(options=OPTIONS, kill=st.integers(0, 60))
    def a_run_that_is_killed_and_run_again(self, options: dict[str, Any], kill: int) -> None:
        self._converge(self._options(options), kill)

    @rule(
        options=OPTIONS,
        kill=st.integers(4, 14),
        name=st.sampled_from(PLAIN),
        settled=st.booleans(),
        flags=st.just({"type": "alias", "www": False, "redirection": "none"}) | FLAGS,
    )
    def a_run_that_is_killed(
        self, options: dict[str, Any], kill: int, name: str, settled: bool, flags: dict[str, Any]
    ) -> None:
        if self.world.named(name) is not None:
            self.world.emu.drop_domain(2, name)
        self.a_customer_comes((name, "done", 1))
        given, before = self._options(options), self.world.moment()
        told, journal, _ = self.world(given, kill=kill)
        self._claim(journal)
        self._only_what_may_be(given, journal, before)
        if told:
            self._ended(given, told)
            return
        # While a write is open, a person makes that very record; or a run that may not write comes first and settles it.
        pending = [name for name, entry in self.world.entries().items() if entry["pending"]]
        COUNTED["kills in the middle of a write"] += bool(pending)
        if settled:
            self.a_paused_run(options)
        for name in pending:
            if self.world.named(name) is None:
                self._hand_adds(name, flags)

    @rule(options=OPTIONS)
    def a_paused_run(self, options: dict[str, Any]) -> None:
        before = self.world.moment()
        held = {"reason": "moving", "since": "2026-07-01"}
        told, journal, _ = self.world({**self._options(options), "paused": held})
        assert "paused" in told or told["stops"]
        assert [entry for entry in journal if entry.method != "GET"] == []
        assert self.world.moment()[0].data == before[0].data
        assert all(row["pending"] is None for row in self.world.entries().values())

    @rule(options=OPTIONS)
    def adopt(self, options: dict[str, Any]) -> None:
        before, owned = self.world.moment(), self.world.owned()
        given = {**self._options({}), "adopt": True, "ownership": options["ownership"]}
        foreseen, *_ = self.world(given, check=True)
        told, journal, _ = self.world(given)
        assert foreseen["adopted"] == told["adopted"] and not told.failed
        assert [entry for entry in journal if entry.method != "GET"] == []
        assert self.world.moment()[0].data == before[0].data
        self.ours |= {self._number(name) for name in told.names("adopted")}
        wanted = {row["name"] for row in given["domains"] if row["class"] != "keep"} - {KEPT, IGNORED}
        there = {str(row["name"]) for row in self.world.rows().values()}
        assert wanted & there <= set(self.world.owned())
        assert all(owned.get(name) != self._number(name) for name in told.names("adopted"))
        # Right after it nothing is to be changed or removed under the keep policies, but what we added ourselves.
        self.absent = {name: count for name, count in self.absent.items() if name in self.world.owned()}
        if self.policy == ("keep", "keep"):
            after, *_ = self.world({**self._options({}), "ownership": "ledger"}, check=True)
            added = {name for name, row in self.world.entries().items() if row["how"] == "added"}
            assert set(after.names("updated")) <= added and after["removed"] == []

    @rule(number=st.integers(0, 3))
    def restore(self, number: int) -> None:
        backups = self.world.backups()
        if not backups:
            return
        path = backups[number % len(backups)]
        stored, owned = json.loads(path.read_text(encoding="utf-8"))["domains"], self.world.owned()
        given = {"restore": str(path), "keep": [KEPT], "max_updates": 50}
        foreseen, *_ = self.world(given, check=True)
        told, journal, _ = self.world(given)
        alike(foreseen, told)
        assert [entry for entry in journal if entry.method == "DELETE"] == []
        for name in told.names("added"):
            if name in owned:
                self.ours.add(self._number(name))
        assert set(self.world.owned()) <= set(owned) | {name for name, row in self._intended()}
        if told.get("stops"):
            return
        left = {*told.names("refused"), *told.names("kept")}
        for row in stored:
            if row["name"] not in left:
                found = self.world.named(row["name"])
                assert found is not None
                assert {key: found[key] for key in ("type", "www", "redirection")} == {
                    key: row[key] for key in ("type", "www", "redirection")
                }
        again, journal, _ = self.world(given)
        assert not again["changed"] and [entry for entry in journal if entry.method not in ("GET",)] == []

    def _intended(self) -> list[tuple[str, dict[str, Any]]]:
        return [(name, row) for name, row in self.world.entries().items() if row["id"] in self.ours | self.maybe]

    def _converge(self, given: dict[str, Any], kill: int | None) -> None:
        before = self.world.moment()
        foreseen, looked, _ = self.world(given, check=True)
        assert [entry for entry in looked if entry.method != "GET"] == [] and same(self.world.moment(), before)
        told, journal, steps = self.world(given)
        alike_but_refused(foreseen, told)
        if kill is not None:
            whole = self.world.timeless()
            self.world.back_to(before)
            _, first, _ = self.world(given, kill=kill % steps)
            self._claim(first)
            self._only_what_may_be(given, first, before)
            told, second, _ = self.world(given)
            assert self.world.timeless() == whole
            journal = first + second
        self._claim(journal)
        self._only_what_may_be(given, journal, before)
        self._ended(given, told)
        self._nothing_left(given, told)

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _claim(self, journal: list[Entry]) -> None:
        for entry in journal:
            if entry.method == "POST" and entry.status == 200:
                self.ours.add(self._number(entry.body["name"]))

    def _only_what_may_be(self, given: dict[str, Any], journal: list[Entry], before: Any) -> None:
        rows = {domain.id: domain for domain in before[0].domains(2)}
        kinds = Counter(entry.method for entry in journal if entry.status == 200)
        assert kinds["POST"] <= given["max_adds"] and kinds["PATCH"] <= given["max_updates"]
        share = max(2, -(-sum(row.type == "alias" for row in rows.values()) * given["max_removals_percent"] // 100))
        assert kinds["DELETE"] <= min(given["max_removals"], share)
        assert given["purge"] or not kinds["DELETE"]
        wanted = {row["name"] for row in given["domains"] if row["class"] != "keep"}
        now = self.world.run.clock.seconds
        for entry in journal:
            if entry.method == "GET":
                continue
            if entry.method == "POST":
                name = entry.body["name"]
                assert entry.status == 422 or name not in {row.name for row in rows.values()}
                assert name not in (KEPT, IGNORED)
                continue
            row = rows[int(entry.path[len(APP + "/domains/") :].split("/")[0])]
            assert row.name not in (KEPT, IGNORED) and given["ownership"] != "none"
            if given["ownership"] == "ledger":
                assert row.id in self.ours | self.maybe, "a foreign record was written"
            if entry.method == "DELETE":
                assert row.type == "alias" and row.name not in wanted | {PROTECTED, NETWORK}
                since, reads = self.absent.get(row.name, (now, 0))
                if row.id in self.ours | self.maybe:
                    assert reads + 1 >= given["min_absences"] and now - since >= given["grace_period"]
                else:
                    assert given["grace_period"] == 0 and given["min_absences"] == 1

    def _ended(self, given: dict[str, Any], told: Result) -> None:
        """Count the read as the contract says: only a run that was neither stopped nor killed."""
        if told.get("stops"):
            return
        held = {KEPT, PROTECTED, IGNORED, *given["keep"]}
        for row in given["domains"]:
            held |= {row["name"], f"www.{row['name']}", row["name"].removeprefix("www.")}
        now, owned = self.world.run.clock.seconds, self.world.owned()
        for name in owned:
            since, reads = self.absent.get(name, (now, 0))
            self.absent[name] = (since, reads + 1)
        self.absent = {name: count for name, count in self.absent.items() if name in owned and name not in held}
        there = {number for number in self.world.rows() if number in self.ours}
        assert there <= set(owned.values()), "what we added or took over was forgotten"

    def _nothing_left(self, given: dict[str, Any], told: Result) -> None:
        if told.get("stops"):
            return
        after, *_ = self.world(given, check=True)
        assert set(after.names("added")) <= {TAKEN} and after["updated"] == []
        # A second read makes names due that were not yet.
        for name in after.names("removed"):
            assert self.absent[name][1] == given["min_absences"] - 1

    @invariant()
    def nothing_foreign_is_claimed(self) -> None:
        COUNTED["steps of histories"] += 1
        numbers = set(self.world.rows())
        assert {number for number in self.world.owned().values() if number in numbers} <= self.ours | self.maybe

    @invariant()
    def the_absences_are_counted(self) -> None:
        for name, row in self.world.entries().items():
            if row["how"] != "intended" and row["id"] in self.ours:
                assert row["missing_reads"] == self.absent.get(name, (0, 0))[1], name

    @invariant()
    def the_primary_survives(self) -> None:
        row = self.world.named(NETWORK)
        assert row is not None and row["type"] == "primary"


def same(one: Any, other: Any) -> bool:
    """Whether nothing was changed between two moments."""
    return bool(one[0].data == other[0].data and one[1:] == other[1:])


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """The same lists, ids aside, which check mode cannot know."""
    for key in (*LISTS, "stops", "changed", "complete"):
        assert without_ids(one.get(key)) == without_ids(other.get(key)), key


def alike_but_refused(foreseen: dict[str, Any], told: dict[str, Any]) -> None:
    """Check mode cannot know that the panel refuses the name that another web app holds; all else it says as it will be."""
    foreseen, told = dict(foreseen), dict(told)
    if not told.get("stops"):
        foreseen["added"] = [entry for entry in foreseen["added"] if entry["name"] != TAKEN]
        told["refused"] = [entry for entry in told["refused"] if entry["name"] != TAKEN]
        foreseen["changed"] = bool(foreseen["added"] or foreseen["updated"] or foreseen["removed"])
    alike(foreseen, told)


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [{key: row[key] for key in row if key != "id"} if isinstance(row, dict) else row for row in value]
    return value


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """How much was tried, where everyone sees it."""
    yield
    record_property("figures", ", ".join(f"{count} {what}" for what, count in sorted(COUNTED.items())))


def test_every_history(run: Runner, emu: Emulator, remembered: Remembered, figures: None) -> None:
    class Here(History):
        world = World(run, emu, remembered)

    ways = settings(
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        max_examples=50,
        stateful_step_count=20,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=ways)
