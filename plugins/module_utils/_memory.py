# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run does with a network's memory: the ledger is written before and after each write to the panel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Callable

from . import _backup
from ._api import Record, Target
from ._apply import Journal
from ._ledger import Entry, Ledger, Pending, dump
from ._lock import StateError
from ._names import fold
from ._plan_shapes import Action
from ._state import Neighbour, State


class Memory(Journal):
    """The ledger of a run. Without a state directory nothing is remembered, and nothing is owned.

    :arg read_only: look only (check mode): everything is thought through, nothing is written.
    :arg counts: whether the run is a converging read of the whole source, by which absences count.
    :arg claims: whether a name that the run adds becomes ours.
    :raises StateError: when there is a ledger that must not be used.
    """

    def __init__(
        self,
        state: State | None,
        network: str,
        target: Target,
        now: datetime,
        read_only: bool,
        counts: bool = False,
        claims: bool = True,
    ) -> None:
        self._state, self.now, self._read_only = state, now, read_only
        self._counts, self._claims = counts, claims
        found = state.load() if state is not None else None
        self.survived = found is not None
        self._ledger = found if found is not None else Ledger(network, target)
        self._stored = dump(self._ledger) if found is not None else None
        self._prepared = False
        self._wanted: Callable[[str], bool] = lambda name: True
        self._wants: frozenset[str] = frozenset()

    def begin(self, records: Sequence[Record], wanted: Callable[[str], bool], wants: Iterable[str]) -> list[str]:
        """Settle what a killed run left open, at once and for good: later the listing may show what others have made since.

        :arg wanted: whether the source, or a person, still holds on to a name.
        :arg wants: the names that the source holds.
        :returns: what a person should know of names that are not ours any more.
        :raises StateError: when it cannot be decided or stored.
        """
        self._wanted, self._wants = wanted, frozenset(wants)
        others: frozenset[int] = frozenset()
        if any(entry.pending is not None and entry.pending.action == "add" for entry in self._ledger.entries.values()):
            others = self._owned_by_others()
        notes = [
            "%s is not ours: a run that broke off meant to add it, and somebody made it otherwise (adopt takes it over)"
            % name
            for name in self._ledger.settle(records, others)
        ]
        notes += [
            "%s is not ours any more: its record was removed, and somebody made another one (adopt takes it over)"
            % name
            for name in self._ledger.forget_replaced(records)
        ]
        self._save()
        return notes

    def owned(self) -> Mapping[str, Entry]:
        """The names that are ours, with this read of the source counted whether or not it will be stored."""
        return self._seen().owned()

    def _seen(self) -> Ledger:
        """A copy of the ledger in which this read of the source is counted."""
        seen = Ledger(self._ledger.network, self._ledger.target, self._ledger.entries.values())
        seen.observe(self._wanted, self.now)
        return seen

    def held_elsewhere(self) -> Callable[[str], str | None]:
        """A function name → which other network of this web app holds on to it, or None.

        :raises StateError: when another ledger beside this one cannot be read.
        """
        found: dict[str, str] = {}
        for neighbour in self._neighbours():
            entries = neighbour.ledger.entries.values()
            names = {entry.name for entry in entries if entry.missing_since is None} | neighbour.ledger.wants
            found.update(dict.fromkeys(names, str(neighbour)))
        return lambda name: found.get(name) or found.get(fold(name))

    def hand_over(self) -> list[str]:
        """Forget what the source does not hold any more and another network of this web app has taken over; for a person.

        :raises StateError: when another ledger beside this one cannot be read.
        """
        names = self._seen().hand_over(self._owned_by_others())
        for name in names:
            del self._ledger.entries[name]
        self._save()
        return ["%s is not ours any more: another network of this web app has taken it over" % name for name in names]

    def prepare(self, records: Sequence[Record], backup: bool, spare: str | None = None) -> str | None:
        """Before the first write: the folder, the ledger as it is, and a backup of the listing. Returns the backup's path.

        :raises StateError: when any of it cannot be written; then nothing may be written to the panel.
        """
        if self._state is None:
            return None
        if self._read_only:
            self._state.foresee()
            return None
        self._make()
        if self._stored is not None or self._claims:
            self._stored = None  # even an unchanged ledger is written, to prove that it can be
            self._save(always=True)
        if not backup:
            return None
        return _backup.store(self._state.backups, self._ledger.network, self._ledger.target, records, self.now, spare)

    def intend(self, action: Action) -> None:
        pending = Pending(action.kind, action.flags, action.flags if action.written is None else action.written)
        self._ledger.intend(action.name, pending, self.now, self._claims)
        self._save()

    def confirm(self, action: Action, record_id: int | None) -> None:
        self._ledger.confirm(action.name, record_id)
        self._save()

    def cancel(self, action: Action) -> None:
        self._ledger.cancel(action.name)
        self._save()

    def end(self, records: Sequence[Record] | None, complete: bool) -> None:
        """After the run: settle by its last listing (None when there is none), count its read, forget what is gone.

        Counted only now, and only when the run came to its end: one that was killed or stopped has to be run again, and both
        together are one read.

        :raises StateError: when it cannot be stored.
        """
        if records is not None:
            self._ledger.settle(records)
        if self._counts and complete:
            self._ledger.observe(self._wanted, self.now)
            self._ledger.wants = self._wants
        if records is not None:
            self._ledger.forget_gone(records)
        self._save(always=self._counts and complete)

    def adopt(self, records: Iterable[Record]) -> tuple[list[Record], list[dict[str, Any]]]:
        """Take over records as they are: those that were not ours before, and those that another network's ledger holds.

        :raises StateError: when another ledger beside this one cannot be read, or the own one not be stored.
        """
        elsewhere: dict[str, str] = {}
        for neighbour in self._neighbours():
            if neighbour.ledger.network == self._ledger.network:
                raise StateError(
                    "The ledger %s is of this very network and web app already, so nothing is taken over. If the host of the inventory has "
                    "another name now, move that folder to the place of this one; if it is left over, remove it."
                    % neighbour.path
                )
            # What is only intended is not free either; what its network does not hold any more is.
            entries = neighbour.ledger.entries.values()
            names = (entry.name for entry in entries if entry.missing_since is None)
            elsewhere.update(dict.fromkeys(names, str(neighbour)))
        taken, refused = [], []
        for record in records:
            if record.name in elsewhere:
                reason = "it belongs to %s" % elsewhere[record.name]
                refused.append({"name": record.name, "action": "adopt", "reason": reason})
            elif self._ledger.adopt(record, self.now):
                taken.append(record)
        self._save(always=True)
        return taken, refused

    def _neighbours(self) -> list[Neighbour]:
        return self._state.neighbours() if self._state is not None else []

    def _owned_by_others(self) -> frozenset[int]:
        return frozenset(
            entry.id
            for neighbour in self._neighbours()
            for entry in neighbour.ledger.owned().values()
            if entry.id is not None
        )

    def _make(self) -> None:
        if self._state is not None and not self._prepared:
            # Once: a folder that vanishes during a run is an error, and making a new one would hide it.
            self._state.prepare()
            self._prepared = True

    def _save(self, always: bool = False) -> None:
        """Store the ledger if it is not as it is stored; ``always``: also the first, empty one."""
        document = dump(self._ledger)
        if self._state is None or self._read_only or document == self._stored or not (always or self._stored):
            return
        self._make()
        self._state.save(self._ledger)
        self._stored = document
