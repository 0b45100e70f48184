# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of runcloud_domains, from its checked options to its return values: converge, adopt or restore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Callable, NamedTuple

from . import _backup
from ._api import App, Record, SslMode
from ._apply import Outcome, Run, predict
from ._client import ApiError
from ._guards import surroundings, unremembered, wrong_folder
from ._listing_file import ListingOut, Saved
from ._lock import StateError
from ._memory import Memory
from ._names import WWW, enumerated, fold
from ._plan import claims, make_plan
from ._plan_dns import Facts, unready, with_dns
from ._plan_file import Approval, approve, entry_of, headless
from ._plan_shapes import Override, Plan, Policy, Wish, empty_plan
from ._plan_store import PlanOut
from ._result import beyond, by_name, diff, failure_text, result
from ._state import State, backups_folder, remembered_network

# An answer that does not say it, and refusals of this one question: which of them a lower plan gets is not known. A token that is not taken
# (401), too many calls (429) and a panel that is down (5xx, or no answer) concern every call after this one, too.
_MODE_UNREADABLE = frozenset((200, 400, 402, 403, 404, 405, 422, 501))


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
    facts: Facts | None = None  # what DNS says
    add_when: str = "auto"  # row, ready, or auto: ready where a name that is not ready would spoil a certificate
    assumed: list[Record] | None = None  # the records that an earlier run would have left, where nothing is written
    listing_out: ListingOut | None = None  # where the listing is saved
    listing: Saved | None = None  # a saved listing, beside which RunCloud is not asked
    plan_out: PlanOut | None = None  # where the plan is saved
    approved: Sequence[Mapping[str, Any]] | None = None  # the actions of a saved plan, beyond which nothing is done


def run(app: App, wishes: Sequence[Wish], policy: Policy, options: Options, now: datetime) -> dict[str, Any]:
    """One run; the module's return values, with ``msg`` when it failed.

    :raises ApiError: when reading failed; then nothing was written.
    :raises StateError: when the memory cannot be used; then nothing was written to the panel.
    """
    return _Run(app, wishes, policy, options, now).run()


class _Run:
    def __init__(self, app: App, wishes: Sequence[Wish], policy: Policy, options: Options, now: datetime) -> None:
        self.app, self.options = app, options
        self.wishes = with_dns(wishes, options.facts, policy.network)
        self.ssl: SslMode | None = None
        self.mode_asked = False
        self.rows: list[dict[str, Any]] = []
        if options.restore is not None:
            folder = backups_folder(options.state_dir) if options.state_dir else None
            known = policy.network or (remembered_network(options.state_dir) if options.state_dir else None)
            network, self.rows = _backup.read(options.restore, known, app.target, folder)
            policy = policy._replace(network=network, ownership="all", first_converge=False)
        state = State(options.state_dir, policy.network, app.target) if options.state_dir else None
        self.memory = Memory(
            state,
            policy.network,
            app.target,
            now,
            options.check_mode,
            # A narrowed run has not looked at everything; adopt and restore do not converge.
            counts=policy.only is None and not options.adopt and options.restore is None,
            # What a restore puts back was perhaps a person's: as ours it would be up for removal.
            claims=options.restore is None,
        )
        self.policy = policy._replace(now=now)
        self.notes: list[str] = []
        self.approval: Approval | None = None
        self.saved: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        records = self._records()
        wanted = _still_wanted(self.wishes, records, self.policy)
        self.notes += self.memory.begin(records, wanted, {wish.name for wish in self.wishes})
        plan = self._plan(records)
        if self.options.adopt:
            return self._adopt(plan, records)
        if self.policy.ownership == "ledger" and self.options.restore is None:
            self.notes += self._foreign(plan)
        return self._converge(plan, records)

    def _records(self) -> list[Record]:
        if self.options.listing is not None:
            self.notes.append(
                "RunCloud was not asked: this is a plan from the listing of %s. Whether the server would take the changes is not known"
                % self.options.listing.taken
            )
        if self.options.assumed is not None:
            return self.options.assumed
        if self.options.listing is not None:
            return self.options.listing.records
        records = self.app.records()
        if self.options.listing_out is not None:
            self.options.listing_out.save(records, self.memory.now)
        return records

    # -- the plan ------------------------------------------------------------------------------------------------------

    def _plan(self, records: list[Record]) -> Plan:
        policy = self.policy._replace(owned=self.memory.owned())
        if self.options.restore is not None:
            return _backup.restore_plan(self.rows, records, policy)
        plan = make_plan(self.wishes, records, policy)
        # Asked only now: where every name is ready, or none is added, the mode makes no difference.
        if self.options.add_when == "auto" and unready(plan, self.wishes) and self._only_ready():
            policy = policy._replace(only_ready=True)
            plan = make_plan(self.wishes, records, policy)
        if not plan.due:
            return plan
        # Only now, because it reads the ledgers of all networks beside this one.
        try:
            self.notes += self.memory.hand_over()
            policy = policy._replace(owned=self.memory.owned(), elsewhere=self.memory.held_elsewhere())
        except StateError as exc:
            self.notes.append("nothing is removed: %s" % exc)
            policy = policy._replace(elsewhere=lambda name: "a network whose ledger cannot be read")
        return make_plan(self.wishes, records, policy)

    def _only_ready(self) -> bool:
        """Whether a name that is not ready would spoil a certificate; where that cannot be read, it might."""
        if self.options.listing is not None:
            return True
        if not self.mode_asked:
            self.mode_asked = True
            try:
                self.ssl = self.app.ssl_mode()
                spoiled = self.ssl.spoiled
            except ApiError as exc:
                if exc.html or exc.status not in _MODE_UNREADABLE:
                    raise
                spoiled = "how its certificates are kept cannot be read (%s)" % exc
            if spoiled:
                self.notes.append(
                    "names wait for their DNS: %s. add_when: row adds them at once." % spoiled.rstrip(".")
                )
        return self.ssl is None or bool(self.ssl.spoiled)

    def _foreign(self, plan: Plan) -> list[str]:
        """Wanted names whose records are not ours; without a word they would be taken for cared for."""
        owned = {entry.id for entry in self.memory.owned().values()}
        names = sorted(record.name for record in plan.matched if record.id not in owned and record.type != "primary")
        if not names:
            return []
        lost = "" if self.memory.survived else "there is no ledger in %s; " % self.options.state_dir
        return [
            "%swanted and on the web app, but not ours, so neither repaired nor purged (%d): %s. The playbook "
            "wpmultisite.runcloud.adopt takes over what is there." % (lost, len(names), enumerated(names))
        ]

    # -- converge and restore ------------------------------------------------------------------------------------------

    def _converge(self, plan: Plan, records: list[Record]) -> dict[str, Any]:
        stops = plan.stops + unremembered(self.policy, self.memory.survived)
        if self.options.approved is not None:
            self.approval = approve(plan, self.options.approved, records, self.policy)
            stops += headless(plan, self.approval)
            plan = plan._replace(actions=self.approval.actions)
        if plan.actions and self.options.listing is None:
            stops += surroundings(self.app.server(), self.app.read(), self.options.roots)
        outcome, backup_file = predict(plan, records), None
        if self.options.paused:
            unsaved = "" if stops else self._save(plan)
            told = self._paused(self._tell(plan, outcome, records), stops)
            return dict(told, msg=unsaved) if unsaved else told
        if stops:
            told = self._tell(plan, outcome, records, complete=False)
            return dict(told, changed=False, stops=stops, msg="Nothing was written. " + " ".join(stops))
        if plan.actions:
            backup_file = self.memory.prepare(records, self.options.backup, self.options.restore)
        unsaved = self._save(plan)
        # A look ahead forgets what is gone from the web app, and would not know that a restore brings it back.
        ours = self.memory.owned()
        if plan.actions and not self.options.check_mode:
            outcome = Run(self.app, plan, records, self.memory).apply()
        else:
            self.memory.end(records, complete=True)
        told = self._tell(plan, outcome, records, complete=outcome.complete)
        if self.options.restore is not None:
            told["notes"] = told["notes"] + self._after_restore(told["added"], told["updated"], ours)
        if backup_file:
            told["backup_file"] = backup_file
        fault = " ".join(filter(None, (failure_text(outcome, self.options.check_mode), unsaved)))
        return dict(told, msg=fault) if fault else told

    def _save(self, plan: Plan) -> str:
        """Save the plan if that is asked for. Why it could not be, or an empty text: nothing else depends on it."""
        if self.options.plan_out is None:
            return ""
        planned = [entry_of(action) for action in plan.actions]
        self.saved = {"planned": planned}
        try:
            self.options.plan_out.save(self.memory.now, planned)
        except StateError as exc:
            return str(exc)
        self.saved["plan_file"] = self.options.plan_out.path
        return ""

    def _paused(self, told: dict[str, Any], stops: list[str]) -> dict[str, Any]:
        told.update(changed=False, paused=self.options.paused, **({"stops": stops} if stops else {}))
        if self.options.restore is None and not self.options.adopt:
            return told
        verb = "taken over" if self.options.adopt else "restored"
        return dict(told, msg="Nothing was %s: the network is paused (%s)." % (verb, self.options.paused))

    @staticmethod
    def _after_restore(
        added: list[dict[str, Any]], updated: list[dict[str, Any]], ours: Mapping[str, Any]
    ) -> list[str]:
        notes = []
        hosts = [entry["name"] for entry in added]
        hosts += [WWW + entry["name"] for entry in updated if entry["after"]["www"] and not entry["before"]["www"]]
        if hosts:
            notes.append("certificates have to be issued again for %s" % ", ".join(hosts))
        foreign = [entry["name"] for entry in added if entry["name"] not in ours]
        if foreign:
            notes.append(
                "what was put back and is not in the ledger is not ours: %s (adopt takes over those that the multisite wants)"
                % ", ".join(foreign)
            )
        return notes

    # -- adopt ---------------------------------------------------------------------------------------------------------

    def _adopt(self, plan: Plan, records: list[Record]) -> dict[str, Any]:
        """Take over the records of wanted names, as they are."""
        stops = []
        if fold(self.policy.network) not in {fold(record.name) for record in records}:
            stops.append(
                "The web app does not serve %s, so it may be the wrong one: check server_id and webapp_id. A new web app has nothing to take "
                "over; it is begun by a converging run with first_converge: true." % self.policy.network
            )
        elif plan.matched and self.options.roots:
            stops += wrong_folder(self.app.read(), self.options.roots)
        if stops or self.options.paused:
            nothing = empty_plan(network=plan.network)
            told = dict(self._tell(nothing, predict(nothing, records), records, complete=False), adopted=[])
            if self.options.paused:
                return self._paused(told, stops)
            return dict(told, changed=False, stops=stops, msg="Nothing was taken over. " + " ".join(stops))
        before = self.memory.owned()
        taken, refused = self.memory.adopt(plan.matched)
        left = _left_alone(self._plan(records), {record.name for record in taken})
        told = self._tell(left, predict(left._replace(refused=refused), records), records)
        told["changed"] = bool(taken)
        told["adopted"] = [dict(record.flags(), name=record.name) for record in by_name(taken)]
        if self.options.diff:
            ours = [[record for record in records if record.name in names] for names in (before, self.memory.owned())]
            told["diff"] = diff(*ours)
        if not refused:
            return told
        names = " ".join("%(name)s: %(reason)s." % entry for entry in refused)
        return dict(told, msg="%d of the names could not be taken over. %s" % (len(refused), names))

    def _tell(self, plan: Plan, outcome: Outcome, records: Sequence[Record], complete: bool = True) -> dict[str, Any]:
        told = result(plan, outcome, self.app.client.calls)
        told.update(network=self.policy.network, check_mode=self.options.check_mode, complete=complete)
        if self.ssl is not None:
            told["ssl"] = self.ssl._asdict()
        told["notes"] = list(dict.fromkeys(told["notes"] + self.notes))
        if self.options.diff:
            told["diff"] = diff(records, outcome.records)
        told.update(self.saved)
        if self.approval is not None:
            rests = {"not_approved": self.approval.not_approved, "not_applied": self.approval.not_applied}
            told.update(rests)
            if self.options.diff:
                told["diff"]["prepared"] = beyond(rests)
        return told


def _left_alone(plan: Plan, taken: set[str]) -> Plan:
    """The plan of the run after an adoption as a list of what adopting leaves alone."""
    kept = [entry for entry in plan.kept if entry["name"] not in taken]
    left = plan._replace(actions=[], refused=[], stops=[], due=[], kept=kept, differs=list(plan.differs))
    for action in plan.actions:
        if action.record is None:
            left.kept.append({"name": action.name, "reason": "not on the web app; the next run adds it"})
        else:
            reason = "%s; it is left as it is, and the next run changes it" % action.reason
            entry = {"name": action.name, "current": action.record.flags(), "wanted": action.flags, "reason": reason}
            left.differs.append(entry)
    for entries in (left.kept, left.differs):
        entries.sort(key=lambda entry: entry["name"])
    return left


def _still_wanted(wishes: Sequence[Wish], records: Sequence[Record], policy: Policy) -> Callable[[str], bool]:
    """Whether the source, or a person, holds on to a name, for the ledger's count of absences."""
    names = {wish.name for wish in wishes} | claims(wishes, records, policy)
    names |= {WWW + wish.name for wish in wishes if wish.naked_wait is not None}

    def wanted(name: str) -> bool:
        key = fold(name)
        held = policy.keep(name) or policy.keep(key) or policy.overrides.get(key, Override()).ignore
        return name in names or bool(held) or key in policy.protected

    return wanted
