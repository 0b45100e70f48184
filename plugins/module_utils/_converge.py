# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of runcloud_domains, from its checked options to its return values: converge, adopt or restore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from . import _backup
from ._api import App, Record
from ._apply import Outcome, Run, predict
from ._guards import surroundings, wrong_folder
from ._memory import Memory
from ._names import WWW, fold
from ._plan import Override, Plan, Policy, Wish, make_plan
from ._result import by_name, diff, failure_text, result
from ._state import State, backups_folder


class Options(NamedTuple):
    """What a run is asked for, besides its wishes and policy."""

    roots: Sequence[str] = ()
    state_dir: str | None = None
    backup: bool = True
    adopt: bool = False
    restore: str | None = None
    paused: str = ""  # why and since when; empty when the network is not held
    check_mode: bool = False
    diff: bool = False


def run(app: App, wishes: Sequence[Wish], policy: Policy, options: Options, now: datetime) -> dict[str, Any]:
    """One run; the module's return values, with ``msg`` when it failed.

    :raises ApiError: when reading failed; then nothing was written.
    :raises StateError: when the memory cannot be used; then nothing was written to the panel.
    """
    return _Run(app, wishes, policy, options, now).run()


class _Run:
    def __init__(self, app: App, wishes: Sequence[Wish], policy: Policy, options: Options, now: datetime) -> None:
        self.app, self.wishes, self.options = app, wishes, options
        self.rows: list[dict[str, Any]] = []
        if options.restore is not None:
            folder = backups_folder(options.state_dir) if options.state_dir else None
            network, self.rows = _backup.read(options.restore, policy.network or None, app.target, folder)
            policy = policy._replace(network=network, ownership="all", first_converge=False)
        state = State(options.state_dir, policy.network, app.target) if options.state_dir else None
        self.memory = Memory(
            state,
            policy.network,
            app.target,
            now,
            options.check_mode,
            wanted=_still_wanted(wishes, policy),
            # A narrowed run has not looked at everything; adopt and restore do not converge.
            counts=policy.only is None and not options.adopt and options.restore is None,
            # What a restore puts back was perhaps a person's: as ours it would be up for removal.
            claims=options.restore is None,
        )
        self.policy = policy._replace(now=now)

    def run(self) -> dict[str, Any]:
        records = self.app.records()
        self.notes = [
            "%s is not ours any more: its record was removed, and somebody made another one" % name
            for name in self.memory.begin(records)
        ]
        aliases = any(record.type == "alias" for record in records)
        if self.policy.ownership == "ledger" and aliases and not self.memory.survived:
            self.notes.append(
                "there is no ledger in %s yet, so no record that is there counts as ours (the playbook wpmultisite.runcloud.adopt takes them over)"
                % self.options.state_dir
            )
        plan = self._plan(records)
        return self._adopt(plan, records) if self.options.adopt else self._converge(plan, records)

    def _plan(self, records: list[Record]) -> Plan:
        policy = self.policy._replace(owned=self.memory.owned())
        if self.options.restore is not None:
            return _backup.restore_plan(self.rows, records, policy)
        return make_plan(self.wishes, records, policy)

    def _converge(self, plan: Plan, records: list[Record]) -> dict[str, Any]:
        stops = plan.stops + self._purge_stops()
        if plan.actions:
            stops += surroundings(self.app.server(), self.app.read(), self.options.roots)
        outcome, backup_file = predict(plan, records), None
        if stops:
            told = self._tell(plan, outcome, records, complete=False)
            return dict(told, changed=False, stops=stops, msg="Nothing was written. " + " ".join(stops))
        if self.options.paused:
            return dict(self._tell(plan, outcome, records), changed=False, paused=self.options.paused)
        if plan.actions and not self.options.check_mode:
            backup_file = self.memory.prepare(records, self.options.backup, self.options.restore)
            outcome = Run(self.app, plan, records, self.memory).apply()
        else:
            self.memory.end(records)
        told = self._tell(plan, outcome, records, complete=outcome.complete)
        if self.options.restore is not None and told["added"]:
            names = ", ".join(entry["name"] for entry in told["added"])
            told["notes"] = [*told["notes"], "certificates have to be issued again for %s" % names]
        if backup_file:
            told["backup_file"] = backup_file
        fault = failure_text(outcome)
        return dict(told, msg=fault) if fault else told

    def _adopt(self, plan: Plan, records: list[Record]) -> dict[str, Any]:
        """Take over the records of wanted names, as they are."""
        stops = []
        if fold(self.policy.network) not in {fold(record.name) for record in records}:
            stops.append("The web app does not serve %s, so it may be the wrong one." % self.policy.network)
        elif plan.matched and self.options.roots:
            stops += wrong_folder(self.app.read(), self.options.roots)
        taken: list[Record] = []
        refused: list[dict[str, Any]] = []
        if not stops and not self.options.paused:
            taken, refused = self.memory.adopt(plan.matched)
        left = _left_alone(self._plan(records))
        outcome = predict(left._replace(refused=refused), records)
        told = self._tell(left, outcome, records, complete=not stops)
        told["changed"] = bool(taken)
        told["adopted"] = [dict(record.flags(), name=record.name) for record in by_name(taken)]
        if stops:
            return dict(told, stops=stops, msg="Nothing was taken over. " + " ".join(stops))
        if self.options.paused:
            return dict(told, paused=self.options.paused)
        if not refused:
            return told
        names = " ".join("%(name)s: %(reason)s." % entry for entry in refused)
        return dict(told, msg="%d of the names could not be taken over. %s" % (len(refused), names))

    def _purge_stops(self) -> list[str]:
        """Why nothing may be removed by this memory: one that did not survive does not know since when a name is missing."""
        policy = self.policy
        if not policy.purge or self.memory.survived or (policy.grace_period == 0 and policy.min_absences == 1):
            return []
        return [
            "purge: there is no ledger, so nobody knows since when a name is missing. Give a state_dir that survives, or set "
            "grace_period: 0 and min_absences: 1 to remove at once."
        ]

    def _tell(self, plan: Plan, outcome: Outcome, records: Sequence[Record], complete: bool = True) -> dict[str, Any]:
        told = result(plan, outcome, self.app.client.calls)
        told.update(network=self.policy.network, check_mode=self.options.check_mode, complete=complete)
        told["notes"] = told["notes"] + self.notes
        if self.options.diff:
            told["diff"] = diff(records, outcome.records)
        return told


def _left_alone(plan: Plan) -> Plan:
    """The plan of the run after an adoption as a list of what adopting leaves alone."""
    left = plan._replace(actions=[], refused=[], stops=[], due=[], kept=list(plan.kept), differs=list(plan.differs))
    for action in plan.actions:
        if action.record is None:
            left.kept.append({"name": action.name, "reason": "not on the web app; the next run adds it"})
        else:
            reason = "taken over as it is; the next run changes it: %s" % action.reason
            entry = {"name": action.name, "current": action.record.flags(), "wanted": action.flags, "reason": reason}
            left.differs.append(entry)
    for entries in (left.kept, left.differs):
        entries.sort(key=lambda entry: entry["name"])
    return left


def _still_wanted(wishes: Sequence[Wish], policy: Policy) -> Any:
    """Whether the source, or a person, still holds on to a record's name, for the ledger's count of absences."""
    names = {name for wish in wishes for name in (wish.name, WWW + wish.name, fold(wish.name))}

    def wanted(name: str) -> bool:
        key = fold(name)
        held = policy.keep(name) or policy.keep(key) or policy.overrides.get(key, Override()).ignore
        return name in names or bool(held)

    return wanted
