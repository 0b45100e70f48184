# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every history of one web app: runs, kills, people in the panel, a source that changes, time that passes.

The module's own ``converge`` runs against a panel and a state directory in memory; what is ours, and since when a name is
missing, is kept a second time by the test.
"""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ledger import Ledger, Target, dump, load
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._memory import Memory
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._state import State, listing
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wishes import read_options, restored
from ansible_collections.wpmultisite.runcloud.plugins.modules import runcloud_domains
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

NETWORK = "network.com"
START = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
TARGET = Target("https://panel.test/api", 1, 2)
TAKEN = "taken.com"  # another web app holds it
KEPT, PROTECTED, IGNORED = "kept.com", "safe.com", "hush.com"
NAMES = [*(f"c{number}.com" for number in range(6)), TAKEN, KEPT, PROTECTED, IGNORED]
COUNTED: Counter[str] = Counter()
Rows = dict[int, Record]


class Killed(BaseException):
    """The process ends here."""


class Fuse:
    """Counts the steps of a run that leave a trace outside of it, and ends it before the given one."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.steps = at, 0

    def step(self) -> None:
        """One more."""
        if self.steps == self.at:
            raise Killed
        self.steps += 1


class Panel:
    """The methods of _api.App on a dict. ``log``: what was done, with the record as it was before."""

    no_edit = ""

    def __init__(self, rows: Rows, fuse: Fuse) -> None:
        self.rows, self.fuse = rows, fuse
        self.client = SimpleNamespace(calls=Counter())
        self.log: list[tuple[str, Record]] = []

    def _call(self, verb: str) -> None:
        self.fuse.step()
        self.client.calls[verb] += 1

    def records(self) -> list[Record]:
        self._call("GET")
        return list(self.rows.values())

    def one(self, record_id: int) -> Record | None:
        self._call("GET")
        return self.rows.get(record_id)

    def read(self) -> dict[str, Any]:
        self._call("GET")
        return {"id": 2, "name": "network"}

    def server(self) -> dict[str, Any]:
        self._call("GET")
        return {"id": 1, "connected": True, "online": True}

    def others(self) -> Iterator[tuple[dict[str, Any], list[Record]]]:
        self._call("GET")
        yield {"id": 3, "name": "other"}, [Record(900, TAKEN, "alias", False, "none")]

    def add(self, name: str, www: bool, redirection: str, type: str) -> Record | None:
        self._call("POST")
        if name == TAKEN or name in {row.name for row in self.rows.values()}:
            raise ApiError("POST", "/domains", 422, "The name has already been taken.")
        record = Record(max(self.rows, default=700) + 1, name, type, www, redirection)
        self.rows[record.id] = record
        self.log.append(("add", record))
        return record

    def edit(self, record_id: int, www: bool, redirection: str, type: str) -> None:
        self._call("PATCH")
        self.log.append(("update", self.rows[record_id]))
        self.rows[record_id] = self.rows[record_id]._replace(www=www, redirection=redirection, type=type)

    def remove(self, record_id: int) -> None:
        self._call("DELETE")
        self.log.append(("remove", self.rows.pop(record_id)))


class Disk(State):
    """A state directory in memory."""

    def __init__(self, files: dict[str, str], fuse: Fuse) -> None:
        super().__init__("/memory/network", NETWORK, TARGET)
        self.files, self.fuse = files, fuse

    def load(self) -> Ledger | None:
        text = self.files.get("ledger")
        return load(json.loads(text), NETWORK, TARGET) if text is not None else None

    def prepare(self) -> None:
        self.fuse.step()

    def save(self, ledger: Ledger) -> None:
        self.fuse.step()
        self.files["ledger"] = json.dumps(dump(ledger))

    def backup(self, records: Sequence[Record], now: datetime) -> str:
        self.fuse.step()
        self.files["backup"] = json.dumps(listing(NETWORK, TARGET, records, now))
        return "backup"

    def owned_elsewhere(self) -> dict[str, str]:
        return {}


class World:
    """The panel's rows and the files, which a run changes."""

    def __init__(self) -> None:
        self.rows: Rows = {701: Record(701, NETWORK, "primary", True, "none")}
        self.files: dict[str, str] = {}

    def entries(self) -> dict[str, dict[str, Any]]:
        """The stored ledger's entries by name."""
        return {row["name"]: row for row in json.loads(self.files.get("ledger", '{"domains": []}'))["domains"]}

    def owned(self) -> set[str]:
        """The names that the stored ledger owns."""
        return {name for name, row in self.entries().items() if row["how"] != "intended"}

    def timeless(self) -> Any:
        """All but ids and times, to be compared."""
        entries = {
            name: {**row, "since": None, "missing_since": row["missing_since"] is not None}
            for name, row in self.entries().items()
        }
        return sorted((row.name, str(row.flags())) for row in self.rows.values()), entries

    def run(
        self, now: datetime, options: Mapping[str, Any], check: bool = False, kill: int | None = None
    ) -> tuple[dict[str, Any], Panel]:
        """One run of the module, or as much of it as the kill leaves: then the result is empty."""
        checked = ArgumentSpecValidator(runcloud_domains.OPTIONS).validate({"state_dir": "/memory/network", **options})
        assert checked.error_messages == []
        params = checked.validated_parameters
        wishes, policy, faults = read_options(params, "")
        assert faults == []
        if params["restore"]:
            policy = policy._replace(network=NETWORK)
            wishes = restored(json.loads(self.files["backup"])["domains"])
        fuse = Fuse(kill)
        panel, disk = Panel(self.rows, fuse), Disk(self.files, fuse)
        module = SimpleNamespace(params=params, check_mode=check, _diff=False)
        COUNTED["runs"] += 1
        try:
            memory = Memory(disk, NETWORK, TARGET, now, check)
            told = runcloud_domains.converge(module, panel, memory, wishes, policy)  # type: ignore[arg-type]
        except Killed:
            COUNTED["kills"] += 1
            return {}, panel
        finally:
            COUNTED["calls and saves"] += fuse.steps
            COUNTED.update(f"{kind}s" for kind, _ in panel.log)
        COUNTED["stopped"] += bool(told.get("stops"))
        return {"steps": fuse.steps, **told}, panel


WISHES = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(NAMES[:6] + NAMES),
            "class": st.sampled_from(["ensure"] * 5 + ["keep", "protected"]),
            "www": st.sampled_from(["keep", "keep", "avoid", "true", "false"]),
            "redirection": st.sampled_from(["keep", "keep", "none", "non-www"]),
            "forms": st.sampled_from(["naked", "both"]),
        }
    ),
    unique_by=lambda wish: str(wish["name"]),
    min_size=3,
    max_size=9,
)
FLAGS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["alias", "alias", "redirect"]),
        "www": st.booleans(),
        "redirection": st.sampled_from(["none", "www", "non-www"]),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "ownership": st.sampled_from(["ledger", "ledger", "all"]),
        "repair": st.booleans(),
        "purge": st.sampled_from([True, True, False]),
        "grace_period": st.sampled_from([0, 0, 3600, 86400]),
        "min_absences": st.sampled_from([1, 2, 2, 3]),
        "max_adds": st.sampled_from([2] + [50] * 5),
        "max_updates": st.sampled_from([1] + [10] * 5),
        "max_removals": st.sampled_from([1] + [5] * 5),
        "max_removals_percent": st.sampled_from([10] + [100] * 5),
        "overrides": st.sampled_from([[], [], [{"name": "c1.com", "www": True}], [{"name": "c0.com", "www": False}]]),
    }
)
LISTS = ("added", "updated", "removed", "differs", "waiting", "kept", "covered", "due", "notes")


def told_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """The same lists, ids aside, which check mode cannot know."""
    for key in (*LISTS, "stops", "changed"):
        assert without_ids(one.get(key)) == without_ids(other.get(key)), key


def unread(record: Record) -> dict[str, Any]:
    """The fields that a restore ignores, as the record has them."""
    return {key: value for key, value in record._asdict().items() if key not in ("name", "type", "www", "redirection")}


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [{key: row[key] for key in row if key != "id"} if isinstance(row, dict) else row for row in value]
    return value


class History(RuleBasedStateMachine):
    """One web app's life. ``ours``: what we added or took over; ``absent``: since when and how often it was missing."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.now = World(), START
        self.source: list[dict[str, Any]] = []
        self.ours: set[str] = set()
        self.absent: dict[str, tuple[datetime, int]] = {}
        self.first: Record = self.world.rows[701]

    # -- people, time and the multisite ------------------------------------------------------------------------------

    @initialize(rows=st.dictionaries(st.sampled_from(NAMES[:6] + NAMES[7:]), FLAGS, max_size=3), source=WISHES)
    def begin(self, rows: dict[str, dict[str, Any]], source: list[dict[str, Any]]) -> None:
        for name, flags in rows.items():
            self.hand_adds(name, flags)
        self.source = source

    @rule(source=WISHES)
    def the_multisite_changes(self, source: list[dict[str, Any]]) -> None:
        self.source = source

    @rule(wish=WISHES.map(lambda wishes: wishes[0]))
    def a_customer_comes(self, wish: dict[str, Any]) -> None:
        self.source = [*(other for other in self.source if other["name"] != wish["name"]), wish]

    @rule(number=st.integers(0, 8))
    def a_customer_leaves(self, number: int) -> None:
        self.source = [wish for index, wish in enumerate(self.source) if index != number]

    @rule(options=OPTIONS, hours=st.sampled_from([1, 23, 24]))
    def time_passes_until_the_next_run(self, options: dict[str, Any], hours: int) -> None:
        self.now += timedelta(hours=hours)
        self._converge(self._options({**options, "purge": True}), None)

    @rule(do=st.sampled_from(["add", "edit", "edit", "remove"]), name=st.sampled_from(NAMES), flags=FLAGS)
    def a_person_in_the_panel(self, do: str, name: str, flags: dict[str, Any]) -> None:
        if do == "remove":
            self.hand_removes(name)
        elif do == "edit":
            self.hand_edits(name, flags)
        elif name != TAKEN:
            self.hand_adds(name, flags)

    def hand_adds(self, name: str, flags: dict[str, Any]) -> None:
        if self._row(name) is None:
            self.world.rows[max(self.world.rows) + 1] = Record(max(self.world.rows) + 1, name, **flags)

    def hand_edits(self, name: str, flags: dict[str, Any]) -> None:
        row = self._row(name)
        if row is not None:
            self.world.rows[row.id] = row._replace(**flags)

    def hand_removes(self, name: str) -> None:
        row = self._row(name)
        if row is not None:
            del self.world.rows[row.id]

    def _row(self, name: str) -> Record | None:
        return next((row for row in self.world.rows.values() if row.name == name), None)

    # -- runs -------------------------------------------------------------------------------------------------------

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        wishes = [{"name": NETWORK, "class": "protected"}, *self.source]
        people = [*options.get("overrides", []), {"name": IGNORED, "ignore": True}]
        lists = {"keep": [KEPT], "protected": [PROTECTED], "overrides": people}
        return {"network": NETWORK, "domains": wishes, **options, **lists}

    @rule(options=OPTIONS)
    def a_run(self, options: dict[str, Any]) -> None:
        self._converge(self._options(options), None)

    @rule(options=OPTIONS, kill=st.integers(0, 40))
    def a_run_that_is_killed_and_run_again(self, options: dict[str, Any], kill: int) -> None:
        self._converge(self._options(options), kill)

    @rule(options=OPTIONS, kill=st.integers(0, 40))
    def a_run_that_is_killed(self, options: dict[str, Any], kill: int) -> None:
        given = self._options(options)
        before = copy.deepcopy(self.world)
        told, panel = self.world.run(self.now, given, kill=kill)
        self._claimed(panel)
        self._only_what_may_be(given, panel, before)
        if told:
            self._ended(given, told)
        else:
            # With the values that were meant it is ours even if the answer never came; a person's may look the same.
            self.ours |= {name for name, row in self.world.entries().items() if row["how"] == "intended"}

    @rule(options=OPTIONS)
    def a_paused_run(self, options: dict[str, Any]) -> None:
        before = copy.deepcopy(self.world)
        told, _ = self.world.run(self.now, {**self._options(options), "paused": {"reason": "moving"}})
        assert "paused" in told or told["stops"]
        assert (self.world.rows, self.world.files) == (before.rows, before.files)

    @rule(options=OPTIONS)
    def adopt(self, options: dict[str, Any]) -> None:
        before = copy.deepcopy(self.world)
        given = {**self._options({}), "adopt": True, "ownership": options["ownership"]}
        foreseen, _ = copy.deepcopy(self.world).run(self.now, given, check=True)
        told, _ = self.world.run(self.now, given)
        assert foreseen["adopted"] == told["adopted"]
        assert self.world.rows == before.rows
        self.ours |= set(told["adopted"])
        wanted = {wish["name"] for wish in self.source if wish["class"] != "keep"} - {KEPT, IGNORED} | {NETWORK}
        assert self.world.owned() == before.owned() | {
            row.name for row in before.rows.values() if row.name in wanted
        } - (before.owned() - self.world.owned())
        # Right after it the plan is empty of everything but what is missing and what the wishes themselves say.
        after, _ = copy.deepcopy(self.world).run(self.now, self._options({}), check=True)
        explicit = {
            wish["name"]
            for wish in self.source
            if wish["www"] not in ("keep", "avoid") or wish["redirection"] != "keep"
        }
        assert {entry["name"] for entry in after["updated"]} <= explicit | self._added_by_us()

    @rule()
    def restore(self) -> None:
        if "backup" not in self.world.files:
            return
        before = copy.deepcopy(self.world)
        given = {"restore": "backup", "overrides": [], "max_updates": 50}
        foreseen, _ = copy.deepcopy(self.world).run(self.now, given, check=True)
        told, panel = self.world.run(self.now, given)
        told_alike(foreseen, told)
        assert [kind for kind, _ in panel.log if kind == "remove"] == []
        assert self.world.owned() <= set(before.entries())  # an addition that a kill left open is settled
        if told.get("stops"):
            return
        for row in json.loads(before.files["backup"])["domains"]:
            found = self._row(row["name"])
            told_of = {entry["name"] for entry in (*told["refused"], *told["differs"], *told["kept"])}
            nowhere = row["redirection"] == "www" and not row["www"]  # nobody is sent there again
            if row["name"] not in told_of:
                assert found is not None
                assert nowhere or found._asdict() == {**row, **unread(found)}

    def _converge(self, given: dict[str, Any], kill: int | None) -> None:
        before = copy.deepcopy(self.world)
        foreseen, looked = copy.deepcopy(self.world).run(self.now, given, check=True)
        assert looked.log == []
        whole = copy.deepcopy(self.world)
        told, panel = whole.run(self.now, given)
        told_alike_but_refused(foreseen, told)
        if kill is not None:
            _, first = self.world.run(self.now, given, kill=kill % told["steps"])
            self._claimed(first)
            self._only_what_may_be(given, first, before)
            again, second = self.world.run(self.now, given)
            assert self.world.timeless() == whole.timeless()
            panel.log = first.log + second.log
            told = again
        else:
            self.world = whole
        self._claimed(panel)
        self._only_what_may_be(given, panel, before)
        self._ended(given, told)
        self._nothing_left(given, told)

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _claimed(self, panel: Panel) -> None:
        self.ours |= {record.name for kind, record in panel.log if kind == "add"}

    def _added_by_us(self) -> set[str]:
        return {name for name, row in self.world.entries().items() if row["how"] == "added"}

    def _only_what_may_be(self, given: dict[str, Any], panel: Panel, before: World) -> None:
        kinds = Counter(kind for kind, _ in panel.log)
        assert kinds["add"] <= given["max_adds"] and kinds["update"] <= given["max_updates"]
        aliases = sum(row.type == "alias" for row in before.rows.values())
        share = max(2, -(-aliases * given["max_removals_percent"] // 100))
        assert kinds["remove"] <= min(given["max_removals"], share)
        assert given["purge"] or not kinds["remove"]
        held = {row.name for row in before.rows.values()}
        wanted = {wish["name"] for wish in given["domains"]}
        for kind, record in panel.log:
            assert record.name not in (KEPT, IGNORED, TAKEN)
            if kind == "add":
                assert record.name not in held
            elif given["ownership"] == "ledger":
                assert record.name in self.ours, "a foreign record was written"
            if kind == "remove":
                assert record.type == "alias" and record.name not in wanted | {PROTECTED, NETWORK}
                since, reads = self.absent.get(record.name, (self.now, 0))
                if record.name in before.owned() or given["ownership"] == "ledger":
                    assert reads + 1 >= given["min_absences"]
                    assert self.now - since >= timedelta(seconds=given["grace_period"])
                else:
                    assert given["grace_period"] == 0 and given["min_absences"] <= 1

    def _ended(self, given: dict[str, Any], told: dict[str, Any]) -> None:
        """Count the read as the contract says: only a run that was neither stopped nor killed."""
        if told.get("stops"):
            return
        wanted = {wish["name"] for wish in given["domains"]}
        self.ours &= self.world.owned()
        for name in self.ours:
            since, reads = self.absent.get(name, (self.now, 0))
            self.absent[name] = (since, reads + 1)
        self.absent = {name: self.absent[name] for name in self.ours - wanted}

    def _nothing_left(self, given: dict[str, Any], told: dict[str, Any]) -> None:
        if told.get("stops"):
            return
        after, _ = copy.deepcopy(self.world).run(self.now, given, check=True)
        assert {entry["name"] for entry in after["added"]} <= {TAKEN} and after["updated"] == []
        # A second read makes names due that were not yet.
        for entry in after["removed"]:
            assert self.absent[entry["name"]][1] == given["min_absences"] - 1

    @invariant()
    def nothing_foreign_is_claimed(self) -> None:
        COUNTED["steps of histories"] += 1
        assert self.world.owned() <= self.ours

    @invariant()
    def the_absences_are_counted(self) -> None:
        for name, row in self.world.entries().items():
            if row["how"] != "intended":
                assert row["missing_reads"] == self.absent.get(name, (None, 0))[1], name

    @invariant()
    def the_primary_survives(self) -> None:
        assert self.world.rows[701].type == "primary" and self.world.rows[701].name == NETWORK


def told_alike_but_refused(foreseen: dict[str, Any], told: dict[str, Any]) -> None:
    """Check mode cannot know that the panel refuses the name that another web app holds; all else it says as it will be."""
    foreseen = {**foreseen, "added": [entry for entry in foreseen["added"] if entry["name"] != TAKEN]}
    foreseen["changed"] = bool(foreseen["added"] or foreseen["updated"] or foreseen["removed"]) and not told.get(
        "stops"
    )
    if told.get("stops"):
        told = {**told, "added": [entry for entry in told["added"] if entry["name"] != TAKEN]}
    told_alike(foreseen, told)


History.TestCase.settings = settings(
    deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=60, stateful_step_count=25
)


@pytest.fixture(autouse=True)
def figures(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """How much was tried, where everyone sees it."""
    yield
    record_property("figures", ", ".join(f"{count} {what}" for what, count in sorted(COUNTED.items())))


TestHistory = History.TestCase
